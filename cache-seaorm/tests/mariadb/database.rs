//! A database of MariaDB for each test, on a server that they share.

use std::sync::Arc;

use cache_servers::MariaDb;
use sea_orm::ConnectOptions;

pub const DDL: &str = "
CREATE TABLE author (id BIGINT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50) NOT NULL UNIQUE);
CREATE TABLE article (
  id BIGINT AUTO_INCREMENT PRIMARY KEY, title VARCHAR(50) NOT NULL, published BOOLEAN NOT NULL,
  category VARCHAR(50) NOT NULL, score DOUBLE NOT NULL, author_id BIGINT NOT NULL,
  FOREIGN KEY (author_id) REFERENCES author (id) ON DELETE CASCADE);
CREATE TABLE tag (id BINARY(16) PRIMARY KEY, label VARCHAR(50) NOT NULL);
CREATE TABLE article_tag (
  article_id BIGINT NOT NULL, tag_id BINARY(16) NOT NULL, PRIMARY KEY (article_id, tag_id),
  FOREIGN KEY (article_id) REFERENCES article (id) ON DELETE CASCADE,
  FOREIGN KEY (tag_id) REFERENCES tag (id) ON DELETE CASCADE);
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
pub const RENAMED: &str = "CREATE TRIGGER renamed AFTER UPDATE ON article FOR EACH ROW
    UPDATE author SET name = CONCAT(name, '!') WHERE id = NEW.author_id";

/// The server lives as long as any test that uses it.
pub type Home = Arc<MariaDb>;

/// An empty database.
pub async fn create() -> (String, Home) {
    let server = MariaDb::shared();
    (server.url(&server.database()), server)
}

pub fn prepare(_: &mut ConnectOptions) {}
