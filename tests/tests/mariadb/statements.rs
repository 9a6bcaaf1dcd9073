//! Statements that only MariaDB and MySQL have, and texts that read otherwise there.

use cache_tests::case::read;

use crate::{ARTICLES, SCOPES, all_see, database};

const READS: [&str; 3] = [
    "SELECT title FROM article WHERE id = 1",
    "SELECT id, title FROM article WHERE category = 'r'",
    "SELECT count(*) FROM article WHERE title = 'one'",
];

#[tokio::test]
async fn every_way_to_write_a_row_is_seen() {
    let writes = [
        "UPDATE article SET title = 'new' WHERE id = 1",
        "UPDATE `article` AS a SET a.title = 'new' WHERE a.id = 1",
        "UPDATE article SET title = 'new' ORDER BY id LIMIT 1",
        "UPDATE IGNORE article SET title = 'new' WHERE id = 1",
        "UPDATE LOW_PRIORITY article SET title = 'new'",
        "UPDATE article a JOIN article b ON a.id = b.id SET a.title = 'new' WHERE b.views = 1",
        "UPDATE article a, article b SET a.title = 'new' WHERE a.id = b.id",
        "DELETE FROM article WHERE id = 1",
        "DELETE FROM article ORDER BY id LIMIT 1",
        "DELETE QUICK FROM article WHERE id = 1",
        "DELETE a FROM article a JOIN article b ON a.id = b.id WHERE b.id = 1",
        "DELETE FROM a USING article a JOIN article b ON a.id = b.id WHERE b.id = 1",
        "REPLACE INTO article (id, category, title) VALUES (1, 'x', 'new')",
        "REPLACE article SET id = 1, title = 'new'",
        "INSERT INTO article (id, category, title) VALUES (1, 'r', 'x') ON DUPLICATE KEY UPDATE title = 'new'",
        "INSERT INTO article SET id = 1 ON DUPLICATE KEY UPDATE title = VALUES(title), category = 'z'",
        "INSERT INTO article (id, title) SELECT id, 'new' FROM article x WHERE x.id = 1 ON DUPLICATE KEY UPDATE title = 'new'",
        "TRUNCATE article",
        "TRUNCATE TABLE `article`",
        "WITH x AS (SELECT 1 AS id) DELETE FROM article",
    ];
    for write in writes {
        let case = database(ARTICLES, SCOPES).await;
        for text in READS {
            case.warm(&read(text)).await;
        }
        // Not every server has every statement; what it refuses changes nothing.
        let _ = case.try_write(write).await;
        for text in READS {
            case.fresh(&read(text)).await;
        }
    }
}

#[tokio::test]
async fn comments_that_are_run_are_seen() {
    let writes = [
        "UPDATE article SET title = 'new' /*! WHERE id = 1 */",
        "UPDATE article SET title = 'new' WHERE id = 1 /*!99999 AND category = 'x' */",
        "UPDATE article SET title = 'new' WHERE id = 1 /*M!999999 AND category = 'x' */",
        "/*!50000 UPDATE article SET title = 'new' */",
        "/* x */ UPDATE /* y */ article SET title = 'new' -- WHERE id = 7",
        "UPDATE article SET title = 'new' # WHERE id = 7",
        "UPDATE article SET title = 'new' WHERE id = 1--1 - 1",
        "UPDATE article SET title = 'new', views = 8 WHERE id = 1 /* ; */",
    ];
    all_see(ARTICLES, SCOPES, &READS, &writes).await;
}

#[tokio::test]
async fn a_read_with_a_comment_that_may_be_run_ends_nothing() {
    let case = database(ARTICLES, SCOPES).await;
    for text in [
        "SELECT id FROM article WHERE id = 1 /*! AND category = 'x' */",
        "SELECT id FROM article WHERE id = 1 /*! AND views = 1 */",
        "SELECT /*M!100000 title, */ id FROM article /*!99999 WHERE id = 1 */",
    ] {
        case.keeps("SELECT title FROM article WHERE id = 1", text).await;
        case.never_caches(text).await;
    }
    case.keeps(
        "SELECT title FROM article WHERE id = 1",
        "UPDATE article SET views = 3 /*!, views = 4 */ WHERE id = 2",
    )
    .await;
}

#[tokio::test]
async fn quotes_and_escapes_are_read_as_the_server_reads_them() {
    let writes = [
        r#"UPDATE article SET title = "new" WHERE category = "r""#,
        r#"UPDATE article SET title = 'it\'s' WHERE category = 'r'"#,
        r#"UPDATE article SET title = 'a\\' WHERE category = 'r'"#,
        "UPDATE article SET title = 'new' WHERE category = _utf8mb4'r' COLLATE utf8mb4_nopad_bin",
        "UPDATE article SET title = 'new' WHERE category = 0x72",
        "UPDATE article SET title = 'new' WHERE category = CONCAT('', 'r')",
        "UPDATE article SET title = 'new' WHERE category = 'r' ''",
    ];
    all_see(ARTICLES, SCOPES, &["SELECT id, title FROM article WHERE category = 'r'"], &writes).await;
    // `\r` is no r to the server.
    let case = database(ARTICLES, SCOPES).await;
    case.sees(r"SELECT id FROM article WHERE category = '\x'", "INSERT INTO article (category) VALUES ('x')")
        .await;
    case.sees("SELECT \"title\" FROM article WHERE id = 7", "INSERT INTO article (id) VALUES (7)").await;
}

/// `XOR`, and `||` unless it joins texts, bind looser than AND.
#[tokio::test]
async fn operators_that_bind_looser_than_and_are_not_taken_for_tighter_ones() {
    let reads = [
        "SELECT id, title FROM article WHERE category = 'r' AND views = 77 || author_id = 2",
        "SELECT id, title FROM article WHERE category = 'r' AND views = 77 XOR author_id = 2",
        "SELECT count(*) FROM article WHERE id = 1 AND views = 77 || views = 5",
        "SELECT id FROM article WHERE category = 'r' AND views < 5 XOR author_id = 2 ORDER BY id",
    ];
    let writes = [
        "UPDATE article SET title = 'new', author_id = 1, views = 9 WHERE id = 4",
        "UPDATE article SET title = 'new', author_id = 1, views = 9 WHERE category = 'g' AND views = 5",
    ];
    for write in writes {
        let case = database(ARTICLES, SCOPES).await;
        for text in reads {
            let _ = case.subject().cached(&read(text)).await;
            case.fresh(&read(text)).await;
        }
        case.write(write).await;
        for text in reads {
            case.fresh(&read(text)).await;
        }
    }
    let texts =
        ["SELECT title FROM article WHERE id = 4", "SELECT count(*) FROM article WHERE category = 'z'"];
    for write in [
        "UPDATE article SET title = 'new', category = 'z' WHERE id = 1 AND views = 77 || author_id = 2",
        "UPDATE article SET title = 'new', category = 'z' WHERE id = 1 AND views = 77 XOR author_id = 2",
        "DELETE FROM article WHERE id = 1 AND views = 77 || author_id = 2",
    ] {
        let case = database(ARTICLES, SCOPES).await;
        for text in texts {
            case.warm(&read(text)).await;
        }
        case.write(write).await;
        for text in texts {
            case.fresh(&read(text)).await;
        }
    }
}

#[tokio::test]
async fn a_read_that_is_not_understood_ends_nothing() {
    let setup =
        format!("{ARTICLES}; CREATE VIEW front AS SELECT id, CAST(views AS CHAR) AS seen FROM article");
    let case = database(&setup, SCOPES).await;
    for text in [
        "SELECT CAST(id AS CHAR), CONVERT(views, CHAR) FROM article WHERE id = 1 XOR views = 2",
        "SELECT seen FROM front WHERE id = 1 || seen = '2'",
        "WITH front AS (SELECT id FROM article) SELECT id FROM front WHERE id = 1 XOR id = 2",
    ] {
        case.keeps("SELECT title FROM article WHERE id = 3", text).await;
        case.never_caches(text).await;
    }
    case.write(
        "CREATE FUNCTION loud(n INT) RETURNS INT BEGIN UPDATE article SET title = 'loud'; RETURN n; END",
    )
    .await;
    case.write("CREATE VIEW bumps AS SELECT loud(1) AS n").await;
    case.write("CREATE VIEW over_bumps AS SELECT n FROM bumps").await;
    case.sees("SELECT title FROM article WHERE id = 3", "SELECT n FROM over_bumps WHERE n = 1 XOR n = 2")
        .await;
}

/// Two texts that begin alike are one key.
#[tokio::test]
async fn a_key_of_the_beginning_of_a_text_is_no_key_of_the_text() {
    let setup =
        "CREATE TABLE word (name VARCHAR(20) COLLATE utf8mb4_nopad_bin, n INT, PRIMARY KEY (name(3)));
        INSERT INTO word VALUES ('alpha', 1), ('beta', 2)";
    for write in [
        "INSERT INTO word VALUES ('alpine', 5) ON DUPLICATE KEY UPDATE n = 7",
        "REPLACE INTO word VALUES ('alpine', 7)",
        "UPDATE word SET n = 7 WHERE name = 'alpha'",
    ] {
        database(setup, &[("word", &[&["name"]])])
            .await
            .sees("SELECT n FROM word WHERE name = 'alpha'", write)
            .await;
    }
}

/// The name behind FROM is an alias if there is a USING, whatever table has it.
#[tokio::test]
async fn what_is_deleted_by_an_alias_is_the_table_behind_it() {
    let setup = format!("{ARTICLES}; CREATE TABLE author (id INT PRIMARY KEY, n INT)");
    for write in [
        "DELETE FROM author USING article AS author WHERE author.id = 1",
        "DELETE author FROM article AS author WHERE author.id = 1",
        "UPDATE article AS author SET author.title = 'new' WHERE author.id = 1",
    ] {
        let case = database(&setup, SCOPES).await;
        case.sees("SELECT title FROM article WHERE id = 1", write).await;
    }
}

#[tokio::test]
async fn returned_rows_are_what_was_written() {
    let case = database(ARTICLES, SCOPES).await;
    case.sees(
        "SELECT id FROM article WHERE category = 'b'",
        "INSERT INTO article (category) VALUES ('b') RETURNING id, category",
    )
    .await;
    case.sees(
        "SELECT title FROM article WHERE id = 1",
        "REPLACE INTO article (id, title) VALUES (1, 'new') RETURNING id",
    )
    .await;
    case.sees("SELECT title FROM article WHERE id = 2", "DELETE FROM article WHERE id = 2 RETURNING *").await;
}

#[tokio::test]
async fn what_is_not_a_plain_read_is_not_cached() {
    let case = database(ARTICLES, SCOPES).await;
    for read in [
        "SELECT id FROM article WHERE id = 1 FOR UPDATE",
        "SELECT id FROM article WHERE id = 1 LOCK IN SHARE MODE",
        "SELECT SQL_CALC_FOUND_ROWS id FROM article LIMIT 1",
        "SELECT id, rand() FROM article",
        "SELECT id, uuid() FROM article",
        "SELECT id FROM article WHERE title < now()",
        "SELECT id FROM article WHERE title < CURRENT_TIMESTAMP",
        "SELECT id FROM article WHERE title < UTC_TIMESTAMP",
        "SELECT id, utc_date, UTC_TIME FROM article",
        "SELECT id, CURRENT_USER FROM article",
        "SELECT id, @x FROM article",
        "SELECT id, @@sql_mode FROM article",
        "SELECT id, @@session.sql_mode FROM article",
        "SELECT id, @n := @n + 1 FROM article",
        "SELECT id, last_insert_id() FROM article",
        "SELECT id, connection_id() FROM article",
        "SELECT id, database() FROM article",
        "SELECT id, user() FROM article",
        "SELECT id FROM article WHERE views < unix_timestamp()",
        "SELECT id, CAST('10:00:00' AS DATETIME) FROM article",
        "SELECT table_name FROM information_schema.tables LIMIT 0",
        "SELECT 1",
        "SHOW TABLES LIKE 'zzz'",
    ] {
        case.never_caches(read).await;
    }
}

#[tokio::test]
async fn built_in_functions_are_cached() {
    let case = database(ARTICLES, SCOPES).await;
    for text in [
        "SELECT IF(views > 1, 'a', 'b') FROM article WHERE id = 1",
        "SELECT IFNULL(title, ''), LOWER(title), LEFT(title, 2), CONCAT(title, '!') FROM article WHERE id = 1",
        "SELECT GROUP_CONCAT(title ORDER BY id SEPARATOR ';') FROM article",
        "SELECT category, COUNT(DISTINCT author_id) FROM article GROUP BY category",
        "SELECT id FROM article WHERE title REGEXP '^o'",
        "SELECT id FROM article WHERE title RLIKE 'o' AND title LIKE '%n%'",
        "SELECT id FROM article WHERE category <=> NULL",
        "SELECT CAST(id AS CHAR), id DIV 2, id % 2, id & 1 FROM article",
        "SELECT `a`.`id` FROM `article` AS `a` WHERE `a`.`id` = 1 LIMIT 0, 1",
        "SELECT id, ROW_NUMBER() OVER (ORDER BY id) FROM article",
        "SELECT STRAIGHT_JOIN a.id FROM article a STRAIGHT_JOIN article b ON a.id = b.id",
        "SELECT JSON_EXTRACT('{\"a\": 1}', '$.a'), id FROM article WHERE id = 1",
        "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT article.id FROM article JOIN n ON n.i = article.id",
    ] {
        case.warm(&read(text)).await;
    }
}

#[tokio::test]
async fn counters_and_moves_keep_what_they_cannot_change() {
    let case = database(ARTICLES, SCOPES).await;
    case.keeps(
        "SELECT count(*) FROM article WHERE category = 'r'",
        "UPDATE article SET views = views + 1 WHERE id = 1",
    )
    .await;
    case.keeps("SELECT title FROM article WHERE id = 2", "UPDATE article SET title = 'x' WHERE id = 1").await;
    case.keeps(
        "SELECT count(*) FROM article WHERE category = 'b'",
        "UPDATE article SET category = 'c' WHERE id = 1",
    )
    .await;
    case.keeps("SELECT count(*) FROM article WHERE category = 'r'", "DELETE FROM article WHERE id = 2").await;
    case.keeps("SELECT title FROM article WHERE id = 3", "UPDATE article SET title = 'x' WHERE id = 77")
        .await;
    case.keeps(
        "SELECT title FROM article WHERE id = 3",
        "INSERT INTO article (id, title) VALUES (4, 'x') ON DUPLICATE KEY UPDATE title = 'y'",
    )
    .await;
    case.keeps("SELECT title FROM article WHERE id = 3", "SET @x = 1").await;
    case.keeps("SELECT title FROM article WHERE id = 3", "SET SESSION lock_wait_timeout = 10").await;
    case.keeps("SELECT title FROM article WHERE id = 3", "SHOW TABLES").await;
}

/// `SET STATEMENT .. FOR ..` bounds a read by time, or how long a change of the schema waits.
#[tokio::test]
async fn a_statement_with_settings_of_its_own_does_what_it_does_without() {
    let family =
        "CREATE TABLE parent (id INT PRIMARY KEY); CREATE TABLE child (id INT PRIMARY KEY, parent_id INT);
        INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1, 1)";
    let case = database(&format!("{ARTICLES}; {family}"), SCOPES).await;
    let title = "SELECT title FROM article WHERE id = 1";
    for text in [
        "SET STATEMENT max_statement_time = 10 FOR SELECT id FROM article",
        "SET STATEMENT max_statement_time = 10 FOR UPDATE article SET title = 'x' WHERE id = 2",
        "SET STATEMENT max_statement_time = 10 FOR SHOW TABLES",
    ] {
        case.keeps(title, text).await;
    }
    case.never_caches("SET STATEMENT max_statement_time = 10 FOR SELECT id FROM article").await;
    for text in [
        "SET STATEMENT max_statement_time = 10 FOR UPDATE article SET title = 'y' WHERE id = 1",
        "SET STATEMENT sql_mode = '' FOR UPDATE article SET title = 'z' WHERE id = 1",
    ] {
        case.sees(title, text).await;
    }
    case.write(
        "SET STATEMENT lock_wait_timeout = 1 FOR ALTER TABLE child \
         ADD FOREIGN KEY (parent_id) REFERENCES parent (id) ON DELETE CASCADE",
    )
    .await;
    case.sees("SELECT count(*) FROM child", "DELETE FROM parent WHERE id = 1").await;
}

/// Both ORMs write `id = id` for `on_conflict_do_nothing()`.
#[tokio::test]
async fn an_upsert_that_sets_nothing_ends_what_a_new_row_does() {
    let case = database(ARTICLES, SCOPES).await;
    let keeps = "SELECT title FROM article WHERE id = 2";
    for text in [
        "INSERT INTO article (id, title) VALUES (1, 'x') ON DUPLICATE KEY UPDATE id = id",
        "INSERT INTO article (id, title) VALUES (1, 'x'), (7, 'y') ON DUPLICATE KEY UPDATE `id` = `article`.`id`",
        "INSERT INTO article SET id = 1, title = 'x' ON DUPLICATE KEY UPDATE id = id, title = 'z'",
    ] {
        case.keeps(keeps, text).await;
    }
    let count = "SELECT count(*) FROM article WHERE category = 'b'";
    for text in [
        "INSERT INTO article (id, category) VALUES (1, 'b'), (21, 'b') ON DUPLICATE KEY UPDATE id = id",
        "INSERT INTO article (category) VALUES ('b') ON DUPLICATE KEY UPDATE id = id",
        "INSERT INTO article (id, category) SELECT 99, 'b' ON DUPLICATE KEY UPDATE id = article.id",
    ] {
        case.sees(count, text).await;
    }
    let by_another = "INSERT INTO article (id, title) SELECT b.id, 'x' FROM (SELECT 1 AS id) AS b \
                      ON DUPLICATE KEY UPDATE title = b.id";
    case.sees("SELECT title FROM article WHERE id = 1", by_another).await;
    case.write("CREATE TRIGGER t BEFORE UPDATE ON article FOR EACH ROW SET NEW.title = 'touched'").await;
    case.sees(keeps, "INSERT INTO article (id) VALUES (2) ON DUPLICATE KEY UPDATE id = id").await;
}

#[tokio::test]
async fn functions_that_only_some_servers_have_are_read_and_not_cached() {
    let others = "CREATE SEQUENCE numbers START 100; CREATE TABLE other (id INT PRIMARY KEY)";
    let case = database(&format!("{ARTICLES}; {others}"), SCOPES).await;
    let title = "SELECT title FROM article WHERE id = 1";
    for text in [
        "SELECT NVL(title, '') FROM article",
        "SELECT id, ROWNUM() FROM article",
        "SELECT id FROM article ORDER BY NATURAL_SORT_KEY(title)",
        "SELECT JSON_DETAILED(JSON_ARRAY(id)) FROM article",
        "SELECT ST_AsText(ST_GeomFromText('POINT(1 2)')) FROM article",
        "SELECT MEDIAN(views) OVER (PARTITION BY category) FROM article",
    ] {
        case.keeps(title, text).await;
        case.never_caches(text).await;
    }
    case.keeps(title, "SELECT NEXTVAL(numbers)").await;
    case.keeps("SELECT id FROM other", "INSERT INTO article (id, title) VALUES (NEXTVAL(numbers), 'x')")
        .await;
    case.sees("SELECT count(*) FROM article", "INSERT INTO article (id) VALUES (NEXTVAL(numbers))").await;
    // On this server it is a stored one.
    let writes =
        "CREATE FUNCTION uuid_to_bin(n INT) RETURNS INT BEGIN UPDATE article SET title = n; RETURN n; END";
    case.write(writes).await;
    case.sees(title, "SELECT uuid_to_bin(5)").await;
    case.write("CREATE VIEW calls AS SELECT uuid_to_bin(6) AS n").await;
    case.sees(title, "SELECT n FROM calls").await;
}

#[tokio::test]
async fn what_only_shows_or_sets_nothing_of_meaning_ends_nothing() {
    let case = database(ARTICLES, SCOPES).await;
    let title = "SELECT title FROM article WHERE id = 1";
    for text in
        ["SHOW TABLES WHERE 1 = 1", "SET @@session.wait_timeout = 60", "SET @@local.wait_timeout = 61"]
    {
        case.keeps(title, text).await;
    }
    let writes = "CREATE FUNCTION f() RETURNS INT BEGIN UPDATE article SET title = 'f'; RETURN 1; END";
    case.write(writes).await;
    case.sees(title, "SHOW TABLES WHERE f() = 1").await;
}
