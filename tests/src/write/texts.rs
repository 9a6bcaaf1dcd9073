//! Writes as SQL texts: what a query builder does not write, or hides.

use super::Kind::{self, Cascade, Key, NoOp, Raw, Replace, Schema, Upsert};
use super::operation::Call::{self, Execute, QueryAll, QueryOne, Unprepared};

/// A text with places for values.
#[derive(Clone, Copy, Debug)]
pub struct Text {
    /// What kind of write it is.
    pub kind: Kind,
    /// The method that runs it.
    pub call: Call,
    /// The text; see [`template::fill`](crate::read::template::fill).
    pub sql: &'static str,
}

macro_rules! texts {
    ($($kind:ident $call:ident $sql:literal;)*) => {
        &[$(Text { kind: $kind, call: $call, sql: $sql }),*]
    };
}

/// All texts; each is understood by the database, whatever its constraints then say.
pub const TEXTS: &[Text] = texts! {
    // upserts
    Upsert Execute "INSERT INTO article (id, category, title) VALUES ({article}, {cat}, {title}) ON CONFLICT (id) DO UPDATE SET category = excluded.category";
    Upsert Execute "INSERT INTO article (id, category, title, slug) VALUES ({free}, {cat}, {title}, {slug}) ON CONFLICT (slug) DO UPDATE SET category = excluded.category, title = excluded.title";
    Upsert QueryAll "INSERT INTO article (category, title, slug) VALUES ({cat}, {title}, {slug}) ON CONFLICT DO UPDATE SET views = views + 1 RETURNING id, category";
    Upsert Execute "INSERT INTO article (id, category, title) VALUES ({article}, {cat}, {title}) ON CONFLICT (id) DO UPDATE SET category = 'z', published = NOT published WHERE views > {n}";
    Upsert Execute "INSERT INTO article (id, title, slug) VALUES ({article}, {title}, {slug}) ON CONFLICT (slug) DO UPDATE SET id = excluded.id + 200 ON CONFLICT DO NOTHING";
    Upsert Execute "INSERT INTO stock (shop, sku, units) VALUES ({room}, {title}, {n}) ON CONFLICT (sku, shop) DO UPDATE SET units = units + excluded.units, shelf = {region}";
    Upsert Execute "INSERT INTO tag (name) VALUES ('RED') ON CONFLICT (name) DO UPDATE SET uses = uses + 1";
    Upsert Execute "INSERT INTO setting (key, value) SELECT 'a', title FROM article WHERE id = {article} ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    Upsert Execute "INSERT OR IGNORE INTO author (id, name) VALUES ({author}, 'eve')";
    // replacing
    Replace Execute "INSERT OR REPLACE INTO article (id, category, title) VALUES ({article}, {cat}, {title})";
    Replace Execute "REPLACE INTO article (id, title, slug) VALUES ({free}, {title}, {slug})";
    Replace Execute "REPLACE INTO author (id, name, region) VALUES ({author}, 'bob', {region})";
    Replace Execute "UPDATE OR REPLACE article SET slug = {slug} WHERE id = {article}";
    Replace Execute "UPDATE OR IGNORE article SET slug = {slug}, category = {cat} WHERE author_id = {author}";
    Replace Execute "UPDATE OR REPLACE article SET id = {article} WHERE id = {article}";
    Replace Execute "INSERT INTO slot (room, day, guest) VALUES ({room}, 1, 'ann')";
    Replace Execute "UPDATE slot SET day = 2 WHERE id = 3";
    Replace Execute "INSERT INTO setting (key, value) VALUES ('a', {text})";
    Replace Execute "INSERT INTO article (category, title, slug) VALUES ({cat}, {title}, {slug})";
    // keys
    Key Execute "UPDATE article SET id = {free} WHERE id = {article}";
    Key Execute "UPDATE article SET rowid = {free} WHERE id = {article}";
    Key Execute "UPDATE article SET id = id + 300 WHERE category = {cat} AND views > {n}";
    Key Execute "UPDATE author SET id = {free} WHERE id = {author}";
    Key Execute "UPDATE category SET slug = 'w' WHERE slug = {cat}";
    Key Execute "UPDATE article_tag SET tag_id = {tag} WHERE article_id = {article}";
    Key Execute "UPDATE article_tag SET article_id = {article}, weight = 3 WHERE article_id = {article} AND tag_id = {tag}";
    Key Execute "UPDATE setting SET key = 'd' WHERE key = 'b'";
    Key Execute "UPDATE stock SET shop = {room} WHERE shop = {room} AND sku = {title}";
    Key Execute "INSERT INTO article (id, title, category) VALUES (NULL, {title}, {cat})";
    // cascades and triggers
    Cascade Execute "DELETE FROM author WHERE id = {author}";
    Cascade Execute "DELETE FROM author WHERE region = {region}";
    Cascade Execute "DELETE FROM article WHERE id = {article}";
    Cascade Execute "DELETE FROM category WHERE slug = {cat}";
    Cascade Execute "DELETE FROM tag WHERE id = {tag}";
    Cascade Execute "UPDATE author SET score = score + 1 WHERE id = {author}";
    Cascade Execute "UPDATE comment SET approved = TRUE WHERE article_id = {article}";
    Cascade Execute "DELETE FROM article_tag WHERE article_id = {article}";
    // statements with other tables in them
    Raw Execute "UPDATE article SET category = b.category, views = b.views FROM article b WHERE b.id = {article} AND article.id = {article}";
    Raw Execute "UPDATE article SET title = w.name FROM author w WHERE w.id = article.author_id AND w.region = {region}";
    Raw Execute "UPDATE article SET views = (SELECT count(*) FROM comment c WHERE c.article_id = article.id) WHERE category = {cat}";
    Raw Execute "DELETE FROM comment WHERE article_id IN (SELECT id FROM article WHERE category = {cat})";
    Raw Execute "UPDATE comment SET stars = 5 WHERE EXISTS (SELECT 1 FROM article a WHERE a.id = article_id AND a.published)";
    Raw Execute "INSERT INTO article (author_id, category, title) SELECT author_id, {cat}, title FROM article WHERE id = {article}";
    Raw Execute "INSERT INTO audit (subject, row_id) SELECT 'hand', id FROM front WHERE category = {cat} LIMIT 2";
    Raw Execute "WITH hot AS (SELECT id FROM article WHERE views > {n}) UPDATE article SET published = FALSE WHERE id IN (SELECT id FROM hot)";
    Raw Execute "WITH old AS (SELECT min(id) AS id FROM comment) DELETE FROM comment WHERE id = (SELECT id FROM old)";
    Raw Execute "WITH n(x) AS (VALUES ({cat})) INSERT INTO article (category, title) SELECT x, 'cte' FROM n";
    // what rows and values are named by
    Raw Execute "UPDATE article SET views = {n} WHERE rowid = {article}";
    Raw Execute "UPDATE article AS a SET category = {cat} WHERE a.id = {article}";
    Raw Execute "UPDATE \"ARTICLE\" SET [title] = {title}, `Views` = {n} WHERE ID = {article}";
    Raw Execute "UPDATE main.article SET title = {title} WHERE id = {article}";
    Raw Execute "UPDATE article SET (category, published) = ({cat}, {flag}) WHERE id = {article}";
    Raw Execute "UPDATE article SET (title, views) = (SELECT name, score FROM author WHERE id = {author}) WHERE id = {article}";
    Raw Execute "UPDATE article SET views = {n as text} WHERE id = {article as text}";
    Raw Execute "UPDATE article SET category = {n} WHERE id = {article}";
    Raw Execute "UPDATE article SET category = CASE WHEN id % 2 THEN {cat} ELSE category END WHERE author_id = {author}";
    Raw Execute "UPDATE article SET title = title || '!' WHERE id = {article} OR id = {article}";
    Raw Execute "UPDATE article SET views = 7 WHERE id IN ({article}, {article}, {article})";
    Raw Execute "UPDATE article SET category = {cat} WHERE id BETWEEN {article} AND {article}";
    Raw Execute "UPDATE article SET category = upper(category) WHERE category = {cat}";
    Raw Execute "UPDATE article SET category = {cat} WHERE category = {cat} COLLATE NOCASE";
    Raw Execute "UPDATE article SET published = NOT published";
    Raw Execute "UPDATE article SET author_id = NULL, category = NULL WHERE id = {article} AND author_id = {author}";
    Raw Execute "UPDATE article INDEXED BY sqlite_autoindex_article_1 SET views = 1 WHERE slug = {slug}";
    Raw Execute "UPDATE author SET boss_id = {author} WHERE name LIKE '%a%'";
    Raw Execute "DELETE FROM article WHERE rowid = (SELECT max(rowid) FROM article)";
    Raw Execute "DELETE FROM audit";
    Raw Execute "/* UPDATE author */ UPDATE article -- WHERE id = 0\n SET category = {cat} WHERE id = {article};";
    Raw QueryOne "UPDATE article SET category = {cat} WHERE author_id = {author} RETURNING id, category";
    Raw QueryAll "UPDATE article SET category = {cat} WHERE author_id = {author} RETURNING id, category, published AS author_id";
    Raw QueryAll "DELETE FROM comment WHERE article_id = {article} RETURNING *";
    Raw QueryAll "INSERT INTO article (title, category) VALUES ({title}, {cat}), ({title}, {cat}) RETURNING id";
    Raw QueryOne "INSERT INTO article (title, category) VALUES ({title}, {cat}), ({title}, {cat}) RETURNING *";
    Raw Execute "INSERT INTO comment (article_id, body) VALUES ({article}, {text})";
    Raw Execute "INSERT INTO comment VALUES (NULL, {article}, NULL, {text}, {flag}, {n})";
    // views
    Raw Execute "UPDATE front SET title = {title} WHERE id = {article}";
    Raw Execute "DELETE FROM front WHERE category = {cat}";
    Raw Execute "INSERT INTO front (title, category) VALUES ({title}, {cat})";
    // several statements in one text
    Raw Unprepared "UPDATE article SET category = 'x' WHERE id = 3; UPDATE comment SET approved = TRUE WHERE id = 4";
    Raw Unprepared "DELETE FROM comment WHERE id = 2; INSERT INTO comment (article_id, body) VALUES (1, 'lorem');";
    Raw Unprepared "SELECT 1; UPDATE author SET score = 4 WHERE id = 2";
    Raw Unprepared "BEGIN; UPDATE article SET published = FALSE, views = 0 WHERE id = 5; COMMIT";
    Raw Unprepared "BEGIN; UPDATE article SET published = TRUE WHERE id = 5; ROLLBACK; UPDATE article SET title = 't2' WHERE id = 6";
    Raw Unprepared "SAVEPOINT s; UPDATE article SET published = FALSE WHERE id = 2; RELEASE s";
    Raw Unprepared "SAVEPOINT s; DELETE FROM comment; ROLLBACK TO s; RELEASE s; UPDATE tag SET uses = 2";
    Raw Unprepared "PRAGMA foreign_keys = ON; UPDATE setting SET value = 'lorem'";
    // nothing happens
    NoOp Execute "UPDATE article SET views = views + 1 WHERE id = -1";
    NoOp Execute "UPDATE article SET category = category WHERE id = {article}";
    NoOp Execute "DELETE FROM author WHERE FALSE";
    NoOp Execute "INSERT INTO comment (article_id, body) SELECT id, title FROM article WHERE id < 0";
    NoOp Execute "INSERT INTO author (id, name) VALUES ({author}, NULL)";
    NoOp Execute "SELECT count(*) FROM article";
    NoOp Unprepared "";
    // the schema itself
    Schema Execute "CREATE TRIGGER IF NOT EXISTS late AFTER UPDATE OF views ON article BEGIN UPDATE author SET score = score + 1 WHERE id = NEW.author_id; END";
    Schema Execute "DROP TRIGGER IF EXISTS late";
    Schema Execute "CREATE INDEX IF NOT EXISTS by_category ON article (category, views DESC)";
    Schema Unprepared "DROP VIEW front; CREATE VIEW front AS SELECT id, title, category, author_id, views FROM article WHERE NOT published";
    Schema Execute "DROP TRIGGER IF EXISTS count_edits";
    Schema Execute "CREATE TABLE IF NOT EXISTS other AS SELECT id FROM tag";
};

#[cfg(test)]
mod tests {
    use super::TEXTS;
    use crate::literal::Values;
    use crate::read::template;
    use crate::rng::Rng;
    use crate::world::{Caches, Layout, Pool, World};
    use crate::write::Operation;

    /// Refusals by constraints are part of the oracle; mistakes in a text would test nothing.
    #[tokio::test]
    async fn every_text_is_understood_by_the_database() {
        let mut succeeded = vec![false; TEXTS.len()];
        for seed in 0..8 {
            let mut rng = Rng::new(seed);
            let world =
                World::open(Layout::random(&mut rng), Pool::One, Caches::One, &mut rng).await.unwrap();
            for (text, succeeded) in TEXTS.iter().zip(&mut succeeded) {
                let sql = template::fill(text.sql, Values::Inline, world.layout().theme(), &mut rng);
                let write = Operation::Text { sql, call: text.call };
                match write.run(world.subject().connection()).await {
                    Ok(()) => *succeeded = true,
                    Err(error) => {
                        let error = error.to_string();
                        let refused =
                            ["constraint", "mismatch", "is a view"].iter().any(|part| error.contains(part));
                        assert!(refused, "{error}: {write}\n{}", world.layout());
                    }
                }
            }
        }
        for (text, succeeded) in TEXTS.iter().zip(succeeded) {
            // The one that is there to fail.
            assert!(succeeded || text.sql.contains("NULL)"), "never succeeded: {}", text.sql);
        }
    }
}
