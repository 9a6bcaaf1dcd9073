//! Writes.

use super::list;
use crate::write::Text;

pub(crate) const WRITES: &[Text] = list! {
    ALL Raw Execute "INSERT INTO word (name, n, area) VALUES ({word}, {n}, {region})";
    ALL Raw Execute "UPDATE word SET n = n + 1 WHERE name = {word}";
    ALL Key Execute "UPDATE word SET name = {word} WHERE name = {word}";
    ALL Raw Execute "DELETE FROM word WHERE name = {word}";
    ALL Raw Execute "UPDATE item SET colour = {colour}, n = {n} WHERE id = {tag}";
    ALL Raw Execute "UPDATE item SET n = n + 1 WHERE colour = {colour}";
    ALL Raw Execute "INSERT INTO author (id, name) VALUES ({free author}, 'eve')";
    ALL Raw Execute "UPDATE article SET title = 'it''s' WHERE id = {article}";
    ALL Raw Execute "INSERT INTO comment (article_id, author_id, body) VALUES ({article}, {author}, 'it''s -- new')";
    ALL Raw Execute "UPDATE tag SET uses = 1 WHERE id = {tag}";
    ALL Raw Execute "UPDATE setting SET value = {text} WHERE code = 'a'";
    // of SQLite
    SQLITE Replace Execute "INSERT OR REPLACE INTO word (name, n, area) VALUES ({word}, {n}, {region})";
    SQLITE Replace Execute "UPDATE OR REPLACE word SET n = {n} WHERE name = {word}";
    SQLITE Upsert Execute "INSERT INTO word (name, n, area) VALUES ({word}, {n}, {region}) ON CONFLICT DO UPDATE SET n = 9";
    SQLITE Raw Execute "DELETE FROM article AS author WHERE author.id = {article}";
    SQLITE Raw Execute "WITH comment AS (SELECT id FROM article WHERE category = {cat}) UPDATE author SET score = 9 WHERE id IN (SELECT id FROM comment)";
    // of MariaDB
    MARIADB Upsert Execute "INSERT INTO word (name, n, area) VALUES ({word}, {n}, {region}) ON DUPLICATE KEY UPDATE n = 9";
    MARIADB Replace Execute "REPLACE INTO word (name, n, area) VALUES ({word}, {n}, {region})";
    MARIADB Raw Execute "DELETE FROM author USING article AS author WHERE author.id = {article}";
    MARIADB Raw Execute "DELETE author FROM article AS author WHERE author.id = {article}";
    MARIADB Raw Execute "UPDATE article AS author, author AS article SET author.views = 9 WHERE article.id = author.author_id AND article.id = {author}";
    MARIADB Raw Execute "UPDATE article SET title = 'x', category = 'z' WHERE id = {article} AND views = 77 || author_id = {author}";
    MARIADB Raw Execute "UPDATE article SET title = 'x' WHERE id = {article} AND views = 77 XOR author_id = {author}";
    MARIADB Raw Execute "CALL speak({article})";
    MARIADB Raw QueryAll "SELECT * FROM bumps";
    MARIADB Raw QueryAll "SELECT id FROM author WHERE bump(id) > 0 AND id = {author}";
    MARIADB Raw Unprepared "BEGIN NOT ATOMIC DECLARE x TEXT DEFAULT 'it''s'; UPDATE article SET title = x WHERE id = 3; END";
    MARIADB Raw Execute "UPDATE plain SET n = n + 1 WHERE id = {tag}";
    MARIADB Raw Execute "SET STATEMENT max_statement_time = 10 FOR UPDATE article SET views = {n} WHERE id = {article}";
    MARIADB Raw QueryAll "SHOW TABLES WHERE bump(3) = 1";
    // of PostgreSQL
    POSTGRES Raw Execute "INSERT INTO pet (id, owner_id, nick) VALUES ({free}, {free author}, 't1')";
    POSTGRES Raw Execute "UPDATE being SET owner_id = {author} WHERE id = {article}";
    POSTGRES Raw Execute "UPDATE pet SET owner_id = {free author} WHERE id = 4";
    POSTGRES Raw Execute "UPDATE ONLY being SET nick = 't2' WHERE owner_id = {author}";
    POSTGRES Raw QueryAll "SELECT (a).bumped FROM article a WHERE a.id = {article}";
    POSTGRES Raw QueryAll "SELECT a.bumped FROM article a WHERE a.id = {article}";
    POSTGRES NoOp QueryAll "SELECT (w).loud FROM author w WHERE w.id = {author}";
    POSTGRES Raw QueryAll "SELECT pure({article})";
    POSTGRES Raw QueryAll "SELECT id, pure(id) FROM author WHERE id = {author}";
    POSTGRES Raw QueryAll "SELECT * FROM bumps";
    POSTGRES Raw QueryAll "TABLE bumps";
    POSTGRES Raw QueryAll "WITH article AS (SELECT n FROM bumps) SELECT n FROM article";
    POSTGRES Raw QueryAll "SELECT {cat}::watched";
    POSTGRES Raw Execute "INSERT INTO careful DEFAULT VALUES";
    POSTGRES Raw Execute "INSERT INTO careful (id) OVERRIDING SYSTEM VALUE VALUES ({free})";
    POSTGRES Raw QueryAll "EXPLAIN ANALYZE SELECT pure(3)";
    POSTGRES Raw QueryAll "EXPLAIN ANALYSE SELECT pure(2)";
    POSTGRES Raw Execute "UPDATE part SET half = 1 - half WHERE id = {tag}";
    POSTGRES Raw Execute "DELETE FROM careful WHERE id = ANY (ARRAY[]::bigint[])";
    POSTGRES Raw Execute "COMMENT ON TABLE tag IS 'it''s'";
    POSTGRES Raw Unprepared "BEGIN; DECLARE c CURSOR FOR SELECT n FROM bumps; FETCH ALL FROM c; COMMIT";
    POSTGRES Raw Unprepared "BEGIN; DECLARE c CURSOR FOR SELECT * FROM bumps; MOVE ALL FROM c; COMMIT";
    POSTGRES Raw Unprepared "BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT pure(4); COMMIT; CLOSE c";
    POSTGRES Raw Unprepared "PREPARE q(bigint) AS SELECT bump($1); EXECUTE q(3); DEALLOCATE q";
    POSTGRES Raw Unprepared "DO $x$ BEGIN UPDATE article SET title = 'it''s' WHERE id = 3; END $x$";
    POSTGRES Raw Unprepared "DO LANGUAGE plpgsql 'BEGIN UPDATE article SET title = ''it''''s'' WHERE id = 4; END'";
    POSTGRES Raw Execute "UPDATE article SET title = $q$it's$q$ WHERE id = {article}";
    POSTGRES Raw Execute "UPDATE article SET title = E'it\\'s', category = 'y' WHERE id = {article}";
    POSTGRES Raw Execute "UPDATE U&\"\\0061rticle\" SET views = 3 WHERE id = {article}";
};

/// After these nothing is kept until the end of the session: rare, and where they are, the last of a seed.
pub(crate) const SETTERS: &[Text] = list! {
    POSTGRES Raw QueryAll "SELECT darken()";
    POSTGRES Raw Unprepared "DO $$ BEGIN PERFORM set_config('search_path', 'shade, public', false); END $$";
    POSTGRES Raw Unprepared "SELECT 1::bigint AS id, 5::bigint AS n INTO TEMP draft";
    POSTGRES Raw Unprepared "DO $$ BEGIN CREATE TEMP TABLE draft AS SELECT 1::bigint AS id, 6::bigint AS n; END $$";
    POSTGRES Raw Unprepared "SET search_path TO shade, public";
    MARIADB Raw Unprepared "CREATE TEMPORARY TABLE draft (id BIGINT PRIMARY KEY, n BIGINT) AS SELECT 1 AS id, 5 AS n";
    SQLITE Raw Unprepared "CREATE TEMP TABLE draft AS SELECT 1 AS id, 5 AS n";
};
