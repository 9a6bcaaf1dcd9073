//! Writes that several databases understand, and those of SQLite.

use super::super::Kind::{Cascade, Key, NoOp, Raw, Replace, Schema, Upsert};
use super::super::operation::Call::{Execute, QueryAll, QueryOne, Unprepared};
use super::{Text, list};
use crate::backend::{ALL, NOT_MARIADB, NOT_POSTGRES, SQLITE};

pub(super) const TEXTS: &[Text] = list! {
    // upserts
    NOT_MARIADB Upsert Execute "INSERT INTO article (id, category, title) VALUES ({article}, {cat}, {title}) ON CONFLICT (id) DO UPDATE SET category = excluded.category";
    NOT_MARIADB Upsert Execute "INSERT INTO article (id, category, title, slug) VALUES ({free}, {cat}, {title}, {slug}) ON CONFLICT (slug) DO UPDATE SET category = excluded.category, title = excluded.title";
    SQLITE Upsert QueryAll "INSERT INTO article (category, title, slug) VALUES ({cat}, {title}, {slug}) ON CONFLICT DO UPDATE SET views = views + 1 RETURNING id, category";
    SQLITE Upsert Execute "INSERT INTO article (id, category, title) VALUES ({article}, {cat}, {title}) ON CONFLICT (id) DO UPDATE SET category = 'z', published = NOT published WHERE views > {n}";
    SQLITE Upsert Execute "INSERT INTO article (id, title, slug) VALUES ({article}, {title}, {slug}) ON CONFLICT (slug) DO UPDATE SET id = excluded.id + 200 ON CONFLICT DO NOTHING";
    SQLITE Upsert Execute "INSERT INTO stock (shop, sku, units) VALUES ({room}, {title}, {n}) ON CONFLICT (sku, shop) DO UPDATE SET units = units + excluded.units, shelf = {region}";
    SQLITE Upsert Execute "INSERT INTO tag (name) VALUES ('RED') ON CONFLICT (name) DO UPDATE SET uses = uses + 1";
    NOT_MARIADB Upsert Execute "INSERT INTO setting (code, value) SELECT 'a', title FROM article WHERE id = {article} ON CONFLICT (code) DO UPDATE SET value = excluded.value";
    SQLITE Upsert Execute "INSERT OR IGNORE INTO author (id, name) VALUES ({author}, 'eve')";
    // replacing
    SQLITE Replace Execute "INSERT OR REPLACE INTO article (id, category, title) VALUES ({article}, {cat}, {title})";
    NOT_POSTGRES Replace Execute "REPLACE INTO article (id, title, slug) VALUES ({free}, {title}, {slug})";
    NOT_POSTGRES Replace Execute "REPLACE INTO author (id, name, region) VALUES ({author}, 'bob', {region})";
    SQLITE Replace Execute "UPDATE OR REPLACE article SET slug = {slug} WHERE id = {article}";
    SQLITE Replace Execute "UPDATE OR IGNORE article SET slug = {slug}, category = {cat} WHERE author_id = {author}";
    SQLITE Replace Execute "UPDATE OR REPLACE article SET id = {article} WHERE id = {article}";
    SQLITE Replace Execute "INSERT INTO slot (room, day, guest) VALUES ({room}, 1, 'ann')";
    SQLITE Replace Execute "UPDATE slot SET day = 2 WHERE id = 3";
    SQLITE Replace Execute "INSERT INTO setting (code, value) VALUES ('a', {text})";
    SQLITE Replace Execute "INSERT INTO article (category, title, slug) VALUES ({cat}, {title}, {slug})";
    // keys
    ALL Key Execute "UPDATE article SET id = {free} WHERE id = {article}";
    SQLITE Key Execute "UPDATE article SET rowid = {free} WHERE id = {article}";
    ALL Key Execute "UPDATE article SET id = id + 300 WHERE category = {cat} AND views > {n}";
    ALL Key Execute "UPDATE author SET id = {free} WHERE id = {author}";
    ALL Key Execute "UPDATE category SET slug = 'w' WHERE slug = {cat}";
    ALL Key Execute "UPDATE article_tag SET tag_id = {tag} WHERE article_id = {article}";
    ALL Key Execute "UPDATE article_tag SET article_id = {article}, weight = 3 WHERE article_id = {article} AND tag_id = {tag}";
    ALL Key Execute "UPDATE setting SET code = 'd' WHERE code = 'b'";
    ALL Key Execute "UPDATE stock SET shop = {room} WHERE shop = {room} AND sku = {title}";
    NOT_POSTGRES Key Execute "INSERT INTO article (id, title, category) VALUES (NULL, {title}, {cat})";
    // cascades and triggers
    ALL Cascade Execute "DELETE FROM author WHERE id = {author}";
    ALL Cascade Execute "DELETE FROM author WHERE region = {region}";
    ALL Cascade Execute "DELETE FROM article WHERE id = {article}";
    ALL Cascade Execute "DELETE FROM category WHERE slug = {cat}";
    ALL Cascade Execute "DELETE FROM tag WHERE id = {tag}";
    ALL Cascade Execute "UPDATE author SET score = score + 1 WHERE id = {author}";
    ALL Cascade Execute "UPDATE comment SET approved = TRUE WHERE article_id = {article}";
    ALL Cascade Execute "DELETE FROM article_tag WHERE article_id = {article}";
    // statements with other tables in them
    NOT_MARIADB Raw Execute "UPDATE article SET category = b.category, views = b.views FROM article b WHERE b.id = {article} AND article.id = {article}";
    NOT_MARIADB Raw Execute "UPDATE article SET title = w.name FROM author w WHERE w.id = article.author_id AND w.region = {region}";
    ALL Raw Execute "UPDATE article SET views = (SELECT count(*) FROM comment c WHERE c.article_id = article.id) WHERE category = {cat}";
    ALL Raw Execute "DELETE FROM comment WHERE article_id IN (SELECT id FROM article WHERE category = {cat})";
    ALL Raw Execute "UPDATE comment SET stars = 5 WHERE EXISTS (SELECT 1 FROM article a WHERE a.id = article_id AND a.published)";
    ALL Raw Execute "INSERT INTO article (author_id, category, title) SELECT author_id, {cat}, title FROM article WHERE id = {article}";
    ALL Raw Execute "INSERT INTO audit (subject, row_id) SELECT 'hand', id FROM front WHERE category = {cat} LIMIT 2";
    NOT_MARIADB Raw Execute "WITH hot AS (SELECT id FROM article WHERE views > {n}) UPDATE article SET published = FALSE WHERE id IN (SELECT id FROM hot)";
    NOT_MARIADB Raw Execute "WITH old AS (SELECT min(id) AS id FROM comment) DELETE FROM comment WHERE id = (SELECT id FROM old)";
    NOT_MARIADB Raw Execute "WITH n(x) AS (VALUES ({cat})) INSERT INTO article (category, title) SELECT x, 'cte' FROM n";
    // what rows and values are named by
    SQLITE Raw Execute "UPDATE article SET views = {n} WHERE rowid = {article}";
    ALL Raw Execute "UPDATE article AS a SET category = {cat} WHERE a.id = {article}";
    SQLITE Raw Execute "UPDATE \"ARTICLE\" SET [title] = {title}, `Views` = {n} WHERE ID = {article}";
    SQLITE Raw Execute "UPDATE main.article SET title = {title} WHERE id = {article}";
    NOT_MARIADB Raw Execute "UPDATE article SET (category, published) = ({cat}, {flag}) WHERE id = {article}";
    NOT_MARIADB Raw Execute "UPDATE article SET (title, views) = (SELECT name, score FROM author WHERE id = {author}) WHERE id = {article}";
    NOT_POSTGRES Raw Execute "UPDATE article SET views = {n as text} WHERE id = {article as text}";
    ALL Raw Execute "UPDATE article SET category = {n} WHERE id = {article}";
    NOT_POSTGRES Raw Execute "UPDATE article SET category = CASE WHEN id % 2 THEN {cat} ELSE category END WHERE author_id = {author}";
    ALL Raw Execute "UPDATE article SET title = title || '!' WHERE id = {article} OR id = {article}";
    ALL Raw Execute "UPDATE article SET views = 7 WHERE id IN ({article}, {article}, {article})";
    ALL Raw Execute "UPDATE article SET category = {cat} WHERE id BETWEEN {article} AND {article}";
    ALL Raw Execute "UPDATE article SET category = upper(category) WHERE category = {cat}";
    SQLITE Raw Execute "UPDATE article SET category = {cat} WHERE category = {cat} COLLATE NOCASE";
    ALL Raw Execute "UPDATE article SET published = NOT published";
    ALL Raw Execute "UPDATE article SET author_id = NULL, category = NULL WHERE id = {article} AND author_id = {author}";
    SQLITE Raw Execute "UPDATE article INDEXED BY sqlite_autoindex_article_1 SET views = 1 WHERE slug = {slug}";
    ALL Raw Execute "UPDATE author SET boss_id = {author} WHERE name LIKE '%a%'";
    SQLITE Raw Execute "DELETE FROM article WHERE rowid = (SELECT max(rowid) FROM article)";
    ALL Raw Execute "DELETE FROM audit";
    ALL Raw Execute "/* UPDATE author */ UPDATE article -- WHERE id = 0\n SET category = {cat} WHERE id = {article};";
    NOT_MARIADB Raw QueryOne "UPDATE article SET category = {cat} WHERE author_id = {author} RETURNING id, category";
    NOT_MARIADB Raw QueryAll "UPDATE article SET category = {cat} WHERE author_id = {author} RETURNING id, category, published AS author_id";
    ALL Raw QueryAll "DELETE FROM comment WHERE article_id = {article} RETURNING *";
    ALL Raw QueryAll "INSERT INTO article (title, category) VALUES ({title}, {cat}), ({title}, {cat}) RETURNING id";
    ALL Raw QueryOne "INSERT INTO article (title, category) VALUES ({title}, {cat}), ({title}, {cat}) RETURNING *";
    ALL Raw Execute "INSERT INTO comment (article_id, body) VALUES ({article}, {text})";
    NOT_POSTGRES Raw Execute "INSERT INTO comment VALUES (NULL, {article}, NULL, {text}, {flag}, {n})";
    // views
    ALL Raw Execute "UPDATE front SET title = {title} WHERE id = {article}";
    ALL Raw Execute "DELETE FROM front WHERE category = {cat}";
    ALL Raw Execute "INSERT INTO front (title, category) VALUES ({title}, {cat})";
    // several statements in one text
    ALL Raw Unprepared "UPDATE article SET category = 'x' WHERE id = 3; UPDATE comment SET approved = TRUE WHERE id = 4";
    ALL Raw Unprepared "DELETE FROM comment WHERE id = 2; INSERT INTO comment (article_id, body) VALUES (1, 'lorem');";
    ALL Raw Unprepared "SELECT 1; UPDATE author SET score = 4 WHERE id = 2";
    ALL Raw Unprepared "BEGIN; UPDATE article SET published = FALSE, views = 0 WHERE id = 5; COMMIT";
    ALL Raw Unprepared "BEGIN; UPDATE article SET published = TRUE WHERE id = 5; ROLLBACK; UPDATE article SET title = 't2' WHERE id = 6";
    SQLITE Raw Unprepared "SAVEPOINT s; UPDATE article SET published = FALSE WHERE id = 2; RELEASE s";
    SQLITE Raw Unprepared "SAVEPOINT s; DELETE FROM comment; ROLLBACK TO s; RELEASE s; UPDATE tag SET uses = 2";
    SQLITE Raw Unprepared "PRAGMA foreign_keys = ON; UPDATE setting SET value = 'lorem'";
    // nothing happens
    ALL NoOp Execute "UPDATE article SET views = views + 1 WHERE id = -1";
    ALL NoOp Execute "UPDATE article SET category = category WHERE id = {article}";
    ALL NoOp Execute "DELETE FROM author WHERE FALSE";
    ALL NoOp Execute "INSERT INTO comment (article_id, body) SELECT id, title FROM article WHERE id < 0";
    ALL NoOp Execute "INSERT INTO author (id, name) VALUES ({author}, NULL)";
    ALL NoOp Execute "SELECT count(*) FROM article";
    NOT_MARIADB NoOp Unprepared "";
    // the schema itself
    SQLITE Schema Execute "CREATE TRIGGER IF NOT EXISTS late AFTER UPDATE OF views ON article BEGIN UPDATE author SET score = score + 1 WHERE id = NEW.author_id; END";
    SQLITE Schema Execute "DROP TRIGGER IF EXISTS late";
    ALL Schema Execute "CREATE INDEX IF NOT EXISTS by_category ON article (category, views DESC)";
    NOT_POSTGRES Schema Unprepared "DROP VIEW front; CREATE VIEW front AS SELECT id, title, category, author_id, views FROM article WHERE NOT published";
    SQLITE Schema Execute "DROP TRIGGER IF EXISTS count_edits";
    ALL Schema Execute "CREATE TABLE IF NOT EXISTS other AS SELECT id FROM tag";
};
