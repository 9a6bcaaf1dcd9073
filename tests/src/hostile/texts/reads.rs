//! Reads.

use crate::backend::{ALL, MARIADB, NOT_POSTGRES, POSTGRES};
use crate::read::Order::Unspecified;
use crate::read::Text;
use crate::world::Table::{self, Article, Author, Setting};

const fn text(on: &'static [crate::backend::Backend], tables: &'static [Table], sql: &'static str) -> Text {
    Text { on, order: Unspecified, tables, sql }
}

pub(crate) const READS: &[Text] = &[
    text(ALL, &[], "SELECT n FROM word WHERE name = {word}"),
    text(ALL, &[], "SELECT n FROM draft WHERE id = 1"),
    text(ALL, &[], "SELECT id, n FROM draft"),
    text(ALL, &[], "SELECT name, n FROM word WHERE area = {region} AND n < 4"),
    text(ALL, &[], "SELECT count(*) FROM word WHERE name IN ({word}, {word})"),
    text(ALL, &[], "SELECT id, twice FROM item WHERE owner_id = {author}"),
    text(ALL, &[], "SELECT id, colour FROM item"),
    text(ALL, &[], "SELECT count(*) FROM item WHERE colour = {colour}"),
    text(ALL, &[Author], "SELECT i.id, w.id, w.name FROM item i LEFT JOIN author w ON w.id = i.owner_id"),
    text(ALL, &[Article], "SELECT id, views FROM swapped WHERE views = {article}"),
    text(ALL, &[Article], "SELECT count(*) FROM swapped WHERE id = {n} AND title = {cat}"),
    text(ALL, &[Article, Author], "SELECT author.id FROM article AS author WHERE author.category = {cat}"),
    text(
        ALL,
        &[Article],
        "WITH author AS (SELECT id, title AS name FROM article WHERE id = {article}) SELECT name FROM author",
    ),
    text(ALL, &[Article], "SELECT edits FROM article WHERE id = {article}"),
    text(ALL, &[Setting], "SELECT value FROM setting WHERE code = 'a'"),
    text(NOT_POSTGRES, &[Article], "SELECT id FROM article WHERE author_id = {author} = published"),
    // of PostgreSQL
    text(
        POSTGRES,
        &[Author],
        "SELECT b.id, b.owner_id, w.id, w.name FROM being b JOIN author w ON w.id = b.owner_id",
    ),
    text(
        POSTGRES,
        &[Author],
        "SELECT b.id, b.owner_id, w.id, w.name FROM being b LEFT JOIN author w ON w.id = b.owner_id",
    ),
    text(POSTGRES, &[], "SELECT id, owner_id FROM being WHERE owner_id = {author}"),
    text(POSTGRES, &[Article], "SELECT max(ROW(a.*)::text) FROM article a WHERE id = {article}"),
    text(POSTGRES, &[Author, Article], "SELECT id FROM author WHERE id #># 3"),
    text(POSTGRES, &[], "SELECT tricks FROM pet WHERE id = 4"),
    text(POSTGRES, &[Author, Article], "SELECT score FROM calling WHERE id = {author}"),
    // of MariaDB
    text(
        MARIADB,
        &[Article],
        "SELECT id, title FROM article WHERE category = {cat} AND views = 77 XOR author_id = {author}",
    ),
    text(
        MARIADB,
        &[Article],
        "SELECT count(*) FROM article WHERE id = {article} AND published || author_id = {author}",
    ),
    text(MARIADB, &[Author, Article], "SELECT score FROM calling WHERE id = {author}"),
    text(MARIADB, &[], "SELECT id, n FROM plain WHERE area = {region}"),
];
