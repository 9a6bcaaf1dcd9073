//! Reads of MariaDB.

use super::super::answer::Order::{Total, Unspecified};
use super::{Text, list};
use crate::backend::MARIADB;
use crate::world::Table::{Article, Author, Tag};

pub(super) const TEXTS: &[Text] = list! {
    // values that are converted, and texts that are equal though they differ
    MARIADB Unspecified [Article] "SELECT title FROM article WHERE category = 0";
    MARIADB Unspecified [Article] "SELECT title FROM article WHERE id = '3abc'";
    MARIADB Unspecified [Article] "SELECT id, title FROM article WHERE category = 'x  '";
    MARIADB Unspecified [Article] "SELECT id FROM article WHERE category <=> {cat}";
    MARIADB Unspecified [Article] "SELECT id FROM article WHERE category = BINARY {cat}";
    MARIADB Unspecified [Article] "SELECT id FROM article WHERE category = {cat} COLLATE utf8mb4_bin";
    MARIADB Unspecified [Article] "SELECT id FROM article WHERE category LIKE {cat}";
    MARIADB Unspecified [Article] "SELECT id FROM article WHERE title REGEXP '^t' AND category = {cat}";
    MARIADB Unspecified [Article] "SELECT id FROM article WHERE author_id = {author} && published";
    MARIADB Unspecified [Article] "SELECT id DIV 2, id MOD 2 FROM article WHERE category = {cat} XOR published";
    // what the text means
    MARIADB Unspecified [Article] "SELECT title FROM article WHERE category = \"x\"";
    MARIADB Unspecified [Author] "SELECT `name`, SCORE FROM author AS `A` WHERE `A`.ID = {author}";
    MARIADB Unspecified [Article] "SELECT id FROM article WHERE title = {title} /*! AND published */";
    MARIADB Unspecified [Article] "SELECT id /*M!100000 , category */ FROM article WHERE author_id = {author}";
    MARIADB Unspecified [Article] "SELECT id FROM article WHERE author_id = {author} # AND published\n AND views > 1";
    MARIADB Unspecified [Article] "SELECT IF(views > {n}, title, category) FROM article WHERE id = {article}";
    MARIADB Unspecified [Article] "SELECT group_concat(title ORDER BY id SEPARATOR '/') FROM article WHERE category = {cat}";
    MARIADB Unspecified [Article] "SELECT author_id, count(*) FROM article GROUP BY author_id WITH ROLLUP";
    MARIADB Unspecified [Article] "SELECT s.id FROM (SELECT * FROM article WHERE category = {cat}) s WHERE s.views > {n}";
    MARIADB Total [Article] "SELECT id FROM article WHERE category = {cat} ORDER BY id LIMIT 1, 2";
    MARIADB Total [Author, Tag] "SELECT id FROM author UNION ALL SELECT id FROM tag ORDER BY 1 LIMIT 6";
    MARIADB Unspecified [Article, Author] "SELECT STRAIGHT_JOIN a.id, w.name FROM article a JOIN author w ON w.id = a.author_id WHERE a.category = {cat}";
    MARIADB Unspecified [Article] "SELECT SQL_NO_CACHE id FROM article IGNORE INDEX (PRIMARY) WHERE author_id = {author}";
    // what lies behind
    MARIADB Unspecified [] "SELECT id, n FROM visit WHERE page = {cat}";
    MARIADB Unspecified [] "SELECT seen FROM visit WHERE id = 1";
    MARIADB Unspecified [] "SELECT id FROM visit ORDER BY seen DESC, id LIMIT 1";
    MARIADB Unspecified [Article] "SELECT id, hits(id) FROM article WHERE author_id = {author}";
    MARIADB Unspecified [Article] "SELECT id, LAST_INSERT_ID() FROM article WHERE category = {cat}";
    MARIADB Unspecified [Tag] "SELECT count(*), ROW_COUNT() FROM tag";
    MARIADB Unspecified [Article] "SELECT id FROM article WHERE id = LAST_INSERT_ID()";
    MARIADB Unspecified [Tag] "SELECT count(*), NOW() > '2020-01-01' FROM tag";
    MARIADB Unspecified [Article] "SELECT views FROM article WHERE id = {article} FOR UPDATE";
    MARIADB Unspecified [Article] "SELECT views FROM article WHERE id = {article} LOCK IN SHARE MODE";
    MARIADB Unspecified [Article] "SELECT id, @last FROM article WHERE author_id = {author}";
    MARIADB Unspecified [] "SELECT count(*) FROM information_schema.tables WHERE table_name = 'other' AND table_schema = DATABASE()";
};
