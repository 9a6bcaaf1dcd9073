//! Comments that some servers run: `/*! .. */`, `/*!50110 .. */`, `/*M!100100 .. */`.

use crate::schema::{Dialect, Schema};
use crate::sql::analyse::{combine, texts};
use crate::sql::plan::{Plan, Refusal, WritePlan};
use crate::sql::tokens;

/// A text with more of them is not read.
const MAX_COMMENTS: usize = 3;

/// Whether a text may have such a comment.
pub(in crate::sql) fn may_be_run(sql: &str) -> bool {
    sql.contains("/*!") || sql.contains("/*M!")
}

/// The plan of a text of which nobody knows whether its comments are run: all that any server may make of it; `None`
/// if that is not known.
pub(in crate::sql) fn plan(schema: &Schema, sql: &str) -> Option<Plan> {
    let plans = readings(sql)?.into_iter().map(|text| texts(schema, &text));
    let refusal = Refusal::Clause("a comment that some servers run");
    Some(match combine(plans, None, refusal) {
        // Whether it was run is not known: what it would begin may never end.
        Plan::Write(plan) if !plan.controls.is_empty() => {
            Plan::Write(WritePlan { controls: Vec::new(), ends_transaction: true, ..plan })
        }
        plan => plan,
    })
}

/// What a server may read instead of the text: each comment run or not.
fn readings(sql: &str) -> Option<Vec<String>> {
    let mut readings = vec![String::new()];
    let mut rest = sql;
    for _ in 0..MAX_COMMENTS {
        let Some(start) = [rest.find("/*!"), rest.find("/*M!")].into_iter().flatten().min() else { break };
        let (before, comment) = rest.split_at(start);
        if !is_between_tokens(&sql[..sql.len() - comment.len()]) {
            return None;
        }
        let (text, after) = comment[comment.find('!')? + 1..].split_once("*/")?;
        // What is opened within may end behind it.
        let opens = text.contains(['#', '\\', ';']) || text.contains("/*") || text.contains("--");
        if opens || !is_between_tokens(text) {
            return None;
        }
        let choices = choices(text)?;
        readings = readings
            .iter()
            .flat_map(|reading| choices.iter().map(move |choice| format!("{reading}{before} {choice} ")))
            .collect();
        rest = after;
    }
    readings.iter_mut().for_each(|reading| reading.push_str(rest));
    (!may_be_run(rest)).then_some(readings)
}

/// What the text of a comment may be run as. A version has five digits, or six on newer servers.
fn choices(text: &str) -> Option<Vec<&str>> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    match digits {
        0 => Some(vec!["", text]),
        5 => Some(vec!["", &text[5..]]),
        6 => Some(vec!["", &text[5..], &text[6..]]),
        _ => None,
    }
}

/// Whether the end of a text is neither within a string or name nor within a comment.
fn is_between_tokens(before: &str) -> bool {
    tokens::ends_between(Dialect::MySql, before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, TableDefinition};
    use crate::sql::analyse::analyse;

    fn plan(sql: &str) -> Plan {
        let table =
            |name: &str| TableDefinition::new(name).column(Column::int("id")).column(Column::int("n"));
        analyse(&Schema::new(Dialect::MySql, [table("t"), table("u")], []).unwrap(), sql)
    }

    fn is_wide(plan: &Plan) -> bool {
        matches!(plan, Plan::Write(plan) if plan.effects.contains(&crate::sql::plan::Effect::Everything))
    }

    #[test]
    fn a_read_with_a_comment_that_may_be_run_reads_and_is_not_cached() {
        for sql in [
            "SELECT id FROM t WHERE id = ? /*! AND n = 1 */",
            "SELECT id /*M!100100 , n */ FROM t",
            "SELECT /*!50110 n, */ id FROM t /*!100200 WHERE n = 1 */",
            "SELECT id FROM t WHERE n = 'a /* b' /*!50110 AND n = 'x' */",
        ] {
            let Plan::Read(plan) = plan(sql) else { panic!("{sql}: {:?}", plan(sql)) };
            assert_eq!(plan.refusal, Some(Refusal::Clause("a comment that some servers run")), "{sql}");
        }
    }

    #[test]
    fn a_write_with_a_comment_that_may_be_run_writes_all_that_either_text_does() {
        let tables = |sql: &str| match plan(sql) {
            Plan::Write(plan) => plan.effects.iter().filter_map(crate::sql::plan::Effect::table).count(),
            plan => panic!("{sql}: {plan:?}"),
        };
        assert_eq!(tables("UPDATE t SET n = 1 /*! , id = 2 */ WHERE id = 3"), 2, "both readings");
        assert_eq!(tables("SELECT id FROM t /*! ; */"), 0);
        assert!(!is_wide(&plan("UPDATE t SET n = 1 /*! , id = 2 */ WHERE id = 3")));
    }

    #[test]
    fn a_comment_whose_ends_are_not_certain_may_be_anything() {
        for sql in [
            "SELECT id FROM t WHERE n = '/*! a' /*! AND n = 1 */",
            "SELECT id FROM t -- /*! \n WHERE id = 1 /*! AND n = 1 */",
            "SELECT id FROM t /* /*! */",
            "SELECT id FROM t /*! WHERE n = ' */ '",
            "SELECT id FROM t /*! WHERE n = 1 /* */ */",
            "SELECT id FROM t /*! -- */ \n */",
            "SELECT id FROM t /*! ; DELETE FROM u */",
            "SELECT id FROM t /*!501 WHERE n = 1 */",
            "SELECT /*!1 a*/ id FROM t",
            "SELECT id FROM t /*! WHERE n = 1",
            "/*!50110 BEGIN */",
            "SELECT /*! 1 */ /*! 2 */ /*! 3 */ /*! 4 */ FROM t",
        ] {
            assert!(is_wide(&plan(sql)), "{sql}: {:?}", plan(sql));
        }
    }
}
