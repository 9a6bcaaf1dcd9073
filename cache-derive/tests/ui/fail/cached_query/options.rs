#[path = "../../../stand_in/mod.rs"]
mod stand_in;

use cache_derive::cached_query;
use sea_orm::DbErr;
use stand_in::CachedConnection;

#[cached_query(ttl = 60)]
async fn number(db: &CachedConnection) -> Result<usize, DbErr> {
    db.query().await
}

#[cached_query(ttl = "60")]
async fn no_unit(db: &CachedConnection) -> Result<usize, DbErr> {
    db.query().await
}

#[cached_query(ttl = "5 minutes")]
async fn words(db: &CachedConnection) -> Result<usize, DbErr> {
    db.query().await
}

#[cached_query(ttl = "0s")]
async fn zero(db: &CachedConnection) -> Result<usize, DbErr> {
    db.query().await
}

#[cached_query(ttl("60s"))]
async fn list(db: &CachedConnection) -> Result<usize, DbErr> {
    db.query().await
}

#[cached_query(tll = "60s")]
async fn misspelt(db: &CachedConnection) -> Result<usize, DbErr> {
    db.query().await
}

#[cached_query(refresh)]
async fn unknown(db: &CachedConnection) -> Result<usize, DbErr> {
    db.query().await
}

#[cached_query(version = "2")]
async fn version(db: &CachedConnection) -> Result<usize, DbErr> {
    db.query().await
}

#[cached_query(version = 1, version = 2)]
async fn twice(db: &CachedConnection) -> Result<usize, DbErr> {
    db.query().await
}

#[cached_query(tags())]
async fn tags(db: &CachedConnection) -> Result<usize, DbErr> {
    db.query().await
}

#[cached_query(key = id, skip(id))]
async fn key_and_skip(db: &CachedConnection, id: i64) -> Result<usize, DbErr> {
    let _ = id;
    db.query().await
}

#[cached_query(skip(trace, db, id, id))]
async fn skips(db: &CachedConnection, id: i64, trace_id: i64) -> Result<usize, DbErr> {
    let _ = (id, trace_id);
    db.query().await
}

#[cached_query(stale_if_error = "0s")]
async fn no_stretch(db: &CachedConnection) -> Result<usize, DbErr> {
    db.query().await
}

struct Tenant;

impl Tenant {
    #[cached_query(skip(self), early_refresh = "5s")]
    async fn borrowed(&self, db: &CachedConnection) -> Result<usize, DbErr> {
        db.query().await
    }
}

fn main() {}
