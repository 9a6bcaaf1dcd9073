//! A SQLite file for each test.

use sea_orm::ConnectOptions;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};

pub const DDL: &str = "
CREATE TABLE author (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE);
CREATE TABLE article (
  id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL, published BOOLEAN NOT NULL, category TEXT NOT NULL,
  score REAL NOT NULL, author_id INTEGER NOT NULL REFERENCES author (id) ON DELETE CASCADE);
CREATE TABLE tag (id BLOB PRIMARY KEY NOT NULL, label TEXT NOT NULL);
CREATE TABLE article_tag (
  article_id INTEGER NOT NULL REFERENCES article (id) ON DELETE CASCADE,
  tag_id BLOB NOT NULL REFERENCES tag (id) ON DELETE CASCADE, PRIMARY KEY (article_id, tag_id));
INSERT INTO author VALUES (1, 'Ada'), (2, 'Ben');
INSERT INTO article VALUES
  (1, 'one', 1, 'rust', 1.5, 1), (2, 'two', 1, 'rust', 2.5, 2), (3, 'three', 1, 'news', 0, 1),
  (4, 'four', 0, 'rust', 0, 2);
INSERT INTO tag VALUES (x'00000000000000000000000000000001', 'short'), (x'00000000000000000000000000000002', 'long');
INSERT INTO article_tag VALUES (1, x'00000000000000000000000000000001'), (1, x'00000000000000000000000000000002'),
  (2, x'00000000000000000000000000000002');
";

/// The first placeholder.
pub const FIRST: &str = "?";
/// What a text of several statements leaves behind that fails half-way.
pub const HALF_WAY: &str = "done";
/// A trigger that changes the name of an article's author with its title.
pub const RENAMED: &str = "CREATE TRIGGER renamed AFTER UPDATE OF title ON article
    BEGIN UPDATE author SET name = name || '!' WHERE id = new.author_id; END";

/// The folder of the file.
pub type Home = tempfile::TempDir;

/// An empty database.
pub async fn create() -> (String, Home) {
    let folder = tempfile::tempdir().unwrap();
    (format!("sqlite:{}?mode=rwc", folder.path().join("shop.db").display()), folder)
}

pub fn prepare(options: &mut ConnectOptions) {
    options.map_sqlx_sqlite_opts(|options| {
        options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Off)
    });
}
