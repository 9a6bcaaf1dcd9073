//! The targets of a statement of which no more is known than its tokens.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::mysql;
use super::tokens;
use crate::mutation::{self, Mutation};
use crate::schema::{Dialect, Schema};

/// Whether the schema knows every relation that the verbs among the tokens write. One that it does not know may write any
/// other, by its triggers and rules, or because it shows the rows of that.
pub(super) fn are_known(schema: &Schema, tokens: &[TokenWithSpan]) -> bool {
    if mutation::is(Mutation::UnknownTargetsAreNamed) {
        return true;
    }
    let words = tokens::words(tokens);
    tokens::places_of_verbs(tokens).into_iter().all(|at| {
        let behind = &tokens[at + 1..];
        match (schema.dialect(), words[at].as_str()) {
            // Only PostgreSQL has such statements.
            (Dialect::Sqlite | Dialect::MySql, "COPY" | "MERGE" | "TRUNCATE") => true,
            (Dialect::MySql, "UPDATE") => mysql::updates_known(schema, behind),
            (Dialect::MySql, "DELETE") => mysql::deletes_known(schema, behind),
            (Dialect::MySql, _) => is_known(schema, behind_words(behind, mysql::BEFORE_TABLES)),
            _ if is_name(tokens, at, &words) || is_action(&words[..at]) => true,
            (Dialect::Postgres, "COPY") if opens(behind) => true,
            (Dialect::Postgres, "TRUNCATE") => lists_known(schema, behind),
            (_, verb) => begin(verb, behind).is_some_and(|target| is_known(schema, target)),
        }
    })
}

/// Whether the name that the tokens begin with is one of a relation that the schema knows, or of one that writes no other.
pub(super) fn is_known(schema: &Schema, tokens: &[TokenWithSpan]) -> bool {
    let dialect = schema.dialect();
    let name = qualified(dialect, tokens).unwrap_or_default();
    let ignores = dialect == Dialect::Sqlite && mutation::is(Mutation::AttachedTablesAreOurs);
    match name.as_slice() {
        [name] => schema.resolve(None, name).is_some() || schema.is_search_index(name),
        [_, name] if ignores => schema.resolve(None, name).is_some(),
        [qualifier, name] => schema.resolve(Some(qualifier), name).is_some(),
        // A statement reaches no other database, whatever it names.
        [_, qualifier, name] if dialect == Dialect::Postgres => {
            schema.resolve(Some(qualifier), name).is_some()
        }
        _ => false,
    }
}

/// The parts of the name that the tokens begin with, as the schema spells them; `None` if it goes on otherwise.
fn qualified(dialect: Dialect, tokens: &[TokenWithSpan]) -> Option<Vec<String>> {
    let part = |token: &Token| match token {
        Token::Word(word) if dialect == Dialect::Postgres && word.quote_style.is_none() => {
            Some(word.value.to_ascii_lowercase())
        }
        Token::Word(word) => Some(word.value.clone()),
        Token::SingleQuotedString(name) if dialect == Dialect::Sqlite => Some(name.clone()),
        _ => None,
    };
    let mut parts = Vec::new();
    for pair in tokens.chunks(2) {
        parts.push(part(&pair[0].token)?);
        if pair.get(1).is_none_or(|next| next.token != Token::Period) {
            return Some(parts);
        }
    }
    None
}

/// The tokens behind those of these words that they begin with.
pub(super) fn behind_words<'t>(tokens: &'t [TokenWithSpan], words: &[&str]) -> &'t [TokenWithSpan] {
    let is_one = |token: &&TokenWithSpan| words.contains(&&*tokens::first_word(std::slice::from_ref(*token)));
    &tokens[tokens.iter().take_while(is_one).count()..]
}

/// What begins with the target of a verb that is no statement's of MySQL; `None` if nothing of the kind follows.
fn begin<'t>(verb: &str, behind: &'t [TokenWithSpan]) -> Option<&'t [TokenWithSpan]> {
    let words = tokens::words(&behind[..behind.len().min(3)]);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let count = match (verb, words.as_slice()) {
        ("INSERT", ["OR", _, "INTO"]) => 3,
        ("UPDATE", ["OR", ..]) => 2,
        ("INSERT" | "REPLACE" | "MERGE", ["INTO", ..])
        | ("DELETE", ["FROM", ..])
        | ("COPY", ["BINARY", ..]) => 1,
        ("UPDATE" | "COPY", _) => 0,
        _ => return None,
    };
    let behind = behind.get(count..)?;
    // `ONLY (name)`, of which the word is left out.
    Some(if opens(behind) { &behind[1..] } else { behind })
}

/// Whether every table of a TRUNCATE is known.
fn lists_known(schema: &Schema, behind: &[TokenWithSpan]) -> bool {
    let behind = behind_words(behind, &["TABLE"]);
    behind.split(|token| token.token == Token::Comma).all(|part| {
        let part = behind_words(part, &["ONLY"]);
        is_known(schema, if opens(part) { &part[1..] } else { part })
    })
}

fn opens(tokens: &[TokenWithSpan]) -> bool {
    tokens.first().is_some_and(|token| token.token == Token::LParen)
}

/// Whether a word that is none of the language's own names a column or a relation where it stands.
fn is_name(tokens: &[TokenWithSpan], at: usize, words: &[String]) -> bool {
    const BEFORE_NAMES: [&str; 14] = [
        "AND", "BY", "DISTINCT", "FROM", "HAVING", "INTO", "JOIN", "NOT", "ONLY", "SELECT", "TABLE",
        "UPDATE", "USING", "WHERE",
    ];
    let is_mark = |token: &TokenWithSpan| {
        matches!(
            token.token,
            Token::Comma
                | Token::Period
                | Token::Eq
                | Token::Neq
                | Token::Lt
                | Token::Gt
                | Token::LtEq
                | Token::GtEq
                | Token::Plus
                | Token::Minus
        )
    };
    let follows = at
        .checked_sub(1)
        .is_some_and(|before| is_mark(&tokens[before]) || BEFORE_NAMES.contains(&words[before].as_str()));
    follows || tokens.get(at + 1).is_none_or(|next| is_mark(next) || next.token == Token::RParen)
}

/// Whether a verb behind these words says what MERGE does to its own target: `WHEN MATCHED THEN UPDATE SET ..`.
fn is_action(before: &[String]) -> bool {
    before.last().is_some_and(|word| word == "THEN") && before.iter().any(|word| word == "MERGE")
}

#[cfg(test)]
mod tests {
    use crate::schema::{Column, Dialect, Schema, TableDefinition, View};
    use crate::sql::analyse::{MAX_PARSED, analyse};
    use crate::sql::plan::{Effect, Plan};

    fn schema(dialect: Dialect) -> Schema {
        let tables = ["author", "article", "comment"].map(|name| {
            TableDefinition::new(name)
                .column(Column::int("id"))
                .column(Column::text("title"))
                .primary_key(["id"])
        });
        let view = View::new("front", "SELECT id, title FROM article", ["id", "title"]);
        Schema::new(dialect, tables, [view]).unwrap().with_search_indexes(["found"])
    }

    /// The names of the tables that a text touches, in order; `*` is everything.
    fn touched(dialect: Dialect, sql: &str) -> Vec<String> {
        let schema = schema(dialect);
        let Plan::Write(plan) = analyse(&schema, sql) else { return vec!["nothing".to_owned()] };
        let name = |effect: &Effect| {
            effect.table().map_or_else(|| "*".to_owned(), |table| schema.table(table).name().to_owned())
        };
        plan.effects.iter().map(name).collect()
    }

    fn all_touch(dialect: Dialect, expected: &[&str], texts: &[&str]) {
        for sql in texts {
            assert_eq!(touched(dialect, sql), expected, "{dialect:?}: {sql}");
        }
    }

    const ALL: [Dialect; 3] = [Dialect::Sqlite, Dialect::Postgres, Dialect::MySql];

    #[test]
    fn a_target_that_is_not_known_is_everything_whatever_else_is_named() {
        for dialect in ALL {
            all_touch(
                dialect,
                &["*"],
                &[
                    "INSERT INTO unseen SELECT id FROM article",
                    "INSERT INTO unseen VALUES ('article')",
                    "INSERT INTO unseen (article) VALUES (1)",
                    "INSERT INTO unseen VALUES ('article') SOME NEW SYNTAX",
                    "UPDATE unseen SET title = 'article'",
                    "UPDATE unseen SET article = 1 WHERE id ~~~ 3 SOME NEW SYNTAX",
                    "DELETE FROM unseen WHERE id IN (SELECT id FROM article)",
                    "DELETE FROM unseen WHERE title = 'article' SOME NEW SYNTAX",
                    "DELETE FROM other.article WHERE id ~~~ 3 SOME NEW SYNTAX",
                    "INSERT INTO other.article SELECT id FROM author",
                ],
            );
            let long = format!("INSERT INTO unseen VALUES ('article'){}", ", ('x')".repeat(MAX_PARSED / 7));
            all_touch(dialect, &["*"], &[&long]);
            let long = format!("INSERT INTO article VALUES ('x'){}", ", ('x')".repeat(MAX_PARSED / 7));
            all_touch(dialect, &["article"], &[&long]);
        }
    }

    #[test]
    fn postgres_every_verb_has_a_target_that_is_known() {
        all_touch(
            Dialect::Postgres,
            &["*"],
            &[
                "MERGE INTO other.unseen USING article ON true WHEN MATCHED THEN DELETE",
                "MERGE INTO ONLY unseen u USING article ON true WHEN NOT MATCHED THEN INSERT VALUES (1)",
                "MERGE INTO other.article USING author ON true WHEN MATCHED THEN DELETE",
                "WITH x AS (INSERT INTO unseen SELECT id FROM article RETURNING 1) SELECT count(*) FROM x",
                "WITH article AS (SELECT 1) INSERT INTO unseen SELECT * FROM article",
                "WITH x AS (DELETE FROM article RETURNING id), y AS (UPDATE unseen SET id = 1) SELECT id FROM x",
                "EXPLAIN ANALYZE INSERT INTO unseen SELECT id FROM article",
                "EXPLAIN (ANALYZE, BUFFERS) WITH x AS (DELETE FROM unseen RETURNING id) SELECT id FROM article",
                "COPY other.unseen (article) FROM STDIN",
                "COPY BINARY unseen FROM 'article'",
                "COPY pg_temp.article FROM STDIN",
                "COPY (WITH x AS (DELETE FROM unseen RETURNING id) SELECT id FROM article) TO STDOUT",
                "UPDATE \"Article\" SET title = 'x' FROM author",
                "DELETE FROM ONLY unseen USING article",
                "TRUNCATE article, unseen",
                "TRUNCATE TABLE other.article, author RESTART IDENTITY CASCADE",
                "EXPLAIN ANALYZE UPDATE U&\"\\0061rticle\" SET title = 'x'",
            ],
        );
    }

    #[test]
    fn postgres_what_is_not_understood_stays_within_its_targets_and_what_it_reads() {
        all_touch(
            Dialect::Postgres,
            &["article"],
            &[
                "MERGE INTO article a USING unseen ON a.id = unseen.id WHEN MATCHED THEN UPDATE SET title = 'x' \
                 WHEN NOT MATCHED THEN INSERT (id) VALUES (1)",
                "MERGE INTO ONLY public.article USING unseen ON true WHEN MATCHED THEN DELETE \
                 WHEN NOT MATCHED BY TARGET THEN INSERT DEFAULT VALUES",
                "COPY article (id, title) FROM STDIN",
                "COPY BINARY article FROM STDIN",
                "COPY here.public.article FROM STDIN",
                "EXPLAIN ANALYZE UPDATE ONLY Article * SET title = 'x' WHERE id = 1",
                "WITH x AS (UPDATE \"article\" SET title = 'x' RETURNING id) SELECT id FROM x, unseen",
                "UPDATE article AS a SET title = 'x' FROM unseen WHERE a.id ~~~ 3 SOME NEW SYNTAX",
                "EXPLAIN ANALYZE INSERT INTO front (id) VALUES (1)",
                "TRUNCATE TABLE ONLY article *, public.article RESTART IDENTITY",
                "SELECT copy, a.update, max(merge) FROM article a ORDER BY copy DESC",
                "EXPLAIN ANALYZE SELECT copy FROM article WHERE update = 1 AND copy",
            ],
        );
        all_touch(
            Dialect::Postgres,
            &["author", "article"],
            &[
                "MERGE INTO article USING author ON true WHEN MATCHED THEN UPDATE SET title = name",
                "TRUNCATE author, article",
            ],
        );
    }

    #[test]
    fn sqlite_every_verb_has_a_target_that_is_known() {
        all_touch(
            Dialect::Sqlite,
            &["*"],
            &[
                "INSERT OR IGNORE INTO unseen SELECT id FROM article",
                "REPLACE INTO unseen SELECT id FROM article",
                "UPDATE OR REPLACE 'unseen' SET article = 1",
                "UPDATE [unseen] SET title = 'x' FROM article",
                "WITH x AS (SELECT id FROM article) DELETE FROM unseen WHERE id IN x",
            ],
        );
        all_touch(
            Dialect::Sqlite,
            &["article"],
            &[
                "UPDATE OR REPLACE 'article' SET title ~~~ 'x'",
                "INSERT OR IGNORE INTO main.[article] SELECT id ~~~ 3 FROM unseen",
                "REPLACE INTO \"ARTICLE\" SELECT ~~~ FROM unseen",
                "SELECT copy FROM article WHERE merge = 1",
                "INSERT INTO found (rowid) SELECT id FROM article",
            ],
        );
    }

    #[test]
    fn mysql_every_table_that_may_be_meant_is_known() {
        all_touch(
            Dialect::MySql,
            &["*"],
            &[
                "INSERT LOW_PRIORITY IGNORE INTO unseen SELECT id FROM article",
                "INSERT unseen SELECT id FROM article",
                "REPLACE DELAYED unseen SELECT id FROM article",
                "UPDATE unseen u JOIN article a ON u.id = a.id SET u.title = 'x'",
                "UPDATE article a, unseen u SET title = 'x'",
                "UPDATE LOW_PRIORITY IGNORE article a JOIN (author, unseen u) ON a.id = u.id SET a.title = 'x', u.title = 'y'",
                "UPDATE article STRAIGHT_JOIN unseen SET unseen.id = 1",
                "UPDATE article a JOIN unseen u ON a.id = u.id SET u.title := a.id = 3",
                "DELETE unseen FROM unseen JOIN article ON unseen.id = article.id",
                "DELETE LOW_PRIORITY QUICK IGNORE a, u.* FROM article a JOIN unseen AS u ON u.id = a.id",
                "DELETE FROM u USING article a JOIN unseen u ON u.id = a.id",
                "DELETE article FROM unseen article JOIN author ON author.id = article.id",
                "DELETE FROM nothing USING article JOIN author",
            ],
        );
        all_touch(
            Dialect::MySql,
            &["article"],
            &[
                "UPDATE article a JOIN unseen u ON a.id = u.id SET a.title = u.title, a.id = u.id WHERE u.id = 1",
                "UPDATE article JOIN (SELECT id, title FROM unseen) AS d ON d.id = article.id SET title = 'x'",
                "DELETE a FROM article a JOIN unseen ON a.id = unseen.id",
                "DELETE FROM a USING (article AS a LEFT JOIN unseen ON a.id IN (1, 2)) WHERE true",
                "DELETE QUICK FROM article PARTITION (p0, p1) WHERE id ^^^ 3 SOME NEW SYNTAX",
                "INSERT HIGH_PRIORITY article (id) SELECT id FROM unseen GROUP BY id WITH ROLLUP SOME NEW SYNTAX",
                "REPLACE article SELECT id FROM unseen GROUP BY id SOME NEW SYNTAX",
            ],
        );
    }
}
