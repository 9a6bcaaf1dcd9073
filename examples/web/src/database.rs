//! Tables and articles to begin with, and how many statements the database has run.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement, TransactionTrait};

const SCHEMA: &str = include_str!("../sql/schema.sql");
const SEED: &str = include_str!("../sql/seed.sql");

/// How many articles there are to begin with; their keys are `1..=ARTICLES`, the newest last.
pub const ARTICLES: i64 = 5000;

/// Gives an empty database its tables and articles.
pub async fn prepare(db: &DatabaseConnection) -> Result<(), DbErr> {
    let transaction = db.begin().await?;
    // Services that start together would all find it empty.
    transaction.execute_unprepared("SELECT pg_advisory_xact_lock(76)").await?;
    let found = "SELECT to_regclass('article') IS NOT NULL";
    if !scalar::<bool>(&transaction, found).await? {
        transaction.execute_unprepared(SCHEMA).await?;
        transaction.execute_unprepared(SEED).await?;
    }
    transaction.commit().await
}

/// How many statements the server has run in this database, whoever sent them; none if it does not count them.
pub async fn statements(db: &DatabaseConnection) -> Option<u64> {
    let count = "SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements
        WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())";
    scalar::<i64>(db, count).await.ok().map(i64::cast_unsigned)
}

async fn scalar<T: sea_orm::TryGetable>(db: &impl ConnectionTrait, sql: &str) -> Result<T, DbErr> {
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    row.ok_or_else(|| DbErr::RecordNotFound(sql.to_owned()))?.try_get_by_index(0)
}
