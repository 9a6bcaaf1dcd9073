//! Triggers whose bodies hold what looks like an end of them: quotes, comments, semicolons in texts. Each writes tables
//! further down, which have triggers of their own, never one further up: nothing fires itself.

use crate::backend::Backend;
use crate::rng::Rng;
use crate::world::Table;

/// A table whose changes fire, and the places in the texts of others that its rows fill.
struct Source {
    table: Table,
    /// What names an author, an article, a category in its rows.
    author: &'static str,
    article: &'static str,
    category: &'static str,
    /// A column that an UPDATE may have to change.
    column: &'static str,
    /// How many of the effects lie further down.
    below: usize,
}

const SOURCES: &[Source] = &[
    Source {
        table: Table::Comment,
        author: "author_id",
        article: "article_id",
        category: "body",
        column: "approved",
        below: 11,
    },
    Source {
        table: Table::Article,
        author: "author_id",
        article: "id",
        category: "category",
        column: "title",
        below: 9,
    },
    Source {
        table: Table::Author,
        author: "id",
        article: "score",
        category: "region",
        column: "score",
        below: 7,
    },
    Source { table: Table::Tag, author: "id", article: "uses", category: "name", column: "uses", below: 4 },
    Source {
        table: Table::Setting,
        author: "area",
        article: "area",
        category: "area",
        column: "value",
        below: 2,
    },
];

/// What triggers do, those of the last tables first.
const EFFECTS: &[&str] = &[
    "INSERT INTO audit (subject, note) VALUES ('hand', {text})",
    "UPDATE item SET n = n + 1 WHERE colour = 'red'",
    "UPDATE setting SET value = {text} WHERE code = 'a'",
    "DELETE FROM setting WHERE value = {text}",
    "UPDATE tag SET uses = uses + 1 WHERE id < 3 AND name <> {text}",
    "UPDATE tag SET uses = 0 WHERE id = 4",
    "UPDATE category SET total = total + 1, label = {text} WHERE slug = {row}.{category}",
    "UPDATE author SET score = score + 1 WHERE id = {row}.{author}",
    "UPDATE author SET name = {text} WHERE region = 's'",
    "UPDATE article SET category = 'y', body = {text} WHERE id = {row}.{article}",
    "UPDATE article SET views = views + 1 WHERE category = 'x'",
];

/// Some triggers, with what they call.
pub(super) fn random(backend: Backend, rng: &mut Rng) -> Vec<String> {
    let count = 2 + rng.below(4);
    let mut statements: Vec<String> = (0..count).flat_map(|number| one(backend, number, rng)).collect();
    if rng.chance(60) {
        statements.extend(own(backend, rng));
    }
    statements
}

/// One trigger of this number.
pub(super) fn one(backend: Backend, number: usize, rng: &mut Rng) -> Vec<String> {
    let source = &SOURCES[rng.below(SOURCES.len())];
    let (event, row) =
        rng.pick(&[("INSERT", "NEW"), ("UPDATE", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")]);
    let effects = 1 + rng.below(3);
    let mut body = noise(backend, rng).to_owned();
    for _ in 0..effects {
        body = format!("{body} {};{}", effect(backend, source, row, rng), noise(backend, rng));
    }
    let (name, column) = (source.table.name(), source.column);
    let event_of =
        if event == "UPDATE" && rng.chance(50) { format!("UPDATE OF {column}") } else { event.to_owned() };
    let on = format!("AFTER {event_of} ON {name}");
    match backend {
        Backend::Sqlite => {
            let when = if rng.chance(30) { "WHEN 'it''s' <> '; END' " } else { "" };
            vec![format!("CREATE TRIGGER h{number} {on} {when}BEGIN {body} END")]
        }
        Backend::Postgres => vec![
            function(number, &format!("{body} RETURN NULL;"), rng),
            format!("CREATE OR REPLACE TRIGGER h{number} {on} FOR EACH ROW EXECUTE FUNCTION h{number}()"),
        ],
        Backend::MariaDb => {
            vec![format!(
                "CREATE OR REPLACE TRIGGER h{number} AFTER {event} ON {name} FOR EACH ROW BEGIN {body} END"
            )]
        }
    }
}

fn effect(backend: Backend, source: &Source, row: &str, rng: &mut Rng) -> String {
    let effect = EFFECTS[rng.below(source.below)];
    let effect = effect.replace("{text}", text(backend, rng)).replace("{row}", row);
    let effect = effect.replace("{author}", source.author).replace("{article}", source.article);
    let effect = effect.replace("{category}", source.category);
    match (backend, rng.below(4)) {
        (Backend::Postgres, 0) => format!("IF {row} IS NOT NULL OR 'it''s' = 'END IF' THEN {effect}; END IF"),
        (Backend::MariaDb, 0) => format!("IF 'it''s' <> 'END IF' THEN {effect}; END IF"),
        _ => effect,
    }
}

/// A function of PostgreSQL between dollars of some kind.
fn function(number: usize, body: &str, rng: &mut Rng) -> String {
    let dollars = rng.pick(&["$$", "$body$", "$it_s$"]);
    format!(
        "CREATE OR REPLACE FUNCTION h{number}() RETURNS trigger LANGUAGE plpgsql AS {dollars} BEGIN {body} END {dollars}"
    )
}

/// Triggers that give a column of the statement's own row something.
fn own(backend: Backend, rng: &mut Rng) -> Vec<String> {
    let value = match backend {
        Backend::Sqlite => return Vec::new(),
        Backend::Postgres => rng.pick(&[
            "NEW.edits := OLD.edits + 1;",
            "INSERT INTO audit (subject, note) VALUES ('hand', 'it''s') RETURNING id INTO NEW.edits;",
            "UPDATE tag SET uses = uses + 1 WHERE id = 1 RETURNING uses INTO NEW.edits;",
            "SELECT max(uses) INTO NEW.edits FROM tag;",
            "NEW.\"edits\" = length('it''s') + OLD.views;",
        ]),
        Backend::MariaDb => rng.pick(&[
            "SET NEW.edits = OLD.edits + 1;",
            "SET NEW.`edits` = (SELECT max(uses) FROM tag);",
            "SELECT max(uses) INTO @most FROM tag; SET NEW.edits = @most;",
        ]),
    };
    let body = format!("{}{value}{}", noise(backend, rng), noise(backend, rng));
    match backend {
        Backend::Postgres => vec![
            function(99, &format!("{body} RETURN NEW;"), rng),
            "CREATE TRIGGER h99 BEFORE UPDATE ON article FOR EACH ROW EXECUTE FUNCTION h99()".to_owned(),
        ],
        _ => vec![format!("CREATE TRIGGER h99 BEFORE UPDATE ON article FOR EACH ROW BEGIN {body} END")],
    }
}

/// A text that holds what ends texts.
fn text(backend: Backend, rng: &mut Rng) -> &'static str {
    let common = ["'it''s'", "'that''s all'", "'a; b'", "'-- no'", "'/* no'", "''''"];
    let more: &[&str] = match backend {
        Backend::Sqlite => &["'\\'"],
        Backend::Postgres => &["$q$it's$q$", "U&'it''s'", "E'it\\'s'"],
        Backend::MariaDb => &["'it\\'s'", "\"it's\"", "'\\\\'", "\"a\"\"b\""],
    };
    let all = [&common, more].concat();
    rng.pick(&all)
}

/// A comment, now and then.
fn noise(backend: Backend, rng: &mut Rng) -> &'static str {
    match rng.below(10) {
        0 | 1 => " -- don't\n",
        2 | 3 => " /* it's; \"so\" */ ",
        4 if backend == Backend::MariaDb => " # that's\n",
        _ => " ",
    }
}
