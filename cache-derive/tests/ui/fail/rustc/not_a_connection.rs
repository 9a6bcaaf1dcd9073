#[path = "../../../stand_in/mod.rs"]
mod stand_in;

use cache_derive::cached_query;
use sea_orm::DbErr;
use stand_in::CachedConnection;

#[cached_query]
async fn not_a_connection(db: &sea_orm::DatabaseConnection) -> Result<usize, DbErr> {
    let _ = db;
    Ok(0)
}

fn main() {
    let _ = CachedConnection::default();
}
