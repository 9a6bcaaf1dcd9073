//! What is never cached, what is although it looks similar, and rows that were not read.

use cache_seaorm::{Cache, CachedConnection, Policy};
use cache_tests::backend::Pool;
use cache_tests::case::{Case, read};
use cache_tests::subject::Source;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DbBackend, Statement, TransactionTrait};

use crate::setups::ARTICLES;

#[tokio::test]
async fn volatile_results_are_never_cached() {
    for text in [
        "SELECT date('now') FROM article",
        "SELECT id FROM article WHERE title < datetime('now')",
        "SELECT id, current_timestamp FROM article",
        "SELECT CURRENT_DATE, id FROM article WHERE id = 1",
        "SELECT strftime('%s', 'now') FROM article WHERE id = 1",
        "SELECT id FROM article WHERE views < unixepoch()",
        "SELECT julianday() FROM article",
        "SELECT time('NOW', '+1 day') FROM article",
        "SELECT date(title, 'localtime') FROM article",
        "SELECT date('no' || 'w') FROM article",
        "SELECT date(title) FROM article",
        "SELECT sqlite_version(), id FROM article",
        "SELECT id FROM article ORDER BY random() LIMIT 1",
        "SELECT hex(randomblob(4)) FROM article",
        "SELECT changes() FROM article",
        "SELECT last_insert_rowid(), id FROM article",
        "SELECT total_changes() FROM article",
        "SELECT id FROM article WHERE id IN (SELECT random() FROM article)",
        "SELECT name FROM sqlite_master",
        "SELECT name FROM pragma_table_info('article')",
        "SELECT 1",
    ] {
        ARTICLES.open().await.never_caches(text).await;
    }
}

/// The text is the same; only a bound value makes it volatile.
#[tokio::test]
async fn now_as_a_bound_value_is_never_cached() {
    use cache_tests::literal::{Literal, Sql, Values};
    use cache_tests::read::{Order, Read};

    let case = ARTICLES.open().await;
    for value in ["now", "NOW", "2020-01-01"] {
        let mut sql = Sql::new(Values::Bound);
        sql.push("SELECT id, date(").literal(&Literal::text(value)).push(") FROM article");
        let read = Read::Text { order: Order::Unspecified, tables: Vec::new(), sql };
        for _ in 0..3 {
            assert_eq!(case.subject().cached(&read).await.1, Source::Miss, "{read}");
        }
    }
}

#[tokio::test]
async fn immutable_calls_are_cached() {
    let case = ARTICLES.open().await;
    for text in [
        "SELECT upper(title), abs(views), coalesce(category, '') FROM article WHERE id = 1",
        "SELECT count(*), max(views), total(views), group_concat(title) FROM article",
        "SELECT substr(title, 1, 2), replace(title, 'o', '0'), length(title) FROM article WHERE category = 'r'",
    ] {
        case.warm(&read(text)).await;
    }
}

#[tokio::test]
async fn relations_that_the_schema_does_not_know_are_never_cached() {
    let setup =
        "CREATE TABLE article (id INTEGER PRIMARY KEY, tags TEXT); INSERT INTO article VALUES (1, '[1, 2]')";
    let case = Case::new(setup, &[]).await;
    case.never_caches("SELECT value FROM article, json_each(article.tags)").await;
}

/// A temporary table hides the one of the schema, for this connection.
#[tokio::test]
async fn a_temporary_table_that_shadows_is_noticed() {
    let case = ARTICLES.open().await;
    let list = read("SELECT title FROM article WHERE id = 1");
    case.warm(&list).await;
    case.write("CREATE TEMP TABLE article AS SELECT 1 AS id, 'shadow' AS title").await;
    case.fresh(&list).await;
    case.write("UPDATE article SET title = 'shade' WHERE id = 1").await;
    case.fresh(&list).await;
    case.write("UPDATE main.article SET title = 'hidden' WHERE id = 1").await;
    case.write("DROP TABLE temp.article").await;
    case.fresh(&list).await;
    case.sees("SELECT title FROM article WHERE id = 1", "UPDATE article SET title = 'x' WHERE id = 1").await;
}

#[tokio::test]
async fn one_returned_row_of_three_is_not_all() {
    let case = ARTICLES.open().await;
    let lists = [
        "SELECT title FROM article WHERE id = 3",
        "SELECT id FROM article WHERE category = 'b'",
        "SELECT id, title FROM article WHERE category = 'r'",
    ];
    for list in lists {
        case.warm(&read(list)).await;
    }
    let text = "UPDATE article SET category = 'b', title = 'new' WHERE views < 5 RETURNING id, category";
    case.connection().query_one_raw(Statement::from_string(DbBackend::Sqlite, text)).await.unwrap();
    for list in lists {
        case.fresh(&read(list)).await;
    }
}

/// What a bound value stands for is the driver's matter.
#[tokio::test]
async fn numbered_parameters_mean_what_the_driver_means() {
    use sea_orm::{FromQueryResult, SelectModel, SelectorRaw};

    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, FromQueryResult)]
    struct Id {
        id: i64,
    }

    for (text, values) in [
        ("SELECT id FROM article WHERE author_id = ?2 AND category = ?1", vec!["r".into(), 2.into()]),
        ("SELECT id FROM article WHERE author_id = $2 AND category = $1", vec!["r".into(), 2.into()]),
        ("SELECT id FROM article WHERE author_id = ?2 AND category <> ?", vec!["r".into(), 2.into()]),
        ("SELECT id FROM article WHERE views < ?3 AND author_id = ?", vec![2.into(), 1.into(), 9.into()]),
        ("SELECT id FROM article WHERE author_id = ? AND id <> ?1 AND views < ?", vec![1.into(), 9.into()]),
        (
            "SELECT id FROM article WHERE views < ?2 AND author_id = ? AND id > ?",
            vec![1.into(), 9.into(), 0.into()],
        ),
    ] {
        let values: Vec<sea_orm::Value> = values;
        for write in [
            "UPDATE article SET author_id = 1",
            "UPDATE article SET author_id = 2",
            "UPDATE article SET author_id = 9",
        ] {
            let case = ARTICLES.open().await;
            let read = || {
                let statement = Statement::from_sql_and_values(DbBackend::Sqlite, text, values.clone());
                SelectorRaw::<SelectModel<Id>>::from_statement::<Id>(statement)
            };
            cache_seaorm::CacheExt::cached(read()).all(case.connection()).await.unwrap();
            for id in 1..=4 {
                case.write(&format!("{write} WHERE id = {id}")).await;
                let truth = read().all(case.subject().untracked()).await.unwrap();
                let cached = cache_seaorm::CacheExt::cached(read()).all(case.connection()).await.unwrap();
                assert_eq!(cached, truth, "{text} after {write} WHERE id = {id}");
            }
        }
    }
}

/// Without a foreign key that is enforced nobody guarantees that a partner exists.
#[tokio::test]
async fn foreign_keys_guarantee_nothing_while_they_are_off() {
    let setup = "CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE book (id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL REFERENCES author (id));
        INSERT INTO author VALUES (1, 'ann'); INSERT INTO book VALUES (1, 1);";
    let join = "SELECT b.id, b.author_id, a.id, a.name FROM book b JOIN author a ON a.id = b.author_id";
    for off in ["PRAGMA foreign_keys = OFF", "PRAGMA foreign_keys(0)", "PRAGMA foreign_keys(no)"] {
        let case = Case::new(setup, &[]).await;
        case.write(off).await;
        case.write("INSERT INTO book VALUES (2, 12)").await;
        case.sees(join, "INSERT INTO author VALUES (12, 'eve')").await;
        case.sees(join, "DELETE FROM author WHERE id = 12").await;
        case.sees(join, "INSERT INTO author (name, id) VALUES ('eve', 12)").await;
    }
    let case =
        Case::new(&format!("{setup} PRAGMA foreign_keys = OFF; INSERT INTO book VALUES (2, 12)"), &[]).await;
    case.sees(join, "INSERT INTO author VALUES (12, 'eve')").await;
}

/// Settings of the session decide results too.
#[tokio::test]
async fn settings_of_the_session_are_seen() {
    for (list, setting) in [
        ("SELECT id FROM article WHERE title LIKE 'ONE'", "PRAGMA case_sensitive_like(1)"),
        ("SELECT id FROM article WHERE title LIKE 'ONE'", "PRAGMA case_sensitive_like = ON"),
        ("SELECT title FROM article LIMIT 1", "PRAGMA reverse_unordered_selects(1)"),
    ] {
        let case = ARTICLES.open().await;
        case.warm(&read(list)).await;
        case.write(setting).await;
        case.fresh(&read(list)).await;
    }
}

#[tokio::test]
async fn an_attached_database_is_another_one() {
    let case = ARTICLES.open().await;
    let (main, aux) = (
        read("SELECT title FROM main.article WHERE id = 1"),
        read("SELECT title FROM aux.article WHERE id = 1"),
    );
    case.warm(&main).await;
    case.write("ATTACH ':memory:' AS aux; CREATE TABLE aux.article AS SELECT * FROM main.article").await;
    for write in [
        "UPDATE aux.article SET title = 'aux' WHERE id = 1",
        "UPDATE article SET title = 'main' WHERE id = 1",
        "INSERT INTO aux.article (id, title) VALUES (1, 'more')",
        "DELETE FROM aux.article WHERE id = 1",
    ] {
        case.fresh(&aux).await;
        case.write(write).await;
        case.fresh(&aux).await;
        case.fresh(&main).await;
    }
}

/// Who knows an attached database as its own main one keeps nothing old.
#[tokio::test]
async fn a_write_of_an_attached_database_is_seen_by_who_wraps_that() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::from_url("memory://?private").unwrap();
    let open = async |name: &str| {
        let url = format!("sqlite://{}?mode=rwc", folder.path().join(name).display());
        let pool = Database::connect(ConnectOptions::new(url).max_connections(1).to_owned()).await.unwrap();
        let setup = "CREATE TABLE article (id INTEGER PRIMARY KEY, title TEXT); INSERT INTO article VALUES (1, 'old')";
        pool.execute_unprepared(setup).await.unwrap();
        CachedConnection::new(pool, cache.clone()).await.unwrap()
    };
    let (shop, archive) = (open("shop.db").await, open("archive.db").await);
    let attach = format!("ATTACH '{}' AS archive", folder.path().join("archive.db").display());
    shop.execute_unprepared(&attach).await.unwrap();
    let title = read("SELECT title FROM article WHERE id = 1");
    for (write, expected) in [
        ("UPDATE archive.article SET title = 'one' WHERE id = 1", "one"),
        ("UPDATE OR REPLACE \"archive\".article SET title = 'two' WHERE id = 1", "two"),
        ("REPLACE INTO archive.article VALUES (1, 'three')", "three"),
        ("WITH x AS (SELECT 1) DELETE FROM archive.article WHERE id = 1", "no rows"),
    ] {
        title.run_cached(&archive, &Policy::new()).await.unwrap();
        shop.execute_unprepared(write).await.unwrap();
        let answer = title.run_cached(&archive, &Policy::new()).await.unwrap().to_string();
        assert!(answer.contains(expected), "{write}: {answer}");
    }
}

/// Nor is it spelled out that it is another one's.
#[tokio::test]
async fn a_table_that_only_an_attached_database_has_is_seen_by_who_wraps_that() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::from_url("memory://?private").unwrap();
    let open = async |name: &str, setup: &str| {
        let url = format!("sqlite://{}?mode=rwc", folder.path().join(name).display());
        let pool = Database::connect(ConnectOptions::new(url).max_connections(1).to_owned()).await.unwrap();
        pool.execute_unprepared(setup).await.unwrap();
        CachedConnection::new(pool, cache.clone()).await.unwrap()
    };
    let shop = open("shop.db", "CREATE TABLE article (id INTEGER); INSERT INTO article VALUES (1)").await;
    let archive =
        open("archive.db", "CREATE TABLE note (id INTEGER, what TEXT); INSERT INTO note VALUES (1, 'x')")
            .await;
    let attach = format!("ATTACH '{}' AS archive", folder.path().join("archive.db").display());
    shop.execute_unprepared(&attach).await.unwrap();
    let long = format!("INSERT INTO note VALUES (3, 'article'){}", ", (1, 'x')".repeat(7_000));
    let notes = read("SELECT count(*), max(what) FROM note");
    let mut before = notes.run_cached(&archive, &Policy::new()).await.unwrap();
    for write in [
        "INSERT INTO note SELECT id, 'y' FROM article",
        "INSERT INTO note VALUES (2, 'article')",
        "UPDATE OR IGNORE note SET what = 'z' WHERE id IN (SELECT id FROM article)",
        "WITH x AS (SELECT id FROM article) DELETE FROM note WHERE id IN x",
        &long,
    ] {
        shop.execute_unprepared(write).await.unwrap();
        let after = notes.run_cached(&archive, &Policy::new()).await.unwrap();
        assert_ne!(before, after, "STALE: after {write}");
        before = after;
    }
}

/// Other connections of the pool do not fire it, nor know of it.
#[tokio::test]
async fn a_temporary_trigger_ends_what_is_written_on_its_connection() {
    let setup = "CREATE TABLE article (id INTEGER PRIMARY KEY, title TEXT); CREATE TABLE note (what TEXT);
        INSERT INTO article VALUES (1, 'one')";
    let case = Case::with_pool(setup, &[], Pool::Several(2)).await;
    let notes = read("SELECT count(*) FROM note");
    case.warm(&notes).await;
    case.write(
        "CREATE TEMP TRIGGER noted AFTER UPDATE ON main.article BEGIN INSERT INTO note VALUES (NEW.title); END",
    )
    .await;
    // The schema is read where no such trigger is, and the write runs where it is.
    let bare = case.subject().untracked();
    let (one, other) = (bare.begin().await.unwrap(), bare.begin().await.unwrap());
    let fires =
        one.query_one_raw(Statement::from_string(DbBackend::Sqlite, "SELECT 1 FROM sqlite_temp_master"));
    let (with, without) = if fires.await.unwrap().is_some() { (one, other) } else { (other, one) };
    without.rollback().await.unwrap();
    case.connection().refresh_schema().await.unwrap();
    let held = bare.begin().await.unwrap();
    with.rollback().await.unwrap();
    for _ in 0..3 {
        case.fresh(&notes).await;
        case.write("UPDATE article SET title = title || 'x'").await;
        case.fresh(&notes).await;
    }
    held.rollback().await.unwrap();
}

#[tokio::test]
async fn a_search_ends_nothing_and_its_index_is_kept_up_by_triggers() {
    let setup = "CREATE TABLE article (id INTEGER PRIMARY KEY, title TEXT); CREATE TABLE other (id INTEGER PRIMARY KEY);
        INSERT INTO other VALUES (1); INSERT INTO article VALUES (1, 'one'), (2, 'two');
        CREATE VIRTUAL TABLE article_fts USING fts5(title, content='article', content_rowid='id');
        INSERT INTO article_fts (rowid, title) SELECT id, title FROM article;
        CREATE TRIGGER ai AFTER INSERT ON article BEGIN
            INSERT INTO article_fts (rowid, title) VALUES (new.id, new.title); END;
        CREATE TRIGGER au AFTER UPDATE ON article BEGIN
            INSERT INTO article_fts (article_fts, rowid, title) VALUES ('delete', old.id, old.title);
            INSERT INTO article_fts (rowid, title) VALUES (new.id, new.title); END;";
    let case = Case::new(setup, &[]).await;
    let searches = [
        "SELECT rowid, bm25(article_fts) FROM article_fts WHERE article_fts MATCH 'one' ORDER BY rank",
        "SELECT highlight(article_fts, 0, '<', '>'), snippet(article_fts, 0, '<', '>', '', 3) FROM article_fts('one')",
    ];
    for search in searches {
        case.never_caches(search).await;
        case.keeps("SELECT id FROM other", search).await;
    }
    for write in [
        "UPDATE article SET title = 'new one' WHERE id = 1",
        "INSERT INTO article VALUES (3, 'one more')",
        "INSERT INTO article_fts (article_fts) VALUES ('optimize')",
    ] {
        case.keeps("SELECT id FROM other", write).await;
        case.keeps("SELECT title FROM article WHERE id = 2", write.replace("(3", "(4").as_str()).await;
    }
    case.never_caches(searches[0]).await;
}

/// It numbers the rows of tables without a key of their own anew.
#[tokio::test]
async fn a_vacuum_is_seen_where_rows_have_only_numbers() {
    let setup = "CREATE TABLE visit (page TEXT); INSERT INTO visit VALUES ('a'), ('b'), ('c')";
    let case = Case::new(setup, &[]).await;
    case.write("DELETE FROM visit WHERE page = 'a'").await;
    case.warm(&read("SELECT rowid, page FROM visit")).await;
    case.write("VACUUM").await;
    case.fresh(&read("SELECT rowid, page FROM visit")).await;
}
