//! Statements that change the schema.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::{compound, everything};
use crate::schema::Schema;
use crate::sql::plan::{Plan, WritePlan};
use crate::sql::tokens::{self, Tokens};

/// The plan of a statement that changes the schema: it commits what is open. A temporary table may hide another.
pub(in crate::sql) fn definition(schema: &Schema, tokens: &Tokens) -> Plan {
    Plan::Write(WritePlan {
        changes_schema: true,
        ends_transaction: true,
        changes_session: !compound::defines_a_body(tokens) && may_hide(schema, tokens),
        ..everything()
    })
}

/// Whether what is defined may be a temporary table that hides another.
pub(super) fn may_hide(schema: &Schema, tokens: &[TokenWithSpan]) -> bool {
    let is_temporary = tokens::words(tokens).iter().any(|word| word == "TEMPORARY");
    is_temporary && names_a_relation(schema, tokens) || takes_a_name(schema, tokens)
}

fn names_a_relation(schema: &Schema, tokens: &[TokenWithSpan]) -> bool {
    tokens::names(tokens).any(|name| schema.relations_like(name).next().is_some())
}

/// Whether a table is given the name of another that is there, which only a temporary one can have.
fn takes_a_name(schema: &Schema, tokens: &[TokenWithSpan]) -> bool {
    let parts = || tokens.split(|token| token.token == Token::Comma);
    match tokens::first_word(tokens).as_str() {
        "ALTER" => parts()
            .filter_map(|part| Some(&part[tokens::position_of_word(part, "RENAME")? + 1..]))
            .any(|renamed| {
                let is_of_a_table =
                    !matches!(tokens::first_word(renamed).as_str(), "COLUMN" | "INDEX" | "KEY");
                is_of_a_table && names_a_relation(schema, renamed)
            }),
        "RENAME" => {
            let mut given: Vec<&str> = Vec::new();
            parts().any(|part| {
                let Some(to) = tokens::position_of_word(part, "TO") else { return false };
                let (old, new) = part.split_at(to);
                let is_there = |name: &str| given.iter().any(|given| given.eq_ignore_ascii_case(name));
                let renames_another = !names_a_relation(schema, old) && !tokens::names(old).any(is_there);
                given.extend(tokens::names(new));
                renames_another && names_a_relation(schema, new)
            })
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, Dialect, TableDefinition};
    use crate::sql::analyse;

    #[test]
    fn a_table_that_takes_a_name_that_is_there_may_hide_it() {
        let table = |name: &str| TableDefinition::new(name).column(Column::int("id"));
        let schema = Schema::new(Dialect::MySql, [table("t"), table("u")], []).unwrap();
        let hides = |sql: &str| matches!(analyse(&schema, sql), Plan::Write(plan) if plan.changes_session);
        for sql in [
            "ALTER TABLE x RENAME TO t",
            "ALTER TABLE x ADD COLUMN n INT, RENAME `t`",
            "RENAME TABLE x TO t",
            "RENAME TABLE u TO v, x TO t",
        ] {
            assert!(hides(sql), "{sql}");
        }
        for sql in [
            "ALTER TABLE t RENAME TO x",
            "ALTER TABLE u RENAME COLUMN id TO t, RENAME INDEX a TO t",
            "RENAME TABLE t TO x, u TO t, x TO u",
        ] {
            assert!(!hides(sql), "{sql}");
        }
    }
}
