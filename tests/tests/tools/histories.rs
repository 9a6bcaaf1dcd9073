//! Histories made by hand: what must be found, and what must not.

use std::collections::BTreeMap;

use cache_tests::history::check::{Fence, History, Rules, Writes};
use cache_tests::history::event::{Answer, Event, Image, Moment, Process, Query, Row, Source};
use cache_tests::history::event::{Change, Delivery, Effect};
use cache_tests::history::table::Table::{Item, Note};

const RULES: Rules = Rules { bound: 0, lag: 1000, fence: Fence::Off, writes: Writes::Owed };
const ROW: Row = Row(Item, 1);

/// A history under way. Versions are stamps, so that every statement here is one number.
struct Tale {
    rules: Rules,
    processes: BTreeMap<Process, Vec<Event>>,
    written: u64,
}

impl Tale {
    /// Item 1 is born in group 1 before the moment 10.
    fn new(rules: Rules) -> Self {
        let tale = Self { rules, processes: BTreeMap::new(), written: 0 };
        tale.wrote(0, 1, 9, put(ROW, 1, 1))
    }

    fn add(mut self, process: Process, event: Event) -> Self {
        self.processes.entry(process).or_default().push(event);
        self
    }

    fn began(mut self, process: Process, at: Moment, change: Change) -> Self {
        self.written += 1;
        let write = self.written;
        self.add(process, Event::Began { write, at, changes: vec![change] })
    }

    fn ended(self, process: Process, at: Moment, change: Change, delivery: Delivery) -> Self {
        let write = self.written;
        self.add(process, Event::Ended { write, at, changes: vec![change], delivery })
    }

    fn wrote(self, process: Process, from: Moment, to: Moment, change: Change) -> Self {
        self.began(process, from, change).ended(process, to, change, Delivery::Confirmed)
    }

    fn owes(self, process: Process, from: Moment, to: Moment, change: Change) -> Self {
        self.began(process, from, change).ended(process, to, change, Delivery::Owed)
    }

    fn refused(self, process: Process, at: Moment, change: Change) -> Self {
        let tale = self.began(process, at, change);
        let write = tale.written;
        tale.add(process, Event::Refused { write })
    }

    fn looked(self, from: Moment, to: Moment, query: Query, answer: Answer) -> Self {
        self.add(0, Event::Read { from, to, source: Source::Database, parts: vec![(query, answer)] })
    }

    /// Whether this read would be wrong.
    fn is_wrong(&self, process: Process, from: Moment, to: Moment, query: Query, answer: Answer) -> bool {
        let read = Event::Read { from, to, source: Source::Cache, parts: vec![(query, answer)] };
        let mut processes = self.processes.clone();
        processes.entry(process).or_default().push(read);
        let history = History { rules: self.rules, processes: processes.into_iter().collect() };
        !history.check().violations.is_empty()
    }

    /// Whether item 1 may not be this version in its first group.
    fn is_stale(&self, process: Process, from: Moment, to: Moment, version: i64) -> bool {
        self.is_wrong(process, from, to, Query::One(ROW), rows(&[(ROW, version, 1)]))
    }
}

fn put(row: Row, version: i64, group: i64) -> Change {
    Change { row, stamp: version, effect: Effect::Group(group), version: Some(version) }
}

fn rows(rows: &[(Row, i64, i64)]) -> Answer {
    let image = |(row, version, group): &(Row, i64, i64)| {
        (*row, Image { version: *version, stamp: *version, group: *group })
    };
    Answer::Rows(rows.iter().map(image).collect())
}

#[test]
fn an_old_version_is_wrong_once_a_newer_one_has_returned() {
    let tale = Tale::new(RULES).wrote(1, 20, 30, put(ROW, 2, 1));
    assert!(!tale.is_stale(2, 25, 40, 1), "it was true when the read began");
    assert!(!tale.is_stale(2, 30, 40, 1));
    assert!(tale.is_stale(2, 31, 40, 1));
    assert!(tale.is_stale(1, 31, 40, 1));
}

#[test]
fn a_new_version_is_wrong_before_its_write_has_begun() {
    let tale = Tale::new(RULES).wrote(1, 20, 30, put(ROW, 2, 1));
    assert!(tale.is_stale(2, 15, 19, 2));
    assert!(!tale.is_stale(2, 15, 20, 2));
}

#[test]
fn what_was_never_committed_is_wrong() {
    let tale = Tale::new(RULES).refused(1, 20, put(ROW, 2, 1));
    assert!(tale.is_stale(2, 25, 40, 2), "a refused write");
    assert!(tale.is_stale(2, 25, 40, 3), "a write of nobody");
    let other_group = rows(&[(ROW, 1, 2)]);
    assert!(tale.is_wrong(2, 25, 40, Query::One(ROW), other_group));
}

#[test]
fn a_row_that_is_gone_or_not_yet_born_is_absent() {
    let gone = Change { stamp: 4, effect: Effect::Gone, ..put(ROW, 1, 1) };
    let tale = Tale::new(RULES).wrote(1, 20, 30, gone).wrote(1, 50, 60, put(ROW, 5, 1));
    let absent = |from, to| tale.is_wrong(2, from, to, Query::One(ROW), rows(&[]));
    assert!(absent(12, 19));
    assert!(!absent(12, 20));
    assert!(!absent(55, 70));
    assert!(absent(61, 70));
    assert!(tale.is_stale(2, 31, 49, 1));
}

#[test]
fn lists_have_all_members_and_no_others() {
    let other = Row(Item, 2);
    let tale = Tale::new(RULES).wrote(0, 1, 9, put(other, 1, 1)).wrote(1, 20, 30, put(other, 2, 3));
    let list = |from, answer| tale.is_wrong(2, from, 40, Query::Group(Item, 1), answer);
    let (both, one) = (rows(&[(ROW, 1, 1), (other, 1, 1)]), rows(&[(ROW, 1, 1)]));
    assert!(!list(25, both.clone()) && !list(25, one.clone()));
    assert!(list(31, both) && !list(31, one.clone()));
    assert!(tale.is_wrong(2, 12, 19, Query::Group(Item, 1), one.clone()), "a member is missing");
    assert!(tale.is_wrong(2, 31, 40, Query::All(Item), one));
}

#[test]
fn counts_are_true_at_one_moment() {
    let other = Row(Item, 2);
    let tale = Tale::new(RULES).wrote(1, 20, 30, put(other, 2, 1)).wrote(1, 40, 50, put(other, 3, 3));
    let count = |from, to, number| tale.is_wrong(2, from, to, Query::Count(Item, 1), Answer::Count(number));
    assert!(!count(10, 19, 1) && count(10, 19, 2));
    assert!(!count(31, 39, 2) && count(31, 39, 1));
    assert!(!count(10, 60, 1) && !count(10, 60, 2) && count(10, 60, 3) && count(10, 60, 0));
}

#[test]
fn rows_of_one_answer_are_true_at_the_same_moment() {
    let note = Row(Note, 1);
    let tale = Tale::new(RULES).wrote(0, 1, 9, put(note, 1, 1)).wrote(1, 20, 30, put(ROW, 2, 1)).wrote(
        1,
        40,
        50,
        put(note, 2, 1),
    );
    let joined =
        |item, of| tale.is_wrong(2, 10, 60, Query::Joined(1), rows(&[(ROW, item, 1), (note, of, 1)]));
    assert!(!joined(1, 1) && !joined(2, 1) && !joined(2, 2));
    assert!(joined(1, 2), "the note changed after the item had");
}

#[test]
fn what_is_owed_may_be_unseen_by_others_until_it_is_settled() {
    let tale = Tale::new(RULES).owes(1, 20, 30, put(ROW, 2, 1)).add(1, Event::Settled { at: 200 });
    assert!(tale.is_stale(1, 31, 40, 1), "not by the process itself");
    assert!(!tale.is_stale(2, 31, 40, 1) && !tale.is_stale(2, 200, 201, 1));
    assert!(tale.is_stale(2, 201, 202, 1));
    let strict = Tale { rules: Rules { writes: Writes::Strict, ..RULES }, ..tale };
    assert!(strict.is_stale(2, 31, 40, 1));
}

#[test]
fn what_is_never_settled_ends_with_the_entries() {
    let tale = Tale::new(RULES).owes(1, 20, 30, put(ROW, 2, 1));
    assert!(!tale.is_stale(2, 1030, 1040, 1));
    assert!(tale.is_stale(2, 1031, 1040, 1));
}

#[test]
fn an_owed_move_is_not_made_known_by_a_later_change_in_the_new_group() {
    let tale = Tale::new(RULES).owes(1, 20, 30, put(ROW, 2, 3)).wrote(2, 40, 50, put(ROW, 3, 3));
    assert!(tale.is_stale(2, 60, 70, 1), "the row itself is");
    assert!(!tale.is_wrong(2, 60, 70, Query::Count(Item, 1), Answer::Count(1)));
    assert!(tale.is_wrong(2, 1060, 1070, Query::Count(Item, 1), Answer::Count(1)));
}

#[test]
fn a_bound_is_for_the_writes_of_others() {
    let tale = Tale::new(Rules { bound: 100, ..RULES }).wrote(1, 20, 30, put(ROW, 2, 1));
    assert!(!tale.is_stale(2, 130, 140, 1) && tale.is_stale(2, 131, 140, 1));
    assert!(tale.is_stale(1, 31, 40, 1));
}

#[test]
fn a_killed_writers_last_write_may_have_happened_or_not() {
    let tale = Tale::new(RULES).began(1, 20, put(ROW, 2, 1));
    assert!(!tale.is_stale(2, 500, 510, 1) && !tale.is_stale(2, 500, 510, 2));
    let count = |number| tale.is_wrong(2, 500, 510, Query::Count(Item, 1), Answer::Count(number));
    assert!(!count(1) && count(0));
}

#[test]
fn a_killed_writers_write_that_was_seen_did_happen() {
    let seen = |rules| {
        let tale = Tale::new(rules).began(1, 20, put(ROW, 2, 1));
        tale.looked(100, 110, Query::One(ROW), rows(&[(ROW, 2, 1)]))
    };
    let fenced = seen(Rules { fence: Fence::On, ..RULES });
    assert!(!fenced.is_stale(2, 105, 120, 1));
    assert!(fenced.is_stale(2, 111, 120, 1));
    let unreachable = fenced.add(0, Event::Unreachable { process: 1, from: 5, to: 50 });
    assert!(!unreachable.is_stale(2, 111, 120, 1), "nobody could be told");
    let unfenced = seen(RULES);
    assert!(!unfenced.is_stale(2, 111, 120, 1));
    assert!(unfenced.is_stale(2, 1111, 1120, 1));
}

#[test]
fn an_abandoned_write_of_which_nobody_knows_the_version_may_count() {
    let moved = Change { version: None, ..put(ROW, 2, 3) };
    let tale = Tale::new(RULES).began(1, 20, moved);
    let count = |from, number| tale.is_wrong(2, from, from, Query::Count(Item, 1), Answer::Count(number));
    assert!(!count(30, 0) && !count(30, 1) && count(19, 0));
}

#[test]
fn a_failed_operation_is_wrong() {
    let tale = Tale::new(RULES).add(1, Event::Failed { at: 20, what: "a read".to_owned() });
    assert!(tale.is_stale(2, 20, 30, 1));
}

#[test]
fn the_database_itself_is_judged_by_commits() {
    let tale = Tale::new(RULES).owes(1, 20, 30, put(ROW, 2, 1));
    let late = tale.looked(31, 40, Query::One(ROW), rows(&[(ROW, 1, 1)]));
    assert!(late.is_stale(2, 25, 26, 1), "what is owed is in the database");
}
