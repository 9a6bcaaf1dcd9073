//! Whether there was a moment between a read's start and its end at which all was as it says.

use super::counter::Span;
use super::tally::{Model, PAIRED, partner, party};

/// What is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Query {
    /// One row by its key.
    One(i64),
    /// The rows of a party.
    Party(i64),
    /// How many rows a party has.
    Count(i64),
    /// All rows.
    All,
}

/// What came back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// Rows.
    Rows(Vec<Model>),
    /// A number of rows.
    Count(u64),
}

/// Judges a read; `spans` has those of all rows, by their keys.
///
/// # Errors
///
/// What no moment explains.
pub fn judge(query: Query, answer: &Answer, spans: &[Span]) -> Result<(), String> {
    match answer {
        Answer::Rows(rows) => rows_are_true(rows, spans)?,
        Answer::Count(_) => {}
    }
    let ids = || (0..).zip(spans);
    match (query, answer) {
        (Query::One(id), Answer::Rows(rows)) => match rows.as_slice() {
            [row] if row.id == id => Ok(()),
            _ => Err(format!("{rows:?} is not row {id}")),
        },
        (Query::All, Answer::Rows(rows)) if rows.len() == spans.len() => Ok(()),
        (Query::Party(of), Answer::Rows(rows)) => {
            if let Some(row) = rows.iter().find(|row| row.party != of) {
                return Err(format!("{row:?} is not in party {of}"));
            }
            let missing = ids().find(|(id, span)| {
                let [_, may_be_elsewhere] = span.may(|version| party(*id, version) == of);
                !may_be_elsewhere && !rows.iter().any(|row| row.id == *id)
            });
            missing.map_or(Ok(()), |(id, span)| Err(format!("row {id} of {span:?} is missing in party {of}")))
        }
        (Query::Count(of), Answer::Count(number)) => {
            let members = ids().map(|(id, span)| span.may(|version| party(id, version) == of));
            let (mut least, mut most) = (0, 0);
            for [may_be, may_be_elsewhere] in members {
                most += u64::from(may_be);
                least += u64::from(!may_be_elsewhere);
            }
            match (least..=most).contains(number) {
                true => Ok(()),
                false => Err(format!("party {of} has {least} to {most} rows, not {number}")),
            }
        }
        _ => Err(format!("{answer:?} is no answer to {query:?}")),
    }
}

/// Each row for itself, and both rows of a pair at the same moment.
fn rows_are_true(rows: &[Model], spans: &[Span]) -> Result<(), String> {
    for row in rows {
        let span = usize::try_from(row.id).ok().and_then(|id| spans.get(id)).ok_or("no such row")?;
        if !span.holds(row.version) {
            return Err(format!("{row:?} outside of {span:?}"));
        }
        if row.party != party(row.id, row.version) {
            return Err(format!("{row:?} is half of one version and half of another"));
        }
        let other = rows.iter().find(|other| PAIRED.contains(&row.id) && other.id == partner(row.id));
        if let Some(other) = other.filter(|other| other.version != row.version) {
            return Err(format!("{row:?} and {other:?} are of two moments"));
        }
    }
    Ok(())
}
