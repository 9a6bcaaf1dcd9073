use cache_seaorm::{CacheExt, CachedConnection};
use sea_orm::{DbErr, FromQueryResult, Statement};

#[derive(Clone, FromQueryResult)]
struct Total {
    articles: i64,
}

async fn read(db: &CachedConnection, statement: Statement) -> Result<Vec<Total>, DbErr> {
    Total::find_by_statement(statement).cached().all(db).await
}

fn main() {}
