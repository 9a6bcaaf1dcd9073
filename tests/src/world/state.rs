//! What the tables hold: which of them did a write change?

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use sea_orm::{ConnectionTrait, DbErr};

use super::table::Table;
use crate::literal::{Sql, Values};
use crate::read::cells;

/// A digest of each base table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct State(Vec<u64>);

impl State {
    pub(super) async fn read(db: &impl ConnectionTrait) -> Result<Self, DbErr> {
        let mut digests = Vec::with_capacity(Table::ALL.len());
        for table in Table::ALL {
            let key: Vec<&str> = table.key().iter().map(|column| column.name).collect();
            let mut sql = Sql::new(Values::Inline);
            sql.push("SELECT * FROM ").push(table.name()).push(" ORDER BY ").push(&key.join(", "));
            let mut digest = DefaultHasher::new();
            for row in db.query_all_raw(sql.statement(db.get_database_backend())).await? {
                for cell in cells(&row)? {
                    cell.to_string().hash(&mut digest);
                }
            }
            digests.push(digest.finish());
        }
        Ok(Self(digests))
    }

    /// The base tables whose rows differ between two states.
    #[must_use]
    pub fn changed(&self, after: &Self) -> Vec<Table> {
        let pairs = self.0.iter().zip(&after.0).zip(Table::ALL);
        pairs.filter(|((before, after), _)| before != after).map(|(_, table)| *table).collect()
    }
}
