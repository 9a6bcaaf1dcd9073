//! Reads of PostgreSQL.

use super::super::answer::Order::{Total, Unspecified};
use super::{Text, list};
use crate::backend::POSTGRES;
use crate::world::Table::{Article, Author, Slot, Stock, Tag};

pub(super) const TEXTS: &[Text] = list! {
    // arrays, rows, patterns
    POSTGRES Unspecified [Article] "SELECT id, title FROM article WHERE id = ANY(ARRAY[{article}, {article}]::bigint[])";
    POSTGRES Unspecified [Article] "SELECT title FROM article WHERE category = ANY(ARRAY['x', {cat}])";
    POSTGRES Unspecified [Article] "SELECT id FROM article WHERE id <> ALL(ARRAY[{article}]::bigint[]) AND category = {cat}";
    POSTGRES Unspecified [Article] "SELECT id FROM article WHERE (category, published) = ({cat}, TRUE)";
    POSTGRES Unspecified [Article] "SELECT id FROM article WHERE category IN (VALUES ('x'), ({cat}))";
    POSTGRES Unspecified [Article] "SELECT id FROM article WHERE title ~ '^t' AND category = {cat}";
    POSTGRES Unspecified [Article] "SELECT id FROM article WHERE body ILIKE 'LO%' AND author_id = {author}";
    POSTGRES Unspecified [Article] "SELECT id FROM article WHERE category::text = {cat} AND published IS TRUE";
    POSTGRES Unspecified [Article] "SELECT array_length(array_agg(id), 1) FROM article WHERE category = {cat}";
    POSTGRES Unspecified [Article] "SELECT string_agg(title, '/' ORDER BY id) FROM article WHERE category = {cat}";
    POSTGRES Unspecified [Article] "SELECT jsonb_build_object('t', title)::text FROM article WHERE id = {article}";
    // rows as a whole, and what is no column
    POSTGRES Unspecified [Article] "SELECT a::text FROM article a WHERE a.id = {article}";
    POSTGRES Unspecified [Article] "SELECT title(a) FROM article a WHERE a.id = {article}";
    POSTGRES Unspecified [Article] "SELECT count(a) FROM article a WHERE a.category = {cat}";
    POSTGRES Unspecified [Article] "SELECT id, ctid::text FROM article WHERE author_id = {author}";
    POSTGRES Unspecified [Article] "SELECT row_to_json(a)::text FROM article a WHERE a.author_id = {author}";
    POSTGRES Unspecified [Article] "SELECT id FROM article a WHERE a IS NOT NULL AND category = {cat}";
    // parts of tables
    POSTGRES Unspecified [Slot] "SELECT guest FROM ONLY slot WHERE room = {room}";
    POSTGRES Unspecified [Slot] "SELECT id, guest FROM slot WHERE day = 4";
    POSTGRES Unspecified [Slot] "SELECT id, guest FROM late_slot WHERE room = {room}";
    POSTGRES Unspecified [Stock] "SELECT units FROM stock_r1 WHERE sku = {title}";
    POSTGRES Unspecified [Stock] "SELECT sku, units FROM stock WHERE shop = 'r1'";
    POSTGRES Unspecified [Stock] "SELECT sum(units) FROM stock";
    POSTGRES Unspecified [Stock] "SELECT tableoid::regclass::text, count(*) FROM stock GROUP BY 1";
    // names in mixed case
    POSTGRES Unspecified [] "SELECT \"Id\", \"Cat\", cat FROM \"Mixed\" WHERE \"Cat\" = {cat}";
    POSTGRES Unspecified [] "SELECT n FROM \"Mixed\" WHERE CAT = {cat}";
    POSTGRES Unspecified [] "SELECT n FROM \"Mixed\" WHERE \"Id\" = 2";
    POSTGRES Unspecified [Author] "SELECT \"name\", SCORE FROM \"author\" AS A WHERE a.ID = {author}";
    POSTGRES Unspecified [Article] "SELECT title FROM public.article WHERE author_id = {author}";
    // joins, groups, common table expressions
    POSTGRES Unspecified [Author, Article] "SELECT w.id, t.title FROM author w LEFT JOIN LATERAL (SELECT title FROM article a WHERE a.author_id = w.id ORDER BY id LIMIT 1) t ON TRUE WHERE w.id = {author}";
    POSTGRES Unspecified [Article] "SELECT DISTINCT ON (author_id) author_id, id FROM article ORDER BY author_id, id";
    POSTGRES Unspecified [Article] "SELECT author_id, published, count(*) FROM article GROUP BY ROLLUP (author_id, published)";
    POSTGRES Unspecified [Article] "SELECT g, count(a.id) FROM generate_series(1, 3) g LEFT JOIN article a ON a.author_id = g GROUP BY g";
    POSTGRES Unspecified [Article] "WITH w AS MATERIALIZED (SELECT id FROM article WHERE category = {cat}) SELECT count(*) FROM w";
    POSTGRES Unspecified [Article] "SELECT s.id FROM (SELECT * FROM article WHERE category = {cat}) s WHERE s.views > {n}";
    POSTGRES Unspecified [Tag] "TABLE tag";
    POSTGRES Total [Author, Tag] "SELECT id FROM author UNION ALL SELECT id FROM tag ORDER BY 1 LIMIT 6";
    POSTGRES Total [Article] "SELECT id FROM article WHERE category = {cat} ORDER BY views NULLS FIRST, id DESC FETCH FIRST 2 ROWS ONLY";
    // what lies behind
    POSTGRES Unspecified [] "SELECT size FROM sizes WHERE category = {cat}";
    POSTGRES Unspecified [Article] "SELECT id, hits(id) FROM article WHERE author_id = {author}";
    POSTGRES Unspecified [Article] "SELECT last_value FROM article_id_seq";
    POSTGRES Unspecified [Article] "SELECT id, now() > '2020-01-01' FROM article WHERE category = {cat}";
    POSTGRES Unspecified [Article] "SELECT count(*) FROM article TABLESAMPLE BERNOULLI (100)";
    POSTGRES Unspecified [Article] "SELECT views FROM article WHERE id = {article} FOR UPDATE";
    POSTGRES Unspecified [] "SELECT count(*) FROM pg_class WHERE relname = 'other'";
};
