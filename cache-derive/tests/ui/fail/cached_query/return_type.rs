#[path = "../../../stand_in/mod.rs"]
mod stand_in;

use cache_derive::cached_query;
use sea_orm::DbErr;
use stand_in::CachedConnection;

#[cached_query]
async fn nothing(db: &CachedConnection) {
    let _ = db.query().await;
}

#[cached_query]
async fn borrowed<'a>(db: &CachedConnection, names: &'a [String]) -> Result<&'a str, DbErr> {
    let _ = db;
    Ok(&names[0])
}

#[cached_query]
async fn opaque(db: &CachedConnection) -> Result<impl Iterator<Item = usize>, DbErr> {
    Ok(0..db.query().await?)
}

#[cached_query]
async fn not_a_result(db: &CachedConnection) -> usize {
    db.query().await.map_or(0, |load| load)
}

fn main() {}
