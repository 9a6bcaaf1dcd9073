#[path = "../../../stand_in/diesel.rs"]
mod stand_in;

use stand_in::article;

#[derive(cache_derive::CacheDeps)]
#[diesel(table_name = article)]
#[cache(crate = "crate::stand_in", scope(published, categroy))]
struct Misspelt {
    published: bool,
    category: String,
}

#[derive(cache_derive::CacheDeps)]
#[diesel(table_name = article)]
#[cache(crate = "crate::stand_in", hooks)]
struct Hooked {
    id: i64,
}

#[derive(cache_derive::CacheDeps)]
#[diesel(table_name = article)]
#[cache(crate = "crate::stand_in", scope(title))]
struct Borrowing<'a> {
    title: &'a str,
}

#[derive(cache_derive::CacheDeps)]
#[diesel(table_name = article)]
struct Unnamed(i64);

#[derive(cache_derive::CacheDeps)]
#[diesel(table_name = article)]
#[cache(crate = "crate::stand_in", scope(rest))]
struct Embedding {
    #[diesel(embed)]
    rest: Unnamed,
}

#[derive(cache_derive::CacheDeps)]
#[diesel(table_name = article, primary_key(title))]
#[cache(crate = "crate::stand_in", scope(title))]
struct Keyed {
    title: String,
}

#[derive(cache_derive::CacheDeps)]
#[diesel(table_name = article)]
#[cache(crate = "crate::stand_in")]
struct Rated {
    #[cache(scope)]
    rating: Option<f64>,
}

#[cache_derive::cached_query(early_refresh = "5s")]
fn early(conn: &mut Rated) -> Result<i64, ()> {
    Ok(i64::from(conn.rating.is_some()))
}

#[cache_derive::cached_query(early_refresh = "5s")]
async fn early_and_lent(conn: &mut Rated) -> Result<i64, ()> {
    Ok(i64::from(conn.rating.is_some()))
}

struct AsyncCachedConnection;

#[cache_derive::cached_query]
async fn shared(conn: &AsyncCachedConnection) -> Result<i64, ()> {
    let _ = conn;
    Ok(1)
}

fn main() {}
