//! Directed cases: for each rule a read and a write that go wrong without it.

use sea_orm::{ConnectionTrait, DbErr, Statement};

use crate::case::{Case, read, scopes};
use crate::scenario::Verdict;

/// A read that is warm, a write, and what they show together.
#[derive(Clone, Copy, Debug)]
pub struct Directed {
    /// The rule.
    pub name: &'static str,
    read: &'static str,
    write: &'static str,
}

const SETUP: &str = "
    CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT, region TEXT COLLATE NOCASE);
    CREATE TABLE article (
        id INTEGER PRIMARY KEY, author_id INTEGER REFERENCES author (id) ON DELETE CASCADE, category TEXT,
        title TEXT, views INTEGER NOT NULL DEFAULT 0, slug TEXT UNIQUE, edits INTEGER NOT NULL DEFAULT 0,
        bucket GENERATED ALWAYS AS (views / 10) VIRTUAL);
    CREATE TABLE comment (id INTEGER PRIMARY KEY, article_ref INTEGER, body TEXT);
    CREATE TRIGGER edited AFTER UPDATE OF title ON article BEGIN
        UPDATE article SET edits = edits + 1 WHERE id = NEW.id; END;
    INSERT INTO author VALUES (1, 'ann', 'X'), (2, 'bob', 'y'), (3, 'cid', NULL);
    INSERT INTO article (id, author_id, category, title, views, slug) VALUES
        (1, 1, 'r', 'one', 1, 's1'), (2, 2, 'g', 'two', 2, 's2'), (3, 1, 'r', 'three', 3, 's3'), (4, 1, '5', 'four', 4, NULL);
    INSERT INTO comment VALUES (1, 1, 'a'), (2, 77, 'b')";

macro_rules! cases {
    ($($name:literal: $read:literal => $write:literal;)+) => {
        /// All of them.
        pub const ALL: &[Directed] = &[$(Directed { name: $name, read: $read, write: $write },)+];
    };
}

cases! {
    "ON of a left join filters the optional side only":
        "SELECT a.id, w.name FROM article a LEFT JOIN author w ON w.id = a.author_id AND a.category = 'r'"
        => "INSERT INTO article (id, author_id, category) VALUES (9, 1, 'g')";
    "an anti-join sees its partner come":
        "SELECT w.name FROM author w LEFT JOIN article a ON a.author_id = w.id WHERE a.category IS NULL"
        => "INSERT INTO article (id, author_id, category) VALUES (9, 3, 'g')";
    "ORDER BY decides who is within a limit":
        "SELECT id, title FROM article WHERE category = 'r' ORDER BY views LIMIT 1"
        => "UPDATE article SET views = 0 WHERE id = 3";
    "a row that is shown is watched":
        "SELECT id, title FROM article WHERE category = 'r'" => "UPDATE article SET title = 'new' WHERE id = 3";
    "rows that do not show their key are watched together":
        "SELECT title FROM article WHERE category = 'r'" => "UPDATE article SET title = 'new' WHERE id = 3";
    "a look-up that found nothing sees the row come":
        "SELECT id, title FROM article WHERE id = 9" => "INSERT INTO article (id, title) VALUES (9, 'nine')";
    "a partner that was missing is seen when it comes":
        "SELECT c.id, a.id, a.title FROM comment c LEFT JOIN article a ON a.id = c.article_ref"
        => "INSERT INTO article (id, title) VALUES (77, 'found')";
    "a partner that is filtered is no mere partner":
        "SELECT a.id, w.id FROM article a JOIN author w ON w.id = a.author_id WHERE w.name = 'zed'"
        => "UPDATE author SET name = 'zed' WHERE id = 1";
    "another condition lets a row in":
        "SELECT id, title FROM article WHERE category = 'r' AND views > 50"
        => "UPDATE article SET views = 60 WHERE id = 3";
    "a number finds the text that it is stored as":
        "SELECT id, title FROM article WHERE category = 5"
        => "INSERT INTO article (id, category, title) VALUES (9, '5', 'nine')";
    "a number is stored as the text that it becomes":
        "SELECT id, title FROM article WHERE category = '5'"
        => "INSERT INTO article (id, category, title) VALUES (9, 5, 'nine')";
    "a changed key is another row":
        "SELECT id, title FROM article WHERE id = 9" => "UPDATE article SET id = 9 WHERE id = 2";
    "a collation makes different texts equal":
        "SELECT id, name FROM author WHERE region = 'x'"
        => "INSERT INTO author (id, name, region) VALUES (9, 'zoe', 'X')";
    "one returned row of several is not all":
        "SELECT id, views FROM article WHERE id = 3"
        => "UPDATE article SET views = 90 WHERE views < 4 RETURNING id";
    "a key of NULL is the database's choice":
        "SELECT id, title FROM article WHERE id = 5" => "INSERT INTO article (id, title) VALUES (NULL, 'five')";
    "an upsert changes the row that is in its way":
        "SELECT id, views FROM article WHERE id = 1"
        => "INSERT INTO article (id, slug) VALUES (9, 's1') ON CONFLICT (slug) DO UPDATE SET views = 70";
    "what is replaced is deleted":
        "SELECT id, title FROM article WHERE id = 1" => "INSERT OR REPLACE INTO article (id, slug) VALUES (9, 's1')";
    "a name that is no column may be any":
        "SELECT id, views AS seen FROM article WHERE seen > 50" => "UPDATE article SET views = 60 WHERE id = 3";
    "a foreign key cascades":
        "SELECT id, title FROM article WHERE category = 'g'" => "DELETE FROM author WHERE id = 2";
    "a trigger writes":
        "SELECT id FROM article WHERE edits > 0" => "UPDATE article SET title = 'new' WHERE id = 3";
    "a generated column follows":
        "SELECT id FROM article WHERE bucket = 6" => "UPDATE article SET views = 60 WHERE id = 3";
    "a volatile call is never cached":
        "SELECT count(*), total_changes() FROM author" => "UPDATE article SET views = 60 WHERE id = 3";
}

impl Directed {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// If the write is refused.
    pub async fn run(&self) -> Result<Verdict, DbErr> {
        let declarations = [scopes("article", &[&["category"]]), scopes("author", &[&["region"]])];
        let case = Case::new(SETUP, &declarations).await;
        let read = read(self.read);
        for _ in 0..2 {
            case.subject().cached(&read).await;
        }
        let backend = case.connection().get_database_backend();
        case.connection().query_one_raw(Statement::from_string(backend, self.write)).await?;
        let truth = case.subject().truth(&read).await;
        let got = case.subject().cached(&read).await.0;
        Ok(Verdict::of(&got, &truth, self.name))
    }
}
