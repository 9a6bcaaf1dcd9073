//! Directed cases: for each rule a read and a write that go wrong without it.

mod setup;

pub use setup::{Stage, rows, schema};

use sea_orm::{ConnectionTrait, DbErr, Statement};

use crate::backend::{ALL as EVERY, Backend, MARIADB, NOT_MARIADB, NOT_POSTGRES, POSTGRES, SQLITE};
use crate::case::read;
use crate::scenario::Verdict;

/// A read that is warm, a write, and what they show together.
#[derive(Clone, Copy, Debug)]
pub struct Directed {
    /// The rule.
    pub name: &'static str,
    /// The databases on which it is shown.
    pub on: &'static [Backend],
    /// What is read.
    pub read: &'static str,
    /// What changes its result.
    pub write: &'static str,
}

macro_rules! cases {
    ($($name:literal on $on:ident: $read:literal => $write:literal;)+) => {
        /// All of them.
        pub const ALL: &[Directed] = &[$(Directed { name: $name, on: $on, read: $read, write: $write },)+];
    };
}

cases! {
    "ON of a left join filters the optional side only" on EVERY:
        "SELECT a.id, w.name FROM article a LEFT JOIN author w ON w.id = a.author_id AND a.category = 'r'"
        => "INSERT INTO article (id, author_id, category) VALUES (9, 1, 'g')";
    "an anti-join sees its partner come" on EVERY:
        "SELECT w.name FROM author w LEFT JOIN article a ON a.author_id = w.id WHERE a.category IS NULL"
        => "INSERT INTO article (id, author_id, category) VALUES (9, 3, 'g')";
    "ORDER BY decides who is within a limit" on EVERY:
        "SELECT id, title FROM article WHERE category = 'r' ORDER BY views LIMIT 1"
        => "UPDATE article SET views = 0 WHERE id = 3";
    "a row that is shown is watched" on EVERY:
        "SELECT id, title FROM article WHERE category = 'r'"
        => "UPDATE article SET title = 'new' WHERE id = 3";
    "rows that do not show their key are watched together" on EVERY:
        "SELECT title FROM article WHERE category = 'r'"
        => "UPDATE article SET title = 'new' WHERE id = 3";
    "a look-up that found nothing sees the row come" on EVERY:
        "SELECT id, title FROM article WHERE id = 9"
        => "INSERT INTO article (id, title) VALUES (9, 'nine')";
    "a partner that was missing is seen when it comes" on EVERY:
        "SELECT c.id, a.id, a.title FROM comment c LEFT JOIN article a ON a.id = c.article_ref"
        => "INSERT INTO article (id, title) VALUES (77, 'found')";
    "a partner that is filtered is no mere partner" on EVERY:
        "SELECT a.id, w.id FROM article a JOIN author w ON w.id = a.author_id WHERE w.name = 'zed'"
        => "UPDATE author SET name = 'zed' WHERE id = 1";
    "another condition lets a row in" on EVERY:
        "SELECT id, title FROM article WHERE category = 'r' AND views > 50"
        => "UPDATE article SET views = 60 WHERE id = 3";
    "a number finds the text that it is stored as" on NOT_POSTGRES:
        "SELECT id, title FROM article WHERE category = 5"
        => "INSERT INTO article (id, category, title) VALUES (9, '5', 'nine')";
    "a number is stored as the text that it becomes" on EVERY:
        "SELECT id, title FROM article WHERE category = '5'"
        => "INSERT INTO article (id, category, title) VALUES (9, 5, 'nine')";
    "a changed key is another row" on EVERY:
        "SELECT id, title FROM article WHERE id = 9"
        => "UPDATE article SET id = 9 WHERE id = 2";
    "a collation makes different texts equal" on EVERY:
        "SELECT id, name FROM author WHERE region = 'x'"
        => "INSERT INTO author (id, name, region) VALUES (9, 'zoe', 'X')";
    "one returned row of several is not all" on NOT_MARIADB:
        "SELECT id, views FROM article WHERE id = 3"
        => "UPDATE article SET views = 90 WHERE views < 4 RETURNING id";
    "a key of NULL is the database's choice" on NOT_POSTGRES:
        "SELECT id, title FROM article WHERE id = 5"
        => "INSERT INTO article (id, title) VALUES (NULL, 'five')";
    "an upsert changes the row that is in its way" on NOT_MARIADB:
        "SELECT id, views FROM article WHERE id = 1"
        => "INSERT INTO article (id, slug) VALUES (9, 's1') ON CONFLICT (slug) DO UPDATE SET views = 70";
    "what is replaced is deleted" on SQLITE:
        "SELECT id, title FROM article WHERE id = 1"
        => "INSERT OR REPLACE INTO article (id, slug) VALUES (9, 's1')";
    "a name that is no column may be any" on SQLITE:
        "SELECT id, views AS seen FROM article WHERE seen > 50"
        => "UPDATE article SET views = 60 WHERE id = 3";
    "a foreign key cascades" on EVERY:
        "SELECT id, title FROM article WHERE category = 'g'"
        => "DELETE FROM author WHERE id = 2";
    "a trigger writes" on EVERY:
        "SELECT id FROM article WHERE edits > 0"
        => "UPDATE article SET title = 'new' WHERE id = 3";
    "a generated column follows" on EVERY:
        "SELECT id FROM article WHERE bucket = 6"
        => "UPDATE article SET views = 60 WHERE id = 3";
    "a volatile call is never cached" on SQLITE:
        "SELECT count(*), total_changes() FROM author"
        => "UPDATE article SET views = 60 WHERE id = 3";
    "of several keys one that is not there is watched" on EVERY:
        "SELECT id, title FROM article WHERE id IN (1, 9)" => "UPDATE article SET id = 9 WHERE id = 2";
    // of PostgreSQL
    "a text finds the number that it is read as" on POSTGRES:
        "SELECT id, title FROM article WHERE id = ' 9 '" => "INSERT INTO article (id, title) VALUES (9, 'nine')";
    "a row is all of its columns" on POSTGRES:
        "SELECT id FROM article a WHERE id = 3 AND a IS NOT NULL"
        => "UPDATE article SET slug = NULL WHERE id = 3";
    "a row has a function for each column" on POSTGRES:
        "SELECT title(a) FROM article a WHERE a.id = 3" => "UPDATE article SET title = 'new' WHERE id = 3";
    "what every write of the server changes is never cached" on POSTGRES:
        "SELECT count(*), pg_snapshot_xmax(pg_current_snapshot())::text FROM author" => "UPDATE article SET views = 60 WHERE id = 3";
    "a text in a trigger may hold quotes" on POSTGRES:
        "SELECT id FROM author WHERE name = 'told'" => "UPDATE comment SET body = 'c' WHERE id = 1";
    "what a trigger's statement returns may be a column's value" on POSTGRES:
        "SELECT id, body FROM gift WHERE id = 1" => "UPDATE gift SET n = n + 1 WHERE id = 1";
    "a parent's reference binds no child" on POSTGRES:
        "SELECT w.id, w.author_id, a.id, a.name FROM work w JOIN author a ON a.id = w.author_id"
        => "INSERT INTO author VALUES (9, 'eve', NULL)";
    "what is said to be immutable may call what writes" on POSTGRES:
        "SELECT id, views FROM article WHERE id = 3" => "SELECT pure(3)";
    "a row that moves to another partition dies and is born" on POSTGRES:
        "SELECT id, views FROM article WHERE id = 3" => "UPDATE part SET half = 1 - half WHERE id = 1";
    "some triggers fire for no row" on POSTGRES:
        "SELECT id, views FROM article WHERE id = 3" => "DELETE FROM counted WHERE id = 99";
    "some triggers fire where no row is returned" on POSTGRES:
        "SELECT id, views FROM article WHERE id = 3" => "UPDATE counted SET n = 1 WHERE id = 99 RETURNING id";
    "a default may call what writes" on POSTGRES:
        "SELECT id, views FROM article WHERE id = 3" => "INSERT INTO filled DEFAULT VALUES";
    "a row among the arguments is all of its columns" on POSTGRES:
        "SELECT max(ROW(a.*)::text) FROM article a WHERE id = 3" => "UPDATE article SET title = 'new' WHERE id = 3";
    "an operator may read what it does not name" on POSTGRES:
        "SELECT id FROM author WHERE id #># 50" => "UPDATE article SET views = 60 WHERE id = 3";
    "changes of the schema may call what writes" on POSTGRES:
        "SELECT id, views FROM article WHERE id = 3" => "COMMENT ON TABLE note IS 'new'";
    // of MariaDB
    "what SET STATEMENT runs is run" on MARIADB:
        "SELECT id, views FROM article WHERE id = 3"
        => "SET STATEMENT max_statement_time = 10 FOR UPDATE article SET views = 60 WHERE id = 3";
    "what is shown may call what writes" on MARIADB:
        "SELECT id, views FROM article WHERE id = 3" => "SHOW TABLES WHERE bump(3) = 1";
    "XOR binds looser than AND" on MARIADB:
        "SELECT id, title FROM article WHERE id = 4"
        => "UPDATE article SET title = 'new' WHERE id = 1 AND views = 77 XOR slug IS NULL";
    "a table is deleted from by a name that another table has" on MARIADB:
        "SELECT id, title FROM article WHERE id = 3"
        => "DELETE FROM comment USING article AS comment WHERE comment.id = 3";
    "a duplicate key changes the row that is in its way" on MARIADB:
        "SELECT id, views FROM article WHERE id = 1"
        => "INSERT INTO article (id, slug) VALUES (9, 's1') ON DUPLICATE KEY UPDATE views = 70";
    "one deleted row of several is not all" on MARIADB:
        "SELECT id, views FROM article WHERE id = 3" => "DELETE FROM article WHERE views < 4 RETURNING id";
    "what is replaced is gone" on MARIADB:
        "SELECT id, title FROM article WHERE id = 1" => "REPLACE INTO article (id, slug) VALUES (9, 's1')";
    "HAVING sees the names of results" on MARIADB:
        "SELECT id, views AS seen FROM article HAVING seen > 50" => "UPDATE article SET views = 60 WHERE id = 3";
    "a trigger writes another table" on MARIADB:
        "SELECT id FROM author WHERE name = 'told'" => "UPDATE comment SET body = 'c' WHERE id = 1";
    "ORDER BY computes with the names of results" on MARIADB:
        "SELECT id, views AS seen FROM article WHERE category = 'r' ORDER BY seen + 1 LIMIT 1"
        => "UPDATE article SET views = 0 WHERE id = 3";
    "what the session remembers is never cached" on MARIADB:
        "SELECT count(*), LAST_INSERT_ID() FROM author"
        => "UPDATE article SET views = LAST_INSERT_ID(LAST_INSERT_ID() + 1) WHERE id = 3";
}

impl Directed {
    /// Runs it; the rows are then as they were in the beginning for the next one.
    ///
    /// # Errors
    ///
    /// If the write is refused.
    pub async fn run(&self, stage: &Stage) -> Result<Verdict, DbErr> {
        let subject = stage.subject().await?;
        let read = read(self.read);
        for _ in 0..2 {
            subject.cached(&read).await;
        }
        let backend = subject.connection().get_database_backend();
        subject.connection().query_one_raw(Statement::from_string(backend, self.write)).await?;
        let truth = subject.truth(&read).await;
        let got = subject.cached(&read).await.0;
        Ok(Verdict::of(&got, &truth, self.name))
    }
}
