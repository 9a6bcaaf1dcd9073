//! Writes of what the schema does not know, in texts that name what it knows.

use crate::{ARTICLES, SCOPES, all_see, database};

const AUTHORS: &str = "
    CREATE TABLE author (id INT PRIMARY KEY, name VARCHAR(20)); INSERT INTO author VALUES (1, 'ann'), (2, 'bob')";

/// Tables whose rows have versions are unknown, and have triggers.
const VERSIONED: &str = "
    CREATE TABLE versioned (id INT PRIMARY KEY, name VARCHAR(20)) WITH SYSTEM VERSIONING;
    INSERT INTO versioned VALUES (1, 'x');
    CREATE TRIGGER i AFTER INSERT ON versioned FOR EACH ROW UPDATE article SET title = 'new';
    CREATE TRIGGER u AFTER UPDATE ON versioned FOR EACH ROW UPDATE article SET title = 'new';
    CREATE TRIGGER d AFTER DELETE ON versioned FOR EACH ROW UPDATE article SET title = 'new'";

#[tokio::test]
async fn a_write_of_what_is_not_known_is_everything_whatever_else_it_names() {
    let long = format!("INSERT INTO versioned VALUES (0, 'author'){}", ", (0, 'x')".repeat(7_000));
    let long = long.split("(0,").enumerate().map(|(id, part)| match id {
        0 => part.to_owned(),
        id => format!("({},{part}", id + 9),
    });
    let long: String = long.collect();
    let writes = [
        "INSERT INTO versioned SELECT id + 5, name FROM author",
        "INSERT versioned VALUES (9, 'author')",
        "REPLACE versioned SELECT id, name FROM author",
        "UPDATE versioned SET name = 'author'",
        "UPDATE versioned v JOIN author a ON v.id = a.id SET v.name = 'y'",
        "UPDATE author a, versioned v SET v.name = 'y' WHERE v.id = a.id",
        "DELETE v FROM versioned v JOIN author a ON v.id = a.id",
        "DELETE FROM v USING versioned AS v JOIN author a ON v.id = a.id",
        "DELETE FROM versioned WHERE id IN (SELECT id FROM author)",
        &long,
    ];
    let setup = format!("{ARTICLES}; {AUTHORS}; {VERSIONED}");
    all_see(&setup, SCOPES, &["SELECT title FROM article WHERE id = 1"], &writes).await;
}

#[tokio::test]
async fn rows_that_another_table_shows_as_its_own_are_written() {
    let merged = "CREATE TABLE kept (id INT NOT NULL, KEY (id)) ENGINE = MyISAM;
        CREATE TABLE merged (id INT NOT NULL, KEY (id)) ENGINE = MERGE UNION = (kept) INSERT_METHOD = LAST;
        INSERT INTO kept VALUES (1)";
    let writes = [
        "INSERT INTO merged SELECT id FROM author",
        "DELETE m FROM merged m JOIN author ON author.id = m.id",
        "UPDATE merged m JOIN author a ON a.id = m.id SET m.id = 7",
    ];
    let setup = format!("{AUTHORS}; {merged}");
    all_see(&setup, &[], &["SELECT count(*), max(id) FROM kept"], &writes).await;
}

#[tokio::test]
async fn several_tables_of_which_only_known_ones_are_written_stay_narrow() {
    let case = database(&format!("{ARTICLES}; {AUTHORS}; {VERSIONED}"), SCOPES).await;
    for write in [
        "UPDATE author a JOIN versioned v ON v.id = a.id SET a.name = v.name",
        "DELETE a FROM author a JOIN versioned v ON v.id = a.id",
        "DELETE FROM a USING author AS a JOIN versioned v",
        "INSERT INTO author SELECT id, name FROM versioned",
    ] {
        case.keeps("SELECT title FROM article WHERE id = 1", write).await;
    }
}
