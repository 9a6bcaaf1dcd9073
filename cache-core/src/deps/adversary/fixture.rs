//! The usual schema.

use super::*;

pub(super) fn scopes() -> Vec<Declaration> {
    vec![Declaration::new("article").scope(["category"]).scope(["views"]).scope(["category", "published"])]
}

/// Authors and their articles, tags that no foreign key guards, a table with a nullable text key, one with a
/// generated column, and a view of each kind.
pub(super) fn schema() -> Schema {
    use ReferentialAction::{Cascade, Restrict, SetNull};
    let author = TableDefinition::new("author")
        .column(Column::int("id").not_null())
        .column(Column::text("name"))
        .primary_key(["id"])
        .rowid_key();
    let article = TableDefinition::new("article")
        .column(Column::int("id").not_null())
        .column(Column::int("author_id"))
        .column(Column::text("category"))
        .column(Column::text("title"))
        .column(Column::int("views"))
        .column(Column::int("published"))
        .column(Column::int("tag_id"))
        .primary_key(["id"])
        .rowid_key()
        .foreign_key(["author_id"], "author", ["id"], Cascade, Restrict);
    let tag = TableDefinition::new("tag")
        .column(Column::int("id").not_null())
        .column(Column::text("name"))
        .primary_key(["id"])
        .rowid_key();
    let node = TableDefinition::new("node")
        .column(Column::int("id").not_null())
        .column(Column::int("parent_id"))
        .column(Column::text("name"))
        .primary_key(["id"])
        .rowid_key()
        .foreign_key(["parent_id"], "node", ["id"], SetNull, Restrict);
    let code = TableDefinition::new("code")
        .column(Column::text("id"))
        .column(Column::text("kind"))
        .column(Column::text("title"))
        .primary_key(["id"])
        .foreign_key(["kind"], "code", ["id"], Restrict, Restrict);
    let made = TableDefinition::new("made")
        .column(Column::int("id").not_null())
        .column(Column::int("twice").generated())
        .column(Column::text("a"))
        .column(Column::text("b"))
        .unique_key(["a"])
        .unique_key(["b"])
        .primary_key(["id"])
        .rowid_key();
    let log =
        TableDefinition::new("log").column(Column::int("id").not_null()).primary_key(["id"]).rowid_key();
    let rust = View::new("rust", "SELECT id, title FROM article WHERE category = 'rust'", ["id", "title"]);
    Schema::new(Dialect::Sqlite, [author, article, tag, node, code, made, log], [rust]).unwrap()
}

pub(super) const ARTICLES: &str = "SELECT id, title FROM article WHERE category = 'rust'";
