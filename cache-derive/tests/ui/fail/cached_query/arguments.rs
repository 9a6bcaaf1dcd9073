#[path = "../../../stand_in/mod.rs"]
mod stand_in;

use cache_derive::cached_query;
use sea_orm::DbErr;
use stand_in::CachedConnection;

struct Tenant {
    name: String,
}

impl Tenant {
    #[cached_query]
    async fn articles(&self, db: &CachedConnection) -> Result<String, DbErr> {
        let _ = db;
        Ok(self.name.clone())
    }
}

#[cached_query]
async fn counting(db: &CachedConnection, misses: &mut u64) -> Result<usize, DbErr> {
    *misses += 1;
    db.query().await
}

#[cached_query]
async fn two_connections(db: &CachedConnection, replica: &CachedConnection) -> Result<usize, DbErr> {
    Ok(db.query().await? + replica.query().await?)
}

impl Tenant {
    #[cached_query(skip(self))]
    async fn renaming(&mut self, db: &CachedConnection) -> Result<usize, DbErr> {
        self.name.push('x');
        db.query().await
    }
}

fn main() {}
