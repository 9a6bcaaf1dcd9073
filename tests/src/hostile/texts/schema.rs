//! Changes of the schema: some of them leave it as it was, and rows that are others.

use super::list;
use crate::write::Text;

pub(crate) const SCHEMA: &[Text] = list! {
    ALL Schema Execute "CREATE INDEX IF NOT EXISTS by_area ON word (area)";
    ALL Schema Execute "CREATE UNIQUE INDEX by_owner ON item (owner_id)";
    ALL Schema Unprepared "DROP VIEW nested; CREATE VIEW nested AS SELECT id, title AS category, views FROM article WHERE NOT published";
    ALL Schema Unprepared "DROP VIEW nested; CREATE VIEW nested AS SELECT id, name AS category, score AS views FROM author";
    ALL Schema Unprepared "DROP VIEW swapped; CREATE VIEW swapped (views, id, title, category) AS SELECT id, edits, category, body FROM article";
    NOT_POSTGRES Schema Unprepared "DROP TRIGGER IF EXISTS h0";
    // of SQLite
    SQLITE Schema Unprepared "CREATE TABLE anew AS SELECT * FROM setting; DROP TABLE setting; CREATE TABLE setting (code TEXT PRIMARY KEY NOT NULL, value TEXT, area TEXT NOT NULL DEFAULT 'n'); INSERT INTO setting SELECT code, 'anew', area FROM anew; DROP TABLE anew";
    SQLITE Schema Execute "DROP INDEX IF EXISTS one_area";
    SQLITE Schema Unprepared "DROP INDEX IF EXISTS one_area; DELETE FROM word; CREATE UNIQUE INDEX one_area ON word (area)";
    // of PostgreSQL
    POSTGRES Schema Execute "ALTER TYPE colour RENAME VALUE 'red' TO 'rot'";
    POSTGRES Schema Execute "ALTER TYPE colour RENAME VALUE 'rot' TO 'red'";
    POSTGRES Schema Execute "ALTER TYPE colour RENAME VALUE 'blue' TO 'blau'";
    POSTGRES Schema Execute "ALTER TYPE colour RENAME VALUE 'blau' TO 'blue'";
    POSTGRES Schema Execute "ALTER TABLE word ALTER n TYPE bigint USING n + 1";
    POSTGRES Schema Unprepared "ALTER TABLE draft DROP n; ALTER TABLE draft ADD n bigint NOT NULL DEFAULT 8";
    POSTGRES Schema Unprepared "ALTER TABLE draft DROP n; ALTER TABLE draft ADD n bigint NOT NULL DEFAULT 7";
    POSTGRES Schema Execute "ALTER TABLE item ALTER n SET DEFAULT 4";
    POSTGRES Schema Execute "ALTER TABLE pet NO INHERIT being";
    POSTGRES Schema Execute "ALTER TABLE pet INHERIT being";
    POSTGRES Schema Execute "CREATE OR REPLACE FUNCTION hits_of(BIGINT) RETURNS BIGINT STABLE LANGUAGE sql AS 'SELECT min(id) FROM comment WHERE author_id = $1'";
    POSTGRES Schema Execute "CREATE OR REPLACE FUNCTION hits_of(BIGINT) RETURNS BIGINT STABLE LANGUAGE sql AS 'SELECT max(views) FROM article WHERE author_id = $1'";
    POSTGRES Schema Execute "CREATE OR REPLACE FUNCTION loud(author) RETURNS TEXT STABLE LANGUAGE sql AS 'SELECT lower($1.name)'";
    POSTGRES Schema Execute "ALTER TABLE article DISABLE TRIGGER USER";
    POSTGRES Schema Execute "ALTER TABLE article ENABLE TRIGGER USER";
    POSTGRES Schema Unprepared "BEGIN; CREATE OR REPLACE VIEW calling AS SELECT id, score FROM author; ROLLBACK";
    POSTGRES Schema Unprepared "BEGIN; CREATE OR REPLACE VIEW calling AS SELECT id, score FROM author; COMMIT";
    // of MariaDB
    MARIADB Schema Unprepared "ALTER TABLE draft DROP n; ALTER TABLE draft ADD n BIGINT NOT NULL DEFAULT 8";
    MARIADB Schema Unprepared "ALTER TABLE draft DROP n; ALTER TABLE draft ADD n BIGINT NOT NULL DEFAULT 7";
    MARIADB Schema Unprepared "CREATE OR REPLACE TABLE draft (id BIGINT PRIMARY KEY, n BIGINT NOT NULL DEFAULT 7) AS SELECT 1 AS id, 6 AS n";
    MARIADB Schema Execute "ALTER TABLE item ALTER n SET DEFAULT 4";
    MARIADB Schema Execute "ALTER TABLE plain ENGINE = MyISAM";
    MARIADB Schema Execute "ALTER TABLE plain ENGINE = InnoDB";
    MARIADB Schema Unprepared "CREATE OR REPLACE FUNCTION hits_of(which BIGINT) RETURNS BIGINT READS SQL DATA RETURN (SELECT min(id) FROM comment WHERE author_id = which)";
    MARIADB Schema Execute "CREATE OR REPLACE VIEW calling AS SELECT id, score FROM author";
};
