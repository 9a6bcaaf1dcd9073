//! What may be cached, and what writes.

use super::*;

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
