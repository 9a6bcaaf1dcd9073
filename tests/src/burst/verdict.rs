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

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: i64, version: i64) -> Model {
        Model { id, party: party(id, version), version }
    }

    fn spans(least: i64, most: i64) -> Vec<Span> {
        vec![Span { least, most }; 12]
    }

    #[test]
    fn what_had_returned_is_seen_and_what_had_not_begun_is_not() {
        let one = |version| judge(Query::One(2), &Answer::Rows(vec![row(2, version)]), &spans(3, 5));
        assert!(one(3).is_ok() && one(5).is_ok());
        assert!(one(2).is_err() && one(6).is_err());
    }

    #[test]
    fn who_must_be_in_a_list_is_not_missing() {
        let list = |least, most| judge(Query::Party(0), &Answer::Rows(vec![]), &spans(least, most));
        assert!(list(3, 3).is_err(), "all moving rows are in party 0");
        assert!(list(3, 4).is_ok(), "all may have left");
        assert!(judge(Query::Count(0), &Answer::Count(6), &spans(3, 3)).is_ok());
        assert!(judge(Query::Count(0), &Answer::Count(5), &spans(3, 3)).is_err());
    }

    #[test]
    fn a_pair_is_of_one_moment() {
        let pair = |one, other| {
            judge(Query::Party(9), &Answer::Rows(vec![row(6, one), row(7, other)]), &spans(0, 9))
        };
        assert!(pair(4, 5).is_err());
        let both = Answer::Rows(vec![row(6, 4), row(7, 4)]);
        assert!(judge(Query::Party(PARTY_OF_SIX), &both, &spans(0, 9)).is_ok());
    }

    const PARTY_OF_SIX: i64 = 9;
}
