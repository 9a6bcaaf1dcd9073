//! MariaDB tells in whole seconds when a table was made: tables of one second cannot be told apart.

use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};

use super::Backend;
use crate::servers::wait::{PATIENCE, until};
use crate::wrapped::Sql;

/// Has a row as soon as what is made looks newer than all tables.
const ANOTHER: &str = "SELECT 1 FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM information_schema.tables \
                       WHERE table_schema = DATABASE() AND create_time >= NOW())";

/// Waits until what others make looks newer than all tables of the database.
///
/// # Errors
///
/// What the database says.
///
/// # Panics
///
/// If the server's clock stands still.
pub async fn another_second(db: &DatabaseConnection) -> Result<(), DbErr> {
    let deadline = Instant::now() + PATIENCE;
    while db.get_database_backend() == DbBackend::MySql
        && db.query_one_raw(Statement::from_string(DbBackend::MySql, ANOTHER)).await?.is_none()
    {
        assert!(Instant::now() < deadline, "the clock of the server stands still");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

/// The same for who blocks.
///
/// # Panics
///
/// If the database cannot be asked, or its clock stands still.
pub fn block_until_another_second(backend: Backend, bare: &mut dyn Sql) {
    if backend == Backend::MariaDb {
        until("another second", || (!bare.read(ANOTHER).unwrap().is_empty()).then_some(()));
    }
}
