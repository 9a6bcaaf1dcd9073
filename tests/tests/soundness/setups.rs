//! The databases of the promises.

use cache_tests::backend::Backend;
use cache_tests::promise::Setup;

/// Articles 1 to 4: two of category `r`, two of `g`.
pub const ARTICLES: Setup = Setup {
    backend: Backend::Sqlite,
    sql: "
        CREATE TABLE article (id INTEGER PRIMARY KEY, category TEXT, author_id INTEGER,
            published BOOLEAN NOT NULL DEFAULT TRUE, title TEXT NOT NULL DEFAULT 't',
            views INTEGER NOT NULL DEFAULT 0);
        INSERT INTO article (id, category, author_id, title, views) VALUES
            (1, 'r', 1, 'one', 1), (2, 'g', 1, 'two', 0), (3, 'r', 2, 'three', 0), (4, 'g', 2, 'four', 5);",
    scopes: &[("article", &[&["category"], &["author_id"], &["published", "category"]])],
};

/// Two articles whose titles differ.
pub const TITLES: Setup = Setup {
    backend: Backend::Sqlite,
    sql: "
        CREATE TABLE article (id INTEGER PRIMARY KEY, category TEXT, title TEXT, views INTEGER);
        INSERT INTO article VALUES (1, 'r', 'zz', 1), (2, 'r', 'aa', 1)",
    scopes: &[("article", &[&["category"]])],
};

/// Books, one of an author who is not there.
pub const LIBRARY: Setup = Setup {
    backend: Backend::Sqlite,
    sql: "
        CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT, region TEXT);
        CREATE TABLE book (id INTEGER PRIMARY KEY, author_id INTEGER, title TEXT);
        INSERT INTO author VALUES (1, 'ann', 'n'), (2, 'bob', 's');
        INSERT INTO book VALUES (1, 1, 'a'), (2, 12, 'b'), (3, NULL, 'c');",
    scopes: &[("book", &[&["author_id"]]), ("author", &[&["region"]])],
};

/// Columns whose comparisons ignore case, and trailing blanks.
pub const COLLATED: Setup = Setup {
    backend: Backend::Sqlite,
    sql: "
        CREATE TABLE article (id INTEGER PRIMARY KEY, category TEXT COLLATE NOCASE, tag TEXT COLLATE RTRIM,
            title TEXT);
        INSERT INTO article VALUES (1, 'r', 'a', 't')",
    scopes: &[("article", &[&["category"], &["tag"]])],
};

/// A key and another unique key.
pub const SLUGS: Setup = Setup {
    backend: Backend::Sqlite,
    sql: "
        CREATE TABLE article (id INTEGER PRIMARY KEY, slug TEXT UNIQUE, category TEXT, title TEXT);
        INSERT INTO article VALUES (7, 's', 'r', 'seven'), (8, 'u', 'g', 'eight')",
    scopes: &[("article", &[&["category"]])],
};

/// Tables in which ordinary writes replace rows, and what hangs on them.
pub const REPLACING: Setup = Setup {
    backend: Backend::Sqlite,
    sql: "
        CREATE TABLE article (id INTEGER PRIMARY KEY, slug TEXT UNIQUE, category TEXT);
        CREATE TABLE comment (id INTEGER PRIMARY KEY, article_id INTEGER REFERENCES article ON DELETE CASCADE,
            body TEXT);
        CREATE TABLE slot (id INTEGER PRIMARY KEY, day INTEGER UNIQUE ON CONFLICT REPLACE, room TEXT);
        CREATE TABLE setting (key TEXT PRIMARY KEY ON CONFLICT REPLACE, value TEXT) WITHOUT ROWID;
        INSERT INTO article VALUES (7, 's', 'r'), (8, 'u', 'g');
        INSERT INTO comment VALUES (1, 7, 'hello');
        INSERT INTO slot VALUES (7, 1, 'r'), (8, 2, 'g');
        INSERT INTO setting VALUES ('a', '1'), ('b', '2')",
    scopes: &[("article", &[&["category"]]), ("comment", &[&["article_id"]]), ("slot", &[&["room"]])],
};

/// Two tables with a column of one name.
pub const SHELVES: Setup = Setup {
    backend: Backend::Sqlite,
    sql: "
        CREATE TABLE one (id INTEGER PRIMARY KEY, shelf TEXT, colour TEXT, size INTEGER);
        CREATE TABLE two (id INTEGER PRIMARY KEY, shelf TEXT, price INTEGER);
        INSERT INTO one VALUES (1, 'a', 'red', 1), (2, 'b', 'blue', 2);
        INSERT INTO two VALUES (1, 'a', 10), (2, 'c', 20);",
    scopes: &[("one", &[&["colour"], &["shelf"]]), ("two", &[&["shelf"]])],
};

/// A text key, and no key at all.
pub const KEYLESS: Setup = Setup {
    backend: Backend::Sqlite,
    sql: "
        CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT, area TEXT);
        CREATE TABLE visit (page TEXT, hits INTEGER);
        INSERT INTO setting VALUES ('a', '1', 'n'), ('b', '2', 's');
        INSERT INTO visit VALUES ('p', 1), ('p', 2)",
    scopes: &[("setting", &[&["area"]]), ("visit", &[&["page"]])],
};

/// Keys that do not tell rows apart by their bytes, and more rows than are watched one by one.
pub const UNTOLD: Setup = Setup {
    backend: Backend::Sqlite,
    sql: "
        CREATE TABLE setting (key TEXT COLLATE NOCASE PRIMARY KEY, value TEXT, area TEXT);
        CREATE TABLE place (spot REAL PRIMARY KEY, name TEXT, area TEXT);
        CREATE TABLE many (id INTEGER PRIMARY KEY, name TEXT, area TEXT);
        INSERT INTO setting VALUES ('a', '1', 'n'), ('B', '2', 's');
        INSERT INTO place VALUES (1, 'one', 'n'), (1.5, 'more', 'n');
        WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1500)
            INSERT INTO many SELECT i, 'name', 'n' FROM n;",
    scopes: &[("setting", &[&["area"]]), ("place", &[&["area"]]), ("many", &[&["area"]])],
};

/// A table that a common table expression hides.
pub const HIDDEN: Setup = Setup {
    backend: Backend::Sqlite,
    sql: "
        CREATE TABLE article (id INTEGER PRIMARY KEY, title TEXT);
        CREATE TABLE other (name TEXT);
        INSERT INTO other VALUES ('a')",
    scopes: &[],
};

/// Cascades of two levels, triggers that trigger others, generated columns, views on views.
pub const FAMILY: Setup = Setup {
    backend: Backend::Sqlite,
    sql: "
        CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT, score INTEGER NOT NULL DEFAULT 0);
        CREATE TABLE article (id INTEGER PRIMARY KEY,
            author_id INTEGER REFERENCES author ON DELETE CASCADE ON UPDATE CASCADE,
            editor_id INTEGER REFERENCES author (id) ON DELETE SET NULL ON UPDATE SET NULL,
            owner_id INTEGER DEFAULT 2 REFERENCES author (id) ON DELETE SET DEFAULT ON UPDATE SET DEFAULT,
            category TEXT, views INTEGER NOT NULL DEFAULT 0, bucket INTEGER AS (views / 10),
            label TEXT AS (category || '!') STORED);
        CREATE TABLE comment (id INTEGER PRIMARY KEY,
            article_id INTEGER NOT NULL REFERENCES article (id) ON DELETE CASCADE ON UPDATE CASCADE, body TEXT);
        CREATE TABLE audit (id INTEGER PRIMARY KEY, note TEXT);
        CREATE VIEW popular AS SELECT id, category FROM article WHERE views > 5;
        CREATE VIEW busy AS SELECT category, count(*) AS size FROM popular GROUP BY category;
        CREATE TRIGGER note AFTER UPDATE OF name ON author BEGIN
            INSERT INTO audit (note) VALUES (NEW.name); END;
        CREATE TRIGGER fame AFTER UPDATE OF score ON author BEGIN
            UPDATE article SET views = 9, category = 'g' WHERE author_id = NEW.id; END;
        CREATE TRIGGER recount AFTER DELETE ON comment BEGIN
            UPDATE author SET name = 'lost' WHERE id = 2; END;
        CREATE TRIGGER edit INSTEAD OF UPDATE ON popular BEGIN
            UPDATE article SET category = NEW.category WHERE id = OLD.id; END;
        INSERT INTO author VALUES (1, 'ann', 0), (2, 'bob', 0), (3, 'eve', 0);
        INSERT INTO article (id, author_id, editor_id, owner_id, category, views) VALUES
            (1, 1, 3, 3, 'r', 1), (2, 2, 1, 1, 'g', 7), (3, 1, 2, 2, 'r', 8);
        INSERT INTO comment VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 3, 'c');",
    scopes: &[
        ("article", &[&["author_id"], &["editor_id"], &["owner_id"], &["category"], &["bucket"], &["label"]]),
        ("comment", &[&["article_id"]]),
    ],
};

/// Flags that are neither 0 nor 1, and defaults that stand in for NULL.
pub const FLAGS: Setup = Setup {
    backend: Backend::Sqlite,
    sql: "
        CREATE TABLE article (id INTEGER PRIMARY KEY, published BOOLEAN, category TEXT);
        CREATE TABLE page (id INTEGER PRIMARY KEY, title TEXT,
            category TEXT NOT NULL ON CONFLICT REPLACE DEFAULT 'x');
        INSERT INTO article VALUES (1, 0, 'r'), (2, NULL, 'r'), (3, 1, 'r'), (4, 1, 'g');
        INSERT INTO page VALUES (1, 'one', 'r'), (2, 'two', 'x')",
    scopes: &[("article", &[&["published", "category"], &["published"]]), ("page", &[&["category"]])],
};

/// Types whose names say something else than what they store.
pub const AFFINITIES: Setup = Setup {
    backend: Backend::Sqlite,
    sql: "
        CREATE TABLE item (id INTEGER PRIMARY KEY, code STRING, day DATE, price DECIMAL(10, 2), anything,
            point FLOATING POINT, size REAL, note TEXT);
        INSERT INTO item VALUES (1, 'a', '2020-01-01', 1, 'a', 1, 1, 'n'), (2, 'b', '2020-01-02', 2, 'b', 2, 2, 'n')",
    scopes: &[("item", &[&["code"], &["day"], &["price"], &["anything"], &["point"], &["size"]])],
};

/// Two columns that compare differently.
pub const MIXED: Setup = Setup {
    backend: Backend::Sqlite,
    sql: "
        CREATE TABLE one (id INTEGER PRIMARY KEY, colour TEXT, number INTEGER);
        CREATE TABLE two (id INTEGER PRIMARY KEY, colour TEXT COLLATE NOCASE, number TEXT);
        INSERT INTO one VALUES (1, 'red', 7), (2, 'RED', 8); INSERT INTO two VALUES (1, 'red', '7'), (2, 'Red', '07')",
    scopes: &[("one", &[&["colour"], &["number"]]), ("two", &[&["colour"], &["number"]])],
};
