#[path = "../../../stand_in/mod.rs"]
mod stand_in;

use cache_derive::cached_query;
use sea_orm::DbErr;
use stand_in::CachedConnection;

#[cached_query]
fn blocking(db: &CachedConnection) -> Result<usize, DbErr> {
    let _ = db;
    Ok(0)
}

#[cached_query]
struct Articles;

trait Read {
    #[cached_query]
    async fn read(db: &CachedConnection) -> Result<usize, DbErr>;
}

struct Reader;

#[async_trait::async_trait]
trait Boxed {
    async fn read(db: &CachedConnection) -> Result<usize, DbErr>;
}

#[async_trait::async_trait]
impl Boxed for Reader {
    #[cached_query]
    async fn read(db: &CachedConnection) -> Result<usize, DbErr> {
        db.query().await
    }
}

fn main() {}
