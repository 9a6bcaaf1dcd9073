#[path = "../../../stand_in/diesel.rs"]
mod stand_in;

use stand_in::article;

#[derive(cache_derive::CacheDeps)]
#[diesel(table_name = article)]
#[cache(crate = "crate::stand_in", scope(section))]
struct Article {
    #[diesel(column_name = categories)]
    section: String,
}

fn main() {}
