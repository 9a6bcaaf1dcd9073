//! Counterexamples: a read, a write that changes its result, and the promise that they meet.

use super::*;
use crate::entity::Declaration;
use crate::mark::{Mark, Marks};
use crate::schema::{
    Column, Dialect, ReferentialAction, Schema, TableDefinition, Trigger, TriggerEvent, View,
};
use crate::sql::Plan;
use crate::value::Value;

/// The rows of a result, as they would be read.
#[derive(Debug)]
struct Shown(Vec<Vec<Value>>);

impl Rows for Shown {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn columns(&self) -> usize {
        self.0.first().map_or(0, Vec::len)
    }

    fn value(&self, row: usize, column: usize) -> Value {
        self.0[row].get(column).cloned().unwrap_or(Value::Opaque)
    }
}

/// `rows![[1, "a"], [2, null]]`.
macro_rules! rows {
    ($([$($value:expr),*]),*) => { vec![$(vec![$(Value::from($value)),*]),*] };
}

/// Whether a read that returned these rows misses after the write: it is not cached, or their marks meet.
#[allow(clippy::too_many_arguments)]
fn misses(
    schema: Schema,
    scopes: &[Declaration],
    read: &str,
    read_values: &[Value],
    rows: Vec<Vec<Value>>,
    write: &str,
    write_values: &[Value],
    ran: Ran<'_>,
) -> bool {
    let catalog = Catalog::new(&DatabaseId::new("adversary"), schema, scopes);
    let plan = catalog.plan(read);
    let Plan::Read(plan) = &*plan else { return true };
    if plan.refusal.is_some() {
        return true;
    }
    let shown = Shown(rows);
    let watched = watches(&catalog, plan, read_values, Some(&shown));
    let mut watch_marks = catalog.watch_marks(&watched);
    watch_marks.merge(&[Mark::EVERYTHING].into_iter().collect::<Marks>());
    let plan = catalog.plan(write);
    let Plan::Write(plan) = &*plan else { return false };
    let touched = touches(&catalog, plan, write_values, None, ran);
    let meets = catalog.touch_marks(&touched).meets(&watch_marks);
    if !meets {
        eprintln!("{read}\n  watches {watched:#?}\n{write}\n  touches {touched:#?}");
    }
    meets
}

/// One case against the usual schema, with nothing known of how the write ran.
#[track_caller]
fn stale_after(read: &str, rows: Vec<Vec<Value>>, write: &str) {
    assert!(run(read, &[], rows, write, &[]), "stale: `{read}` after `{write}`");
}

/// The opposite: what must go on being hit.
#[track_caller]
fn survives(read: &str, rows: Vec<Vec<Value>>, write: &str) {
    assert!(!run(read, &[], rows, write, &[]), "needless miss: `{read}` after `{write}`");
}

fn run(read: &str, values: &[Value], rows: Vec<Vec<Value>>, write: &str, written: &[Value]) -> bool {
    misses(schema(), &scopes(), read, values, rows, write, written, Ran::Unknown)
}

fn scopes() -> Vec<Declaration> {
    vec![Declaration::new("article").scope(["category"]).scope(["views"]).scope(["category", "published"])]
}

/// Authors and their articles, tags that no foreign key guards, a table with a nullable text key, one with a
/// generated column, and a view of each kind.
fn schema() -> Schema {
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

const ARTICLES: &str = "SELECT id, title FROM article WHERE category = 'rust'";

#[test]
fn a_new_row_of_the_category_is_missed() {
    stale_after(ARTICLES, rows![[1, "a"]], "INSERT INTO article (id, category) VALUES (2, 'rust')");
    survives(ARTICLES, rows![[1, "a"]], "INSERT INTO article (id, category) VALUES (2, 'go')");
    survives(ARTICLES, rows![[1, "a"]], "UPDATE article SET title = 'x' WHERE id = 2");
}

// --- joins -----------------------------------------------------------------------------------------------

#[test]
fn on_of_a_left_join_never_carries_a_filter_between_preserved_columns() {
    let read = "SELECT a.id, b.id, a.title, c.id FROM article a JOIN article b ON b.tag_id = a.tag_id \
                LEFT JOIN tag c ON a.views = b.views AND c.id = a.tag_id WHERE a.views = 5";
    stale_after(read, vec![], "INSERT INTO article (id, tag_id, views) VALUES (9, 1, 6)");
    let read =
        "SELECT count(*) FROM article a LEFT JOIN tag t ON a.views = a.published WHERE a.published = 5";
    stale_after(read, rows![[0]], "INSERT INTO article (id, views, published) VALUES (9, 6, 5)");
}

#[test]
fn what_a_left_join_filters_is_not_carried_back_to_the_preserved_side() {
    let read = "SELECT count(*) FROM article a LEFT JOIN node n ON n.parent_id = a.published \
                AND n.parent_id = a.views WHERE a.published = 5";
    stale_after(read, rows![[0]], "INSERT INTO article (id, views, published) VALUES (9, 6, 5)");
}

#[test]
fn a_filter_on_the_optional_side_is_carried_to_the_preserved_side() {
    let read = "SELECT count(*) FROM article a LEFT JOIN article b ON b.views = a.views WHERE b.views = 5";
    survives(read, rows![[0]], "INSERT INTO article (id, views) VALUES (9, 6)");
    let read = "SELECT count(*) FROM article a LEFT JOIN article b ON b.views = a.views WHERE a.views = 5";
    survives(read, rows![[0]], "INSERT INTO article (id, views) VALUES (9, 6)");
}

#[test]
fn the_death_of_a_partner_that_an_anti_join_hides_is_seen() {
    let read = "SELECT a.id, t.id FROM article a LEFT JOIN tag t ON t.id = a.tag_id WHERE t.id IS NULL";
    stale_after(read, vec![], "DELETE FROM tag WHERE id = 5");
    let read = "SELECT a.id, t.id FROM article a LEFT JOIN tag t ON t.id = a.tag_id \
                LEFT JOIN node n ON n.parent_id = t.id WHERE n.id IS NULL";
    stale_after(read, vec![], "DELETE FROM tag WHERE id = 5");
}

#[test]
fn the_death_of_a_partner_that_a_right_join_hides_is_seen() {
    let read = "SELECT n.id, t.id FROM article a JOIN tag t ON t.id = a.tag_id \
                RIGHT JOIN node n ON n.parent_id = t.id WHERE t.id IS NULL";
    stale_after(read, vec![], "DELETE FROM tag WHERE id = 5");
}

#[test]
fn the_death_of_a_skipped_partner_moves_the_window() {
    let read =
        "SELECT a.id, t.id FROM article a JOIN tag t ON t.id = a.tag_id ORDER BY a.id LIMIT 1 OFFSET 1";
    stale_after(read, rows![[2, 6]], "DELETE FROM tag WHERE id = 5");
    let read = "SELECT a.id, t.id FROM article a JOIN tag t ON t.id = a.tag_id ORDER BY a.id LIMIT 1, 1";
    stale_after(read, rows![[2, 6]], "DELETE FROM tag WHERE id = 5");
    // A left join neither adds nor removes rows.
    let read =
        "SELECT a.id, t.id FROM article a LEFT JOIN tag t ON t.id = a.tag_id ORDER BY a.id LIMIT 1 OFFSET 1";
    survives(read, rows![[2, 6]], "DELETE FROM tag WHERE id = 5");
}

#[test]
fn a_dangling_reference_waits_for_its_parent() {
    let read =
        "SELECT a.id, a.author_id, p.id, p.name FROM article a LEFT JOIN author p ON p.id = a.author_id";
    let dangling = vec![vec![1.into(), 12.into(), Value::Null, Value::Null]];
    stale_after(read, dangling, "INSERT INTO author (id, name) VALUES (12, 'x')");
    let nothing = vec![vec![1.into(), Value::Null, Value::Null, Value::Null]];
    survives(read, nothing, "INSERT INTO author (id, name) VALUES (12, 'x')");
    let found = vec![vec![1.into(), 12.into(), 12.into(), "x".into()]];
    survives(read, found, "INSERT INTO author (id, name) VALUES (13, 'x')");
}

#[test]
fn a_key_is_no_guarantee_where_the_join_compares_by_another_rule() {
    let parent = TableDefinition::new("parent").column(Column::text("id").not_null()).primary_key(["id"]);
    let child = |reference: Column| {
        TableDefinition::new("child")
            .column(Column::int("id").not_null())
            .column(reference)
            .primary_key(["id"])
            .foreign_key(
                ["parent_id"],
                "parent",
                ["id"],
                ReferentialAction::Restrict,
                ReferentialAction::Restrict,
            )
    };
    for reference in [Column::text("parent_id").collated(), Column::int("parent_id")] {
        let schema = Schema::new(Dialect::Sqlite, [parent.clone(), child(reference)], []).unwrap();
        let read = "SELECT c.id, p.id FROM child c JOIN parent p ON c.parent_id = p.id";
        let write = "INSERT INTO parent (id) VALUES ('01')";
        assert!(misses(
            schema,
            &[],
            read,
            &[],
            rows![[1, "1"]]
                .into_iter()
                .map(|mut row: Vec<Value>| {
                    row[0] = 1.into();
                    row
                })
                .collect(),
            write,
            &[],
            Ran::Unknown
        ));
    }
}

// --- rows and keys ---------------------------------------------------------------------------------------

#[test]
fn a_row_whose_key_is_null_is_watched() {
    let scopes = [Declaration::new("code").scope(["kind"])];
    let read = "SELECT id, title FROM code WHERE kind = 'r'";
    let rows = vec![vec![Value::Null, "x".into()]];
    let write = "UPDATE code SET title = 'y' WHERE kind = 'r'";
    assert!(misses(schema(), &scopes, read, &[], rows, write, &[], Ran::Unknown));
}

#[test]
fn an_aggregate_in_a_sub_query_folds_the_query_that_its_column_is_of() {
    let read = "SELECT id, (SELECT sum(article.views)) FROM article WHERE category = 'rust'";
    stale_after(read, rows![[1, 3]], "UPDATE article SET views = 9 WHERE id = 2");
}

#[test]
fn values_pass_over_generated_columns() {
    let read = "SELECT id FROM made WHERE a = 'A'";
    stale_after(read, vec![], "INSERT INTO made VALUES (1, 'A', 'B')");
    let read = "SELECT id FROM made WHERE b = 'B'";
    stale_after(read, vec![], "INSERT INTO made VALUES (1, 'A', 'B')");
}

#[test]
fn of_a_column_that_an_insert_names_twice_the_first_counts() {
    stale_after(ARTICLES, vec![], "INSERT INTO article (id, category, category) VALUES (2, 'rust', 'go')");
}

#[test]
fn integers_beyond_64_bits_are_reals() {
    let read = "SELECT id FROM article WHERE views = 9223372036854775808";
    stale_after(read, vec![], "INSERT INTO article (id, views) VALUES (2, 9223372036854775809)");
}

// --- order -----------------------------------------------------------------------------------------------

#[test]
fn a_place_in_order_by_may_be_wrapped() {
    for place in ["2", "(2)", "+2", "- -2", "2 COLLATE NOCASE", "(2) COLLATE NOCASE"] {
        let read = format!("SELECT id, title FROM article ORDER BY {place} LIMIT 1");
        stale_after(&read, rows![[1, "b"]], "UPDATE article SET title = 'a' WHERE id = 2");
    }
}

#[test]
fn an_alias_in_order_by_may_be_wrapped() {
    for alias in ["views", "(views)", "views COLLATE NOCASE"] {
        let read = format!("SELECT id, title AS views FROM article ORDER BY {alias} LIMIT 1");
        stale_after(&read, rows![[1, "b"]], "UPDATE article SET title = 'a' WHERE id = 2");
    }
}

#[test]
fn an_alias_in_a_condition_is_not_a_derived_column() {
    let read =
        "SELECT article.id, article.title AS k FROM article, (SELECT 1 AS one FROM log) d WHERE k = 'r'";
    stale_after(read, vec![], "UPDATE article SET title = 'r' WHERE id = 2");
    let read = "SELECT article.id, article.title AS k FROM article, (SELECT 1 AS one FROM log) d \
                ORDER BY lower(k) LIMIT 1";
    stale_after(read, rows![[1, "b"]], "UPDATE article SET title = 'a' WHERE id = 2");
}

// --- parameters ------------------------------------------------------------------------------------------

#[test]
fn placeholders_that_drivers_number_differently_are_not_known() {
    let one: Vec<Value> = vec!["x".into(), "go".into(), "rust".into()];
    for (read, values) in [
        // SQLite numbers `?` after the greatest so far, a driver may count.
        ("SELECT id FROM article WHERE title = ?2 AND category = ?", one.clone()),
        ("SELECT id FROM article WHERE title = :a AND category = ?", vec!["go".into(), "rust".into()]),
        ("SELECT id FROM article WHERE title = @a AND category = ?", vec!["go".into(), "rust".into()]),
        ("SELECT id FROM article WHERE title = $t AND category = ?", vec!["go".into(), "rust".into()]),
        // Names, by order of appearance.
        ("SELECT id FROM article WHERE title = $2 AND category = $1", vec!["go".into(), "rust".into()]),
        ("SELECT id FROM article WHERE title = :2 AND category = :1", vec!["go".into(), "rust".into()]),
        ("SELECT id FROM article WHERE title = @2 AND category = @1", vec!["go".into(), "rust".into()]),
    ] {
        let write = "INSERT INTO article (id, category) VALUES (2, 'rust')";
        assert!(run(read, &values, vec![], write, &[]), "{read}");
    }
    // In order, every driver agrees.
    let read = "SELECT id FROM article WHERE title = $1 AND category = $2";
    let write = "INSERT INTO article (id, category) VALUES (2, 'rust')";
    assert!(!run(read, &["x".into(), "go".into()], vec![], write, &[]));
}

#[test]
fn each_statement_of_a_text_numbers_its_own_placeholders() {
    let write = "UPDATE article SET title = ? WHERE id = 3; UPDATE article SET category = ? WHERE id = 2";
    assert!(run(ARTICLES, &[], vec![], write, &["rust".into(), "go".into()]));
}

// --- texts that the parser gives up on -------------------------------------------------------------------

#[test]
fn a_table_may_be_named_in_single_quotes() {
    let write = "INSERT INTO 'log' (id) SELECT id FROM article INDEXED BY i WHERE id = 1 ON CONFLICT (id) DO NOTHING \
                 ON CONFLICT DO NOTHING";
    stale_after("SELECT count(*) FROM log", rows![[0]], write);
}

#[test]
fn a_trigger_may_name_its_table_in_single_quotes() {
    let text = "CREATE TRIGGER x AFTER INSERT ON t BEGIN INSERT INTO 'log' VALUES (1); END";
    let trigger = Trigger { event: TriggerEvent::Insert, text: text.into() };
    let t = TableDefinition::new("t").column(Column::int("id")).primary_key(["id"]).trigger(trigger);
    let log = TableDefinition::new("log").column(Column::int("id")).primary_key(["id"]);
    let schema = Schema::new(Dialect::Sqlite, [t, log], []).unwrap();
    let read = "SELECT count(*) FROM log";
    assert!(misses(schema, &[], read, &[], rows![[0]], "INSERT INTO t VALUES (1)", &[], Ran::Unknown));
}

#[test]
fn vacuum_may_number_rows_anew() {
    stale_after("SELECT rowid, title FROM code", rows![[1, 2]], "VACUUM");
}

#[test]
fn several_conflict_clauses_are_not_one() {
    let read = "SELECT id FROM article WHERE id = 7";
    let write = "INSERT INTO article (id, category) VALUES (1, 'x') ON CONFLICT (id) DO NOTHING \
                 ON CONFLICT DO UPDATE SET category = 'rust'";
    stale_after(read, rows![[7]], write);
}

// --- what may be cached, and what writes ----------------------------------------------------------

#[test]
fn a_placeholder_that_is_used_twice_has_one_value() {
    let read = "SELECT id, title FROM article WHERE category = ?1 AND title = ?1";
    let write = "INSERT INTO article (id, category, title) VALUES (?1, ?2, ?2)";
    assert!(run(read, &["rust".into()], vec![], write, &[2.into(), "rust".into()]));
    assert!(!run(read, &["go".into()], vec![], write, &[2.into(), "rust".into()]));
}

#[test]
fn what_is_not_the_same_for_the_same_rows_is_not_cached() {
    for read in [
        "SELECT id, CURRENT_TIMESTAMP FROM article",
        "SELECT id FROM article WHERE title < current_date",
        "SELECT id FROM article WHERE title < CURRENT_TIME",
        "SELECT id FROM article ORDER BY random()",
        "SELECT id FROM article UNION SELECT id FROM tag ORDER BY random()",
        "SELECT id FROM article LIMIT abs(random())",
        "SELECT count(*) FILTER (WHERE random() > 0) FROM article",
        "SELECT sum(id) OVER (ORDER BY random()) FROM article",
        "SELECT id FROM article WHERE id IN (SELECT random() FROM tag)",
        "SELECT id FROM article GROUP BY random()",
        "SELECT id FROM article GROUP BY id HAVING random() > 0",
        "SELECT a.id FROM article a JOIN tag t ON random() > 0",
        "SELECT CASE WHEN random() THEN id END FROM article",
        "SELECT CAST(random() AS TEXT) FROM article",
        "SELECT id FROM article WHERE title LIKE random()",
        "SELECT id FROM article WHERE id BETWEEN random() AND 3",
        "SELECT id FROM (SELECT id, random() AS r FROM article) ORDER BY r",
        "WITH x AS (SELECT random() AS r) SELECT id FROM article, x",
        "SELECT id FROM article WHERE title REGEXP 'a'",
        "SELECT id FROM article WHERE title MATCH 'a'",
        "VALUES (random())",
        "SELECT id FROM article ORDER BY 1 LIMIT 1 OFFSET abs(random()) % 2",
        "SELECT id FROM article WHERE (random(), 1) = (1, 1)",
        "SELECT \"random\"() FROM article",
        "SELECT id FROM article INDEXED BY i",
        "SELECT id FROM temp.article",
        "SELECT id FROM sqlite_master",
        "SELECT id FROM article, json_each(title)",
        "SELECT id FROM article, pragma_table_info('article')",
        "SELECT total_changes(), id FROM article",
        "SELECT id FROM other.article",
    ] {
        let schema = schema();
        match crate::sql::analyse(&schema, read) {
            Plan::Read(plan) if plan.refusal.is_none() => panic!("cached: {read}"),
            _ => {}
        }
    }
}

#[test]
fn texts_that_write_are_writes() {
    for write in [
        "WITH x AS (SELECT 1) UPDATE article SET title = 'x'",
        "WITH x AS (SELECT 1) DELETE FROM article",
        "WITH x AS (SELECT 1) INSERT INTO article (id) SELECT 9",
        "/* c */ DELETE FROM article",
        "-- c\nDELETE FROM article",
        "delete from [article]",
        "delete from `article`",
        "delete from \"ARTICLE\"",
        "DELETE FROM main.article",
        "DELETE FROM 'article'",
        "delete from temp.article",
        "UPDATE article SET (title, views) = ('x', 1)",
        "UPDATE article SET (title) = (SELECT 'x')",
        "UPDATE article NOT INDEXED SET title = 'x'",
        "UPDATE OR FAIL article SET title = 'x'",
        "INSERT INTO article DEFAULT VALUES",
        "REPLACE INTO article (id) VALUES (1)",
        "INSERT INTO rust (id, title) VALUES (1, 'x')",
        "UPDATE rust SET title = 'x'",
        "SELECT 1; DELETE FROM article",
        "DELETE FROM article;",
        ";;DELETE FROM article",
        "EXPLAIN SELECT 1; DELETE FROM article",
        "BEGIN; DELETE FROM article; COMMIT",
        "PRAGMA writable_schema = 1",
        "DROP TABLE article",
        "ALTER TABLE article ADD x",
        "DELETE FROM article ORDER BY id LIMIT 1",
        "UPDATE article SET title = 'x' ORDER BY id LIMIT 1",
        "COMMIT; SELECT 1",
        "UPDATE article AS a SET title = 'x' FROM (SELECT 1) WHERE a.id = 1",
        "INSERT INTO article AS a (id) VALUES (1) ON CONFLICT DO UPDATE SET title = 'x'",
        "INSERT INTO article (id) VALUES (1) ON CONFLICT (id) WHERE id > 0 DO UPDATE SET title = 'x'",
        "INSERT INTO article (id) SELECT 1 WHERE true ON CONFLICT (id) DO UPDATE SET title = 'x'",
        "DETACH x",
        "ATTACH 'x' AS y",
        "SELECT load_extension('x')",
        "SELECT writes(1) FROM article",
        "SELECT id FROM article WHERE title = writes(1)",
        "SELECT id FROM writes(1)",
        "SELECT id, writes(1) FROM article INDEXED BY i",
        "SELECT id FROM article, writes(id)",
        "SELECT sum(id) OVER w FROM article WINDOW w AS (ORDER BY writes(1))",
        "UPDATE article SET title = writes(1)",
        "DELETE FROM tag WHERE id = writes(1)",
        "SELECT writes(1) FROM unknown",
        "SELECT 1 FROM article ORDER BY writes(1)",
        "VALUES (writes(1))",
        "SELECT writes(1)",
        "DELETE FROM tag RETURNING writes(1)",
        "INSERT INTO tag SELECT writes(1), 'x'",
        "SELECT id FROM article UNION SELECT writes(1)",
        "(SELECT id FROM article) ORDER BY writes(1)",
        "SELECT writes(1) FROM article FOR UPDATE",
        "WITH x AS (SELECT writes(1)) SELECT * FROM x",
        "DELETE FROM tag ORDER BY writes(1) LIMIT 1",
        "PRAGMA foreign_keys = writes(1)",
        "CREATE TABLE z AS SELECT 1",
        "SELECT id INTO z FROM article",
    ] {
        let catalog = Catalog::new(&DatabaseId::new("adversary"), schema(), &[]);
        let plan = catalog.plan(write);
        let Plan::Write(plan) = &*plan else { panic!("no write: {write}: {plan:?}") };
        let touched = touches(&catalog, plan, &[], None, Ran::Unknown);
        let marks = catalog.touch_marks(&touched);
        let everything = marks.meets(&Marks::everything());
        let table = catalog.table(catalog.schema().table_named("article").unwrap().id()).id();
        let all = model::Watch::Scope {
            table,
            pattern: None,
            columns: crate::schema::Columns::All,
            exactness: model::Exactness::Inexact,
        };
        assert!(everything || !write.contains("writes("), "{write}");
        assert!(everything || marks.meets(&catalog.watch_marks(&[all])), "{write}");
    }
}

// --- triggers --------------------------------------------------------------------------------------------

/// Parents whose children go with them, and a trigger on the children that writes a log.
fn triggered(event: TriggerEvent, text: &str) -> Schema {
    use ReferentialAction::{Cascade, Restrict};
    let log =
        TableDefinition::new("log").column(Column::int("id").not_null()).primary_key(["id"]).rowid_key();
    let parent =
        TableDefinition::new("parent").column(Column::int("id").not_null()).primary_key(["id"]).rowid_key();
    let child = TableDefinition::new("child")
        .column(Column::int("id").not_null())
        .column(Column::int("parent_id"))
        .column(Column::text("title"))
        .primary_key(["id"])
        .rowid_key()
        .foreign_key(["parent_id"], "parent", ["id"], Cascade, Restrict)
        .trigger(Trigger { event, text: text.into() });
    Schema::new(Dialect::Sqlite, [log, parent, child], []).unwrap()
}

#[test]
fn triggers_fire_on_cascaded_and_passed_over_rows() {
    let text = "CREATE TRIGGER x BEFORE DELETE ON child BEGIN INSERT INTO main.[log] VALUES (1); \
                SELECT RAISE(IGNORE); END";
    let read = "SELECT count(*) FROM log";
    for (write, ran) in [
        ("DELETE FROM parent WHERE id = 1", Ran::Count(1)),
        ("DELETE FROM child WHERE id = 1", Ran::Count(0)),
        ("DELETE FROM child RETURNING id", Ran::Rows(&Shown(vec![]))),
        ("REPLACE INTO parent VALUES (1)", Ran::Count(1)),
        ("UPDATE OR REPLACE child SET id = 2 WHERE id = 1", Ran::Count(1)),
    ] {
        let schema = triggered(TriggerEvent::Delete, text);
        assert!(misses(schema, &[], read, &[], rows![[0]], write, &[], ran), "{write}");
    }
    let text = "CREATE TRIGGER x AFTER UPDATE OF title ON child BEGIN INSERT INTO `log` VALUES (1); END";
    for (write, fires) in [
        ("UPDATE child SET title = 'x' WHERE id = 1", true),
        ("UPDATE child SET (parent_id, TITLE) = (1, 'x')", true),
        ("INSERT INTO child (id) VALUES (1) ON CONFLICT DO UPDATE SET title = 'x'", true),
        ("UPDATE child SET id = 2, title = 'x' WHERE id = 1", true),
        ("UPDATE child SET parent_id = 2 WHERE id = 1", false),
    ] {
        let schema = triggered(TriggerEvent::Update(vec!["title".into()]), text);
        assert_eq!(misses(schema, &[], read, &[], rows![[0]], write, &[], Ran::Unknown), fires, "{write}");
    }
}

#[test]
fn the_first_row_that_an_insert_of_one_returns_is_all() {
    let write = "INSERT INTO article (title) VALUES ('x') RETURNING id, category, published, views";
    let first = Shown(vec![vec![2.into(), "go".into(), 1.into(), 1.into()]]);
    let run =
        |read, rows, write| misses(schema(), &scopes(), read, &[], rows, write, &[], Ran::First(&first));
    assert!(!run(ARTICLES, rows![[1, 1]], write), "the default of a column is in RETURNING");
    assert!(!run("SELECT id FROM article WHERE id = 7", vec![], write), "and so is the key");
    assert!(run("SELECT id FROM article WHERE category = 'go'", vec![], write));
    assert!(run("SELECT id FROM article WHERE id = 2", vec![], write));
    let two = "INSERT INTO article (title) VALUES ('x'), ('y') RETURNING id, category, published, views";
    assert!(run(ARTICLES, rows![[1, 1]], two));
}

#[test]
fn lists_and_pages_of_an_orm_are_kept_precisely() {
    // find_also_related, with and without a page.
    for tail in ["", " ORDER BY a.id LIMIT 10 OFFSET 10"] {
        let read = format!(
            "SELECT a.id AS A_id, a.author_id AS A_author_id, p.id AS B_id, p.name AS B_name FROM article AS a \
             LEFT JOIN author AS p ON a.author_id = p.id{tail}"
        );
        let rows = || {
            vec![
                vec![1.into(), 12.into(), 12.into(), "x".into()],
                vec![2.into(), Value::Null, Value::Null, Value::Null],
            ]
        };
        survives(&read, rows(), "INSERT INTO author (id) VALUES (13)");
        survives(&read, rows(), "UPDATE author SET name = 'y' WHERE id = 13");
        survives(&read, rows(), "UPDATE article SET title = 'y' WHERE id = 1");
        stale_after(&read, rows(), "UPDATE author SET name = 'y' WHERE id = 12");
        stale_after(&read, rows(), "UPDATE article SET author_id = 13 WHERE id = 2");
        stale_after(&read, rows(), "DELETE FROM author WHERE id = 12");
    }
    let count = "SELECT COUNT(*) AS num_items FROM (SELECT id, title FROM article WHERE category = 'rust') AS sub_query";
    survives(count, rows![[3]], "UPDATE article SET title = 'x' WHERE id = 1");
    survives(count, rows![[3]], "INSERT INTO article (id, category) VALUES (9, 'go')");
    stale_after(count, rows![[3]], "DELETE FROM article WHERE id = 1");
}
