#[path = "../../../stand_in/mod.rs"]
mod stand_in;

#[derive(Clone, Debug, cache_derive::CacheDeps)]
#[cache(crate = "crate::stand_in", hooks)]
pub struct Model {
    pub id: i64,
}

fn main() {}
