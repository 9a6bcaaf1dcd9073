//! Writes that no statement names: cascades, triggers, generated columns, views, the schema itself.

use cache_tests::case::{Case, read, scopes};
use sea_orm::ConnectionTrait;

const FAMILY: &str = "
    CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT, score INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE article (id INTEGER PRIMARY KEY, author_id INTEGER REFERENCES author ON DELETE CASCADE ON UPDATE CASCADE,
        editor_id INTEGER REFERENCES author (id) ON DELETE SET NULL ON UPDATE SET NULL,
        owner_id INTEGER DEFAULT 2 REFERENCES author (id) ON DELETE SET DEFAULT ON UPDATE SET DEFAULT,
        category TEXT, views INTEGER NOT NULL DEFAULT 0, bucket INTEGER AS (views / 10), label TEXT AS (category || '!') STORED);
    CREATE TABLE comment (id INTEGER PRIMARY KEY, article_id INTEGER NOT NULL REFERENCES article (id) ON DELETE CASCADE ON UPDATE CASCADE, body TEXT);
    CREATE TABLE audit (id INTEGER PRIMARY KEY, note TEXT);
    CREATE VIEW popular AS SELECT id, category FROM article WHERE views > 5;
    CREATE VIEW busy AS SELECT category, count(*) AS size FROM popular GROUP BY category;
    CREATE TRIGGER note AFTER UPDATE OF name ON author BEGIN INSERT INTO audit (note) VALUES (NEW.name); END;
    CREATE TRIGGER fame AFTER UPDATE OF score ON author BEGIN UPDATE article SET views = 9, category = 'g' WHERE author_id = NEW.id; END;
    CREATE TRIGGER recount AFTER DELETE ON comment BEGIN UPDATE author SET name = 'lost' WHERE id = 2; END;
    CREATE TRIGGER edit INSTEAD OF UPDATE ON popular BEGIN UPDATE article SET category = NEW.category WHERE id = OLD.id; END;
    INSERT INTO author VALUES (1, 'ann', 0), (2, 'bob', 0), (3, 'eve', 0);
    INSERT INTO article (id, author_id, editor_id, owner_id, category, views) VALUES
        (1, 1, 3, 3, 'r', 1), (2, 2, 1, 1, 'g', 7), (3, 1, 2, 2, 'r', 8);
    INSERT INTO comment VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 3, 'c');";

async fn family() -> Case {
    let article: &[&[&str]] =
        &[&["author_id"], &["editor_id"], &["owner_id"], &["category"], &["bucket"], &["label"]];
    Case::new(FAMILY, &[scopes("article", article), scopes("comment", &[&["article_id"]])]).await
}

#[tokio::test]
async fn cascades_are_seen_at_every_level() {
    for write in [
        "DELETE FROM author WHERE id = 1",
        "DELETE FROM author WHERE name = 'ann'",
        "REPLACE INTO author (id) VALUES (1)",
    ] {
        for list in [
            "SELECT category FROM article WHERE id = 1",
            "SELECT id FROM article WHERE author_id = 1",
            "SELECT id FROM article WHERE category = 'r'",
            "SELECT body FROM comment WHERE id = 1",
            "SELECT id FROM comment WHERE article_id = 3",
            "SELECT count(*) FROM comment",
        ] {
            family().await.sees(list, write).await;
        }
    }
}

#[tokio::test]
async fn set_null_and_set_default_are_seen() {
    for (list, write) in [
        ("SELECT editor_id FROM article WHERE id = 1", "DELETE FROM author WHERE id = 3"),
        ("SELECT id FROM article WHERE editor_id = 3", "DELETE FROM author WHERE id = 3"),
        ("SELECT id FROM article WHERE editor_id IS NULL", "DELETE FROM author WHERE id = 3"),
        ("SELECT owner_id FROM article WHERE id = 1", "DELETE FROM author WHERE id = 3"),
        ("SELECT id FROM article WHERE owner_id = 2", "DELETE FROM author WHERE id = 3"),
    ] {
        family().await.sees(list, write).await;
    }
}

#[tokio::test]
async fn keys_that_follow_their_parents_key_are_seen() {
    for (list, write) in [
        ("SELECT id FROM article WHERE author_id = 30", "UPDATE author SET id = 30 WHERE id = 1"),
        ("SELECT author_id FROM article WHERE id = 1", "UPDATE author SET id = 30 WHERE name = 'ann'"),
        ("SELECT id FROM article WHERE editor_id IS NULL", "UPDATE author SET id = 30 WHERE id = 1"),
        ("SELECT owner_id FROM article WHERE id = 2", "UPDATE author SET id = 30 WHERE id = 1"),
        ("SELECT article_id FROM comment WHERE id = 2", "UPDATE article SET id = 20 WHERE id = 2"),
        ("SELECT id FROM comment WHERE article_id = 20", "UPDATE article SET id = 20 WHERE id = 2"),
    ] {
        family().await.sees(list, write).await;
    }
}

#[tokio::test]
async fn triggers_are_seen_and_what_they_trigger() {
    for (list, write) in [
        ("SELECT note FROM audit", "UPDATE author SET name = 'new' WHERE id = 1"),
        ("SELECT id FROM article WHERE category = 'g'", "UPDATE author SET score = 1 WHERE id = 1"),
        ("SELECT id, views FROM article WHERE id = 1", "UPDATE author SET score = 1 WHERE id = 1"),
        ("SELECT name FROM author WHERE id = 2", "DELETE FROM comment WHERE id = 1"),
        ("SELECT note FROM audit", "DELETE FROM comment WHERE id = 1"),
        ("SELECT note FROM audit", "DELETE FROM article WHERE id = 1"),
        ("SELECT category FROM article WHERE id = 2", "UPDATE popular SET category = 'b' WHERE id = 2"),
        ("SELECT id FROM article WHERE category = 'b'", "UPDATE popular SET category = 'b' WHERE id = 2"),
    ] {
        family().await.sees(list, write).await;
    }
}

#[tokio::test]
async fn generated_columns_follow_what_they_are_computed_from() {
    for (list, write) in [
        ("SELECT bucket FROM article WHERE id = 1", "UPDATE article SET views = 50 WHERE id = 1"),
        ("SELECT id FROM article WHERE bucket = 5", "UPDATE article SET views = 50 WHERE id = 1"),
        ("SELECT id FROM article WHERE bucket = 5", "INSERT INTO article (views) VALUES (51)"),
        (
            "SELECT id, label FROM article WHERE label = 'r!'",
            "UPDATE article SET category = 'b' WHERE id = 1",
        ),
        (
            "SELECT id FROM article WHERE label = 'b!'",
            "UPDATE article SET category = 'b' WHERE category = 'r'",
        ),
    ] {
        family().await.sees(list, write).await;
    }
}

#[tokio::test]
async fn views_are_seen_through() {
    for (list, write) in [
        ("SELECT id FROM popular WHERE category = 'r'", "UPDATE article SET views = 6 WHERE id = 1"),
        ("SELECT id FROM popular WHERE category = 'r'", "UPDATE article SET category = 'g' WHERE id = 3"),
        ("SELECT category FROM popular WHERE id = 3", "UPDATE article SET views = 0 WHERE id = 3"),
        (
            "SELECT size FROM busy WHERE category = 'r'",
            "INSERT INTO article (category, views) VALUES ('r', 9)",
        ),
        (
            "SELECT c.body FROM comment c JOIN popular p ON p.id = c.article_id",
            "UPDATE article SET views = 6 WHERE id = 1",
        ),
    ] {
        family().await.sees(list, write).await;
    }
}

#[tokio::test]
async fn schema_changes_through_the_wrapper_are_seen_at_once() {
    let case = family().await;
    case.sees(
        "SELECT id FROM popular",
        "DROP VIEW popular; CREATE VIEW popular AS SELECT id, category FROM article WHERE views < 5",
    )
    .await;
    case.sees("SELECT id FROM popular", "UPDATE article SET views = 0 WHERE id = 2").await;
    case.write("CREATE TRIGGER late AFTER UPDATE OF views ON article BEGIN INSERT INTO audit (note) VALUES ('late'); END").await;
    case.sees("SELECT count(*) FROM audit", "UPDATE article SET views = 3 WHERE id = 2").await;
    case.write("ALTER TABLE article ADD COLUMN extra TEXT DEFAULT 'e'").await;
    case.sees("SELECT * FROM article WHERE id = 2", "UPDATE article SET extra = 'f' WHERE id = 2").await;
    case.write("ALTER TABLE audit RENAME COLUMN note TO remark").await;
    case.sees("SELECT remark FROM audit", "INSERT INTO audit (remark) VALUES ('x')").await;
    case.write("ALTER TABLE audit RENAME TO journal").await;
    case.sees("SELECT remark FROM journal", "INSERT INTO journal (remark) VALUES ('y')").await;
}

#[tokio::test]
async fn schema_changes_elsewhere_are_noticed_within_a_second() {
    let case = family().await;
    case.warm(&read("SELECT count(*) FROM audit")).await;
    let trigger = "CREATE TRIGGER late AFTER UPDATE OF views ON article BEGIN INSERT INTO audit (note) VALUES ('late'); END";
    case.subject().untracked().execute_unprepared(trigger).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    case.sees("SELECT count(*) FROM audit", "UPDATE article SET views = 3 WHERE id = 2").await;
}

#[tokio::test]
async fn schema_changes_of_a_migration_are_known_after_a_refresh() {
    let case = family().await;
    case.warm(&read("SELECT count(*) FROM audit")).await;
    let trigger = "CREATE TRIGGER late AFTER UPDATE OF views ON article BEGIN INSERT INTO audit (note) VALUES ('late'); END";
    case.subject().untracked().execute_unprepared(trigger).await.unwrap();
    case.subject().refresh_schema().await.unwrap();
    case.sees("SELECT count(*) FROM audit", "UPDATE article SET views = 3 WHERE id = 2").await;
}
