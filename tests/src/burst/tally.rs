//! The table: rows that move with every change, and rows that change in pairs.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// A row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "tally")]
pub struct Model {
    /// The key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// By this rows are listed.
    pub party: i64,
    /// How often the row was changed.
    pub version: i64,
}

/// None.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Rows that move: the party follows from the version.
pub const MOVING: std::ops::Range<i64> = 0..6;
/// Rows that are changed in one transaction, each with the next one.
pub const PAIRED: std::ops::Range<i64> = 6..12;
/// The parties between which rows move.
pub const PARTIES: i64 = 3;

/// The statements that make the table and its rows.
#[must_use]
pub fn setup() -> Vec<String> {
    let rows: Vec<String> =
        (MOVING.start..PAIRED.end).map(|id| format!("({id}, {}, 0)", party(id, 0))).collect();
    vec![
        "CREATE TABLE tally (id BIGINT NOT NULL PRIMARY KEY, party BIGINT NOT NULL, version BIGINT NOT NULL)"
            .to_owned(),
        format!("INSERT INTO tally (id, party, version) VALUES {}", rows.join(", ")),
    ]
}

/// Where a row of this version is.
#[must_use]
pub fn party(id: i64, version: i64) -> i64 {
    if MOVING.contains(&id) { version % PARTIES } else { PARTIES + partner(id).min(id) }
}

/// The other row of a pair.
#[must_use]
pub fn partner(id: i64) -> i64 {
    if id % 2 == 0 { id + 1 } else { id - 1 }
}
