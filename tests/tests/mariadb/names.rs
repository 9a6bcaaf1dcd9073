//! Which table a name means.

use crate::{ARTICLES, SCOPES, database};
use cache_tests::case::read;
use sea_orm::{ConnectionTrait, Statement};

async fn own_database(case: &cache_tests::case::Case) -> String {
    let statement = Statement::from_string(sea_orm::DbBackend::MySql, "SELECT DATABASE()");
    case.connection().query_one_raw(statement).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

#[tokio::test]
async fn a_table_is_itself_with_its_database() {
    let case = database(ARTICLES, SCOPES).await;
    let own = own_database(&case).await;
    case.sees(
        &format!("SELECT title FROM {own}.article WHERE id = 1"),
        "UPDATE article SET title = 'a' WHERE id = 1",
    )
    .await;
    case.sees(
        "SELECT title FROM article WHERE id = 1",
        &format!("UPDATE `{own}`.`article` SET title = 'b' WHERE id = 1"),
    )
    .await;
    case.sees(
        "SELECT title FROM article WHERE id = 1",
        &format!("UPDATE {own}.article SET {own}.article.title = 'c' WHERE {own}.article.id = 1"),
    )
    .await;
    case.keeps(
        &format!("SELECT {own}.article.title FROM {own}.article WHERE {own}.article.id = 2"),
        "UPDATE article SET title = 'b2' WHERE id = 1",
    )
    .await;
}

#[tokio::test]
async fn another_database_is_unknown() {
    let case = database(ARTICLES, SCOPES).await;
    let own = own_database(&case).await;
    let other = format!("{own}_other");
    case.write(&format!("CREATE DATABASE {other}")).await;
    case.write(&format!("CREATE TABLE {other}.article (id INT PRIMARY KEY, title TEXT)")).await;
    case.write(&format!("CREATE TRIGGER {other}.t AFTER UPDATE ON {other}.article FOR EACH ROW UPDATE {own}.article SET title = 'new'")).await;
    case.write(&format!("INSERT INTO {other}.article VALUES (1, 'a')")).await;
    case.never_caches(&format!("SELECT title FROM {other}.article")).await;
    case.never_caches(&format!("SELECT a.title FROM article a JOIN {other}.article b ON a.id = b.id")).await;
    for write in [
        format!("UPDATE {other}.article SET title = 'x' WHERE id = 1"),
        format!("UPDATE {other}.article a JOIN {other}.article b ON a.id = b.id SET a.title = 'y'"),
        format!("UPDATE {other}.article AS article SET article.title = 'z'"),
    ] {
        case.write("UPDATE article SET title = 'old'").await;
        case.sees("SELECT title FROM article WHERE id = 1", &write).await;
    }
    case.write(&format!("DROP DATABASE {other}")).await;
}

#[tokio::test]
async fn a_change_of_database_or_settings_ends_caching() {
    for setting in [
        "USE mysql",
        "SET sql_mode = 'ANSI_QUOTES'",
        "SET autocommit = 0",
        "SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED",
        "SET @x = 1, foreign_key_checks = 0",
        "SET @@session.sql_mode = ''",
        "SET NAMES latin1",
        "SET GLOBAL max_connections = 151",
        "/*!40103 SET time_zone = '+03:00' */",
        "EXECUTE IMMEDIATE 'SET autocommit = 0'",
        "EXECUTE IMMEDIATE CONCAT('SET auto', 'commit = 0')",
        "PREPARE s FROM 'SET NAMES latin1'",
        "BEGIN NOT ATOMIC SET autocommit = 0; END",
        "BEGIN NOT ATOMIC EXECUTE IMMEDIATE 'SET autocommit = 0'; END",
        "BEGIN NOT ATOMIC DO 1; BEGIN SET autocommit = 0; END; END",
        "IF 1 > 0 THEN SET autocommit = 0; END IF",
        "IF 1 < 0 THEN DO 1; ELSE SET autocommit = 0; END IF",
        "SET STATEMENT lock_wait_timeout = 1 FOR SET time_zone = '+03:00'",
        "SET STATEMENT lock_wait_timeout = 1 FOR USE mysql",
        "SET STATEMENT lock_wait_timeout = 1 FOR EXECUTE IMMEDIATE 'SET autocommit = 0'",
    ] {
        let case = database(ARTICLES, SCOPES).await;
        case.warm(&read("SELECT id FROM article")).await;
        case.write(setting).await;
        for _ in 0..2 {
            let (_, source) = case.subject().cached(&read("SELECT id FROM article")).await;
            assert_eq!(source, cache_tests::subject::Source::Miss, "{setting}");
        }
    }
}

#[tokio::test]
async fn a_text_that_is_run_from_a_string_ends_caching_only_if_it_may_be_a_setting() {
    let case = database(ARTICLES, SCOPES).await;
    let title = "SELECT title FROM article WHERE id = 1";
    case.sees(title, "EXECUTE IMMEDIATE 'UPDATE article SET title = \"a\" WHERE id = 1'").await;
    case.sees(title, "EXECUTE IMMEDIATE 'UPDATE article SET title = ? WHERE id = 1' USING 'b'").await;
    case.write("PREPARE s FROM 'UPDATE article SET title = UPPER(title)'").await;
    case.sees(title, "EXECUTE s").await;
    case.write("DEALLOCATE PREPARE s").await;
    case.sees(title, "BEGIN NOT ATOMIC UPDATE article SET title = 'c'; END").await;
    case.warm(&read(title)).await;
}

#[tokio::test]
async fn a_procedure_ends_caching_only_if_it_may_set_something() {
    let text = "SELECT id FROM article";
    let case = database(ARTICLES, SCOPES).await;
    let harmless = [
        "DECLARE x, y INT; SET x = 1, y = 2, @z = 3; UPDATE article SET views = x",
        "IF EXISTS (SELECT 1 FROM article) THEN INSERT INTO article SET title = 'a'; END IF",
        "START TRANSACTION; UPDATE article SET views = 3; COMMIT",
    ];
    for (number, body) in harmless.iter().enumerate() {
        case.write(&format!("CREATE PROCEDURE p{number}(given INT) BEGIN {body}; SET given = 1; END")).await;
        case.write(&format!("CALL p{number}(1)")).await;
        case.warm(&read(text)).await;
    }
    let settings = [
        "SET time_zone = '+03:00'",
        "DECLARE x INT; SET x = 1, time_zone = '+03:00'",
        "IF 1 > 0 THEN SET time_zone = '+03:00'; END IF",
        "EXECUTE IMMEDIATE CONCAT('SET time', '_zone = 1')",
        "CALL p0(1)",
        "DECLARE CONTINUE HANDLER FOR SQLEXCEPTION SET time_zone = '+03:00'; UPDATE nothing SET a = 1",
        "/*! SET time_zone = '+03:00' */",
    ];
    for body in settings {
        let case = database(ARTICLES, SCOPES).await;
        case.write("CREATE PROCEDURE p0(given INT) SET time_zone = '+03:00'").await;
        case.write(&format!("CREATE PROCEDURE p() BEGIN {body}; END")).await;
        case.warm(&read(text)).await;
        // Whether it fails or not, it may have set something.
        let _ = case.try_write("CALL p()").await;
        for _ in 0..2 {
            let (_, source) = case.subject().cached(&read(text)).await;
            assert_eq!(source, cache_tests::subject::Source::Miss, "{body}");
        }
    }
}

/// The server puts back nothing but `sql_mode` and the like.
#[tokio::test]
async fn a_function_or_trigger_ends_caching_only_if_it_may_set_something() {
    let text = "SELECT id FROM article ORDER BY id";
    let others = "CREATE TABLE other (id INT PRIMARY KEY, n INT); INSERT INTO other VALUES (1, 1);
        CREATE TABLE third (id INT PRIMARY KEY, n INT); INSERT INTO third VALUES (1, 1)";
    let setup = format!("{ARTICLES}; {others}");
    let harmless = [
        (
            "CREATE FUNCTION f() RETURNS INT BEGIN SET @x = 1; UPDATE other SET n = 2; RETURN 1; END",
            "SELECT f()",
        ),
        ("CREATE TRIGGER t BEFORE UPDATE ON other FOR EACH ROW SET NEW.n = 3", "UPDATE other SET n = 2"),
    ];
    for (definition, statement) in harmless {
        let case = database(&setup, SCOPES).await;
        case.write(definition).await;
        case.write(statement).await;
        case.warm(&read(text)).await;
    }
    let sets = "CREATE FUNCTION f() RETURNS INT BEGIN SET time_zone = '+03:00'; RETURN 1; END";
    let settings = [
        (&[sets][..], "SELECT f()"),
        (&[sets], "DO f()"),
        (&[sets], "UPDATE other SET n = f()"),
        (&[sets, "CREATE VIEW v AS SELECT f() AS n"], "SELECT n FROM v"),
        (&[sets, "CREATE FUNCTION g() RETURNS INT RETURN f()"], "SELECT g()"),
        (
            &["CREATE TRIGGER t BEFORE UPDATE ON other FOR EACH ROW SET SESSION group_concat_max_len = 4"],
            "UPDATE other SET n = 2",
        ),
        (
            &[
                "CREATE TRIGGER t AFTER UPDATE ON third FOR EACH ROW SET time_zone = '+03:00'",
                "CREATE TRIGGER u AFTER UPDATE ON other FOR EACH ROW UPDATE third SET n = NEW.n",
            ],
            "UPDATE other SET n = 2",
        ),
        (
            &["CREATE FUNCTION h() RETURNS INT BEGIN CREATE TEMPORARY TABLE article (id INT); RETURN 1; END"],
            "SELECT h()",
        ),
        (
            &["CREATE TRIGGER t AFTER DELETE ON other FOR EACH ROW CREATE TEMPORARY TABLE article (id INT)"],
            "DELETE FROM other WHERE id = 1",
        ),
    ];
    for (definitions, statement) in settings {
        let case = database(&setup, SCOPES).await;
        for definition in definitions {
            case.write(definition).await;
        }
        case.warm(&read(text)).await;
        case.write(statement).await;
        for _ in 0..2 {
            let (_, source) = case.subject().cached(&read(text)).await;
            assert_eq!(source, cache_tests::subject::Source::Miss, "{definitions:?}, {statement}");
        }
    }
}

#[tokio::test]
async fn a_temporary_table_that_hides_another_ends_caching() {
    let case = database(ARTICLES, SCOPES).await;
    case.warm(&read("SELECT id FROM article")).await;
    case.write("CREATE TEMPORARY TABLE article (id INT PRIMARY KEY)").await;
    case.never_caches("SELECT id FROM article").await;
    for renames in ["ALTER TABLE mine RENAME TO article", "RENAME TABLE mine TO article"] {
        let case = database(ARTICLES, SCOPES).await;
        case.write("CREATE TEMPORARY TABLE mine (id INT PRIMARY KEY)").await;
        case.warm(&read("SELECT id FROM article")).await;
        case.write(renames).await;
        case.never_caches("SELECT id FROM article").await;
    }
}

#[tokio::test]
async fn a_temporary_table_that_hides_none_ends_nothing() {
    let case = database(ARTICLES, SCOPES).await;
    let title = "SELECT title FROM article WHERE id = 1";
    for text in [
        "CREATE TEMPORARY TABLE scratch (id INT(11) PRIMARY KEY, title VARCHAR(20), KEY by_title (title))",
        "DROP TEMPORARY TABLE IF EXISTS scratch",
        "CREATE TEMPORARY TABLE scratch AS SELECT id, upper(title) AS title FROM article",
        "CREATE OR REPLACE TEMPORARY TABLE scratch LIKE article",
        "ANALYZE TABLE article",
        "ANALYZE NO_WRITE_TO_BINLOG TABLE article PERSISTENT FOR ALL",
        "CHECK TABLE article",
    ] {
        case.keeps(title, text).await;
    }
}

#[tokio::test]
async fn what_is_inserted_by_a_temporary_table_of_others_is_seen() {
    let setup =
        "CREATE TABLE one (id INT NOT NULL, KEY (id)) ENGINE = MyISAM; CREATE TABLE t (id INT PRIMARY KEY);
        INSERT INTO one VALUES (1); INSERT INTO t VALUES (5)";
    let case = database(setup, &[]).await;
    let one = read("SELECT id FROM one");
    case.warm(&one).await;
    case.write("CREATE TEMPORARY TABLE merged (id INT NOT NULL, KEY (id)) ENGINE=MERGE UNION=(one) INSERT_METHOD=LAST")
        .await;
    case.write("INSERT INTO merged SELECT id FROM t").await;
    assert_eq!(case.fresh(&one).await.0.to_string().matches('5').count(), 1);
}

/// A definition that was made without quotes says so.
#[tokio::test]
async fn a_stored_function_of_a_view_without_quotes_is_called() {
    let setup = "CREATE TABLE log (id INT PRIMARY KEY, n INT); INSERT INTO log VALUES (1, 1);
        CREATE FUNCTION format_pico_time(x INT) RETURNS INT BEGIN UPDATE log SET n = n + 1; RETURN 1; END;
        SET sql_quote_show_create = 0; CREATE VIEW seen AS SELECT format_pico_time(1) AS a; SET sql_quote_show_create = 1";
    let case = database(setup, &[]).await;
    case.sees("SELECT n FROM log", "SELECT a FROM seen").await;
}

/// The server puts stored ones between quotes there.
#[tokio::test]
async fn a_view_that_calls_what_only_some_servers_have_is_read() {
    let setup = format!("{ARTICLES}; CREATE VIEW shown AS SELECT id, JSON_DETAILED('[]') AS j FROM article");
    let case = database(&setup, SCOPES).await;
    case.keeps("SELECT title FROM article WHERE id = 1", "SELECT id, j FROM shown").await;
    case.never_caches("SELECT id, j FROM shown").await;
    case.write("CREATE TABLE member (a INT); CREATE TRIGGER t AFTER UPDATE ON article FOR EACH ROW INSERT INTO member (a) VALUES (1)").await;
    case.keeps("SELECT title FROM article WHERE id = 1", "UPDATE article SET views = 9 WHERE id = 2").await;
    case.sees("SELECT count(*) FROM member", "UPDATE article SET views = 8 WHERE id = 2").await;
}

#[tokio::test]
async fn names_of_columns_ignore_case() {
    let case = database(ARTICLES, SCOPES).await;
    case.sees("SELECT TITLE FROM article WHERE ID = 1", "UPDATE article SET Title = 'a' WHERE iD = 1").await;
    case.sees(
        "SELECT id FROM article WHERE CATEGORY = 'b'",
        "UPDATE article SET `Category` = 'b' WHERE id = 1",
    )
    .await;
}

/// Where there is no primary key it is the first unique one that is not NULL.
#[tokio::test]
async fn a_row_id_is_a_unique_key_by_another_name() {
    let setup = "CREATE TABLE slot (n INT NOT NULL UNIQUE, label VARCHAR(20)); INSERT INTO slot VALUES (1, 'a'), (9, 'b')";
    for text in [
        "SELECT label FROM slot WHERE _rowid > 5",
        "SELECT label FROM slot WHERE slot._rowid > 5",
        "SELECT label FROM slot WHERE EXISTS (SELECT 1 FROM (SELECT 1 AS x) AS d WHERE _rowid > 5)",
    ] {
        database(setup, &[]).await.sees(text, "UPDATE slot SET n = 7 WHERE n = 1").await;
    }
}
