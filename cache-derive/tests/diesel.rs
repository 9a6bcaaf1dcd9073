//! `#[derive(CacheDeps)]` on Diesel models. That it agrees with Diesel's own `table!` is tested in `cache-diesel`.

#[path = "stand_in/diesel.rs"]
mod stand_in;

use stand_in::{__private, CacheDeps as _, article};

#[derive(cache_derive::CacheDeps)]
#[diesel(table_name = article, primary_key(id))]
#[cache(crate = "crate::stand_in", scope(published, section))]
#[expect(dead_code, reason = "only what it declares matters")]
struct Article {
    id: i64,
    #[cache(scope)]
    #[diesel(column_name = category)]
    section: Option<String>,
    published: bool,
    #[diesel(embed)]
    rest: f64,
}

/// Another model of the same table.
#[derive(cache_derive::CacheDeps)]
#[diesel(table_name = article)]
#[cache(crate = "crate::stand_in", scope(title))]
#[expect(dead_code, reason = "only what it declares matters")]
struct Summary {
    title: String,
}

#[test]
fn scopes_name_the_columns_of_the_table() {
    let declared = Article::declaration();
    assert_eq!(declared.table, "article");
    assert_eq!(declared.scopes, [vec!["published", "cat"], vec!["cat"]]);
}

#[test]
fn each_model_registers_its_declaration_once() {
    let registered =
        inventory::iter::<__private::Registered>.into_iter().map(|registered| (registered.declare)(()));
    let mut registered: Vec<_> = registered.collect();
    registered.sort_by_key(|declaration| declaration.scopes.len());
    assert_eq!(registered, [Summary::declaration(), Article::declaration()]);
}
