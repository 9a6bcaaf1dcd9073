//! Reads that several databases understand, and those of SQLite.

use super::super::answer::Order::{Total, Unspecified};
use super::{Text, list};
use crate::backend::{ALL, NOT_MARIADB, NOT_POSTGRES, SQLITE};
use crate::world::Table::{Article, ArticleTag, Audit, Author, Category, Comment, Setting, Slot, Stock, Tag};

pub(super) const TEXTS: &[Text] = list! {
    // look-ups
    ALL Unspecified [Article] "SELECT * FROM article WHERE id = {article}";
    ALL Unspecified [Article] "SELECT title FROM article WHERE id = {article}";
    ALL Unspecified [Article] "SELECT title FROM article WHERE id = {article} AND category = {cat}";
    NOT_POSTGRES Unspecified [Article] "SELECT id, views FROM article WHERE id = {article as text}";
    SQLITE Unspecified [Article] "SELECT views FROM article WHERE rowid = {article}";
    SQLITE Unspecified [Article] "SELECT _rowid_, oid, title FROM article WHERE oid IN ({article}, {article})";
    SQLITE Unspecified [Article] "SELECT max(rowid) FROM article";
    ALL Unspecified [Author] "SELECT name FROM author WHERE id = {author} OR id = {author}";
    SQLITE Unspecified [Author] "SELECT \"name\", [score], `region` FROM \"AUTHOR\" AS A WHERE a.ID = {author}";
    ALL Unspecified [ArticleTag] "SELECT weight FROM article_tag WHERE article_id = {article} AND tag_id = {tag}";
    ALL Unspecified [ArticleTag] "SELECT tag_id FROM article_tag WHERE (article_id, tag_id) = ({article}, {tag})";
    ALL Unspecified [ArticleTag] "SELECT * FROM article_tag WHERE tag_id = {tag}";
    ALL Unspecified [Setting] "SELECT value FROM setting WHERE code = 'a'";
    ALL Unspecified [Setting] "SELECT code, value FROM setting WHERE code IN ('a', 'c') AND area = {region}";
    ALL Unspecified [Stock] "SELECT units FROM stock WHERE shop = {room} AND sku = {title}";
    NOT_POSTGRES Unspecified [Stock] "SELECT sku, units FROM stock WHERE sku = {n} AND shop = {room}";
    ALL Unspecified [Slot] "SELECT guest FROM slot WHERE room = {room} AND day = 2";
    ALL Unspecified [Tag] "SELECT id FROM tag WHERE name = 'red'";
    // lists
    ALL Total [Article] "SELECT id, title FROM article WHERE category = {cat} ORDER BY views DESC, id LIMIT 2";
    ALL Total [Article] "SELECT id FROM article WHERE category = {cat} AND published = {flag} ORDER BY id LIMIT 3 OFFSET 1";
    ALL Unspecified [Article] "SELECT id, title FROM article WHERE category = {cat} AND published = '1'";
    SQLITE Unspecified [Article] "SELECT title FROM article WHERE category = {cat} COLLATE NOCASE";
    SQLITE Unspecified [Article] "SELECT title FROM article WHERE category IS {cat}";
    NOT_MARIADB Unspecified [Article] "SELECT id FROM article WHERE category IS NOT DISTINCT FROM {cat}";
    ALL Unspecified [Article] "SELECT id FROM article WHERE {cat} = category AND +author_id = {author}";
    ALL Unspecified [Article] "SELECT id, body FROM article WHERE category IS NULL";
    ALL Unspecified [Article] "SELECT id FROM article WHERE category = NULL";
    ALL Unspecified [Article] "SELECT id FROM article WHERE category BETWEEN {cat} AND {cat} AND NOT published";
    ALL Unspecified [Article] "SELECT id FROM article WHERE (author_id = {author} AND published) OR (author_id = {author})";
    ALL Unspecified [Article] "SELECT bucket, id FROM article WHERE bucket = 1";
    ALL Unspecified [Article] "SELECT id FROM article WHERE lower(category) = 'x'";
    SQLITE Unspecified [Article] "SELECT id FROM article WHERE title GLOB 't[0-9]' AND category = {cat}";
    SQLITE Unspecified [Article] "SELECT title FROM main.article WHERE author_id = {author}";
    ALL Unspecified [Comment] "SELECT body FROM comment WHERE article_id = {article} AND approved";
    NOT_POSTGRES Unspecified [Comment] "SELECT id FROM comment WHERE article_id = {article} AND approved = 1 AND stars > {n}";
    ALL Unspecified [Audit] "SELECT note FROM audit WHERE subject = 'article' AND row_id = {article}";
    // expressions and aggregates
    ALL Unspecified [Article] "SELECT count(*) FROM article";
    ALL Unspecified [Article] "SELECT count(*), sum(views), min(title) FROM article WHERE category = {cat}";
    ALL Unspecified [Article] "SELECT category, count(*) FROM article GROUP BY category HAVING sum(views) > {n}";
    ALL Unspecified [Article] "SELECT published, category, max(id) FROM article GROUP BY 1, 2";
    ALL Unspecified [Article] "SELECT DISTINCT author_id FROM article WHERE published";
    NOT_MARIADB Unspecified [Article] "SELECT count(DISTINCT author_id) FILTER (WHERE views > {n}) FROM article";
    SQLITE Unspecified [Article] "SELECT group_concat(title, '/') FROM (SELECT title FROM article WHERE category = {cat} ORDER BY id)";
    ALL Unspecified [Article] "SELECT id, row_number() OVER (PARTITION BY category ORDER BY views, id) FROM article";
    ALL Unspecified [Article] "SELECT CASE WHEN views > {n} THEN title ELSE category END FROM article WHERE id = {article}";
    ALL Unspecified [Article] "SELECT coalesce(body, title) || '!' FROM article WHERE author_id = {author}";
    ALL Unspecified [Article] "SELECT count(a.body) FROM article a";
    SQLITE Unspecified [Author] "SELECT total(score), avg(score) FROM author WHERE region = {region}";
    // subqueries everywhere
    ALL Unspecified [Article, Comment] "SELECT id, (SELECT count(*) FROM comment c WHERE c.article_id = a.id) FROM article a WHERE a.author_id = {author}";
    ALL Unspecified [Article, Comment] "SELECT title FROM article a WHERE EXISTS (SELECT 1 FROM comment c WHERE c.article_id = a.id AND c.approved)";
    ALL Unspecified [Article, Comment] "SELECT title FROM article a WHERE NOT EXISTS (SELECT 1 FROM comment WHERE article_id = a.id) AND category = {cat}";
    ALL Unspecified [Article, Author] "SELECT id FROM article WHERE author_id IN (SELECT id FROM author WHERE region = {region})";
    ALL Unspecified [Article, Author] "SELECT id FROM article WHERE author_id = (SELECT max(id) FROM author WHERE score > {n})";
    ALL Unspecified [Author, Article] "SELECT name FROM author WHERE id NOT IN (SELECT author_id FROM article WHERE author_id IS NOT NULL)";
    ALL Unspecified [Article, Author] "SELECT category, count(*) FROM article GROUP BY category HAVING count(*) > (SELECT min(score) FROM author)";
    ALL Total [Article, Author] "SELECT id FROM article a ORDER BY (SELECT score FROM author w WHERE w.id = a.author_id), id LIMIT 4";
    ALL Unspecified [Article, Comment, Author] "SELECT a.id, c.id FROM article a JOIN comment c ON c.article_id = a.id AND c.author_id IN (SELECT id FROM author WHERE score < {n})";
    ALL Unspecified [Article] "SELECT id FROM article a WHERE views = (SELECT max(views) FROM article b WHERE b.category = a.category)";
    NOT_MARIADB Total [Article, Tag] "SELECT id FROM article ORDER BY id LIMIT (SELECT count(*) FROM tag)";
    ALL Unspecified [Article, ArticleTag, Tag] "SELECT id FROM article WHERE id IN (SELECT article_id FROM article_tag WHERE tag_id IN (SELECT id FROM tag WHERE name = 'red'))";
    SQLITE Unspecified [Article] "SELECT title, views FROM (SELECT * FROM article WHERE category = {cat}) WHERE views > {n}";
    // joins
    ALL Unspecified [Article, Author] "SELECT a.id, a.title, w.id, w.name FROM article a JOIN author w ON w.id = a.author_id WHERE a.category = {cat}";
    ALL Unspecified [Article, Author] "SELECT a.id, w.id, w.name FROM article a LEFT JOIN author w ON w.id = a.author_id WHERE a.published";
    ALL Unspecified [Article, Author] "SELECT a.title, w.name FROM article a LEFT JOIN author w ON w.id = a.author_id AND w.region = {region}";
    ALL Unspecified [Article, Author] "SELECT a.id FROM article a LEFT JOIN author w ON w.id = a.author_id WHERE w.id IS NULL";
    ALL Unspecified [Article, Author] "SELECT a.id, w.name FROM article a LEFT JOIN author w ON w.id = a.author_id AND a.category = {cat}";
    ALL Unspecified [Article, Author] "SELECT a.id, w.id FROM article a LEFT JOIN author w ON a.author_id = w.id AND a.author_id = {author} AND a.published";
    ALL Unspecified [Article, Author] "SELECT a.id FROM article a LEFT JOIN author w ON w.id = a.author_id WHERE w.region IS NULL";
    ALL Unspecified [Article, Comment] "SELECT a.id FROM article a LEFT JOIN comment c ON c.article_id = a.id WHERE c.author_id IS NULL";
    ALL Unspecified [Article, Comment] "SELECT a.id FROM article a LEFT JOIN comment c ON c.article_id = a.id WHERE c.article_id IS NULL AND a.published";
    ALL Unspecified [Article, Author] "SELECT a.id, w.id, w.region FROM article a JOIN author w ON w.id = a.author_id WHERE w.region = {region}";
    ALL Unspecified [Article, Author] "SELECT a.id, w.id FROM article a JOIN author w ON w.id = a.author_id WHERE w.score > {n} AND a.published";
    ALL Unspecified [Comment, Article] "SELECT c.id, a.id, a.title FROM comment c JOIN article a ON a.id = c.article_id AND a.published WHERE c.approved";
    ALL Unspecified [Article, Author] "SELECT a.id, w.name FROM article a, author w WHERE a.author_id = w.id AND w.id = {author}";
    ALL Unspecified [Article, Author] "SELECT w.name, a.title FROM author w RIGHT JOIN article a ON a.author_id = w.id WHERE a.id = {article}";
    NOT_MARIADB Unspecified [Article, Author] "SELECT w.id, a.id FROM author w FULL JOIN article a ON a.author_id = w.id";
    ALL Unspecified [Article, Comment] "SELECT a.id, c.id, c.body FROM article a LEFT JOIN comment c ON c.article_id = a.id WHERE a.id = {article}";
    ALL Unspecified [Article, Comment] "SELECT c.id FROM comment c JOIN article a ON a.id = c.article_id AND a.category = {cat} WHERE c.author_id = {author}";
    ALL Unspecified [Author] "SELECT w.name, b.name FROM author w LEFT JOIN author b ON b.id = w.boss_id WHERE w.region = {region}";
    ALL Unspecified [Author] "SELECT w.id, b.id FROM author w JOIN author b ON b.score = w.score AND b.id < w.id";
    ALL Unspecified [Article, Category] "SELECT a.id, c.slug, c.label FROM article a JOIN category c ON c.slug = a.category WHERE NOT c.hidden";
    ALL Unspecified [Article, ArticleTag, Tag] "SELECT a.id, t.id, t.name FROM article a JOIN article_tag p ON p.article_id = a.id JOIN tag t ON t.id = p.tag_id WHERE a.id = {article}";
    ALL Unspecified [ArticleTag, Comment] "SELECT tag_id, body FROM article_tag JOIN comment USING (article_id) WHERE weight > 1";
    ALL Unspecified [ArticleTag, Comment] "SELECT count(*) FROM article_tag NATURAL JOIN comment";
    ALL Unspecified [Slot, Stock] "SELECT s.guest, k.sku FROM slot s CROSS JOIN stock k WHERE k.shop = s.room AND s.day < 3";
    ALL Unspecified [Article, Author] "SELECT a.id FROM article a JOIN author w ON w.id = a.author_id WHERE w.id = {author} AND a.category = {cat}";
    ALL Unspecified [Article, Author] "SELECT a.* FROM article a INNER JOIN author w ON (a.author_id = w.id) WHERE w.name = 'ann'";
    // sets and common table expressions
    ALL Unspecified [Article, Comment] "SELECT author_id FROM article WHERE category = {cat} UNION SELECT author_id FROM comment WHERE approved";
    ALL Unspecified [Article] "SELECT id FROM article WHERE category = {cat} EXCEPT SELECT id FROM article WHERE views < {n}";
    ALL Unspecified [Article, Tag] "SELECT id FROM article INTERSECT SELECT id FROM tag";
    SQLITE Total [Author, Tag] "SELECT name FROM author UNION ALL SELECT name FROM tag ORDER BY 1 LIMIT 6";
    ALL Unspecified [Article] "WITH hot AS (SELECT id, category FROM article WHERE views > {n}) SELECT category, count(*) FROM hot GROUP BY category";
    ALL Unspecified [Author] "WITH RECURSIVE up(id, depth) AS (SELECT boss_id, 1 FROM author WHERE id = {author} UNION SELECT w.boss_id, depth + 1 FROM author w JOIN up USING (id) WHERE depth < 5) SELECT id, depth FROM up";
    ALL Unspecified [Article, Author] "WITH author AS (SELECT id FROM article WHERE category = {cat}) SELECT id FROM author";
    ALL Unspecified [] "VALUES (1, 'one'), (2, 'two')";
    NOT_MARIADB Unspecified [Author] "SELECT v.column1, w.name FROM (VALUES (1), (2), (3)) AS v LEFT JOIN author w ON w.id = v.column1";
    // views
    ALL Unspecified [Article, Category] "SELECT id, title FROM front WHERE category = {cat}";
    ALL Unspecified [Article, Category] "SELECT count(*) FROM front";
    ALL Unspecified [Author, Article] "SELECT articles, views FROM by_author WHERE author_id = {author}";
    ALL Unspecified [Article, Category] "SELECT size FROM front_sizes WHERE category = {cat}";
    ALL Unspecified [Article, Category, Comment] "SELECT f.id, c.body FROM front f JOIN comment c ON c.article_id = f.id WHERE c.approved";
    ALL Unspecified [Author, Article] "SELECT w.region, sum(b.views) FROM by_author b JOIN author w ON w.id = b.author_id GROUP BY w.region";
    // what another write changes although it touches none of these rows: never to be stored
    SQLITE Unspecified [Article] "SELECT id, last_insert_rowid() FROM article WHERE category = {cat}";
    SQLITE Unspecified [Tag] "SELECT count(*), changes() FROM tag";
    SQLITE Unspecified [Article] "SELECT title FROM article WHERE id = {article} AND total_changes() > {n}";
    // names that mislead
    ALL Unspecified [Article] "SELECT \"title\" FROM article WHERE \"category\" = {cat}";
    ALL Unspecified [Article] "SELECT id AS author_id, views AS id FROM article WHERE category = {cat} ORDER BY author_id";
    ALL Unspecified [Article, Author] "SELECT id, (SELECT name FROM author WHERE id = author_id) FROM article WHERE published";
    ALL Unspecified [Author] "SELECT author.* FROM author WHERE author.score IN ({n}, {n}, {n})";
    SQLITE Unspecified [Article] "SELECT id FROM article NOT INDEXED WHERE author_id = {author}";
    ALL Unspecified [Article] "SELECT /* category */ id FROM article -- WHERE category = 'x'\n WHERE author_id = {author};";
};
