//! Writes of MariaDB.

use super::super::Kind::{Key, NoOp, Raw, Replace, Schema, Upsert};
use super::super::operation::Call::{Execute, QueryAll, QueryOne, Unprepared};
use super::{Text, list};
use crate::backend::MARIADB;

pub(super) const TEXTS: &[Text] = list! {
    // upserts
    MARIADB Upsert Execute "INSERT INTO article (id, category, title) VALUES ({article}, {cat}, {title}) ON DUPLICATE KEY UPDATE category = VALUES(category)";
    MARIADB Upsert Execute "INSERT INTO article (category, title, slug) VALUES ({cat}, {title}, {slug}) ON DUPLICATE KEY UPDATE views = views + 1, published = NOT published";
    MARIADB Upsert Execute "INSERT INTO article (id, title, slug) VALUES ({free}, {title}, {slug}) ON DUPLICATE KEY UPDATE id = VALUES(id) + 200";
    MARIADB Upsert Execute "INSERT INTO stock (shop, sku, units) VALUES ({room}, {title}, {n}) ON DUPLICATE KEY UPDATE units = units + VALUES(units), shelf = {region}";
    MARIADB Upsert Execute "INSERT INTO tag SET name = 'RED' ON DUPLICATE KEY UPDATE uses = uses + 1";
    MARIADB Upsert Execute "INSERT INTO tag (name, uses) VALUES ('red', {n}) ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id), uses = VALUE(uses)";
    MARIADB Upsert Execute "INSERT INTO setting (code, value) SELECT 'a', title FROM article WHERE id = {article} ON DUPLICATE KEY UPDATE value = VALUES(value)";
    MARIADB Upsert Execute "INSERT IGNORE INTO author (id, name) VALUES ({author}, 'eve')";
    MARIADB Upsert Execute "INSERT IGNORE INTO slot (room, day, guest) VALUES ({room}, 1, 'ann'), ({room}, 5, 'bob')";
    // replacing
    MARIADB Replace Execute "REPLACE INTO article (id, category, title) VALUES ({article}, {cat}, {title})";
    MARIADB Replace Execute "REPLACE INTO slot (room, day, guest) VALUES ({room}, 1, 'ann')";
    MARIADB Replace Execute "REPLACE INTO tag SET name = 'red', uses = 4";
    MARIADB Replace Execute "REPLACE INTO setting SELECT 'a', title, 'n' FROM article WHERE id = {article}";
    MARIADB Replace QueryAll "REPLACE INTO tag (id, name) VALUES ({tag}, 'blue') RETURNING id";
    MARIADB Replace Execute "UPDATE IGNORE article SET slug = {slug}, category = {cat} WHERE author_id = {author}";
    // keys
    MARIADB Key Execute "INSERT INTO article (id, title, category) VALUES (0, {title}, {cat})";
    MARIADB Key Execute "UPDATE article SET id = id + 500 WHERE category = {cat} ORDER BY id DESC LIMIT 1";
    // several tables in one statement, or only some of the rows
    MARIADB Raw Execute "UPDATE article a JOIN author w ON w.id = a.author_id SET a.title = w.name, w.score = w.score + 1 WHERE w.region = {region}";
    MARIADB Raw Execute "UPDATE article a, comment c SET c.stars = 5, a.views = 0 WHERE c.article_id = a.id AND a.category = {cat}";
    MARIADB Raw Execute "UPDATE article, author w SET category = {cat} WHERE w.id = author_id AND w.id = {author}";
    MARIADB Raw Execute "DELETE c FROM comment c JOIN article a ON a.id = c.article_id WHERE a.category = {cat}";
    MARIADB Raw Execute "DELETE FROM c, t USING comment c JOIN article_tag t ON t.article_id = c.article_id WHERE c.article_id = {article}";
    MARIADB Raw Execute "UPDATE article SET views = 0 ORDER BY id DESC LIMIT 2";
    MARIADB Raw Execute "DELETE FROM comment WHERE author_id = {author} ORDER BY id LIMIT 1";
    // what the text means
    MARIADB Raw Execute "INSERT INTO comment SET article_id = {article}, body = {text}";
    MARIADB Raw Execute "INSERT comment (article_id, body) VALUE ({article}, {text})";
    MARIADB Raw Execute "UPDATE LOW_PRIORITY article SET views = {n} WHERE id = {article}";
    MARIADB Raw Execute "UPDATE `article` SET `title` = {title}, VIEWS = {n} WHERE ID = {article}";
    MARIADB Raw Execute "UPDATE article SET title = \"dq\" WHERE category = \"x\"";
    MARIADB Raw Execute "UPDATE article SET title = 'h' /*! , category = 'z' */ WHERE id = {article}";
    MARIADB Raw Execute "UPDATE article SET title = 'm' /*M!100000 , author_id = NULL */ WHERE id = {article}";
    MARIADB Raw Execute "UPDATE article SET views = {n} WHERE category = {cat} # AND FALSE\n AND published";
    MARIADB Raw Execute "UPDATE article SET views = (@last := views + 1) WHERE id = {article}";
    MARIADB Raw Execute "UPDATE article SET views = {n} WHERE category <=> {cat}";
    MARIADB Raw Execute "DELETE QUICK FROM audit WHERE subject = 'hand'";
    MARIADB Raw Execute "TRUNCATE audit";
    MARIADB Raw Execute "UPDATE visit SET n = n + 1 WHERE page = {cat}";
    MARIADB Raw Execute "UPDATE visit SET page = {cat} WHERE id = 1";
    MARIADB Raw QueryOne "DELETE FROM comment WHERE article_id = {article} RETURNING id, author_id";
    MARIADB Raw QueryAll "ANALYZE UPDATE article SET views = 3 WHERE id = {article}";
    // routines and blocks
    MARIADB Raw Execute "CALL retag('x', {cat})";
    MARIADB Raw QueryAll "SELECT bump({article})";
    MARIADB Raw Execute "DO bump({article})";
    MARIADB Raw Unprepared "SET @last = bump(3)";
    MARIADB Raw Unprepared "BEGIN NOT ATOMIC UPDATE article SET views = 4 WHERE id = 6; END";
    MARIADB Raw Unprepared "EXECUTE IMMEDIATE 'UPDATE author SET score = 4 WHERE id = 2'";
    MARIADB Raw Unprepared "PREPARE p FROM 'UPDATE author SET score = score + 1 WHERE id = 2'; EXECUTE p; DEALLOCATE PREPARE p";
    MARIADB Raw Unprepared "START TRANSACTION; UPDATE article SET published = FALSE WHERE id = 5; COMMIT";
    MARIADB Raw Unprepared "BEGIN; UPDATE article SET views = 7 WHERE id = 5; CREATE TABLE IF NOT EXISTS other (id INT); ROLLBACK";
    MARIADB Raw Unprepared "BEGIN; UPDATE article SET views = 8 WHERE id = 4; START TRANSACTION; UPDATE article SET views = 1 WHERE id = 3; ROLLBACK";
    MARIADB Raw Unprepared "LOCK TABLES setting WRITE; UPDATE setting SET value = 'lorem'; UNLOCK TABLES";
    MARIADB NoOp Execute "UPDATE article SET views = 4 WHERE category = {cat} LIMIT 0";
    // the schema itself
    MARIADB Schema Unprepared "CREATE OR REPLACE TRIGGER late AFTER UPDATE ON article FOR EACH ROW UPDATE author SET score = score + 1 WHERE id = NEW.author_id AND NEW.views <> OLD.views";
    MARIADB Schema Unprepared "DROP TRIGGER IF EXISTS late";
    MARIADB Schema Unprepared "DROP TRIGGER IF EXISTS count_edits";
    MARIADB Schema Execute "CREATE OR REPLACE VIEW front AS SELECT id, title, category, author_id, views FROM article WHERE NOT published";
    MARIADB Schema Execute "CREATE TABLE IF NOT EXISTS other (id INT)";
    MARIADB Schema Execute "RENAME TABLE audit TO moved, moved TO audit";
};
