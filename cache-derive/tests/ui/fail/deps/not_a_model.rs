use cache_derive::CacheDeps;

#[derive(CacheDeps)]
enum Column {
    Id,
}

#[derive(CacheDeps)]
struct Model(i64);

#[derive(CacheDeps)]
union Either {
    left: i64,
    right: u64,
}

#[derive(CacheDeps)]
#[cache(scope(id))]
struct ArticleSummary {
    id: i64,
}

fn main() {}
