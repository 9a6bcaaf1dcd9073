//! SQLite: conflict clauses in the schema, affinities, tables without rowid.

use super::{Choices, Front};
use crate::rng::Rng;

/// A random schema.
pub(super) fn random(rng: &mut Rng) -> Choices {
    Choices {
        integer: "INTEGER",
        short: "TEXT",
        key: "INTEGER PRIMARY KEY",
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
        front: rng.pick(&[Front::Plain, Front::Joined]),
    }
}

/// The schema of the blog and shop, without surprises.
pub(super) fn plain() -> Choices {
    Choices {
        integer: "INTEGER",
        short: "TEXT",
        key: "INTEGER PRIMARY KEY",
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
        front: Front::Plain,
    }
}
