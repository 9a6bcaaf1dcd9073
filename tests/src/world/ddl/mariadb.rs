//! MariaDB: collations under which different texts are equal, or equal but for trailing blanks; routines that write;
//! columns that change with every update.

use super::{Choices, Front};
use crate::rng::Rng;

const KEY: &str = "BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY";

/// Texts that are equal only if they are the same, by one of two collations. Columns of both cannot be compared, so a
/// schema has one of them.
struct Exact {
    short: &'static str,
    padded: &'static str,
    /// The key of what texts refer to, and a column that refers to it.
    reference: (&'static str, &'static str),
    unique: &'static str,
    key: &'static str,
}

/// Not even but for trailing blanks.
const NO_PAD: Exact = Exact {
    short: "VARCHAR(60) COLLATE utf8mb4_nopad_bin",
    padded: "CHAR(9) COLLATE utf8mb4_nopad_bin",
    reference: (
        "VARCHAR(60) COLLATE utf8mb4_nopad_bin PRIMARY KEY NOT NULL",
        "VARCHAR(60) COLLATE utf8mb4_nopad_bin REFERENCES category(slug) ON DELETE SET NULL ON UPDATE CASCADE",
    ),
    unique: "VARCHAR(60) COLLATE utf8mb4_nopad_bin UNIQUE",
    key: "VARCHAR(60) COLLATE utf8mb4_nopad_bin PRIMARY KEY NOT NULL",
};

/// But for trailing blanks.
const PAD: Exact = Exact {
    short: "VARCHAR(9) COLLATE utf8mb4_bin",
    padded: "CHAR(9) COLLATE utf8mb4_bin",
    reference: (
        "VARCHAR(9) COLLATE utf8mb4_bin PRIMARY KEY NOT NULL",
        "VARCHAR(9) COLLATE utf8mb4_bin REFERENCES category(slug) ON DELETE CASCADE ON UPDATE SET NULL",
    ),
    unique: "VARCHAR(60) COLLATE utf8mb4_bin UNIQUE",
    key: "VARCHAR(9) COLLATE utf8mb4_bin PRIMARY KEY NOT NULL",
};

/// By the collation that a new database has: whatever their case, and but for trailing blanks.
const LOOSE: (&str, &str) = (
    "VARCHAR(60) PRIMARY KEY NOT NULL",
    "VARCHAR(60) REFERENCES category(slug) ON DELETE SET NULL ON UPDATE CASCADE",
);

/// A random schema.
pub(super) fn random(rng: &mut Rng) -> Choices {
    let exact = if rng.chance(65) { NO_PAD } else { PAD };
    let (category_key, reference) = if rng.chance(65) { exact.reference } else { LOOSE };
    Choices {
        integer: "BIGINT",
        short: "VARCHAR(60)",
        key: KEY,
        author_key: rng.pick(&[KEY, "BIGINT NOT NULL AUTO_INCREMENT, PRIMARY KEY (id)"]),
        name: rng.pick(&["TEXT NOT NULL", "VARCHAR(40) NOT NULL"]),
        region: rng.pick(&["VARCHAR(9)", exact.short, exact.short, exact.padded]),
        boss: rng.pick(&[
            "",
            "REFERENCES author(id) ON DELETE SET NULL",
            "REFERENCES author(id) ON DELETE CASCADE",
        ]),
        category_key,
        author: rng.pick(&[
            "REFERENCES author(id) ON DELETE CASCADE ON UPDATE CASCADE",
            "REFERENCES author(id) ON DELETE CASCADE",
            "REFERENCES author(id) ON DELETE SET NULL ON UPDATE SET NULL",
            "REFERENCES author(id) ON DELETE RESTRICT",
            "",
        ]),
        category: rng.pick(&[
            "VARCHAR(60)",
            exact.short,
            exact.short,
            reference,
            reference,
            exact.padded,
            "ENUM('x', 'y', 'z', 'q', 'w')",
        ]),
        published: rng.pick(&["BOOLEAN NOT NULL DEFAULT TRUE", "BOOLEAN NOT NULL DEFAULT FALSE"]),
        slug: rng.pick(&["VARCHAR(60) UNIQUE", exact.unique]),
        bucket: rng.pick(&[
            "GENERATED ALWAYS AS (views DIV 3) VIRTUAL",
            "GENERATED ALWAYS AS (views DIV 3) STORED",
            "AS (CASE WHEN published THEN length(title) ELSE views END)",
        ]),
        comment_article: "REFERENCES article(id) ON DELETE CASCADE ON UPDATE CASCADE",
        comment_author: rng.pick(&["REFERENCES author(id) ON DELETE SET NULL ON UPDATE CASCADE", ""]),
        tag_name: "VARCHAR(60) NOT NULL UNIQUE",
        pair_key: rng.pick(&["PRIMARY KEY (article_id, tag_id))", "PRIMARY KEY (tag_id, article_id))"]),
        setting_key: rng.pick(&["VARCHAR(60) PRIMARY KEY NOT NULL", exact.key]),
        slot: "",
        stock: rng.pick(&["", " ENGINE = Aria"]),
        shop: rng.pick(&["VARCHAR(60)", exact.short]),
        front: rng.pick(&[Front::Plain, Front::Joined]),
    }
}

/// The schema of the blog and shop, without surprises: the collation that a new database has.
pub(super) fn plain() -> Choices {
    Choices {
        integer: "BIGINT",
        short: "VARCHAR(60)",
        key: KEY,
        author_key: KEY,
        name: "TEXT NOT NULL",
        region: "VARCHAR(60)",
        boss: "REFERENCES author(id) ON DELETE SET NULL",
        category_key: "VARCHAR(60) PRIMARY KEY NOT NULL",
        author: "REFERENCES author(id) ON DELETE CASCADE",
        category: "VARCHAR(60)",
        published: "BOOLEAN NOT NULL DEFAULT TRUE",
        slug: "VARCHAR(60) UNIQUE",
        bucket: "GENERATED ALWAYS AS (views DIV 3) VIRTUAL",
        comment_article: "REFERENCES article(id) ON DELETE CASCADE",
        comment_author: "REFERENCES author(id) ON DELETE SET NULL",
        tag_name: "VARCHAR(60) NOT NULL UNIQUE",
        pair_key: "PRIMARY KEY (article_id, tag_id))",
        setting_key: "VARCHAR(60) PRIMARY KEY NOT NULL",
        slot: "",
        stock: "",
        shop: "VARCHAR(60)",
        front: Front::Plain,
    }
}

/// What only texts name.
const AFTER: &[&str] = &[
    "CREATE TABLE visit (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, page VARCHAR(9) NOT NULL, \
     n BIGINT NOT NULL DEFAULT 0, seen TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) \
     ON UPDATE CURRENT_TIMESTAMP(6))",
    "INSERT INTO visit (page) VALUES ('x'), ('y'), ('x')",
    "CREATE FUNCTION bump(which BIGINT) RETURNS BIGINT MODIFIES SQL DATA BEGIN \
     UPDATE article SET views = views + 1 WHERE id = which; RETURN which; END",
    "CREATE FUNCTION hits(which BIGINT) RETURNS BIGINT READS SQL DATA \
     RETURN (SELECT views FROM article WHERE id = which)",
    "CREATE PROCEDURE retag(one VARCHAR(60), other VARCHAR(60)) MODIFIES SQL DATA \
     UPDATE article SET category = other WHERE category = one",
];

/// The tables and views, with what has to be there after them.
pub(super) fn around(mut schema: Vec<String>) -> Vec<String> {
    schema.extend(AFTER.iter().map(ToString::to_string));
    schema
}
