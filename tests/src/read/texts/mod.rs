//! Reads as SQL texts: what a query builder does not write, or hides.

mod common;
mod mariadb;
mod postgres;

use super::answer::Order;
use crate::backend::Backend;
use crate::world::Table;

/// A text with places for values.
#[derive(Clone, Copy, Debug)]
pub struct Text {
    /// The databases that understand it.
    pub on: &'static [Backend],
    /// Whether it orders its rows totally.
    pub order: Order,
    /// The base tables whose rows it sees, behind views too.
    pub tables: &'static [Table],
    /// The text; see [`template::fill`](super::template::fill).
    pub sql: &'static str,
}

macro_rules! list {
    ($($on:ident $order:ident [$($table:ident),*] $sql:literal;)*) => {
        &[$(Text { on: $on, order: $order, tables: &[$($table),*], sql: $sql }),*]
    };
}
use list;

/// The texts for a database; each runs on every layout.
#[must_use]
pub fn texts(backend: Backend) -> Vec<&'static Text> {
    let all = [common::TEXTS, postgres::TEXTS, mariadb::TEXTS];
    all.into_iter().flatten().filter(|text| text.on.contains(&backend)).collect()
}
