//! A database of PostgreSQL for each test, on a server that they share.

use cache_servers::PostgresServer;
use sea_orm::ConnectOptions;

pub const DDL: &str = "
CREATE TABLE author (id bigserial PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE article (
  id bigserial PRIMARY KEY, title text NOT NULL, published boolean NOT NULL, category text NOT NULL,
  score float8 NOT NULL, author_id bigint NOT NULL REFERENCES author (id) ON DELETE CASCADE);
CREATE TABLE tag (id uuid PRIMARY KEY, label text NOT NULL);
CREATE TABLE article_tag (
  article_id bigint NOT NULL REFERENCES article (id) ON DELETE CASCADE,
  tag_id uuid NOT NULL REFERENCES tag (id) ON DELETE CASCADE, PRIMARY KEY (article_id, tag_id));
INSERT INTO author VALUES (1, 'Ada'), (2, 'Ben');
INSERT INTO article VALUES
  (1, 'one', true, 'rust', 1.5, 1), (2, 'two', true, 'rust', 2.5, 2), (3, 'three', true, 'news', 0, 1),
  (4, 'four', false, 'rust', 0, 2);
INSERT INTO tag VALUES ('00000000-0000-0000-0000-000000000001', 'short'),
  ('00000000-0000-0000-0000-000000000002', 'long');
INSERT INTO article_tag VALUES (1, '00000000-0000-0000-0000-000000000001'),
  (1, '00000000-0000-0000-0000-000000000002'), (2, '00000000-0000-0000-0000-000000000002');
SELECT setval('author_id_seq', 2), setval('article_id_seq', 4);
";

/// The first placeholder.
pub const FIRST: &str = "$1";
/// What a text of several statements leaves behind that fails half-way: it is one transaction.
pub const HALF_WAY: &str = "one";
/// A trigger that changes the name of an article's author with its title.
pub const RENAMED: &str = "
CREATE FUNCTION rename() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN UPDATE author SET name = name || '!' WHERE id = NEW.author_id; RETURN NULL; END $$;
CREATE TRIGGER renamed AFTER UPDATE OF title ON article FOR EACH ROW EXECUTE FUNCTION rename()";

/// The server outlives all tests.
pub struct Home;

/// An empty database.
pub async fn create() -> (String, Home) {
    let server = PostgresServer::shared();
    (server.url(&server.create().await.unwrap()), Home)
}

pub fn prepare(_: &mut ConnectOptions) {}
