//! The database of the directed cases.

use cache_core::Declaration;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr};

use crate::backend::{Backend, Home, Pool};
use crate::case::scopes;
use crate::subject::{Caches, Subject};

/// One database for all cases, since a server takes long to make another one.
#[derive(Debug)]
pub struct Stage {
    backend: Backend,
    connection: DatabaseConnection,
    // The database lives as long as this does.
    _home: Home,
}

impl Stage {
    /// Makes the tables.
    ///
    /// # Errors
    ///
    /// If the database refuses.
    pub async fn open(backend: Backend) -> Result<Self, DbErr> {
        let (home, connection) = backend.open(Pool::One).await?;
        for statement in schema(backend) {
            connection.execute_unprepared(statement).await?;
        }
        Ok(Self { backend, connection, _home: home })
    }

    /// Whether the database takes a statement.
    ///
    /// # Errors
    ///
    /// If the first rows cannot be made.
    pub async fn takes(&self, sql: &str) -> Result<bool, DbErr> {
        self.reset().await?;
        let is_taken = self.connection.execute_unprepared(sql).await.is_ok();
        if !is_taken {
            // What came before may have begun a transaction.
            let _ = self.connection.execute_unprepared("ROLLBACK").await;
        }
        Ok(is_taken)
    }

    /// A new cache over the first rows.
    pub(super) async fn subject(&self) -> Result<Subject, DbErr> {
        self.reset().await?;
        let declarations: [Declaration; 2] =
            [scopes("article", &[&["category"]]), scopes("author", &[&["region"]])];
        Subject::wrap(self.connection.clone(), &declarations, Caches::One).await
    }

    async fn reset(&self) -> Result<(), DbErr> {
        for statement in rows(self.backend) {
            self.connection.execute_unprepared(statement).await?;
        }
        Ok(())
    }
}

/// The statements that make the rows what they were in the beginning.
pub fn rows(backend: Backend) -> impl Iterator<Item = &'static str> {
    EMPTY.iter().chain(next_key(backend)).chain(ROWS).copied()
}

const EMPTY: &[&str] = &["DELETE FROM comment", "DELETE FROM article", "DELETE FROM author"];

const ROWS: &[&str] = &[
    "INSERT INTO author VALUES (1, 'ann', 'X'), (2, 'bob', 'y'), (3, 'cid', NULL)",
    "INSERT INTO article (id, author_id, category, title, views, slug) VALUES
        (1, 1, 'r', 'one', 1, 's1'), (2, 2, 'g', 'two', 2, 's2'), (3, 1, 'r', 'three', 3, 's3'), (4, 1, '5', 'four', 4, NULL)",
    "INSERT INTO comment VALUES (1, 1, 'a'), (2, 77, 'b')",
];

/// What makes the next key that the database gives the fifth one.
fn next_key(backend: Backend) -> &'static [&'static str] {
    match backend {
        Backend::MariaDb => &["ALTER TABLE article AUTO_INCREMENT = 5"],
        Backend::Sqlite | Backend::Postgres => &[],
    }
}

/// The statements that make the tables.
#[must_use]
pub fn schema(backend: Backend) -> &'static [&'static str] {
    match backend {
        Backend::Sqlite => &[
            "CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT, region TEXT COLLATE NOCASE)",
            "CREATE TABLE article (
                id INTEGER PRIMARY KEY, author_id INTEGER REFERENCES author (id) ON DELETE CASCADE, category TEXT,
                title TEXT, views INTEGER NOT NULL DEFAULT 0, slug TEXT UNIQUE, edits INTEGER NOT NULL DEFAULT 0,
                bucket GENERATED ALWAYS AS (views / 10) VIRTUAL)",
            "CREATE TABLE comment (id INTEGER PRIMARY KEY, article_ref INTEGER, body TEXT)",
            "CREATE TRIGGER edited AFTER UPDATE OF title ON article BEGIN
                UPDATE article SET edits = edits + 1 WHERE id = NEW.id; END",
        ],
        Backend::Postgres => &[
            "CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
            "CREATE TABLE author (id BIGINT PRIMARY KEY, name TEXT, region TEXT COLLATE ci)",
            "CREATE TABLE article (
                id BIGINT PRIMARY KEY, author_id BIGINT REFERENCES author (id) ON DELETE CASCADE, category TEXT,
                title TEXT, views BIGINT NOT NULL DEFAULT 0, slug TEXT UNIQUE, edits BIGINT NOT NULL DEFAULT 0,
                bucket BIGINT GENERATED ALWAYS AS (views / 10) STORED)",
            "CREATE TABLE comment (id BIGINT PRIMARY KEY, article_ref BIGINT, body TEXT)",
            "CREATE FUNCTION edited() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                UPDATE article SET edits = edits + 1 WHERE id = NEW.id; RETURN NULL; END $$",
            "CREATE TRIGGER edited AFTER UPDATE OF title ON article FOR EACH ROW EXECUTE FUNCTION edited()",
            "CREATE TABLE note (body TEXT)",
            "CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO note VALUES ('it''s');
                UPDATE author SET name = 'told' WHERE id = 1; INSERT INTO note VALUES ('that''s all'); RETURN NULL; END $$",
            "CREATE TRIGGER told AFTER UPDATE OF body ON comment FOR EACH ROW EXECUTE FUNCTION told()",
            "CREATE TABLE gift (id BIGINT PRIMARY KEY, n BIGINT, body TEXT)",
            "INSERT INTO gift VALUES (1, 1, 'x')",
            "CREATE FUNCTION given() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                INSERT INTO note VALUES (NEW.n::text) RETURNING body INTO NEW.body; RETURN NEW; END $$",
            "CREATE TRIGGER given BEFORE UPDATE OF n ON gift FOR EACH ROW EXECUTE FUNCTION given()",
            "CREATE TABLE work (id BIGINT PRIMARY KEY, author_id BIGINT REFERENCES author (id))",
            "CREATE TABLE essay () INHERITS (work)",
            "INSERT INTO essay VALUES (1, 9)",
            "CREATE FUNCTION bump(BIGINT) RETURNS BIGINT LANGUAGE sql AS
                'UPDATE article SET views = views + 1 WHERE id = $1 RETURNING views'",
            "CREATE FUNCTION pure(BIGINT) RETURNS BIGINT IMMUTABLE LANGUAGE plpgsql AS
                $$ BEGIN PERFORM bump($1); RETURN 1; END $$",
            "CREATE FUNCTION bumped() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                UPDATE article SET views = views + 1 WHERE id = 3; RETURN NULL; END $$",
            "CREATE TABLE part (id BIGINT, half BIGINT) PARTITION BY LIST (half)",
            "CREATE TABLE part_0 PARTITION OF part FOR VALUES IN (0)",
            "CREATE TABLE part_1 PARTITION OF part FOR VALUES IN (1)",
            "INSERT INTO part VALUES (1, 0)",
            "CREATE TRIGGER bumped AFTER DELETE ON part FOR EACH ROW EXECUTE FUNCTION bumped()",
            "CREATE TABLE counted (id BIGINT PRIMARY KEY, n BIGINT)",
            "CREATE TRIGGER bumped AFTER UPDATE OR DELETE ON counted FOR EACH STATEMENT EXECUTE FUNCTION bumped()",
            "CREATE TABLE filled (id BIGINT GENERATED ALWAYS AS IDENTITY, n BIGINT DEFAULT bump(3))",
            "CREATE FUNCTION is_seen(BIGINT, BIGINT) RETURNS BOOLEAN IMMUTABLE LANGUAGE plpgsql AS
                $$ BEGIN RETURN $2 < (SELECT views FROM article WHERE id = $1); END $$",
            "CREATE OPERATOR #># (LEFTARG = BIGINT, RIGHTARG = BIGINT, FUNCTION = is_seen)",
            "CREATE FUNCTION heard() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM bump(3); END $$",
            "CREATE EVENT TRIGGER heard ON ddl_command_end WHEN TAG IN ('COMMENT') EXECUTE FUNCTION heard()",
        ],
        Backend::MariaDb => &[
            "CREATE TABLE author (id BIGINT PRIMARY KEY, name VARCHAR(60), region VARCHAR(60))",
            "CREATE TABLE article (
                id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, author_id BIGINT REFERENCES author (id) ON DELETE CASCADE,
                category VARCHAR(60) COLLATE utf8mb4_nopad_bin, title VARCHAR(60) COLLATE utf8mb4_nopad_bin,
                views BIGINT NOT NULL DEFAULT 0, slug VARCHAR(60) COLLATE utf8mb4_nopad_bin UNIQUE,
                edits BIGINT NOT NULL DEFAULT 0, bucket BIGINT GENERATED ALWAYS AS (views DIV 10) VIRTUAL)",
            "CREATE TABLE comment (id BIGINT PRIMARY KEY, article_ref BIGINT, body TEXT)",
            "CREATE TRIGGER edited BEFORE UPDATE ON article FOR EACH ROW BEGIN
                IF NOT (NEW.title <=> OLD.title) THEN SET NEW.edits = OLD.edits + 1; END IF; END",
            "CREATE TRIGGER told AFTER UPDATE ON comment FOR EACH ROW UPDATE author SET name = 'told' WHERE id = 1",
            "CREATE FUNCTION bump(which BIGINT) RETURNS BIGINT MODIFIES SQL DATA BEGIN
                UPDATE article SET views = views + 1 WHERE id = which; RETURN 1; END",
        ],
    }
}
