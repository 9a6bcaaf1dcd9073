//! What no grammar makes: texts about what only a hostile schema has.

mod reads;
mod schema;
mod writes;

pub(super) use reads::READS;
pub(super) use schema::SCHEMA;
pub(super) use writes::{SETTERS, WRITES};

macro_rules! list {
    ($($on:ident $kind:ident $call:ident $sql:literal;)*) => {
        &[$(crate::write::Text {
            on: crate::backend::$on, kind: crate::write::Kind::$kind, call: crate::write::Call::$call, sql: $sql
        }),*]
    };
}
use list;
