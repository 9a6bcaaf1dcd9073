//! The catalog queries of MariaDB and MySQL.

use cache_core::schema::mysql::{self, Catalog, Origin, queries, schema};
use cache_core::session::Rows;
use cache_core::{Error, ErrorKind, Result, Value};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement, TransactionTrait};

use super::{Identity, Reading, failed};
use crate::rows::Returned;

/// The catalog has no snapshot: what changes while it is read has another fingerprint afterwards.
const ATTEMPTS: usize = 5;

pub(super) async fn read(db: &DatabaseConnection) -> Result<Reading> {
    // One connection for all of it: its settings count.
    let connection = db.begin().await.map_err(failed)?;
    for _ in 0..ATTEMPTS {
        let before = fingerprint(&connection).await?;
        let catalog = Catalog::from_answers(&answers(&connection, &queries::CATALOG).await?)?;
        if fingerprint(&connection).await? == before {
            connection.commit().await.map_err(failed)?;
            return Ok(Reading { schema: schema(&catalog)?, fingerprint: before });
        }
    }
    Err(Error::new(ErrorKind::Schema, "the schema of the database does not stop changing; try again"))
}

pub(super) async fn fingerprint(db: &impl ConnectionTrait) -> Result<u64> {
    mysql::fingerprint(&answer(db, queries::FINGERPRINT).await?)
}

pub(super) async fn identity(db: &DatabaseConnection) -> Result<Identity> {
    let origin = Origin::from_answers(&answers(db, &queries::ORIGIN).await?)?;
    Ok(Identity::named(origin.name).seen_by(origin.seen_by))
}

async fn answers(db: &impl ConnectionTrait, queries: &[&str]) -> Result<Vec<Vec<Vec<Value>>>> {
    let mut answers = Vec::with_capacity(queries.len());
    for query in queries {
        answers.push(answer(db, query).await?);
    }
    Ok(answers)
}

async fn answer(db: &impl ConnectionTrait, query: &str) -> Result<Vec<Vec<Value>>> {
    let rows = db.query_all_raw(Statement::from_string(DbBackend::MySql, query)).await.map_err(failed)?;
    let rows = Returned(&rows);
    let row = |row: usize| (0..rows.columns()).map(|column| rows.value(row, column)).collect();
    Ok((0..rows.len()).map(row).collect())
}
