//! Text is narrowed by what a collation takes for equal.

use cache_core::schema::{Alphabet, Equality, Padding};
use cache_tests::servers::MariaDb;

use crate::database;

const IGNORING_CASE: [(&str, Padding); 10] = [
    ("utf8mb4_general_ci", Padding::Spaces),
    ("utf8mb4_unicode_ci", Padding::Spaces),
    ("utf8mb4_unicode_520_ci", Padding::Spaces),
    ("utf8mb4_uca1400_ai_ci", Padding::Spaces),
    ("utf8mb4_uca1400_as_ci", Padding::Spaces),
    ("utf8mb4_general_nopad_ci", Padding::None),
    ("utf8mb4_unicode_nopad_ci", Padding::None),
    ("utf8mb4_unicode_520_nopad_ci", Padding::None),
    ("utf8mb4_uca1400_nopad_ai_ci", Padding::None),
    ("utf8mb4_uca1400_nopad_as_ci", Padding::None),
];

/// Every text of at most two printable ASCII characters, grouped by the server, is grouped as its form says.
#[test]
fn the_forms_of_texts_are_those_that_the_server_tells_apart() {
    let server = MariaDb::shared();
    let database = server.database();
    let texts = "CREATE TABLE one (a VARCHAR(2) COLLATE utf8mb4_nopad_bin); INSERT INTO one SELECT CHAR(seq USING utf8mb4) FROM seq_32_to_126;
        CREATE TABLE texts (a VARCHAR(2) COLLATE utf8mb4_nopad_bin);
        INSERT INTO texts SELECT '' UNION ALL SELECT a FROM one UNION ALL SELECT CONCAT(x.a, y.a) FROM one x, one y;";
    server.sql(&format!("USE {database}; {texts}"));
    let alphabet: Vec<char> = (' '..='~').collect();
    let mut all = vec![String::new()];
    all.extend(alphabet.iter().map(char::to_string));
    all.extend(alphabet.iter().flat_map(|one| alphabet.iter().map(move |other| format!("{one}{other}"))));
    for (collation, padding) in IGNORING_CASE {
        let groups =
            server.sql(&format!("USE {database}; SELECT count(DISTINCT a COLLATE {collation}) FROM texts"));
        // The server's groups are not finer than the forms, and there are as many of them.
        let form = |text: &String| Equality::IgnoringCase(Alphabet::Printable, padding).form(text).unwrap();
        let forms: std::collections::HashSet<_> = all.iter().map(form).collect();
        assert_eq!(groups.trim(), forms.len().to_string(), "{collation}");
        let folded = if padding == Padding::Spaces { "RTRIM(LOWER(a))" } else { "LOWER(a)" };
        let split = server.sql(&format!(
            "USE {database}; SELECT count(*) FROM (SELECT 1 FROM texts GROUP BY {folded} COLLATE utf8mb4_nopad_bin HAVING count(DISTINCT a COLLATE {collation}) > 1) x"
        ));
        assert_eq!(split.trim(), "0", "{collation}");
    }
}

fn table(collation: &str) -> String {
    format!(
        "CREATE TABLE article (id INT PRIMARY KEY, category VARCHAR(20) COLLATE {collation}, title TEXT); INSERT INTO article VALUES (1, 'Rust', 'a'), (2, 'news', 'b')"
    )
}

const SCOPES: &[(&str, &[&[&str]])] = &[("article", &[&["category"]])];

#[tokio::test]
async fn equal_texts_are_one_scope_under_every_collation() {
    for (collation, _) in IGNORING_CASE {
        for (read, write) in [
            ("rust", "UPDATE article SET title = 'x' WHERE category = 'RUST'"),
            ("RUST", "INSERT INTO article VALUES (3, 'rust', 'c')"),
            ("zürich", "INSERT INTO article VALUES (3, 'ZÜRICH', 'c')"),
        ] {
            database(&table(collation), SCOPES)
                .await
                .sees(&format!("SELECT id, title FROM article WHERE category = '{read}'"), write)
                .await;
        }
    }
    // Who ignores accents, and who expands.
    for collation in ["utf8mb4_general_ci", "utf8mb4_unicode_ci", "utf8mb4_uca1400_ai_ci"] {
        database(&table(collation), SCOPES)
            .await
            .sees(
                "SELECT id FROM article WHERE category = 'rust'",
                "INSERT INTO article VALUES (3, 'rüst', 'c')",
            )
            .await;
        database(&table(collation), SCOPES)
            .await
            .sees(
                "SELECT id FROM article WHERE category = 'rüst'",
                "INSERT INTO article VALUES (3, 'rust', 'c')",
            )
            .await;
    }
    database(&table("utf8mb4_unicode_ci"), SCOPES)
        .await
        .sees(
            "SELECT id FROM article WHERE category = 'gross'",
            "INSERT INTO article VALUES (3, 'groß', 'c')",
        )
        .await;
    database(&table("utf8mb4_danish_ci"), SCOPES)
        .await
        .sees("SELECT id FROM article WHERE category = 'aa'", "INSERT INTO article VALUES (3, 'å', 'c')")
        .await;
    for padded in ["utf8mb4_bin", "utf8mb4_general_ci"] {
        database(&table(padded), SCOPES)
            .await
            .sees("SELECT id FROM article WHERE category = 'x'", "INSERT INTO article VALUES (3, 'x  ', 'c')")
            .await;
    }
}

#[tokio::test]
async fn other_texts_are_other_scopes() {
    for collation in ["utf8mb4_nopad_bin", "utf8mb4_bin", "utf8mb4_general_ci", "utf8mb4_unicode_ci"] {
        let case = database(&table(collation), SCOPES).await;
        case.keeps(
            "SELECT id, title FROM article WHERE category = 'Rust'",
            "INSERT INTO article VALUES (3, 'other', 'c')",
        )
        .await;
        case.keeps(
            "SELECT count(*) FROM article WHERE category = 'Rust'",
            "UPDATE article SET category = 'third' WHERE id = 2",
        )
        .await;
    }
    let case = database(&table("utf8mb4_bin"), SCOPES).await;
    case.keeps(
        "SELECT id FROM article WHERE category = 'rust'",
        "INSERT INTO article VALUES (3, 'RUST', 'c')",
    )
    .await;
}

#[tokio::test]
async fn equal_keys_are_one_row() {
    let setup = "CREATE TABLE t (id VARCHAR(9) COLLATE utf8mb4_general_ci PRIMARY KEY, n INT); INSERT INTO t VALUES ('Ab', 1)";
    database(setup, &[])
        .await
        .sees("SELECT n FROM t WHERE id = 'AB'", "UPDATE t SET n = 2 WHERE id = 'ab '")
        .await;
    database(setup, &[])
        .await
        .sees("SELECT n FROM t WHERE id = 'cd'", "INSERT INTO t VALUES ('CD', 2)")
        .await;
    let binary = "CREATE TABLE t (id VARBINARY(9) PRIMARY KEY, n INT); INSERT INTO t VALUES ('ab', 1)";
    database(binary, &[])
        .await
        .sees("SELECT n FROM t WHERE id = 'ab'", "UPDATE t SET n = 2 WHERE id = x'6162'")
        .await;
}
