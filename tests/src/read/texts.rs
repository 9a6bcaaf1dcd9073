//! Reads as SQL texts: what a query builder does not write, or hides.

use super::answer::Order::{self, Total, Unspecified};
use crate::world::Table::{
    self, Article, ArticleTag, Audit, Author, Category, Comment, Setting, Slot, Stock, Tag,
};

/// A text with places for values.
#[derive(Clone, Copy, Debug)]
pub struct Text {
    /// Whether it orders its rows totally.
    pub order: Order,
    /// The base tables whose rows it sees, behind views too.
    pub tables: &'static [Table],
    /// The text; see [`template::fill`](super::template::fill).
    pub sql: &'static str,
}

macro_rules! texts {
    ($($order:ident [$($table:ident),*] $sql:literal;)*) => {
        &[$(Text { order: $order, tables: &[$($table),*], sql: $sql }),*]
    };
}

/// All texts; each runs on every layout.
pub const TEXTS: &[Text] = texts! {
    // look-ups
    Unspecified [Article] "SELECT * FROM article WHERE id = {article}";
    Unspecified [Article] "SELECT title FROM article WHERE id = {article}";
    Unspecified [Article] "SELECT title FROM article WHERE id = {article} AND category = {cat}";
    Unspecified [Article] "SELECT id, views FROM article WHERE id = {article as text}";
    Unspecified [Article] "SELECT views FROM article WHERE rowid = {article}";
    Unspecified [Article] "SELECT _rowid_, oid, title FROM article WHERE oid IN ({article}, {article})";
    Unspecified [Article] "SELECT max(rowid) FROM article";
    Unspecified [Author] "SELECT name FROM author WHERE id = {author} OR id = {author}";
    Unspecified [Author] "SELECT \"name\", [score], `region` FROM \"AUTHOR\" AS A WHERE a.ID = {author}";
    Unspecified [ArticleTag] "SELECT weight FROM article_tag WHERE article_id = {article} AND tag_id = {tag}";
    Unspecified [ArticleTag] "SELECT tag_id FROM article_tag WHERE (article_id, tag_id) = ({article}, {tag})";
    Unspecified [ArticleTag] "SELECT * FROM article_tag WHERE tag_id = {tag}";
    Unspecified [Setting] "SELECT value FROM setting WHERE key = 'a'";
    Unspecified [Setting] "SELECT key, value FROM setting WHERE key IN ('a', 'c') AND area = {region}";
    Unspecified [Stock] "SELECT units FROM stock WHERE shop = {room} AND sku = {title}";
    Unspecified [Stock] "SELECT sku, units FROM stock WHERE sku = {n} AND shop = {room}";
    Unspecified [Slot] "SELECT guest FROM slot WHERE room = {room} AND day = 2";
    Unspecified [Tag] "SELECT id FROM tag WHERE name = 'red'";
    // lists
    Total [Article] "SELECT id, title FROM article WHERE category = {cat} ORDER BY views DESC, id LIMIT 2";
    Total [Article] "SELECT id FROM article WHERE category = {cat} AND published = {flag} ORDER BY id LIMIT 3 OFFSET 1";
    Unspecified [Article] "SELECT id, title FROM article WHERE category = {cat} AND published = '1'";
    Unspecified [Article] "SELECT title FROM article WHERE category = {cat} COLLATE NOCASE";
    Unspecified [Article] "SELECT title FROM article WHERE category IS {cat}";
    Unspecified [Article] "SELECT id FROM article WHERE category IS NOT DISTINCT FROM {cat}";
    Unspecified [Article] "SELECT id FROM article WHERE {cat} = category AND +author_id = {author}";
    Unspecified [Article] "SELECT id, body FROM article WHERE category IS NULL";
    Unspecified [Article] "SELECT id FROM article WHERE category = NULL";
    Unspecified [Article] "SELECT id FROM article WHERE category BETWEEN {cat} AND {cat} AND NOT published";
    Unspecified [Article] "SELECT id FROM article WHERE (author_id = {author} AND published) OR (author_id = {author})";
    Unspecified [Article] "SELECT bucket, id FROM article WHERE bucket = 1";
    Unspecified [Article] "SELECT id FROM article WHERE lower(category) = 'x'";
    Unspecified [Article] "SELECT id FROM article WHERE title GLOB 't[0-9]' AND category = {cat}";
    Unspecified [Article] "SELECT title FROM main.article WHERE author_id = {author}";
    Unspecified [Comment] "SELECT body FROM comment WHERE article_id = {article} AND approved";
    Unspecified [Comment] "SELECT id FROM comment WHERE article_id = {article} AND approved = 1 AND stars > {n}";
    Unspecified [Audit] "SELECT note FROM audit WHERE subject = 'article' AND row_id = {article}";
    // expressions and aggregates
    Unspecified [Article] "SELECT count(*) FROM article";
    Unspecified [Article] "SELECT count(*), sum(views), min(title) FROM article WHERE category = {cat}";
    Unspecified [Article] "SELECT category, count(*) FROM article GROUP BY category HAVING sum(views) > {n}";
    Unspecified [Article] "SELECT published, category, max(id) FROM article GROUP BY 1, 2";
    Unspecified [Article] "SELECT DISTINCT author_id FROM article WHERE published";
    Unspecified [Article] "SELECT count(DISTINCT author_id) FILTER (WHERE views > {n}) FROM article";
    Unspecified [Article] "SELECT group_concat(title, '/') FROM (SELECT title FROM article WHERE category = {cat} ORDER BY id)";
    Unspecified [Article] "SELECT id, row_number() OVER (PARTITION BY category ORDER BY views, id) FROM article";
    Unspecified [Article] "SELECT CASE WHEN views > {n} THEN title ELSE category END FROM article WHERE id = {article}";
    Unspecified [Article] "SELECT coalesce(body, title) || '!' FROM article WHERE author_id = {author}";
    Unspecified [Article] "SELECT count(a.body) FROM article a";
    Unspecified [Author] "SELECT total(score), avg(score) FROM author WHERE region = {region}";
    // subqueries everywhere
    Unspecified [Article, Comment] "SELECT id, (SELECT count(*) FROM comment c WHERE c.article_id = a.id) FROM article a WHERE a.author_id = {author}";
    Unspecified [Article, Comment] "SELECT title FROM article a WHERE EXISTS (SELECT 1 FROM comment c WHERE c.article_id = a.id AND c.approved)";
    Unspecified [Article, Comment] "SELECT title FROM article a WHERE NOT EXISTS (SELECT 1 FROM comment WHERE article_id = a.id) AND category = {cat}";
    Unspecified [Article, Author] "SELECT id FROM article WHERE author_id IN (SELECT id FROM author WHERE region = {region})";
    Unspecified [Article, Author] "SELECT id FROM article WHERE author_id = (SELECT max(id) FROM author WHERE score > {n})";
    Unspecified [Author, Article] "SELECT name FROM author WHERE id NOT IN (SELECT author_id FROM article WHERE author_id IS NOT NULL)";
    Unspecified [Article, Author] "SELECT category, count(*) FROM article GROUP BY category HAVING count(*) > (SELECT min(score) FROM author)";
    Total [Article, Author] "SELECT id FROM article a ORDER BY (SELECT score FROM author w WHERE w.id = a.author_id), id LIMIT 4";
    Unspecified [Article, Comment, Author] "SELECT a.id, c.id FROM article a JOIN comment c ON c.article_id = a.id AND c.author_id IN (SELECT id FROM author WHERE score < {n})";
    Unspecified [Article] "SELECT id FROM article a WHERE views = (SELECT max(views) FROM article b WHERE b.category = a.category)";
    Total [Article, Tag] "SELECT id FROM article ORDER BY id LIMIT (SELECT count(*) FROM tag)";
    Unspecified [Article, ArticleTag, Tag] "SELECT id FROM article WHERE id IN (SELECT article_id FROM article_tag WHERE tag_id IN (SELECT id FROM tag WHERE name = 'red'))";
    Unspecified [Article] "SELECT title, views FROM (SELECT * FROM article WHERE category = {cat}) WHERE views > {n}";
    // joins
    Unspecified [Article, Author] "SELECT a.id, a.title, w.id, w.name FROM article a JOIN author w ON w.id = a.author_id WHERE a.category = {cat}";
    Unspecified [Article, Author] "SELECT a.id, w.id, w.name FROM article a LEFT JOIN author w ON w.id = a.author_id WHERE a.published";
    Unspecified [Article, Author] "SELECT a.title, w.name FROM article a LEFT JOIN author w ON w.id = a.author_id AND w.region = {region}";
    Unspecified [Article, Author] "SELECT a.id FROM article a LEFT JOIN author w ON w.id = a.author_id WHERE w.id IS NULL";
    Unspecified [Article, Author] "SELECT a.id, w.name FROM article a LEFT JOIN author w ON w.id = a.author_id AND a.category = {cat}";
    Unspecified [Article, Author] "SELECT a.id, w.id FROM article a LEFT JOIN author w ON a.author_id = w.id AND a.author_id = {author} AND a.published";
    Unspecified [Article, Author] "SELECT a.id FROM article a LEFT JOIN author w ON w.id = a.author_id WHERE w.region IS NULL";
    Unspecified [Article, Comment] "SELECT a.id FROM article a LEFT JOIN comment c ON c.article_id = a.id WHERE c.author_id IS NULL";
    Unspecified [Article, Comment] "SELECT a.id FROM article a LEFT JOIN comment c ON c.article_id = a.id WHERE c.article_id IS NULL AND a.published";
    Unspecified [Article, Author] "SELECT a.id, w.id, w.region FROM article a JOIN author w ON w.id = a.author_id WHERE w.region = {region}";
    Unspecified [Article, Author] "SELECT a.id, w.id FROM article a JOIN author w ON w.id = a.author_id WHERE w.score > {n} AND a.published";
    Unspecified [Comment, Article] "SELECT c.id, a.id, a.title FROM comment c JOIN article a ON a.id = c.article_id AND a.published WHERE c.approved";
    Unspecified [Article, Author] "SELECT a.id, w.name FROM article a, author w WHERE a.author_id = w.id AND w.id = {author}";
    Unspecified [Article, Author] "SELECT w.name, a.title FROM author w RIGHT JOIN article a ON a.author_id = w.id WHERE a.id = {article}";
    Unspecified [Article, Author] "SELECT w.id, a.id FROM author w FULL JOIN article a ON a.author_id = w.id";
    Unspecified [Article, Comment] "SELECT a.id, c.id, c.body FROM article a LEFT JOIN comment c ON c.article_id = a.id WHERE a.id = {article}";
    Unspecified [Article, Comment] "SELECT c.id FROM comment c JOIN article a ON a.id = c.article_id AND a.category = {cat} WHERE c.author_id = {author}";
    Unspecified [Author] "SELECT w.name, b.name FROM author w LEFT JOIN author b ON b.id = w.boss_id WHERE w.region = {region}";
    Unspecified [Author] "SELECT w.id, b.id FROM author w JOIN author b ON b.score = w.score AND b.id < w.id";
    Unspecified [Article, Category] "SELECT a.id, c.slug, c.label FROM article a JOIN category c ON c.slug = a.category WHERE NOT c.hidden";
    Unspecified [Article, ArticleTag, Tag] "SELECT a.id, t.id, t.name FROM article a JOIN article_tag p ON p.article_id = a.id JOIN tag t ON t.id = p.tag_id WHERE a.id = {article}";
    Unspecified [ArticleTag, Comment] "SELECT tag_id, body FROM article_tag JOIN comment USING (article_id) WHERE weight > 1";
    Unspecified [ArticleTag, Comment] "SELECT count(*) FROM article_tag NATURAL JOIN comment";
    Unspecified [Slot, Stock] "SELECT s.guest, k.sku FROM slot s CROSS JOIN stock k WHERE k.shop = s.room AND s.day < 3";
    Unspecified [Article, Author] "SELECT a.id FROM article a JOIN author w ON w.id = a.author_id WHERE w.id = {author} AND a.category = {cat}";
    Unspecified [Article, Author] "SELECT a.* FROM article a INNER JOIN author w ON (a.author_id = w.id) WHERE w.name = 'ann'";
    // sets and common table expressions
    Unspecified [Article, Comment] "SELECT author_id FROM article WHERE category = {cat} UNION SELECT author_id FROM comment WHERE approved";
    Unspecified [Article] "SELECT id FROM article WHERE category = {cat} EXCEPT SELECT id FROM article WHERE views < {n}";
    Unspecified [Article, Tag] "SELECT id FROM article INTERSECT SELECT id FROM tag";
    Total [Author, Tag] "SELECT name FROM author UNION ALL SELECT name FROM tag ORDER BY 1 LIMIT 6";
    Unspecified [Article] "WITH hot AS (SELECT id, category FROM article WHERE views > {n}) SELECT category, count(*) FROM hot GROUP BY category";
    Unspecified [Author] "WITH RECURSIVE up(id, depth) AS (SELECT boss_id, 1 FROM author WHERE id = {author} UNION SELECT w.boss_id, depth + 1 FROM author w JOIN up USING (id) WHERE depth < 5) SELECT id, depth FROM up";
    Unspecified [Article, Author] "WITH author AS (SELECT id FROM article WHERE category = {cat}) SELECT id FROM author";
    Unspecified [] "VALUES (1, 'one'), (2, 'two')";
    Unspecified [Author] "SELECT v.column1, w.name FROM (VALUES (1), (2), (3)) AS v LEFT JOIN author w ON w.id = v.column1";
    // views
    Unspecified [Article, Category] "SELECT id, title FROM front WHERE category = {cat}";
    Unspecified [Article, Category] "SELECT count(*) FROM front";
    Unspecified [Author, Article] "SELECT articles, views FROM by_author WHERE author_id = {author}";
    Unspecified [Article, Category] "SELECT size FROM front_sizes WHERE category = {cat}";
    Unspecified [Article, Category, Comment] "SELECT f.id, c.body FROM front f JOIN comment c ON c.article_id = f.id WHERE c.approved";
    Unspecified [Author, Article] "SELECT w.region, sum(b.views) FROM by_author b JOIN author w ON w.id = b.author_id GROUP BY w.region";
    // what another write changes although it touches none of these rows: never to be stored
    Unspecified [Article] "SELECT id, last_insert_rowid() FROM article WHERE category = {cat}";
    Unspecified [Tag] "SELECT count(*), changes() FROM tag";
    Unspecified [Article] "SELECT title FROM article WHERE id = {article} AND total_changes() > {n}";
    // names that mislead
    Unspecified [Article] "SELECT \"title\" FROM article WHERE \"category\" = {cat}";
    Unspecified [Article] "SELECT id AS author_id, views AS id FROM article WHERE category = {cat} ORDER BY author_id";
    Unspecified [Article, Author] "SELECT id, (SELECT name FROM author WHERE id = author_id) FROM article WHERE published";
    Unspecified [Author] "SELECT author.* FROM author WHERE author.score IN ({n}, {n}, {n})";
    Unspecified [Article] "SELECT id FROM article NOT INDEXED WHERE author_id = {author}";
    Unspecified [Article] "SELECT /* category */ id FROM article -- WHERE category = 'x'\n WHERE author_id = {author};";
};
