//! Values that a column converts, compares by rules of its own, or chooses itself.

use crate::{ARTICLES, SCOPES, all_see, database};

#[tokio::test]
async fn conditions_that_convert_are_not_narrowed_by_what_they_say() {
    let reads = [
        "SELECT id FROM article WHERE category = 0",
        "SELECT title FROM article WHERE id = '1abc'",
        "SELECT id, title FROM article WHERE author_id = '1x'",
        "SELECT id, title FROM article WHERE author_id = 1.0",
        "SELECT id, title FROM article WHERE author_id = true",
        "SELECT id, title FROM article WHERE category = 'r' COLLATE utf8mb4_general_ci",
    ];
    all_see(
        ARTICLES,
        SCOPES,
        &reads,
        &["UPDATE article SET title = 'new', category = 'R', id = 10 WHERE id = 1"],
    )
    .await;
    let writes = [
        "UPDATE IGNORE article SET title = 'new' WHERE id = '1abc'",
        "UPDATE IGNORE article SET title = 'new' WHERE category = 0",
        "UPDATE IGNORE article SET title = 'new' WHERE author_id = '1x'",
    ];
    all_see(
        ARTICLES,
        SCOPES,
        &["SELECT title FROM article WHERE id = 1", "SELECT id, title FROM article WHERE category = 'r'"],
        &writes,
    )
    .await;
}

#[tokio::test]
async fn what_a_column_stores_differently_is_no_image() {
    let setup = "SET sql_mode = ''; CREATE TABLE t (
        id INT AUTO_INCREMENT PRIMARY KEY, short VARCHAR(3) COLLATE utf8mb4_nopad_bin, tiny TINYINT, pos INT UNSIGNED,
        fixed BINARY(3), must VARCHAR(9) COLLATE utf8mb4_nopad_bin NOT NULL, e ENUM('x', '2'), d DECIMAL(4, 1), k CHAR(3) COLLATE utf8mb4_bin)";
    let scopes: &[(&str, &[&[&str]])] =
        &[("t", &[&["short"], &["tiny"], &["pos"], &["fixed"], &["must"], &["k"]])];
    for (read, write) in [
        ("SELECT id FROM t WHERE short = 'abc'", "INSERT IGNORE INTO t (short, must) VALUES ('abcdef', '')"),
        ("SELECT id FROM t WHERE tiny = 127", "INSERT IGNORE INTO t (tiny, must) VALUES (300, '')"),
        ("SELECT id FROM t WHERE pos = 0", "INSERT IGNORE INTO t (pos, must) VALUES (-5, '')"),
        ("SELECT id FROM t WHERE fixed = x'610000'", "INSERT INTO t (fixed, must) VALUES ('a', '')"),
        ("SELECT id FROM t WHERE must = ''", "INSERT IGNORE INTO t (must) VALUES (NULL), (NULL)"),
        ("SELECT id FROM t WHERE e = 'x'", "INSERT INTO t (e, must) VALUES ('1', '')"),
        ("SELECT id FROM t WHERE d = 1.2", "INSERT INTO t (d, must) VALUES (1.24, '')"),
        ("SELECT id FROM t WHERE k = 'ab'", "INSERT INTO t (k, must) VALUES ('ab ', '')"),
        ("SELECT count(*) FROM t WHERE tiny = 5", "INSERT INTO t (tiny, must) VALUES ('5', '')"),
        ("SELECT count(*) FROM t WHERE short = '5'", "INSERT INTO t (short, must) VALUES (5, '')"),
    ] {
        database(setup, scopes).await.sees(read, write).await;
    }
}

#[tokio::test]
async fn null_that_becomes_zero_is_no_image() {
    let setup = "CREATE TABLE t (id INT PRIMARY KEY, must INT NOT NULL); INSERT INTO t VALUES (1, 5)";
    let scopes: &[(&str, &[&[&str]])] = &[("t", &[&["must"]])];
    database(setup, scopes)
        .await
        .sees("SELECT id FROM t WHERE must = 0", "UPDATE IGNORE t SET must = NULL WHERE id = 1")
        .await;
}

#[tokio::test]
async fn keys_that_the_database_chooses_are_found() {
    let writes = [
        "INSERT INTO article (category) VALUES ('r')",
        "INSERT INTO article (id, category) VALUES (0, 'r')",
        "INSERT INTO article (id, category) VALUES (NULL, 'r')",
        "INSERT INTO article SET category = 'r'",
        "INSERT INTO article (category) SELECT 'r'",
        "INSERT INTO article (category) VALUES ('x'), ('r')",
        "REPLACE INTO article (category) VALUES ('r')",
    ];
    all_see(
        ARTICLES,
        SCOPES,
        &["SELECT id FROM article WHERE category = 'r'", "SELECT count(*) FROM article WHERE category = 'r'"],
        &writes,
    )
    .await;
    for write in writes {
        // With two rows the second gets 6.
        database(ARTICLES, SCOPES).await.sees("SELECT category FROM article WHERE id IN (5, 6)", write).await;
    }
}

#[tokio::test]
async fn a_key_that_the_database_chose_is_known() {
    let case = database(ARTICLES, SCOPES).await;
    case.keeps("SELECT title FROM article WHERE id = 99", "INSERT INTO article (category) VALUES ('b')")
        .await;
    case.keeps(
        "SELECT id, title FROM article WHERE category = 'r'",
        "INSERT INTO article (category) VALUES ('b')",
    )
    .await;
}

#[tokio::test]
async fn every_column_type_is_read_as_it_is() {
    let setup = "CREATE TABLE t (
            id BIGINT UNSIGNED PRIMARY KEY, flag TINYINT(1), s SMALLINT, m MEDIUMINT UNSIGNED, i INT, big BIGINT UNSIGNED,
            bits BIT(5), dec1 DECIMAL(10, 2), f FLOAT, d DOUBLE, dt DATETIME(3), ts TIMESTAMP NULL, da DATE, ti TIME, y YEAR,
            c CHAR(4), v VARCHAR(9), tx TEXT, b BINARY(16), vb VARBINARY(9), bl BLOB, e ENUM('x', 'y'), st SET('p', 'q'),
            j JSON, u UUID, ip INET6, n INT);
        INSERT INTO t VALUES (18446744073709551615, 1, -3, 4, -5, 18446744073709551615, b'101', 1.50, 1.5, 2.5,
            '2024-05-06 07:08:09.123', '2024-05-06 07:08:09', '2024-05-06', '07:08:09', 2024, 'ab', 'cd', 'ef',
            x'00112233445566778899aabbccddeeff', x'01', x'02', 'y', 'p,q', '{\"a\": 1}',
            '123e4567-e89b-12d3-a456-426655440000', '::1', 1), (2, 0, 0, 0, 0, 0, b'0', 0, 0, 0, '2024-05-06', NULL, '2024-05-06',
            '0:0:0', 2000, '', '', '', '', '', '', 'x', '', '[]', NULL, '::2', 2)";
    let narrow = [
        "flag = 1",
        "s = -3",
        "m = 4",
        "i = -5",
        "big = 18446744073709551615",
        "c = 'ab'",
        "v = 'CD'",
        "b = x'00112233445566778899aabbccddeeff'",
        "vb = x'01'",
    ];
    let wide = [
        "bits = 5",
        "dec1 = 1.5",
        "f = 1.5",
        "d = 2.5",
        "dt = '2024-05-06 07:08:09.123'",
        "ts = '2024-05-06 07:08:09'",
        "da = '2024-05-06'",
        "ti = '07:08:09'",
        "y = 2024",
        "e = 'y'",
        "st = 'p,q'",
        "j = '{\"a\": 1}'",
        "u = '123e4567-e89b-12d3-a456-426655440000'",
        "ip = '::1'",
    ];
    let scopes: &[(&str, &[&[&str]])] =
        &[("t", &[&["flag"], &["s"], &["m"], &["i"], &["big"], &["v"], &["b"], &["vb"]])];
    for condition in narrow.iter().chain(&wide) {
        let read = format!("SELECT n FROM t WHERE {condition}");
        let case = database(setup, scopes).await;
        case.sees(&read, &format!("UPDATE t SET n = 77 WHERE {condition}")).await;
        case.sees(&read.replace("SELECT n", "SELECT count(*)"), "DELETE FROM t WHERE f = 1.5").await;
    }
}

/// A TIME beside a date is one of today.
#[tokio::test]
async fn times_that_become_dates_are_not_cached() {
    let setup = "CREATE TABLE event (id INT PRIMARY KEY, at TIME, day DATETIME);
        INSERT INTO event VALUES (1, '09:00:00', '2001-01-01 08:00:00'), (2, '10:00:00', '2100-01-01')";
    let case = database(setup, &[]).await;
    for text in [
        "SELECT id FROM event WHERE day > at",
        "SELECT id FROM event WHERE day BETWEEN at AND '2100-01-01'",
        "SELECT COALESCE(at, day) FROM event",
        "SELECT at FROM event UNION SELECT day FROM event",
        "SELECT id FROM event WHERE day > TIME '09:00:00'",
        "SELECT id FROM event WHERE day > (SELECT at FROM event WHERE id = 1)",
    ] {
        case.never_caches(text).await;
    }
    case.sees("SELECT id, at FROM event WHERE at > '09:30:00'", "UPDATE event SET at = '11:00:00'").await;
    case.keeps("SELECT id FROM event WHERE day > '09:00:00'", "UPDATE event SET at = '8:00:00'").await;
}
