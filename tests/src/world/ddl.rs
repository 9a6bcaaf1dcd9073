//! Tables and views, with what varies by seed: foreign-key actions, conflict clauses, collations, types.

use crate::rng::Rng;

/// The choices of one schema, as the pieces of SQL that differ.
struct Choices {
    author_key: &'static str,
    name: &'static str,
    region: &'static str,
    boss: &'static str,
    category_key: &'static str,
    author: &'static str,
    category: &'static str,
    published: &'static str,
    slug: &'static str,
    bucket: &'static str,
    comment_article: &'static str,
    comment_author: &'static str,
    tag_name: &'static str,
    pair_key: &'static str,
    setting_key: &'static str,
    slot: &'static str,
    stock: &'static str,
    shop: &'static str,
    front: &'static str,
}

const PLAIN_FRONT: &str = "SELECT id, title, category, author_id, views FROM article WHERE published";

/// A random schema.
pub(super) fn random(rng: &mut Rng) -> Vec<String> {
    render(&Choices {
        author_key: rng.pick(&["INTEGER PRIMARY KEY", "INTEGER PRIMARY KEY AUTOINCREMENT"]),
        name: rng.pick(&["TEXT NOT NULL", "VARCHAR(40) NOT NULL", "TEXT COLLATE NOCASE NOT NULL"]),
        region: rng.pick(&["TEXT", "TEXT", "TEXT COLLATE NOCASE", "TEXT COLLATE RTRIM"]),
        boss: rng.pick(&[
            "",
            "REFERENCES author(id) ON DELETE SET NULL",
            "REFERENCES author ON DELETE CASCADE",
        ]),
        category_key: rng.pick(&[
            "TEXT NOT NULL PRIMARY KEY",
            "VARCHAR(9) PRIMARY KEY NOT NULL",
            "TEXT COLLATE NOCASE PRIMARY KEY NOT NULL",
        ]),
        author: rng.pick(&[
            "REFERENCES author(id) ON DELETE CASCADE ON UPDATE CASCADE",
            "REFERENCES author(id) ON DELETE CASCADE",
            "REFERENCES author ON DELETE SET NULL ON UPDATE SET NULL",
            "DEFAULT 1 REFERENCES author(id) ON DELETE SET DEFAULT ON UPDATE CASCADE",
            "REFERENCES author(id) ON DELETE RESTRICT",
            "",
        ]),
        category: rng.pick(&[
            "TEXT",
            "TEXT COLLATE NOCASE",
            "TEXT REFERENCES category(slug) ON DELETE SET NULL ON UPDATE CASCADE",
            "VARCHAR(9) DEFAULT 'x' REFERENCES category(slug) ON DELETE SET DEFAULT ON UPDATE SET NULL",
            "CLOB",
        ]),
        published: rng.pick(&["BOOLEAN NOT NULL DEFAULT TRUE", "BOOLEAN NOT NULL DEFAULT FALSE"]),
        slug: rng.pick(&[
            "TEXT UNIQUE",
            "TEXT UNIQUE ON CONFLICT REPLACE",
            "TEXT UNIQUE ON CONFLICT IGNORE",
            "TEXT COLLATE NOCASE UNIQUE",
        ]),
        bucket: rng.pick(&[
            "GENERATED ALWAYS AS (views / 3) VIRTUAL",
            "GENERATED ALWAYS AS (views / 3) STORED",
            "AS (CASE WHEN published THEN length(title) ELSE author_id END)",
        ]),
        comment_article: rng.pick(&[
            "REFERENCES article(id) ON DELETE CASCADE ON UPDATE CASCADE",
            "REFERENCES article ON DELETE CASCADE",
        ]),
        comment_author: rng.pick(&[
            "REFERENCES author(id) ON DELETE SET NULL ON UPDATE CASCADE",
            "DEFAULT 2 REFERENCES author(id) ON DELETE SET DEFAULT",
            "",
        ]),
        tag_name: rng.pick(&["TEXT NOT NULL UNIQUE", "TEXT COLLATE NOCASE NOT NULL UNIQUE"]),
        pair_key: rng.pick(&[
            "PRIMARY KEY (article_id, tag_id))",
            "PRIMARY KEY (tag_id, article_id))",
            "PRIMARY KEY (article_id, tag_id)) WITHOUT ROWID",
        ]),
        setting_key: rng.pick(&[
            "TEXT PRIMARY KEY NOT NULL",
            "TEXT PRIMARY KEY ON CONFLICT REPLACE NOT NULL",
            "TEXT COLLATE NOCASE PRIMARY KEY NOT NULL",
        ]),
        slot: rng.pick(&["ON CONFLICT REPLACE", "ON CONFLICT REPLACE", "ON CONFLICT IGNORE", ""]),
        stock: rng.pick(&["", " WITHOUT ROWID"]),
        shop: rng.pick(&["TEXT", "TEXT", "TEXT COLLATE NOCASE"]),
        front: rng.pick(&[
            PLAIN_FRONT,
            "SELECT a.id, title, category, author_id, views FROM article a \
             LEFT JOIN category c ON c.slug = a.category WHERE a.published AND c.hidden IS NOT TRUE",
        ]),
    })
}

/// The schema of the blog and shop, without surprises.
pub(super) fn plain() -> Vec<String> {
    render(&Choices {
        author_key: "INTEGER PRIMARY KEY",
        name: "TEXT NOT NULL",
        region: "TEXT",
        boss: "REFERENCES author(id) ON DELETE SET NULL",
        category_key: "TEXT PRIMARY KEY NOT NULL",
        author: "REFERENCES author(id) ON DELETE CASCADE",
        category: "TEXT",
        published: "BOOLEAN NOT NULL DEFAULT TRUE",
        slug: "TEXT UNIQUE",
        bucket: "GENERATED ALWAYS AS (views / 3) VIRTUAL",
        comment_article: "REFERENCES article(id) ON DELETE CASCADE",
        comment_author: "REFERENCES author(id) ON DELETE SET NULL",
        tag_name: "TEXT NOT NULL UNIQUE",
        pair_key: "PRIMARY KEY (article_id, tag_id))",
        setting_key: "TEXT PRIMARY KEY NOT NULL",
        slot: "",
        stock: "",
        shop: "TEXT",
        front: PLAIN_FRONT,
    })
}

fn render(choices: &Choices) -> Vec<String> {
    let Choices { author_key, name, region, boss, category_key, author, category, published, slug, .. } =
        choices;
    let Choices {
        bucket,
        comment_article,
        comment_author,
        tag_name,
        pair_key,
        setting_key,
        slot,
        stock,
        shop,
        front,
        ..
    } = choices;
    vec![
        format!(
            "CREATE TABLE author (id {author_key}, name {name}, region {region}, \
             score INTEGER NOT NULL DEFAULT 0, boss_id INTEGER {boss})"
        ),
        format!(
            "CREATE TABLE category (slug {category_key}, label TEXT NOT NULL, \
             hidden BOOLEAN NOT NULL DEFAULT FALSE, total INTEGER NOT NULL DEFAULT 0)"
        ),
        format!(
            "CREATE TABLE article (id INTEGER PRIMARY KEY, author_id INTEGER {author}, category {category}, \
             published {published}, title TEXT NOT NULL, body TEXT, views INTEGER NOT NULL DEFAULT 0, \
             slug {slug}, edits INTEGER NOT NULL DEFAULT 0, bucket INTEGER {bucket})"
        ),
        format!(
            "CREATE TABLE comment (id INTEGER PRIMARY KEY, article_id INTEGER NOT NULL {comment_article}, \
             author_id INTEGER {comment_author}, body TEXT NOT NULL, approved BOOLEAN NOT NULL DEFAULT FALSE, \
             stars INTEGER)"
        ),
        format!("CREATE TABLE tag (id INTEGER PRIMARY KEY, name {tag_name}, uses INTEGER NOT NULL DEFAULT 0)"),
        format!(
            "CREATE TABLE article_tag (article_id INTEGER NOT NULL REFERENCES article(id) ON DELETE CASCADE \
             ON UPDATE CASCADE, tag_id INTEGER NOT NULL REFERENCES tag(id) ON DELETE CASCADE, \
             weight INTEGER NOT NULL DEFAULT 1, {pair_key}"
        ),
        format!("CREATE TABLE setting (key {setting_key}, value TEXT, area TEXT NOT NULL DEFAULT 'n')"),
        "CREATE TABLE audit (id INTEGER PRIMARY KEY, subject TEXT NOT NULL, row_id INTEGER, \
         note TEXT NOT NULL DEFAULT '')"
            .to_owned(),
        format!(
            "CREATE TABLE slot (id INTEGER PRIMARY KEY, room TEXT NOT NULL, day INTEGER NOT NULL, guest TEXT, \
             seats INTEGER NOT NULL DEFAULT 1, UNIQUE (room, day) {slot})"
        ),
        format!(
            "CREATE TABLE stock (shop {shop} NOT NULL, sku TEXT NOT NULL, shelf TEXT, \
             units INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (shop, sku)){stock}"
        ),
        format!("CREATE VIEW front AS {front}"),
        "CREATE VIEW by_author AS SELECT w.id AS author_id, w.name, count(a.id) AS articles, \
         coalesce(sum(a.views), 0) AS views FROM author w LEFT JOIN article a ON a.author_id = w.id GROUP BY w.id"
            .to_owned(),
        "CREATE VIEW front_sizes AS SELECT category, count(*) AS size FROM front GROUP BY category".to_owned(),
    ]
}
