//! One text to its plan, and what happens when the parser gives up.

use sqlparser::ast::{Query, SetExpr, Statement};
use sqlparser::parser::Parser;

use super::definitions;
use super::functions::{calls_unknown, may_be_called, operates};
use super::names::Names;
use super::plan::{Duration, Effect, Plan, ReadPlan, Refusal, WritePlan};
use super::targets;
use super::tokens::{self, Tokens};
use super::views::{named_effects, views_only_read};
use super::{mysql, postgres, sqlite};
use crate::mutation::{self, Mutation};
use crate::schema::{Dialect, Routine, Schema};

/// Texts longer than this, in bytes, are not parsed: a bulk INSERT of thousands of rows would cost
/// milliseconds to parse and could not be narrowed anyway.
pub(crate) const MAX_PARSED: usize = 64 * 1024;

/// Chains of conditions nest one level for each; the parser's default of 50 is reached by real queries.
const RECURSION_LIMIT: usize = 5_000;

/// A statement in the text that it stands in.
#[derive(Clone, Copy)]
pub(super) struct Text<'t> {
    /// The whole text; empty if there is none to quote from.
    pub(super) source: &'t str,
    pub(super) tokens: &'t Tokens,
}

/// The plan of a text against a schema.
///
/// Costs about 10 to 30 microseconds; callers keep the result by text.
#[must_use]
pub fn analyse(schema: &Schema, sql: &str) -> Plan {
    match operates(schema, sql) {
        Routine::Unknown => everything(),
        Routine::Volatile => match texts(schema, sql) {
            Plan::Read(plan) => {
                let refusal = Some(Refusal::Clause("an operator that is not immutable"));
                Plan::Read(ReadPlan { refusal, ..plan })
            }
            plan => plan,
        },
        Routine::Immutable | Routine::Aggregate => texts(schema, sql),
    }
}

pub(super) fn texts(schema: &Schema, sql: &str) -> Plan {
    if schema.dialect() == Dialect::MySql && mysql::may_be_run(sql) {
        return mysql::plan_with_comments(schema, sql).unwrap_or_else(everything);
    }
    let Some(statements) = statements(schema, sql) else {
        return everything();
    };
    let statements = definitions::joined(schema.dialect(), statements);
    let is_block = |tokens: &Tokens| schema.dialect() == Dialect::MySql && mysql::is_block(tokens);
    let plan = |tokens: &Tokens| match tokens::control(tokens) {
        Some(control) if !is_block(tokens) => Plan::Control(control),
        _ => statement(schema, tokens, sql),
    };
    match statements.as_slice() {
        [] => Plan::Neutral,
        [tokens] => plan(tokens),
        [first, ..] if schema.dialect() == Dialect::MySql && mysql::is_definition(&statements) => {
            mysql::definition(schema, first)
        }
        several => {
            let sets = schema.dialect() == Dialect::MySql && mysql::set_within(several);
            let sets = sets.then_some(Duration::Session);
            combine(several.iter().map(plan), sets, Refusal::SeveralStatements)
        }
    }
}

/// The statements of a text as the connections spell it; `None` if that is not known.
pub(super) fn statements(schema: &Schema, sql: &str) -> Option<Vec<Tokens>> {
    let mut statements = tokens::statements(schema.dialect(), sql)?;
    if schema.dialect() == Dialect::MySql {
        mysql::respell(schema, sql, &mut statements)?;
    }
    Some(statements)
}

/// What the body of a trigger writes; `None` if its text is not understood.
pub(crate) fn trigger_effects(schema: &Schema, text: &str) -> Option<Vec<Effect>> {
    if schema.dialect() == Dialect::MySql {
        return mysql::effects(schema, text);
    }
    let mut statements = statements(schema, text)?;
    let first = statements.first_mut()?;
    let begin = tokens::position_of_word(first, "BEGIN")?;
    first.drain(..=begin);
    let mut effects = Vec::new();
    for tokens in statements {
        let first = tokens::first_word(&tokens);
        if tokens.len() == 1 && first == "END" {
            continue;
        }
        match statement(schema, &tokens, "") {
            Plan::Write(plan) => effects.extend(plan.effects),
            Plan::Read(_) | Plan::Neutral => {}
            Plan::Control(_) | Plan::Setting(_) => return None,
        }
    }
    Some(effects)
}

/// How long the session may be set otherwise by the body of a trigger, as far as its text says.
pub(crate) fn trigger_sets(schema: &Schema, text: &str) -> Option<Duration> {
    if schema.dialect() != Dialect::Postgres || mutation::is(Mutation::SettersPutBack) {
        return None;
    }
    let mut statements = statements(schema, text)?;
    let begin = statements.first().and_then(|first| tokens::position_of_word(first, "BEGIN"));
    if let (Some(first), Some(begin)) = (statements.first_mut(), begin) {
        first.drain(..=begin);
    }
    let sets = |tokens: &Tokens| match statement(schema, tokens, "") {
        Plan::Write(plan) => plan.changes_session,
        Plan::Setting(duration) => Some(duration),
        Plan::Read(_) | Plan::Control(_) | Plan::Neutral => None,
    };
    statements.iter().filter(|tokens| !tokens.is_empty()).filter_map(sets).max()
}

/// The query of a view's definition.
pub(super) fn parse_query(schema: &Schema, sql: &str) -> Option<Query> {
    let tokens = statements(schema, sql)?;
    match (tokens.as_slice(), parse(schema.dialect(), tokens.first()?.clone())?) {
        ([_], Statement::Query(query)) => Some(*query),
        _ => None,
    }
}

fn parse(dialect: Dialect, tokens: Tokens) -> Option<Statement> {
    parse_or_error(dialect, tokens).ok()
}

fn parse_or_error(dialect: Dialect, tokens: Tokens) -> Result<Statement, String> {
    let is_misread = dialect == Dialect::MySql && mysql::binds_otherwise(&tokens);
    if is_misread && !mutation::is(Mutation::LooseOperatorsBindTight) {
        return Err("XOR and || bind looser than the parser knows".to_owned());
    }
    let syntax = tokens::syntax(dialect);
    let mut parser =
        Parser::new(&*syntax).with_recursion_limit(RECURSION_LIMIT).with_tokens_with_locations(tokens);
    let mut statements = parser.parse_statements().map_err(|error| error.to_string())?;
    match statements.pop() {
        Some(statement) if statements.is_empty() => Ok(statement),
        _ => Err("not exactly one statement".to_owned()),
    }
}

pub(super) fn statement(schema: &Schema, tokens: &Tokens, source: &str) -> Plan {
    match stated(schema, tokens, source) {
        Plan::Write(plan) if schema.dialect() == Dialect::MySql => {
            let sets = || mysql::sets(schema, tokens) && !mutation::is(Mutation::SettersPutBack);
            let changes_session = if sets() { Some(Duration::Session) } else { plan.changes_session };
            Plan::Write(WritePlan { changes_session, ..plan })
        }
        plan => plan,
    }
}

fn stated(schema: &Schema, tokens: &Tokens, source: &str) -> Plan {
    let verbs = tokens::write_verbs(tokens);
    let first = tokens::first_word(tokens);
    let dialect = schema.dialect();
    // A setting may change what results are, and whether foreign keys are enforced.
    let is_setting = first == "PRAGMA" && !tokens::is_neutral(tokens);
    if let (Dialect::Postgres, "TABLE", Some(select)) = (dialect, &*first, postgres::as_select(tokens)) {
        return statement(schema, &select, source);
    }
    if definitions::is_there(schema, tokens) {
        let ends_transaction = dialect == Dialect::MySql;
        return Plan::Write(WritePlan {
            changes_schema: true,
            ends_transaction,
            ..WritePlan::of(Vec::new())
        });
    }
    if dialect == Dialect::MySql && tokens::changes_schema(&first) {
        return mysql::definition(schema, tokens);
    }
    if tokens::changes_schema(&first) || is_setting {
        let plan = WritePlan::of(vec![Effect::Everything]);
        let changes_session = match dialect {
            Dialect::Postgres => postgres::hides(schema, tokens),
            // Other connections do not fire a temporary trigger, nor know of it.
            Dialect::Sqlite => {
                let sets =
                    sqlite::is_temporary_trigger(tokens) || is_setting && tokens::changes_results(tokens);
                sets.then_some(Duration::Session)
            }
            Dialect::MySql => None,
        };
        return Plan::Write(WritePlan { changes_schema: true, changes_session, ..plan });
    }
    let special = match dialect {
        Dialect::Postgres => postgres::special(schema, tokens, &first),
        Dialect::MySql => mysql::special(schema, tokens, &first),
        Dialect::Sqlite => None,
    };
    if let Some(plan) = special {
        return plan;
    }
    // What a PRAGMA is given (`TRUNCATE`) is no verb.
    if (verbs == 0 || first == "PRAGMA") && tokens::is_neutral(tokens) {
        return Plan::Neutral;
    }
    if source.len() > MAX_PARSED {
        return not_understood(schema, tokens, verbs, &first, "the text is too long".to_owned());
    }
    match parse_or_error(schema.dialect(), tokens.clone()) {
        Ok(parsed) => parsed_statement(schema, &parsed, Text { source, tokens }, verbs, &first),
        Err(error) => not_understood(schema, tokens, verbs, &first, error),
    }
}

fn parsed_statement(schema: &Schema, parsed: &Statement, text: Text<'_>, verbs: usize, first: &str) -> Plan {
    let tokens = text.tokens;
    if calls_unknown(schema, parsed) {
        return calling(schema, tokens);
    }
    let mut names = Names::new(schema);
    let effect = match parsed {
        Statement::Query(query) => match &*query.body {
            SetExpr::Insert(inner) | SetExpr::Update(inner) | SetExpr::Delete(inner)
                if query.with.is_none() =>
            {
                return parsed_statement(schema, inner, text, verbs, first);
            }
            _ if verbs == 0 => {
                let plan = names.read_plan(query);
                return if plan.may_write { calling(schema, tokens) } else { Plan::Read(plan) };
            }
            _ => Err(super::write::NotModelled),
        },
        Statement::Insert(insert) => names.insert(insert),
        Statement::Update(update) => names.update(text, update),
        Statement::Delete(delete) => names.delete(text, delete),
        _ => Err(super::write::NotModelled),
    };
    match effect {
        _ if names.may_write => calling(schema, tokens),
        Ok(effect) if verbs == 1 => Plan::Write(WritePlan { single: true, ..WritePlan::of(vec![effect]) }),
        _ => not_understood(schema, tokens, verbs, first, "the statement is not modelled".to_owned()),
    }
}

/// What is left when the parser gave up: a text with a writing verb may write every table that it names, if the schema
/// knows what it writes; one that starts like a read is a read that is not cached; anything else may do anything.
fn not_understood(schema: &Schema, tokens: &Tokens, verbs: usize, first: &str, error: String) -> Plan {
    let is_relation = |name: &str| schema.relations_like(name).next().is_some();
    let calls = tokens::calls(tokens).any(|name| !may_be_called(schema, name) && !is_relation(name));
    let by_other_notation = match schema.dialect() {
        Dialect::Postgres => postgres::may_call(schema, tokens),
        Dialect::MySql => mysql::calls_unknown(schema, tokens),
        Dialect::Sqlite => false,
    };
    if calls || by_other_notation {
        return calling(schema, tokens);
    }
    let effects = named_effects(schema, tokens);
    let only_reads = || schema.dialect() == Dialect::MySql && views_only_read(schema, tokens);
    if verbs == 0 && matches!(first, "SELECT" | "WITH" | "VALUES") && (effects.is_some() || only_reads()) {
        return Plan::Read(ReadPlan::refused(Refusal::NotUnderstood(error)));
    }
    let reaches_elsewhere = || schema.dialect() == Dialect::MySql && mysql::reaches_elsewhere(schema, tokens);
    if verbs == 1
        && effects.as_ref().is_some_and(Vec::is_empty)
        && sqlite::writes_a_search_index(schema, tokens)
    {
        return Plan::Write(WritePlan::of(Vec::new()));
    }
    if verbs == 0 || !targets::are_known(schema, tokens) || reaches_elsewhere() {
        return everything();
    }
    match effects {
        Some(effects) if !effects.is_empty() => Plan::Write(WritePlan::of(effects)),
        _ => everything(),
    }
}

/// Several statements in one text: their effects together; if there are none, a read that is not cached for this reason.
/// What ends a transaction among them may undo or commit what other texts have written.
pub(super) fn combine(
    plans: impl Iterator<Item = Plan>,
    mut changes_session: Option<Duration>,
    refusal: Refusal,
) -> Plan {
    let mut effects = Vec::new();
    let mut changes_schema = false;
    let mut controls = Vec::new();
    let mut ends_transaction = false;
    for plan in plans {
        match plan {
            Plan::Write(write) => {
                effects.extend(write.effects);
                changes_schema |= write.changes_schema;
                ends_transaction |= write.ends_transaction;
                changes_session = changes_session.max(write.changes_session);
            }
            Plan::Setting(duration) => {
                changes_session = changes_session.max(Some(duration));
                effects.push(Effect::Everything);
            }
            Plan::Control(control) => {
                ends_transaction |= control.ends();
                controls.push(control);
            }
            Plan::Read(_) | Plan::Neutral => {}
        }
    }
    if !controls.is_empty() {
        // What an open transaction wrote before is committed with it.
        effects.push(Effect::Everything);
    }
    if !effects.is_empty() || ends_transaction || changes_schema {
        let plan = WritePlan::of(effects);
        return Plan::Write(WritePlan {
            changes_schema,
            ends_transaction,
            controls,
            changes_session,
            ..plan
        });
    }
    Plan::Read(ReadPlan::refused(refusal))
}

fn everything() -> Plan {
    Plan::Write(WritePlan::of(vec![Effect::Everything]))
}

/// The plan of a statement that calls what may do anything.
fn calling(schema: &Schema, tokens: &Tokens) -> Plan {
    match schema.dialect() {
        Dialect::Postgres => postgres::calling(schema, tokens),
        Dialect::Sqlite | Dialect::MySql => everything(),
    }
}
