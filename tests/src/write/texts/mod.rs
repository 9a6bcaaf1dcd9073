//! Writes as SQL texts: what a query builder does not write, or hides.

mod common;
mod mariadb;
mod postgres;

use super::Kind;
use super::operation::Call;
use crate::backend::Backend;

/// A text with places for values.
#[derive(Clone, Copy, Debug)]
pub struct Text {
    /// The databases that understand it.
    pub on: &'static [Backend],
    /// What kind of write it is.
    pub kind: Kind,
    /// The method that runs it.
    pub call: Call,
    /// The text; see [`template::fill`](crate::read::template::fill).
    pub sql: &'static str,
}

macro_rules! list {
    ($($on:ident $kind:ident $call:ident $sql:literal;)*) => {
        &[$(Text { on: $on, kind: $kind, call: $call, sql: $sql }),*]
    };
}
use list;

/// The texts for a database; each is understood by it, whatever its constraints then say.
#[must_use]
pub fn texts(backend: Backend) -> Vec<&'static Text> {
    let all = [common::TEXTS, postgres::TEXTS, mariadb::TEXTS];
    all.into_iter().flatten().filter(|text| text.on.contains(&backend)).collect()
}
