//! The first rows.

use sea_orm::{ConnectionTrait, DbErr, TransactionSession, TransactionTrait};

use super::layout::Rows;
use super::table::{ARTICLES, AUTHORS, COMMENTS, Domain, Role, TAGS, Table};
use crate::literal::{Literal, Sql, Values};
use crate::rng::Rng;

/// Fills all tables, parents before children; keys that the generators name remain free.
pub(super) async fn fill(db: &impl TransactionTrait, rows: Rows, rng: &mut Rng) -> Result<(), DbErr> {
    let transaction = db.begin().await?;
    for table in Table::ALL {
        let key = table.key();
        match (key.as_slice(), key[0].domain) {
            ([key], Domain::Ids(_)) => {
                for id in 1..=count(*table, rows) {
                    insert(&transaction, *table, &[(key.name, Literal::Int(id))], rows, rng).await?;
                }
            }
            _ => {
                for _ in 0..count(*table, rows) {
                    insert(&transaction, *table, &[], rows, rng).await?;
                }
            }
        }
    }
    transaction.commit().await
}

fn count(table: Table, rows: Rows) -> i64 {
    let few = match table {
        Table::Author => AUTHORS - 2,
        Table::Article => ARTICLES - 4,
        Table::Comment => COMMENTS - 5,
        Table::Tag => TAGS - 1,
        Table::ArticleTag => 14,
        Table::Audit => 6,
        Table::Slot => 5,
        Table::Category | Table::Setting | Table::Stock => 4,
    };
    few * rows.scale()
}

/// One row; a few tries, since keys may be taken and parents missing.
async fn insert(
    db: &impl ConnectionTrait,
    table: Table,
    fixed: &[(&str, Literal)],
    rows: Rows,
    rng: &mut Rng,
) -> Result<(), DbErr> {
    for _ in 0..4 {
        let row: Vec<(&str, Literal)> = table
            .columns()
            .iter()
            .filter(|column| column.role != Role::Generated)
            .map(|column| {
                let given = fixed.iter().find(|(name, _)| *name == column.name);
                let value = match given {
                    Some((_, value)) => value.clone(),
                    // There are more rows than values of a unique key.
                    None if column.role == Role::Unique && column.nullable && rng.chance(70) => Literal::Null,
                    None => column.draw(rng, rows),
                };
                (column.name, value)
            })
            .collect();
        let mut sql = Sql::new(Values::Inline);
        sql.push("INSERT OR ABORT INTO ").push(table.name()).push(" (");
        sql.names(row.iter().map(|(name, _)| *name)).push(") VALUES (");
        sql.literals(row.iter().map(|(_, value)| value)).push(")");
        if db.execute_raw(sql.statement(db.get_database_backend())).await.is_ok() {
            return Ok(());
        }
    }
    Ok(())
}
