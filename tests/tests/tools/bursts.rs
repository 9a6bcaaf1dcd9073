//! Reads during a burst, made by hand: what must be found, and what must not.

use cache_tests::burst::counter::Span;
use cache_tests::burst::tally::{Model, party};
use cache_tests::burst::verdict::{Answer, Query, judge};

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
    let pair =
        |one, other| judge(Query::Party(9), &Answer::Rows(vec![row(6, one), row(7, other)]), &spans(0, 9));
    assert!(pair(4, 5).is_err());
    let both = Answer::Rows(vec![row(6, 4), row(7, 4)]);
    assert!(judge(Query::Party(PARTY_OF_SIX), &both, &spans(0, 9)).is_ok());
}

const PARTY_OF_SIX: i64 = 9;
