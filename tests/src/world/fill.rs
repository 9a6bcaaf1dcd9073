//! The first rows.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, TransactionTrait};

use super::layout::Rows;
use super::table::{ARTICLES, AUTHORS, COMMENTS, Domain, Role, TAGS, Table};
use crate::backend::Backend;
use crate::literal::{Literal, Sql, Values};
use crate::rng::Rng;

/// Fills all tables, parents before children; keys that the generators name remain free.
///
/// A server takes each row by itself, since a refusal may end a transaction; a file is faster with one.
pub(super) async fn fill(db: &DatabaseConnection, rows: Rows, rng: &mut Rng) -> Result<(), DbErr> {
    let backend = Backend::from(db.get_database_backend());
    if backend.is_server() {
        fill_all(db, rows, rng).await?;
        return follow(db, backend).await;
    }
    let transaction = db.begin().await?;
    fill_all(&transaction, rows, rng).await?;
    transaction.commit().await
}

/// What comes after the keys that the rows have is the next key that the database gives.
async fn follow(db: &DatabaseConnection, backend: Backend) -> Result<(), DbErr> {
    if backend != Backend::Postgres {
        return Ok(());
    }
    for table in Table::ALL.iter().filter(|table| table.gives_keys()) {
        let name = table.name();
        let next = format!("SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}");
        db.execute_unprepared(&next).await?;
    }
    Ok(())
}

async fn fill_all(db: &impl ConnectionTrait, rows: Rows, rng: &mut Rng) -> Result<(), DbErr> {
    for table in Table::ALL {
        let key = table.key();
        match (key.as_slice(), key[0].domain) {
            ([key], Domain::Ids(_)) => {
                for id in 1..=count(*table, rows) {
                    insert(db, *table, &[(key.name, Literal::Int(id))], rows, rng).await?;
                }
            }
            _ => {
                for _ in 0..count(*table, rows) {
                    insert(db, *table, &[], rows, rng).await?;
                }
            }
        }
    }
    Ok(())
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
    let backend = db.get_database_backend();
    // A table may say that a conflict replaces.
    let insert = if backend == DbBackend::Sqlite { "INSERT OR ABORT" } else { "INSERT" };
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
        sql.push(insert).push(" INTO ").push(table.name()).push(" (");
        sql.names(row.iter().map(|(name, _)| *name)).push(") VALUES (");
        for (index, (_, value)) in row.iter().enumerate() {
            sql.push(if index > 0 { ", " } else { "" }).literal(value);
        }
        sql.push(")");
        if db.execute_raw(sql.statement(backend)).await.is_ok() {
            return Ok(());
        }
    }
    Ok(())
}
