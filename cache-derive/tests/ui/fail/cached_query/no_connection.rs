#[path = "../../../stand_in/mod.rs"]
mod stand_in;

use cache_derive::cached_query;
use sea_orm::DbErr;
use stand_in::CachedConnection;

#[cached_query]
async fn none(id: i64) -> Result<i64, DbErr> {
    Ok(id)
}

#[cached_query]
async fn later(category: &str, db: &CachedConnection) -> Result<String, DbErr> {
    let _ = db;
    Ok(category.to_owned())
}

type Db = CachedConnection;

#[cached_query]
async fn later_under_an_alias(category: &str, db: &Db) -> Result<String, DbErr> {
    let _ = db;
    Ok(category.to_owned())
}

#[cached_query]
async fn mutable(db: &mut CachedConnection) -> Result<usize, DbErr> {
    db.query().await
}

fn main() {}
