//! The rules that were learnt by running real statements.

use super::*;
use crate::schema::{
    Column, ColumnSet, Columns, Dialect, ReferentialAction, Schema, TableDefinition, Trigger, TriggerEvent,
    View,
};
use crate::value::Value;

fn schema() -> Schema {
    let author = TableDefinition::new("author")
        .column(Column::int("id"))
        .column(Column::text("name"))
        .primary_key(["id"])
        .rowid_key();
    let article = TableDefinition::new("article")
        .column(Column::int("id"))
        .column(Column::int("author_id"))
        .column(Column::text("category"))
        .column(Column::text("title"))
        .column(Column::int("views"))
        .primary_key(["id"])
        .rowid_key()
        .foreign_key(
            ["author_id"],
            "author",
            ["id"],
            ReferentialAction::Cascade,
            ReferentialAction::Restrict,
        );
    let view = View::new("rust", "SELECT id, title FROM article WHERE category = 'rust'", ["id", "title"]);
    Schema::new(Dialect::Sqlite, [author, article], [view]).unwrap()
}

fn read(sql: &str) -> ReadPlan {
    match analyse(&schema(), sql) {
        Plan::Read(plan) => plan,
        other => panic!("{sql}: {other:?}"),
    }
}

fn write(sql: &str) -> WritePlan {
    match analyse(&schema(), sql) {
        Plan::Write(plan) => plan,
        other => panic!("{sql}: {other:?}"),
    }
}

fn source<'p>(plan: &'p ReadPlan, table: &str) -> &'p Source {
    let id = schema().table_named(table).unwrap().id();
    plan.sources.iter().find(|source| source.table == id).unwrap()
}

fn columns(table: &str, names: &[&str]) -> Columns {
    let schema = schema();
    let table = schema.table_named(table).unwrap();
    Columns::Some(names.iter().map(|name| table.column_named(name).unwrap()).collect::<ColumnSet>())
}

fn fixed(source: &Source, table: &str) -> Vec<String> {
    let schema = schema();
    let table = schema.table_named(table).unwrap();
    let mut fixed: Vec<String> = source
        .fixed
        .iter()
        .map(|fixed| {
            let operands: Vec<String> = fixed
                .operands
                .iter()
                .map(|operand| match operand {
                    Operand::Parameter(number) => format!("?{number}"),
                    Operand::Elements(number) => format!("each of ?{number}"),
                    Operand::Literal(value) => value.to_string(),
                    Operand::Row(version, column) => format!("{version:?}.{column}"),
                })
                .collect();
            format!("{}={}", table.column(fixed.column).name(), operands.join("|"))
        })
        .collect();
    fixed.sort();
    fixed
}

#[test]
fn a_list_by_equality_is_fixed_identified_and_only_fixed() {
    let plan =
        read(r#"SELECT "article"."id", "article"."title" FROM "article" WHERE "article"."category" = ?"#);
    let article = source(&plan, "article");
    assert_eq!(fixed(article, "article"), ["category=?0"]);
    assert!(article.identified && article.only_fixed);
    assert_eq!(article.membership, columns("article", &["category"]));
    assert_eq!(article.payload, columns("article", &["id", "title"]));
    assert_eq!(plan.width, Some(2));
}

/// An enumeration and an array of them, as SeaORM asks for them.
#[test]
fn postgres_a_column_that_is_shown_as_text_is_shown_and_not_filtered_by() {
    let article = TableDefinition::new("article").column(Column::int("id")).column(Column::text("title"));
    let article = article.column(Column::text("status").enumeration()).column(Column::other("statuses"));
    let schema = Schema::new(Dialect::Postgres, [article.primary_key(["id"])], []).unwrap();
    let table = schema.table_named("article").unwrap();
    let names = |names: &[&str]| {
        Columns::Some(names.iter().map(|name| table.column_named(name).unwrap()).collect::<ColumnSet>())
    };
    let read = |columns: &str, tail: &str| {
        let plan = analyse(&schema, &format!("SELECT {columns} FROM article {tail}"));
        let Plan::Read(plan) = plan else { panic!("{plan:?}") };
        let source = &plan.sources[0];
        let outputs: Vec<usize> = source.outputs.iter().map(|output| output.position).collect();
        (source.payload.clone(), source.membership.clone(), outputs)
    };
    let all = r#""id", CAST("article"."status" AS "text"), CAST(statuses AS text[]), title"#;
    let everything = names(&["id", "title", "status", "statuses"]);
    assert_eq!(read(all, "ORDER BY id LIMIT 3"), (everything, names(&["id"]), vec![0, 1, 3]));
    assert_eq!(read("id, status::text", ""), (names(&["id", "status"]), names(&[]), vec![0, 1]));
    // What decides which rows there are is membership, under whatever name.
    let aliased = r#"id, CAST(status AS "text") AS s"#;
    assert_eq!(read(aliased, "ORDER BY s LIMIT 1").1, names(&["status"]));
    assert_eq!(read(aliased, "ORDER BY 2 LIMIT 1").1, names(&["id", "status"]));
    assert_eq!(read(&format!("DISTINCT {aliased}"), "").1, names(&["id", "status"]));
    // A cast to another type may mean anything.
    assert_eq!(read("id, CAST(status AS other.text)", "").1, names(&["status"]));
    assert_eq!(read("id, CAST(id AS varchar(1))", "").1, names(&["id"]));
}

#[test]
fn limits_distinct_and_groups_are_not_only_fixed() {
    for tail in ["LIMIT 3", "GROUP BY id", "LIMIT 1 OFFSET 2"] {
        let plan = read(&format!("SELECT id FROM article WHERE category = 'a' {tail}"));
        assert!(!source(&plan, "article").only_fixed, "{tail}");
    }
    let plan = read("SELECT DISTINCT id FROM article WHERE category = 'a'");
    assert!(!source(&plan, "article").identified);
}

#[test]
fn in_and_or_of_one_column_and_tuples_fix_it() {
    let plan = read("SELECT id FROM article WHERE (category = 'a' OR category IN ('b', ?)) AND views > 3");
    assert_eq!(fixed(source(&plan, "article"), "article"), ["category='a'|'b'|?0"]);
    let plan = read("SELECT id FROM article WHERE (id, author_id) IN ((1, 2), (3, 4))");
    assert_eq!(fixed(source(&plan, "article"), "article"), ["author_id=2|4", "id=1|3"]);
    let plan = read("SELECT id FROM article WHERE category = 'a' OR title = 'b'");
    assert_eq!(fixed(source(&plan, "article"), "article"), [""; 0]);
}

#[test]
fn equalities_propagate_through_joins_but_not_to_the_preserved_side() {
    let plan = read("SELECT * FROM author JOIN article ON author.id = article.author_id WHERE author.id = 5");
    assert_eq!(fixed(source(&plan, "article"), "article"), ["author_id=5"]);
    let plan =
        read("SELECT * FROM author LEFT JOIN article ON author.id = article.author_id WHERE author.id = 5");
    assert_eq!(fixed(source(&plan, "article"), "article"), ["author_id=5"]);
    let plan = read(
        "SELECT * FROM author LEFT JOIN article ON author.id = article.author_id AND article.author_id = 5",
    );
    assert_eq!(fixed(source(&plan, "author"), "author"), [""; 0]);
    assert_eq!(fixed(source(&plan, "article"), "article"), ["author_id=5"]);
    let plan =
        read("SELECT * FROM author LEFT JOIN article ON author.id = article.author_id AND author.name = 'x'");
    assert_eq!(fixed(source(&plan, "author"), "author"), [""; 0]);
}

#[test]
fn an_anti_join_fixes_nothing_on_the_optional_side() {
    let plan = read(
        "SELECT author.id FROM author LEFT JOIN article ON author.id = article.author_id \
         WHERE article.category IS NULL",
    );
    assert_eq!(fixed(source(&plan, "article"), "article"), [""; 0]);
    let plan = read("SELECT id FROM article WHERE category IS NULL");
    assert_eq!(fixed(source(&plan, "article"), "article"), ["category=NULL"]);
}

#[test]
fn a_partner_joined_on_its_whole_key_is_told_from_a_filtered_table() {
    let join = "FROM article JOIN author ON author.id = article.author_id";
    let plan = read(&format!("SELECT article.id, author.id, author.name {join} WHERE category = 'a'"));
    assert_eq!(source(&plan, "author").partner, Some(Partner::Guaranteed));
    assert_eq!(source(&plan, "article").partner, None);
    let plan = read(&format!("SELECT article.id, author.id {join} WHERE author.name = 'x'"));
    assert_eq!(source(&plan, "author").partner, None);
    let plan = read(&format!("SELECT article.id, author.id {join} ORDER BY author.name LIMIT 2"));
    assert_eq!(source(&plan, "author").partner, None);
    let plan =
        read("SELECT article.id, author.id FROM article LEFT JOIN author ON author.id = article.views");
    assert_eq!(source(&plan, "author").partner, Some(Partner::Possible));
}

#[test]
fn a_reference_guarantees_nothing_where_foreign_keys_are_not_enforced() {
    let sql = "SELECT article.id, author.id FROM article JOIN author ON author.id = article.author_id";
    let Plan::Read(plan) = analyse(&schema().without_enforced_foreign_keys(), sql) else { panic!("{sql}") };
    assert_eq!(source(&plan, "author").partner, Some(Partner::Possible));
}

#[test]
fn tables_hidden_in_any_clause_are_sources() {
    for clause in [
        "SELECT (SELECT max(name) FROM author) FROM article",
        "SELECT id FROM article WHERE EXISTS (SELECT 1 FROM author WHERE author.id = article.author_id)",
        "SELECT article.id FROM article JOIN article b ON b.id = (SELECT min(id) FROM author)",
        "SELECT count(*) FROM article GROUP BY category HAVING count(*) > (SELECT count(*) FROM author)",
        "SELECT id FROM article ORDER BY (SELECT name FROM author WHERE author.id = author_id)",
        "WITH a AS (SELECT * FROM author) SELECT article.id FROM article, a",
        "SELECT id FROM article UNION SELECT id FROM author",
        "SELECT id FROM article LIMIT (SELECT count(*) FROM author)",
    ] {
        let plan = read(clause);
        assert_eq!(plan.refusal, None, "{clause}");
        source(&plan, "author");
        source(&plan, "article");
    }
}

#[test]
fn a_count_over_a_sub_query_uses_its_conditions_only() {
    let plan = read(
        "SELECT COUNT(*) AS num_items FROM (SELECT article.id, article.views FROM article \
         WHERE category = 'a') AS sub_query",
    );
    let article = source(&plan, "article");
    assert_eq!(article.membership, columns("article", &["category"]));
    assert_eq!(fixed(article, "article"), ["category='a'"]);
    let plan = read("SELECT COUNT(*) FROM (SELECT DISTINCT views FROM article) AS s");
    assert_eq!(source(&plan, "article").membership, columns("article", &["views"]));
}

#[test]
fn what_is_not_one_column_is_every_column() {
    for sql in [
        "SELECT id FROM article WHERE ctid > 3",
        "SELECT id FROM article WHERE \"nonsense\" = 1",
        "SELECT article.id FROM article NATURAL JOIN author",
    ] {
        assert_eq!(source(&read(sql), "article").membership, Columns::All, "{sql}");
    }
    let plan = read("SELECT article.id FROM article JOIN author USING (id)");
    assert_eq!(source(&plan, "author").membership, columns("author", &["id"]));
}

#[test]
fn a_view_is_read_through() {
    let plan = read("SELECT title FROM rust");
    let article = source(&plan, "article");
    assert_eq!(fixed(article, "article"), ["category='rust'"]);
    assert!(!article.identified);
    assert_eq!(article.membership, columns("article", &["id", "title", "category"]));
}

#[test]
fn reads_that_must_not_be_cached_say_why() {
    for (sql, reason) in [
        ("SELECT 1", "it names no table, so nothing could invalidate it"),
        ("SELECT * FROM nowhere", "`nowhere` is neither a base table nor a readable view of the schema"),
        ("SELECT random() FROM article", "`random` is not known to give the same result for the same rows"),
        (
            "SELECT id FROM article WHERE title = date('now')",
            "`date` is not known to give the same result for the same rows",
        ),
        (
            "SELECT CURRENT_TIMESTAMP FROM article",
            "`CURRENT_TIMESTAMP` is not known to give the same result for the same rows",
        ),
    ] {
        assert_eq!(read(sql).refusal.unwrap().to_string(), reason, "{sql}");
    }
    assert!(matches!(read("SELECT FROM WHERE").refusal, Some(Refusal::NotUnderstood(_))));
}

#[test]
fn a_call_that_is_no_built_in_may_write_anything() {
    assert_eq!(write("SELECT arch(1) FROM article").effects, [Effect::Everything]);
    assert_eq!(write("UPDATE article SET title = arch(1) WHERE id = 1").effects, [Effect::Everything]);
}

#[test]
fn more_write_verbs_than_writes_found_is_not_understood() {
    let article = schema().table_named("article").unwrap().id();
    let author = schema().table_named("author").unwrap().id();
    let plan = write("WITH x AS (DELETE FROM article RETURNING id) SELECT * FROM author, x");
    assert_eq!(plan.effects, [Effect::Table(author), Effect::Table(article)]);
    let plan = write("EXPLAIN ANALYZE UPDATE article SET views = 1");
    assert_eq!(plan.effects, [Effect::Table(article)]);
}

#[test]
fn a_write_target_that_the_schema_does_not_know_is_everything() {
    assert_eq!(write("UPDATE nowhere SET a = 1").effects, [Effect::Everything]);
    assert_eq!(write("CALL something()").effects, [Effect::Everything]);
}

#[test]
fn a_write_of_a_view_is_one_of_the_tables_behind_it() {
    let article = schema().table_named("article").unwrap().id();
    assert_eq!(write("UPDATE rust SET title = 'x'").effects, [Effect::Table(article)]);
    let calls = View::new("calls", "SELECT arch(id) FROM article", ["id"]);
    let triggered = View::new("triggered", "SELECT id FROM author", ["id"]).trigger(Trigger {
        event: TriggerEvent::Insert,
        text: "CREATE TRIGGER t INSTEAD OF INSERT ON triggered BEGIN DELETE FROM article; END".to_owned(),
    });
    let tables = schema().tables().iter().map(|table| TableDefinition::new(table.name())).collect::<Vec<_>>();
    let schema = Schema::new(Dialect::Sqlite, tables, [calls, triggered]).unwrap();
    let effects = |sql| match analyse(&schema, sql) {
        Plan::Write(plan) => plan.effects,
        other => panic!("{sql}: {other:?}"),
    };
    assert_eq!(effects("DELETE FROM calls"), [Effect::Everything]);
    let both: Vec<Effect> = schema.tables().iter().map(|table| Effect::Table(table.id())).collect();
    assert_eq!(effects("INSERT INTO triggered VALUES (1)"), both);
}

#[test]
fn a_write_that_does_not_parse_touches_every_table_that_it_names() {
    let article = schema().table_named("article").unwrap().id();
    let plan = write("UPDATE article SET views = 1 WHERE id ~~~ 3 SOME NEW SYNTAX");
    assert_eq!(plan.effects, [Effect::Table(article)]);
    assert_eq!(write("DELETE FROM ~~~").effects, [Effect::Everything]);
}

#[test]
fn long_texts_are_not_parsed() {
    let values = vec!["(1, 'a')"; 10_000].join(", ");
    let plan = write(&format!("INSERT INTO article (author_id, title) VALUES {values}"));
    assert_eq!(plan.effects, [Effect::Table(schema().table_named("article").unwrap().id())]);
}

#[test]
fn deep_chains_of_conditions_are_read() {
    let filter = (0..400).map(|n| format!("title = '{n}'")).collect::<Vec<_>>().join(" OR ");
    let plan = read(&format!("SELECT id FROM article WHERE {filter}"));
    assert_eq!(plan.refusal, None);
    assert_eq!(source(&plan, "article").fixed[0].operands.len(), 400);
}

#[test]
fn several_statements_in_one_text_are_all_effects() {
    let plan = write("update article set views = 1 where id = 2; insert into author (name) values ('x')");
    assert_eq!(plan.effects.len(), 2);
    assert!(!plan.single);
    assert_eq!(
        read("SELECT id FROM article; SELECT id FROM author").refusal,
        Some(Refusal::SeveralStatements)
    );
}

#[test]
fn an_update_names_its_rows_and_columns() {
    let plan = write(
        r#"UPDATE "article" SET "views" = "views" + 1, "title" = ? WHERE "article"."id" = ? RETURNING "id""#,
    );
    let [Effect::Update(update)] = plan.effects.as_slice() else { panic!("{plan:?}") };
    assert_eq!(update.set.len(), 2);
    assert_eq!(update.set[0].operand, None);
    assert_eq!(update.set[1].operand, Some(Operand::Parameter(0)));
    assert_eq!(update.fixed[0].operands, [Operand::Parameter(1)]);
    assert_eq!(update.returning.as_ref().unwrap().outputs.len(), 1);
}

#[test]
fn an_update_from_another_table_does_not_take_its_columns_for_its_own() {
    let plan = write("UPDATE article SET views = 1 FROM author WHERE name = 'x' AND article.category = 'a'");
    let [Effect::Update(update)] = plan.effects.as_slice() else { panic!("{plan:?}") };
    assert_eq!(update.fixed.len(), 1);
}

#[test]
fn upserts_tell_their_target_and_what_they_set() {
    let plan = write(
        "INSERT INTO article (id, category) VALUES (?, ?), (3, 'x') \
         ON CONFLICT (id) DO UPDATE SET category = excluded.category, title = 't' RETURNING *",
    );
    let [Effect::Insert(insert)] = plan.effects.as_slice() else { panic!("{plan:?}") };
    assert_eq!(insert.rows.as_ref().unwrap().len(), 2);
    let Conflict::Update { target, set } = &insert.conflict else { panic!("{insert:?}") };
    assert_eq!(*target, ConflictTarget::PrimaryKey);
    assert_eq!(set[0].operand, None);
    assert_eq!(set[1].operand, Some(Operand::Literal(Value::Text("t".into()))));
    assert_eq!(insert.returning.as_ref().unwrap().width, Some(5));
    let plan = write("REPLACE INTO article (id) VALUES (1)");
    let [Effect::Insert(insert)] = plan.effects.as_slice() else { panic!("{plan:?}") };
    assert_eq!(insert.conflict, Conflict::Replace);
}

#[test]
fn statements_without_data_are_neutral() {
    for sql in ["PRAGMA table_info(article)", "EXPLAIN QUERY PLAN SELECT 1", "", "-- nothing"] {
        assert_eq!(analyse(&schema(), sql), Plan::Neutral, "{sql}");
    }
    for sql in
        ["PRAGMA foreign_keys = OFF", "PRAGMA main.foreign_keys(0)", "PRAGMA foreign_keys = busy_timeout"]
    {
        assert!(analyse(&schema(), sql).is_write(), "{sql}");
    }
    for sql in
        ["PRAGMA busy_timeout = 5000", "PRAGMA main.wal_checkpoint(TRUNCATE)", "PRAGMA incremental_vacuum(9)"]
    {
        assert!(!analyse(&schema(), sql).is_write(), "{sql}");
    }
    assert!(write("CREATE TABLE x (id)").changes_schema);
}

#[test]
fn the_body_of_a_trigger_is_its_effects() {
    let text = "CREATE TRIGGER x AFTER UPDATE OF title ON article WHEN NEW.views > 1 BEGIN \
                UPDATE article SET views = CASE WHEN views > 1 THEN 1 ELSE 2 END WHERE id = NEW.id; \
                SELECT RAISE(IGNORE) WHERE NEW.title = 'x'; \
                DELETE FROM author WHERE id = OLD.author_id; END";
    let effects = trigger_effects(&schema(), text).unwrap();
    let [Effect::Update(update), Effect::Delete(delete)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(update.fixed[0].operands, [Operand::Row(RowVersion::New, "id".into())]);
    assert_eq!(delete.fixed[0].operands, [Operand::Row(RowVersion::Old, "author_id".into())]);
    assert_eq!(trigger_effects(&schema(), "CREATE TRIGGER nonsense"), None);
}

#[test]
fn the_rowid_is_the_integer_primary_key() {
    let plan = read("SELECT title FROM article WHERE rowid = 3");
    assert_eq!(fixed(source(&plan, "article"), "article"), ["id=3"]);
}
