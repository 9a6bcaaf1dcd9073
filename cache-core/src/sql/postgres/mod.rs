//! Statements and texts that only PostgreSQL has.

mod clock;
mod settings;

use sqlparser::tokenizer::{Token, TokenWithSpan};

pub(super) use clock::reads_the_clock;

use self::settings::{configuring, defines, sets, setting};
use super::functions::may_be_called;
use super::plan::{Duration, Effect, Plan, ReadPlan, Refusal, WritePlan};
use super::targets;
use super::tokens::{self, Tokens};
use super::views::named_effects;
use crate::schema::{Relation, Routines, Schema, Table, TableId};

/// The plan of a statement that is told from its first word.
pub(super) fn special(schema: &Schema, tokens: &Tokens, first: &str) -> Option<Plan> {
    let words = tokens::words(tokens);
    let second = words.get(1).map(String::as_str).unwrap_or_default();
    if first == "SELECT"
        && let Some(plan) = configuring(schema, tokens)
    {
        return Some(plan);
    }
    Some(match first {
        "SET" | "RESET" => setting(tokens),
        "DISCARD" if second != "ALL" => Plan::Neutral,
        "DISCARD" => Plan::Setting(Duration::Session),
        "LISTEN" | "UNLISTEN" | "NOTIFY" | "VACUUM" | "CHECKPOINT" | "CLUSTER" | "LOCK" | "FETCH"
        | "MOVE" | "CLOSE" | "DEALLOCATE" => Plan::Neutral,
        // Event triggers hear of these.
        "COMMENT" | "REFRESH" | "REINDEX" if schema.routines().is_some_and(Routines::definitions_call) => {
            written(vec![Effect::Everything])
        }
        "COMMENT" => Plan::Neutral,
        "COPY" if copies_out(schema, tokens, &words) => Plan::Neutral,
        // EXPLAIN ANALYZE runs what it explains.
        "EXPLAIN" if tokens::names(tokens).any(says_analyse) => {
            let may_do_anything = words.iter().any(|word| matches!(word.as_str(), "EXECUTE" | "CREATE"));
            if hides(schema, tokens).is_some() {
                return Some(hiding());
            }
            match named_effects(schema, tokens) {
                Some(_) if may_do_anything || may_call(schema, tokens) => calling(schema, tokens),
                Some(_) if tokens::write_verbs(tokens) == 0 => Plan::Neutral,
                Some(effects) if !effects.is_empty() && targets::are_known(schema, tokens) => {
                    written(effects)
                }
                _ => written(vec![Effect::Everything]),
            }
        }
        "DECLARE" if may_call(schema, tokens) || named_effects(schema, tokens).is_none() => {
            calling(schema, tokens)
        }
        "DECLARE" => Plan::Read(ReadPlan {
            sources: Vec::new(),
            width: None,
            limited: false,
            refusal: Some(Refusal::NotASelect),
            may_write: false,
        }),
        // Both may commit inside.
        "CALL" | "DO" => Plan::Write(WritePlan {
            ends_transaction: true,
            changes_session: sets(schema, tokens),
            changes_schema: defines(tokens),
            ..WritePlan::of(vec![Effect::Everything])
        }),
        "GRANT" | "REVOKE" | "REASSIGN" | "IMPORT" | "SECURITY" => {
            Plan::Write(WritePlan { changes_schema: true, ..WritePlan::of(vec![Effect::Everything]) })
        }
        "TRUNCATE" => truncate(schema, tokens, &words),
        "REFRESH" => written(named_tables(schema, tokens)?.into_iter().map(Effect::Table).collect()),
        _ => return None,
    })
}

/// COPY of a table or of a query to where no program of the server reads it.
fn copies_out(schema: &Schema, tokens: &Tokens, words: &[String]) -> bool {
    let has = |what: &str| words.iter().any(|word| word == what);
    if !has("TO") || has("PROGRAM") {
        return false;
    }
    if tokens.get(1).is_some_and(|token| token.token == Token::LParen) {
        // The one verb is its own.
        let only_reads = tokens::write_verbs(tokens) == 1 && named_effects(schema, tokens).is_some();
        return only_reads && !may_call(schema, tokens);
    }
    !has("FROM")
}

/// The plan of a statement that makes a temporary relation which may hide another.
fn hiding() -> Plan {
    Plan::Write(WritePlan {
        changes_schema: true,
        changes_session: Some(Duration::Session),
        ..WritePlan::of(vec![Effect::Everything])
    })
}

fn written(effects: Vec<Effect>) -> Plan {
    Plan::Write(WritePlan::of(effects))
}

/// TRUNCATE .. CASCADE empties every table that references one of these, whatever its foreign keys say.
fn truncate(schema: &Schema, tokens: &Tokens, words: &[String]) -> Plan {
    let known = if targets::are_known(schema, tokens) { named_tables(schema, tokens) } else { None };
    let Some(mut tables) = known else { return written(vec![Effect::Everything]) };
    if words.last().is_some_and(|word| word == "CASCADE") {
        let mut next = 0;
        while next < tables.len() {
            let emptied = schema.table(tables[next]);
            next += 1;
            let follows = |table: &&Table| {
                let mut keys = table.foreign_keys().iter();
                keys.any(|key| key.references() == Some(emptied.id()))
                    || table.relatives().contains(&emptied.id())
            };
            let more: Vec<TableId> = schema.tables().iter().filter(follows).map(Table::id).collect();
            tables.extend(more.into_iter().filter(|id| !tables.contains(id)).collect::<Vec<_>>());
        }
    }
    written(tables.into_iter().map(Effect::Table).collect())
}

/// Every table that the tokens may name; `None` if there is none, or a view among them.
fn named_tables(schema: &Schema, tokens: &Tokens) -> Option<Vec<TableId>> {
    let mut tables = Vec::new();
    for relation in tokens::names(tokens).flat_map(|name| schema.relations_like(name)) {
        match relation {
            Relation::Table(table) => tables.push(table.id()),
            Relation::View(_) => return None,
        }
    }
    tables.sort_unstable();
    tables.dedup();
    (!tables.is_empty()).then_some(tables)
}

/// Whether the tokens may call, in whatever notation, something that may write.
pub(super) fn may_call(schema: &Schema, tokens: &Tokens) -> bool {
    schema.routines().is_some_and(|routines| {
        let calls = |name: &str| routines.has(name) && !may_be_called(schema, name);
        tokens::possible_calls(tokens).any(calls) || tokens::names(tokens).any(|name| routines.checks(name))
    })
}

/// The plan of a statement that calls what may do anything, or makes a table of what it selects.
pub(super) fn calling(schema: &Schema, tokens: &Tokens) -> Plan {
    let makes_a_table = !matches!(tokens::first_word(tokens).as_str(), "INSERT" | "UPDATE" | "DELETE")
        && tokens::position_of_word(tokens, "INTO").is_some();
    if makes_a_table && hides(schema, tokens).is_some() {
        return hiding();
    }
    Plan::Write(WritePlan {
        changes_schema: makes_a_table,
        changes_session: sets(schema, tokens),
        ..WritePlan::of(vec![Effect::Everything])
    })
}

/// `TABLE t` in the words that it stands for.
pub(super) fn as_select(tokens: &Tokens) -> Option<Tokens> {
    let (first, rest) = tokens.split_first()?;
    let is_table = matches!(&first.token, Token::Word(word) if word.value.eq_ignore_ascii_case("TABLE"));
    let select = [Token::make_keyword("SELECT"), Token::Mul, Token::make_keyword("FROM")];
    let select = select.map(|token| TokenWithSpan { token, span: first.span });
    is_table.then(|| select.into_iter().chain(rest.iter().cloned()).collect())
}

/// ANALYZE, ANALYSE, and `"analyze"` within parentheses.
fn says_analyse(name: &str) -> bool {
    name.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("ANALY"))
}

/// How long a relation of the schema may be hidden: by a temporary one that a CREATE makes, or by one that an ALTER gives its
/// name. That is temporary, or was made in the same transaction, which the catalog tells.
pub(super) fn hides(schema: &Schema, tokens: &Tokens) -> Option<Duration> {
    let words = tokens::words(tokens);
    let names_one = |tokens: &[TokenWithSpan]| {
        tokens::names(tokens).any(|name| schema.relations_like(name).next().is_some())
    };
    let renames = words.first().is_some_and(|word| word == "ALTER");
    if let Some(at) = tokens::position_of_word(tokens, "RENAME").filter(|_| renames) {
        let gives_a_name = words.get(at + 1).is_some_and(|word| word == "TO");
        let may_hide = gives_a_name && !names_one(&tokens[..at]) && names_one(&tokens[at..]);
        return may_hide.then_some(Duration::Reading);
    }
    if words.first().is_some_and(|word| word == "DROP") {
        return None;
    }
    let is_temporary = words.iter().any(|word| matches!(word.as_str(), "TEMP" | "TEMPORARY"))
        || tokens::names(tokens).any(|name| name.eq_ignore_ascii_case("pg_temp"));
    (is_temporary && names_one(tokens)).then_some(Duration::Session)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, Dialect, ReferentialAction, Routine, Routines, TableDefinition, ValueClass};
    use crate::sql::analyse;

    fn schema() -> Schema {
        let author = TableDefinition::new("author")
            .column(Column::int("id").not_null())
            .column(Column::text("name"))
            .primary_key(["id"]);
        let article = TableDefinition::new("article")
            .column(Column::int("id").not_null())
            .column(Column::int("author_id"))
            .column(Column::new("created", ValueClass::Time))
            .column(Column::other("day"))
            .column(Column::text("title"))
            .primary_key(["id"])
            .foreign_key(
                ["author_id"],
                "author",
                ["id"],
                ReferentialAction::Restrict,
                ReferentialAction::Restrict,
            );
        let mut routines = Routines::default();
        routines.add("lower", Routine::Immutable);
        routines.add("now", Routine::Volatile);
        routines.add("bump", Routine::Unknown);
        routines.add("set_config", Routine::Unknown);
        routines.add("extract", Routine::Immutable);
        let schema = Schema::new(Dialect::Postgres, [author, article], []).unwrap();
        schema.with_routines(routines).with_enums(["colour"])
    }

    fn plan(sql: &str) -> Plan {
        analyse(&schema(), sql)
    }

    fn is_everything(plan: &Plan) -> bool {
        matches!(plan, Plan::Write(write) if write.effects.contains(&Effect::Everything))
    }

    fn is_cached(sql: &str) -> bool {
        matches!(plan(sql), Plan::Read(read) if read.refusal.is_none())
    }

    #[test]
    fn settings_that_change_what_is_meant_are_told_from_others() {
        for sql in [
            "SET search_path = a",
            "SET ROLE b",
            "SET SESSION AUTHORIZATION c",
            "SET TIME ZONE 'UTC'",
            "RESET ALL",
        ] {
            assert_eq!(plan(sql), Plan::Setting(Duration::Session), "{sql}");
        }
        assert_eq!(plan("SET LOCAL search_path TO a"), Plan::Setting(Duration::Transaction));
        for sql in [
            "SET statement_timeout = 5",
            "SET LOCAL lock_timeout = 1",
            "SET CONSTRAINTS ALL DEFERRED",
            "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
            "SET enable_seqscan = off",
            "LISTEN a",
            "NOTIFY a, 'b'",
        ] {
            assert_eq!(plan(sql), Plan::Neutral, "{sql}");
        }
        let (session, transaction) = (Some(Duration::Session), Some(Duration::Transaction));
        let sets = |sql: &str| match plan(sql) {
            Plan::Write(write) => write.changes_session,
            Plan::Setting(duration) => Some(duration),
            _ => None,
        };
        assert_eq!(sets("SELECT set_config('search_path', 'a', false)"), session);
        assert_eq!(sets("SELECT set_config('role', $1, TRUE), set_config('app.x', $2, true)"), transaction);
        assert_eq!(sets("SELECT set_config($1, 'a', true)"), transaction);
        assert_eq!(sets("SELECT set_config('app.x', $1, $2)"), session);
        assert_eq!(sets("UPDATE article SET title = set_config('role', 'a', true)"), transaction);
        for sql in [
            "SELECT set_config('app.tenant', $1, true)",
            "SELECT pg_catalog.set_config('app.tenant', lower('A'), true) AS tenant",
            "SELECT set_config('app.day', extract(day FROM now())::text, true)",
            "SET LOCAL app.tenant = '7'",
            "SET LOCAL \"app\".\"tenant\" TO DEFAULT",
        ] {
            assert_eq!(plan(sql), Plan::Neutral, "{sql}");
        }
        assert_eq!(plan("SET app.tenant = '7'"), Plan::Setting(Duration::Session));
        assert!(plan("SELECT set_config('app.tenant', bump()::text, true)").is_write());
        for sql in [
            "SELECT set_config('app.tenant', title, true) FROM article",
            "SELECT set_config('app.tenant', (SELECT title FROM article LIMIT 1), true)",
        ] {
            assert!(is_everything(&plan(sql)), "{sql}");
        }
        let renames = "ALTER TABLE mine RENAME TO article";
        assert_eq!(sets(renames), Some(Duration::Reading));
        assert_eq!(
            sets(&format!("CREATE TABLE mine (id int); DROP TABLE article; {renames}")),
            sets(renames)
        );
        assert_eq!(sets(&format!("CREATE TEMP TABLE article (id int); {renames}")), session);
        assert_eq!(sets("ALTER TABLE article RENAME TO mine"), None);
        assert_eq!(sets("ALTER TABLE mine RENAME COLUMN a TO article"), None);
        assert_eq!(sets("SELECT bump('{\"role\": \"SET ROLE x\"}')"), None);
        assert_eq!(sets("DO $$ BEGIN EXECUTE format('SET ROLE %I', x); END $$"), session);
        assert_eq!(sets("DO $$ BEGIN SET LOCAL search_path = a; END $$"), transaction);
        assert_eq!(sets("DO LANGUAGE plpython3u $$ pass $$"), session);
        assert_eq!(sets("DO $$ BEGIN PERFORM set_config('search_path', 'a', false); END $$"), session);
        assert_eq!(sets("DO $$ BEGIN SET datestyle = 'German, DMY'; END $$"), session);
        assert_eq!(sets("DO $$ BEGIN UPDATE article SET title = 'x'; END $$"), None);
    }

    #[test]
    fn rows_that_are_copied_out_are_not_written() {
        for sql in [
            "COPY article TO STDOUT",
            "COPY \"public\".\"article\" (\"id\", \"title\") TO STDOUT WITH (FORMAT binary)",
            "COPY (SELECT id FROM article WHERE title = 'x') TO STDOUT",
        ] {
            assert_eq!(plan(sql), Plan::Neutral, "{sql}");
        }
        for sql in [
            "COPY article FROM STDIN",
            "COPY article (id, title) FROM STDIN WITH (FORMAT binary)",
            "COPY (DELETE FROM article RETURNING id) TO STDOUT",
            "COPY (WITH gone AS (UPDATE article SET title = 'x' RETURNING id) SELECT id FROM gone) TO STDOUT",
            "COPY article TO PROGRAM 'psql'",
            "COPY article TO STDOUT; UPDATE article SET title = 'x'",
        ] {
            assert!(plan(sql).is_write(), "{sql}: {:?}", plan(sql));
        }
    }

    #[test]
    fn what_may_do_anything_writes_everything() {
        for sql in [
            "CALL bump()",
            "DO $$ BEGIN END $$",
            "EXECUTE p",
            "SELECT bump()",
            "SELECT a.bump FROM article a",
            "SELECT id FROM article WHERE bump(id) > 0",
            "EXPLAIN ANALYZE SELECT bump()",
            "EXPLAIN ANALYSE SELECT bump()",
            "EXPLAIN (VERBOSE, ANALYSE) SELECT bump()",
            "EXPLAIN (\"analyze\") SELECT bump()",
            "DECLARE c CURSOR FOR SELECT bump()",
            "UPDATE U&\"\\0061rticle\" SET title = 'x'",
            "PREPARE p AS SELECT bump()",
            "COPY (SELECT bump()) TO STDOUT",
        ] {
            assert!(is_everything(&plan(sql)), "{sql}: {:?}", plan(sql));
        }
    }

    #[test]
    fn the_clock_is_found_in_texts() {
        for sql in [
            "SELECT id FROM article WHERE created > 'now'",
            "SELECT id FROM article WHERE created > timestamp 'today'",
            "SELECT id FROM article WHERE created > $1::timestamptz",
            "SELECT title::date FROM article",
            "SELECT day::date FROM article",
            "SELECT id FROM article WHERE created > $1::moment",
            "SELECT id FROM article WHERE created <@ $1::tstzrange",
            "SELECT id FROM article WHERE created::date = ANY ($1::date[])",
            "SELECT id FROM article WHERE created > N'today'::date",
            "SELECT now(), id FROM article",
            "SELECT xmin, id FROM article",
            "SELECT id FROM article FOR SHARE",
            "SELECT id FROM article TABLESAMPLE system (5)",
        ] {
            assert!(!is_cached(sql), "{sql}");
        }
        for sql in [
            "SELECT id FROM article WHERE title = 'Snow today-ish'",
            "SELECT id FROM article WHERE title = 'snow'",
            "SELECT created::date FROM article WHERE id = $1",
            "SELECT lower(title) FROM ONLY article WHERE id = ANY ($1)",
            "SELECT id FROM Article WHERE ID = $1",
            "SELECT id FROM \"article\" WHERE \"title\" = $1",
            "SELECT id FROM article WHERE 'red' = $1::public.colour AND 'x' = $2::\"public\".\"colour\"",
        ] {
            assert_eq!(is_cached(sql), !sql.contains("today"), "{sql}");
        }
        assert!(!is_cached("SELECT id FROM \"Article\""));
    }

    #[test]
    fn truncate_reaches_whatever_references_its_tables() {
        let tables = |sql| match plan(sql) {
            Plan::Write(write) => write.effects.len(),
            _ => 0,
        };
        assert_eq!(tables("TRUNCATE author"), 1);
        assert_eq!(tables("TRUNCATE TABLE ONLY author RESTART IDENTITY CASCADE"), 2);
    }

    #[test]
    fn an_expression_of_another_relation_with_the_name_in_other_letters_fixes_nothing() {
        let sql = "SELECT a.id FROM article a, (SELECT 5 AS id) \"A\" WHERE \"A\".id = 5";
        let Plan::Read(read) = plan(sql) else { panic!("a read") };
        assert!(read.sources[0].fixed.is_empty());
    }
}
