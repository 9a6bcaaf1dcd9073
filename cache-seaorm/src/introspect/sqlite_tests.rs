//! Every feature of SQLite's DDL that matters, on a real file.

use cache_core::schema::{ReferentialAction, Relation, Schema, Table, TriggerEvent, ValueClass};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};

use super::{fingerprint, read};

struct Fixture {
    db: DatabaseConnection,
    _folder: tempfile::TempDir,
}

async fn database(ddl: &str) -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}?mode=rwc", folder.path().join("a.db").display());
    let db = Database::connect(url).await.unwrap();
    db.execute_unprepared(ddl).await.unwrap();
    Fixture { db, _folder: folder }
}

async fn schema(ddl: &str) -> Schema {
    read(&database(ddl).await.db).await.unwrap().schema
}

fn table<'a>(schema: &'a Schema, name: &str) -> &'a Table {
    schema.table_named(name).unwrap_or_else(|| panic!("no table {name}"))
}

fn key(table: &Table) -> Vec<&str> {
    table.primary_key().iter().map(|id| table.column(*id).name()).collect()
}

#[tokio::test]
async fn columns_have_their_class_collation_and_nullability() {
    let schema = schema(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL, b varchar(9) COLLATE NOCASE, c boolean,
           d, e REAL, f BLOB, g DECIMAL(9,2), h TEXT AS (a || 'x') STORED, i INT AS (c + 1) VIRTUAL);
         ALTER TABLE t ADD COLUMN j TEXT COLLATE RTRIM",
    )
    .await;
    let table = table(&schema, "T");
    let shape: Vec<_> = table
        .columns()
        .iter()
        .map(|column| (column.name(), column.class(), column.narrows(), column.is_generated()))
        .collect();
    let expected = [
        ("id", ValueClass::Int, true, false),
        ("a", ValueClass::Text, true, false),
        ("b", ValueClass::Text, false, false),
        ("c", ValueClass::Int, true, false),
        ("d", ValueClass::Bytes, true, false),
        ("e", ValueClass::Other, false, false),
        ("f", ValueClass::Bytes, true, false),
        ("g", ValueClass::Int, true, false),
        ("h", ValueClass::Text, true, true),
        ("i", ValueClass::Int, true, true),
        ("j", ValueClass::Text, false, false),
    ];
    assert_eq!(shape, expected);
    assert!(table.columns()[1].is_not_null());
}

#[tokio::test]
async fn only_the_rowid_is_a_rowid_key() {
    let schema = schema(
        "CREATE TABLE a (id INTEGER PRIMARY KEY);
         CREATE TABLE b (id INTEGER PRIMARY KEY AUTOINCREMENT);
         CREATE TABLE c (id INT PRIMARY KEY);
         CREATE TABLE d (id INTEGER PRIMARY KEY) WITHOUT ROWID;
         CREATE TABLE e (id INTEGER PRIMARY KEY DESC);
         CREATE TABLE f (x TEXT, y TEXT, PRIMARY KEY (y, x));
         CREATE TABLE g (id INTEGER, PRIMARY KEY (id DESC));
         CREATE TABLE h (x)",
    )
    .await;
    let rowid: Vec<&str> =
        schema.tables().iter().filter(|table| table.has_rowid_key()).map(Table::name).collect();
    assert_eq!(rowid, ["a", "b", "g"]);
    assert_eq!(key(table(&schema, "f")), ["y", "x"]);
    assert!(key(table(&schema, "h")).is_empty());
}

#[tokio::test]
async fn unique_keys_have_the_columns_that_can_conflict() {
    let schema = schema(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE, b TEXT, c TEXT, UNIQUE (b, c));
         CREATE UNIQUE INDEX i ON t (c) WHERE b IS NOT NULL;
         CREATE UNIQUE INDEX j ON t (lower(c));
         CREATE INDEX k ON t (b);
         CREATE TABLE n (name TEXT, PRIMARY KEY (name COLLATE NOCASE)) WITHOUT ROWID",
    )
    .await;
    let t = table(&schema, "t");
    let mut keys: Vec<usize> = t.unique_keys().iter().map(cache_core::schema::ColumnSet::len).collect();
    keys.sort_unstable();
    assert_eq!(keys, [1, 2, 4, 4]);
    assert!(!table(&schema, "n").columns()[0].narrows());
}

#[tokio::test]
async fn foreign_keys_have_their_actions_and_columns() {
    let schema = schema(
        "CREATE TABLE child (id INTEGER PRIMARY KEY,
           p INTEGER REFERENCES parent ON DELETE CASCADE,
           x INT, y INT,
           gone INT REFERENCES nowhere (id),
           wrong INT REFERENCES parent (absent),
           FOREIGN KEY (x, y) REFERENCES pair (b, a) ON DELETE SET NULL ON UPDATE SET DEFAULT);
         CREATE TABLE parent (id INTEGER PRIMARY KEY);
         CREATE TABLE pair (a INT, b INT, PRIMARY KEY (a, b))",
    )
    .await;
    let keys: Vec<_> = table(&schema, "child")
        .foreign_keys()
        .iter()
        .map(|key| (key.references().map(|id| schema.table(id).name()), key.on_delete(), key.on_update()))
        .collect();
    use ReferentialAction::{Cascade, Restrict, SetDefault, SetNull};
    assert_eq!(keys.len(), 3);
    assert!(keys.contains(&(Some("parent"), Cascade, Restrict)));
    assert!(keys.contains(&(Some("pair"), SetNull, SetDefault)));
    assert!(keys.contains(&(None, Restrict, Restrict)));
    let child = table(&schema, "child");
    let pair = child.foreign_keys().iter().find(|key| key.columns().len() == 2).unwrap();
    let referenced: Vec<_> = pair.referenced().iter().map(|id| id.index()).collect();
    assert_eq!(referenced, [1, 0]);
}

#[tokio::test]
async fn triggers_belong_to_their_table_or_view() {
    let schema = schema(
        "CREATE TABLE t (a, b); CREATE TABLE log (x);
         CREATE VIEW v (x, y) AS SELECT a, b FROM t;
         CREATE TRIGGER one AFTER UPDATE OF a, \"b\" ON t BEGIN INSERT INTO log VALUES (new.a); END;
         CREATE TRIGGER two BEFORE INSERT ON T BEGIN SELECT 1; END;
         CREATE TRIGGER three INSTEAD OF DELETE ON v BEGIN DELETE FROM t WHERE a = old.x; END;
         CREATE TEMP TRIGGER four AFTER DELETE ON main.t BEGIN DELETE FROM log; END",
    )
    .await;
    let events: Vec<_> = table(&schema, "t").triggers().iter().map(|t| t.event.clone()).collect();
    assert_eq!(events.len(), 3);
    assert!(events.contains(&TriggerEvent::Update(vec!["a".into(), "b".into()])));
    assert!(events.contains(&TriggerEvent::Insert));
    assert!(events.contains(&TriggerEvent::Delete));
    let Some(Relation::View(view)) = schema.relation("v") else { panic!("no view") };
    assert_eq!(view.columns(), ["x", "y"]);
    assert_eq!(view.query(), "SELECT a, b FROM t");
    assert_eq!(view.triggers()[0].event, TriggerEvent::Delete);
}

#[tokio::test]
async fn a_conflict_clause_is_known() {
    let schema = schema(
        "CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT UNIQUE ON CONFLICT REPLACE);
         CREATE TABLE b (id INTEGER PRIMARY KEY, x TEXT UNIQUE ON CONFLICT IGNORE)",
    )
    .await;
    assert!(table(&schema, "a").replaces_on_conflict());
    assert!(!table(&schema, "b").replaces_on_conflict());
}

#[tokio::test]
async fn what_is_not_a_base_table_is_unknown() {
    let schema = schema(
        "CREATE VIRTUAL TABLE search USING fts5(body);
         CREATE TABLE hidden (a); CREATE TEMP TABLE hidden (b);
         CREATE TABLE covered (a); CREATE TEMP VIEW covered AS SELECT 1;
         CREATE TABLE gone (a); CREATE VIEW broken AS SELECT a FROM gone; DROP TABLE gone;
         CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO counted VALUES (1);
         CREATE TABLE typed (a INT, b ANY) STRICT;
         ATTACH ':memory:' AS other; CREATE TABLE other.elsewhere (a)",
    )
    .await;
    let tables: Vec<&str> = schema.tables().iter().map(Table::name).collect();
    assert_eq!(tables, ["counted", "typed"]);
    assert!(schema.relation("broken").is_none());
    assert_eq!(table(&schema, "typed").columns()[1].class(), ValueClass::Bytes);
}

#[tokio::test]
async fn the_fingerprint_changes_with_the_schema_only() {
    let fixture = database("CREATE TABLE t (a)").await;
    let before = fingerprint(&fixture.db).await.unwrap();
    assert_eq!(read(&fixture.db).await.unwrap().fingerprint, before);
    fixture.db.execute_unprepared("INSERT INTO t VALUES (1)").await.unwrap();
    assert_eq!(fingerprint(&fixture.db).await.unwrap(), before);
    fixture.db.execute_unprepared("CREATE VIEW v AS SELECT a FROM t").await.unwrap();
    assert_ne!(fingerprint(&fixture.db).await.unwrap(), before);
}
