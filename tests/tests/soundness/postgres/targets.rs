//! Writes of what the schema does not know, in texts that name what it knows.

use cache_tests::backend::{Backend, Pool};
use cache_tests::case::Case;

/// A temporary table is unknown, and may have triggers that write any other.
#[tokio::test]
async fn postgres_a_write_of_what_is_not_known_is_everything_whatever_else_it_names() {
    let setup = "CREATE TABLE author (id int PRIMARY KEY, name text);
        CREATE TABLE article (id int PRIMARY KEY, title text);
        INSERT INTO author VALUES (1, 'ann'), (2, 'ben'); INSERT INTO article VALUES (1, 'one');
        CREATE FUNCTION pushes() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN UPDATE article SET title = title || '!'; RETURN NULL; END $$";
    let case = Case::on(Backend::Postgres, setup, &[], Pool::One).await;
    case.write("CREATE TEMP TABLE staging (id int, name text)").await;
    case.write("ALTER TABLE staging RENAME COLUMN id TO author").await;
    let trigger = "CREATE TRIGGER pushes AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON staging
        FOR EACH STATEMENT EXECUTE FUNCTION pushes()";
    case.write(trigger).await;
    let long = format!("INSERT INTO staging VALUES (1, 'author'){}", ", (1, 'x')".repeat(7_000));
    for write in [
        "INSERT INTO staging SELECT id FROM author",
        "INSERT INTO staging VALUES (3, 'author')",
        "INSERT INTO staging (author) VALUES (4)",
        "INSERT INTO pg_temp.staging SELECT id FROM author",
        "UPDATE staging SET name = a.name FROM author a WHERE a.id = staging.author",
        "DELETE FROM staging USING author WHERE author.id = staging.author",
        "MERGE INTO staging USING author ON author.id = staging.author
            WHEN NOT MATCHED THEN INSERT (author) VALUES (author.id)",
        "WITH x AS (INSERT INTO staging SELECT id FROM author RETURNING 1) SELECT count(*) FROM x",
        "EXPLAIN ANALYZE INSERT INTO staging SELECT id FROM author",
        "COPY staging (author) FROM PROGRAM 'echo 1'",
        "TRUNCATE author, staging",
        &long,
    ] {
        case.sees("SELECT title FROM article WHERE id = 1", write).await;
    }
}

#[tokio::test]
async fn postgres_what_is_not_understood_of_what_is_known_stays_narrow() {
    let setup = "CREATE TABLE author (id int PRIMARY KEY, name text);
        CREATE TABLE article (id int PRIMARY KEY, title text);
        INSERT INTO author VALUES (1, 'ann'); INSERT INTO article VALUES (1, 'one')";
    let case = Case::on(Backend::Postgres, setup, &[], Pool::One).await;
    case.write(
        "CREATE TEMP TABLE staging (id int, name text); INSERT INTO staging VALUES (1, 'x'), (2, 'y')",
    )
    .await;
    for write in [
        "MERGE INTO author USING staging ON author.id = staging.id
            WHEN MATCHED THEN UPDATE SET name = staging.name
            WHEN NOT MATCHED THEN INSERT VALUES (staging.id, staging.name)",
        "COPY author (id) FROM PROGRAM 'echo 3'",
        "EXPLAIN ANALYZE UPDATE author SET name = staging.name FROM staging WHERE author.id = staging.id",
        "WITH x AS (DELETE FROM author USING staging WHERE author.id = staging.id RETURNING 1) SELECT 1 FROM x",
        "TRUNCATE author",
    ] {
        case.keeps("SELECT title FROM article WHERE id = 1", write).await;
    }
}
