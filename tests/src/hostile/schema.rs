//! What a hostile schema has beside the world's tables.

use cache_core::Declaration;

use super::trigger;
use crate::backend::Backend;
use crate::rng::Rng;

/// The statements after the world's own, and the scopes of what they add.
pub(crate) fn around(backend: Backend, rng: &mut Rng) -> (Vec<String>, Vec<Declaration>) {
    let own = match backend {
        Backend::Sqlite => sqlite(rng),
        Backend::Postgres => postgres(rng),
        Backend::MariaDb => mariadb(rng),
    };
    let mut statements: Vec<String> = own.into_iter().map(str::to_owned).collect();
    statements.extend(COMMON.iter().map(ToString::to_string));
    statements.extend(trigger::random(backend, rng));
    let scopes = |(table, columns): &(&str, &[&str])| {
        columns.iter().fold(Declaration::new(*table), |all, column| all.scope([*column]))
    };
    (statements, SCOPES.iter().filter(|(table, _)| has(backend, table)).map(scopes).collect())
}

const SCOPES: &[(&str, &[&str])] = &[
    ("word", &["name", "area"]),
    ("item", &["colour", "owner_id"]),
    ("being", &["owner_id"]),
    ("plain", &["area"]),
];

fn has(backend: Backend, table: &str) -> bool {
    match table {
        "being" => backend == Backend::Postgres,
        "plain" => backend == Backend::MariaDb,
        _ => true,
    }
}

/// Where names of columns mean others, and views read views.
const COMMON: &[&str] = &[
    "CREATE TABLE draft (id BIGINT PRIMARY KEY, n BIGINT NOT NULL DEFAULT 7)",
    "INSERT INTO draft VALUES (1, 1), (2, 2)",
    "INSERT INTO word (name, n, area) VALUES ('alpha', 1, 'n'), ('beta', 2, 's'), ('c', 3, NULL)",
    "INSERT INTO item (id, colour, n, owner_id) VALUES (1, 'red', 1, NULL), (2, 'blue', 2, NULL), (3, 'red', 3, NULL)",
    "CREATE VIEW swapped (views, id, title, category) AS SELECT id, views, category, title FROM article",
    "CREATE VIEW nested AS SELECT f.id, f.title AS category, b.articles AS views FROM front f \
     LEFT JOIN by_author b ON b.author_id = f.author_id",
];

fn sqlite(rng: &mut Rng) -> Vec<&'static str> {
    let word = rng.pick(&[
        "CREATE TABLE word (name TEXT PRIMARY KEY NOT NULL, n INTEGER NOT NULL DEFAULT 0, area TEXT)",
        "CREATE TABLE word (name TEXT COLLATE NOCASE PRIMARY KEY NOT NULL, n INTEGER NOT NULL DEFAULT 0, area TEXT) WITHOUT ROWID",
        "CREATE TABLE word (name TEXT PRIMARY KEY NOT NULL, n INTEGER NOT NULL DEFAULT 0 UNIQUE ON CONFLICT REPLACE, area TEXT)",
    ]);
    let index = rng.pick(&[
        "CREATE UNIQUE INDEX one_area ON word (area) WHERE n > 3",
        "CREATE UNIQUE INDEX one_area ON word (substr(name, 1, 2))",
        "CREATE INDEX one_area ON word (area)",
    ]);
    let item = rng.pick(&[
        "CREATE TABLE item (id INTEGER PRIMARY KEY, colour TEXT, n INTEGER NOT NULL DEFAULT 0, \
         twice INTEGER AS (abs(n) * 2), owner_id INTEGER)",
        "CREATE TABLE item (id INTEGER PRIMARY KEY, colour TEXT CHECK (colour <> 'it''s'), n INTEGER NOT NULL DEFAULT 0, \
         twice INTEGER AS (n + length(coalesce(colour, ''))) STORED, owner_id INTEGER REFERENCES author(id) ON DELETE SET NULL)",
    ]);
    vec![word, index, item]
}

fn postgres(rng: &mut Rng) -> Vec<&'static str> {
    let word = rng.pick(&[
        "CREATE TABLE word (name TEXT PRIMARY KEY, n BIGINT NOT NULL DEFAULT 0, area TEXT)",
        "CREATE TABLE word (name TEXT COLLATE ci PRIMARY KEY, n BIGINT NOT NULL DEFAULT 0, area TEXT)",
        "CREATE TABLE word (name TEXT PRIMARY KEY, n BIGINT NOT NULL DEFAULT 0, area TEXT, EXCLUDE (left(name, 2) WITH =))",
    ]);
    let item = rng.pick(&[
        "CREATE TABLE item (id BIGINT PRIMARY KEY, colour colour, n BIGINT NOT NULL DEFAULT 0, \
         twice BIGINT GENERATED ALWAYS AS (doubled(n)) STORED, owner_id BIGINT)",
        "CREATE TABLE item (id BIGINT PRIMARY KEY, colour colour, n BIGINT NOT NULL DEFAULT 0, \
         twice BIGINT GENERATED ALWAYS AS (n + 1) STORED, owner_id BIGINT REFERENCES author(id) ON DELETE SET NULL)",
    ]);
    let rule = rng.pick(&[
        "CREATE RULE told AS ON UPDATE TO word DO ALSO (INSERT INTO audit (subject, note) VALUES ('hand', 'it''s'); \
         UPDATE tag SET uses = uses + 1 WHERE id = 2 AND name <> 'that''s all')",
        "CREATE RULE told AS ON DELETE TO word WHERE OLD.name <> 'it''s' DO ALSO UPDATE tag SET uses = 5 WHERE name <> 'it''s'",
        "SELECT 1",
    ]);
    vec![
        "CREATE TYPE colour AS ENUM ('red', 'blue', 'green')",
        "CREATE FUNCTION doubled(BIGINT) RETURNS BIGINT IMMUTABLE LANGUAGE sql AS 'SELECT abs($1) * 2'",
        word,
        item,
        rule,
        // References of a parent, which bind no child.
        "CREATE TABLE being (id BIGINT PRIMARY KEY, owner_id BIGINT REFERENCES author(id) ON DELETE CASCADE, nick TEXT)",
        "CREATE TABLE pet (tricks BIGINT NOT NULL DEFAULT 0, UNIQUE (id)) INHERITS (being)",
        "INSERT INTO being VALUES (1, NULL, 't1'), (2, NULL, 't2')",
        "INSERT INTO pet VALUES (3, 1, 't0'), (4, 9, 't1'), (5, 8, NULL)",
        // Calls in every place.
        "CREATE FUNCTION pure(BIGINT) RETURNS BIGINT IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM bump($1); RETURN 1; END $$",
        "CREATE FUNCTION bumped(article) RETURNS BIGINT LANGUAGE sql AS \
         'UPDATE article SET views = views + 1 WHERE id = $1.id RETURNING views'",
        "CREATE FUNCTION loud(author) RETURNS TEXT STABLE LANGUAGE sql AS 'SELECT upper($1.name) || ''!'''",
        "CREATE VIEW bumps AS SELECT 1 AS id, bump(2) AS n",
        "CREATE FUNCTION watch(TEXT) RETURNS BOOL LANGUAGE sql AS 'UPDATE author SET score = score + 1 WHERE id = 1 RETURNING TRUE'",
        "CREATE DOMAIN watched AS TEXT CHECK (watch(VALUE))",
        "CREATE TABLE careful (id BIGINT GENERATED ALWAYS AS IDENTITY, n BIGINT DEFAULT bump(3))",
        "CREATE FUNCTION is_seen(BIGINT, BIGINT) RETURNS BOOL IMMUTABLE LANGUAGE plpgsql AS \
         $$ BEGIN RETURN $2 < (SELECT views FROM article WHERE id = $1); END $$",
        "CREATE OPERATOR #># (LEFTARG = BIGINT, RIGHTARG = BIGINT, FUNCTION = is_seen)",
        "CREATE FUNCTION heard() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM bump(4); END $$",
        "CREATE EVENT TRIGGER heard ON ddl_command_end WHEN TAG IN ('COMMENT') EXECUTE FUNCTION heard()",
        // Triggers where no row seems to be born or to die.
        "CREATE FUNCTION bumps_one() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM bump(1); RETURN NULL; END $$",
        "CREATE TABLE part (id BIGINT, half BIGINT) PARTITION BY LIST (half)",
        "CREATE TABLE part_0 PARTITION OF part FOR VALUES IN (0)",
        "CREATE TABLE part_1 PARTITION OF part FOR VALUES IN (1)",
        "INSERT INTO part VALUES (1, 0), (2, 1), (3, 0)",
        "CREATE TRIGGER bumps_one AFTER DELETE ON part FOR EACH ROW EXECUTE FUNCTION bumps_one()",
        "CREATE TRIGGER bumps_one AFTER DELETE ON careful FOR EACH STATEMENT EXECUTE FUNCTION bumps_one()",
        "CREATE FUNCTION hits_of(BIGINT) RETURNS BIGINT STABLE LANGUAGE sql AS 'SELECT max(views) FROM article WHERE author_id = $1'",
        "CREATE VIEW calling AS SELECT id, hits_of(id) AS score FROM author",
        "CREATE SCHEMA shade",
        "CREATE TABLE shade.draft (id BIGINT PRIMARY KEY, n BIGINT NOT NULL DEFAULT 7)",
        "INSERT INTO shade.draft VALUES (1, 4)",
        "CREATE FUNCTION darken() RETURNS TEXT LANGUAGE sql AS $$ SELECT set_config('search_path', 'shade, public', false) $$",
    ]
}

fn mariadb(rng: &mut Rng) -> Vec<&'static str> {
    let word = rng.pick(&[
        "CREATE TABLE word (name VARCHAR(20) COLLATE utf8mb4_nopad_bin NOT NULL, n BIGINT NOT NULL DEFAULT 0, area VARCHAR(9), PRIMARY KEY (name(2)))",
        "CREATE TABLE word (name VARCHAR(20) COLLATE utf8mb4_nopad_bin PRIMARY KEY, n BIGINT NOT NULL DEFAULT 0, area VARCHAR(9), UNIQUE (name(2)))",
        "CREATE TABLE word (name VARCHAR(20) PRIMARY KEY, n BIGINT NOT NULL DEFAULT 0, area VARCHAR(9))",
        "CREATE TABLE word (name VARCHAR(20) COLLATE utf8mb4_nopad_bin PRIMARY KEY, n BIGINT NOT NULL DEFAULT 0, area VARCHAR(9) COLLATE utf8mb4_nopad_bin)",
    ]);
    let item = rng.pick(&[
        "CREATE TABLE item (id BIGINT PRIMARY KEY, colour ENUM('red', 'blue', 'green'), n BIGINT NOT NULL DEFAULT 0, \
         twice BIGINT AS (abs(n) * 2) STORED, owner_id BIGINT)",
        "CREATE TABLE item (id BIGINT PRIMARY KEY, colour VARCHAR(9) COLLATE utf8mb4_nopad_bin CHECK (colour <> 'it''s'), \
         n BIGINT NOT NULL DEFAULT 0, twice BIGINT AS (n + length(colour)), owner_id BIGINT REFERENCES author(id) ON DELETE SET NULL)",
    ]);
    let plain = rng.pick(&[
        "CREATE TABLE plain (id BIGINT PRIMARY KEY, n BIGINT NOT NULL DEFAULT 0, area VARCHAR(9) COLLATE utf8mb4_nopad_bin) ENGINE = MyISAM",
        "CREATE TABLE plain (id BIGINT PRIMARY KEY, n BIGINT NOT NULL DEFAULT 0, area VARCHAR(9) COLLATE utf8mb4_nopad_bin) ENGINE = Aria",
        "CREATE TABLE plain (id BIGINT PRIMARY KEY, n BIGINT NOT NULL DEFAULT 0, area VARCHAR(9) COLLATE utf8mb4_nopad_bin) ENGINE = MEMORY",
        "CREATE TABLE plain (id BIGINT PRIMARY KEY, n BIGINT NOT NULL DEFAULT 0, area VARCHAR(9) COLLATE utf8mb4_nopad_bin)",
    ]);
    vec![
        word,
        item,
        plain,
        "INSERT INTO plain VALUES (1, 1, 'n'), (2, 2, 's'), (3, 3, 'n')",
        "CREATE FUNCTION hits_of(which BIGINT) RETURNS BIGINT READS SQL DATA \
         RETURN (SELECT max(views) FROM article WHERE author_id = which AND title <> 'it''s')",
        "CREATE VIEW calling AS SELECT id, hits_of(id) AS score FROM author",
        "CREATE VIEW bumps AS SELECT 1 AS id, bump(2) AS n",
        "CREATE PROCEDURE speak(which BIGINT) MODIFIES SQL DATA BEGIN -- don't\n \
         UPDATE article SET title = 'it''s' WHERE id = which; /* it's */ \
         UPDATE author SET name = \"that's\" WHERE score > 3; END",
    ]
}
