//! Writes of PostgreSQL.

use super::super::Kind::{Key, Raw, Schema, Upsert};
use super::super::operation::Call::{Execute, QueryAll, QueryOne, Unprepared};
use super::{Text, list};
use crate::backend::POSTGRES;

pub(super) const TEXTS: &[Text] = list! {
    // upserts
    POSTGRES Upsert Execute "INSERT INTO article (id, category, title) VALUES ({article}, {cat}, {title}) ON CONFLICT (id) DO UPDATE SET category = 'z', published = NOT article.published WHERE article.views > {n}";
    POSTGRES Upsert Execute "INSERT INTO stock AS s (shop, sku, units) VALUES ({room}, {title}, {n}) ON CONFLICT (sku, shop) DO UPDATE SET units = s.units + excluded.units, shelf = {region}";
    POSTGRES Upsert Execute "INSERT INTO tag (name) VALUES ('RED') ON CONFLICT (name) DO UPDATE SET uses = tag.uses + 1";
    POSTGRES Upsert Execute "INSERT INTO author (id, name) VALUES ({author}, 'eve') ON CONFLICT DO NOTHING";
    POSTGRES Upsert QueryAll "INSERT INTO article (id, title, slug) VALUES ({free}, {title}, {slug}) ON CONFLICT ON CONSTRAINT article_slug_key DO UPDATE SET id = excluded.id + 200 RETURNING id";
    POSTGRES Upsert Execute "MERGE INTO tag t USING (VALUES ('red', 3)) v(name, uses) ON t.name = v.name WHEN MATCHED THEN UPDATE SET uses = t.uses + v.uses WHEN NOT MATCHED THEN INSERT (name, uses) VALUES (v.name, v.uses)";
    // keys
    POSTGRES Key Execute "UPDATE article SET id = b.id + 500 FROM (SELECT {article}::bigint AS id) b WHERE article.id = b.id";
    POSTGRES Key Execute "UPDATE stock SET shop = 'r2' WHERE shop = 'r1' AND sku = {title}";
    // several tables in one statement
    POSTGRES Raw Execute "MERGE INTO article a USING (SELECT id FROM author WHERE id = {author}) w ON a.author_id = w.id WHEN MATCHED AND a.published THEN UPDATE SET category = {cat} WHEN MATCHED THEN DELETE";
    POSTGRES Raw Execute "DELETE FROM comment c USING article a WHERE a.id = c.article_id AND a.category = {cat}";
    POSTGRES Raw Execute "WITH gone AS (DELETE FROM comment WHERE article_id = {article} RETURNING author_id) UPDATE author SET score = score + 1 WHERE id IN (SELECT author_id FROM gone)";
    POSTGRES Raw QueryAll "WITH moved AS (UPDATE article SET category = {cat} WHERE author_id = {author} RETURNING id) SELECT count(*) FROM moved";
    POSTGRES Raw Execute "WITH a AS (UPDATE article SET views = 0 WHERE id = {article}), b AS (UPDATE author SET score = 0 WHERE id = {author}) INSERT INTO audit (subject) VALUES ('hand')";
    POSTGRES Raw Execute "UPDATE article SET category = {cat} WHERE id = ANY(ARRAY[{article}, {article}]::bigint[])";
    POSTGRES Raw Execute "INSERT INTO comment (article_id, body) SELECT x, 'lorem' FROM unnest(ARRAY[{article}, {article}]::bigint[]) x";
    POSTGRES Raw Execute "UPDATE article SET category = DEFAULT, views = DEFAULT WHERE id = {article}";
    POSTGRES Raw Execute "UPDATE article SET title = 'c' WHERE ctid = (SELECT min(ctid) FROM article)";
    POSTGRES Raw QueryAll "EXPLAIN (ANALYZE, COSTS OFF) UPDATE article SET views = 3 WHERE id = {article}";
    POSTGRES Raw Execute "TRUNCATE audit";
    // parts of tables
    POSTGRES Raw Execute "UPDATE ONLY slot SET seats = {n} WHERE room = {room}";
    POSTGRES Raw Execute "DELETE FROM ONLY slot WHERE day = 1";
    POSTGRES Raw Execute "UPDATE slot * SET seats = 2 WHERE room = {room}";
    POSTGRES Raw Execute "INSERT INTO late_slot (id, room, day, guest) VALUES ({free}, {room}, 4, 'bob')";
    POSTGRES Raw Execute "UPDATE late_slot SET guest = 'ann' WHERE day > 1";
    POSTGRES Raw Execute "DELETE FROM late_slot WHERE room = {room}";
    POSTGRES Raw Execute "UPDATE stock_r1 SET units = units + 1 WHERE sku = {title}";
    POSTGRES Raw Execute "INSERT INTO stock_r1 (shop, sku, units) VALUES ('r1', {title}, 3)";
    POSTGRES Raw Execute "DELETE FROM stock_r1 WHERE units = {n}";
    // names in mixed case
    POSTGRES Raw Execute "UPDATE \"Mixed\" SET \"Cat\" = {cat} WHERE \"Id\" = 1";
    POSTGRES Raw Execute "UPDATE \"Mixed\" SET CAT = {cat} WHERE \"Id\" = 2";
    POSTGRES Upsert Execute "INSERT INTO \"Mixed\" (\"Id\", \"Cat\") VALUES ({article}, {cat}) ON CONFLICT (\"Id\") DO UPDATE SET n = \"Mixed\".n + 1";
    POSTGRES Raw Execute "UPDATE \"article\" SET \"title\" = {title}, VIEWS = {n} WHERE ID = {article}";
    POSTGRES Raw Execute "UPDATE public.article SET title = {title} WHERE id = {article}";
    // routines and blocks
    POSTGRES Raw Unprepared "DO $$ BEGIN UPDATE article SET views = views + 1 WHERE category = 'x'; END $$";
    POSTGRES Raw QueryAll "SELECT bump({article})";
    POSTGRES Raw QueryOne "SELECT count(*) FROM article WHERE bump(id) > 5 AND author_id = {author}";
    POSTGRES Raw Execute "CALL retag('x', {cat})";
    POSTGRES Raw Unprepared "PREPARE p AS UPDATE author SET score = score + 1 WHERE id = 2; EXECUTE p; DEALLOCATE p";
    POSTGRES Raw Execute "REFRESH MATERIALIZED VIEW sizes";
    POSTGRES Raw QueryAll "SELECT setval('article_id_seq', (SELECT max(id) FROM article))";
    // the schema itself
    POSTGRES Schema Unprepared "CREATE OR REPLACE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE author SET score = score + 1 WHERE id = NEW.author_id; RETURN NULL; END $$; CREATE OR REPLACE TRIGGER late AFTER UPDATE OF views ON article FOR EACH ROW EXECUTE FUNCTION late()";
    POSTGRES Schema Execute "DROP TRIGGER IF EXISTS late ON article";
    POSTGRES Schema Execute "DROP TRIGGER IF EXISTS count_edits ON article";
    POSTGRES Schema Execute "ALTER TABLE article DISABLE TRIGGER USER";
    POSTGRES Schema Execute "ALTER TABLE article ENABLE TRIGGER USER";
    POSTGRES Schema Execute "CREATE OR REPLACE VIEW front AS SELECT id, title, category, author_id, views FROM article WHERE NOT published";
    POSTGRES Schema Execute "CREATE OR REPLACE RULE loud AS ON UPDATE TO category DO ALSO UPDATE author SET score = score + 1 WHERE id = 1";
    POSTGRES Schema Execute "DROP RULE IF EXISTS loud ON category";
    POSTGRES Schema Unprepared "DO $$ BEGIN CREATE TABLE IF NOT EXISTS other (id INT); END $$";
};
