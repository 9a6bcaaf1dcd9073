//! The verdict: was there a moment between a read's start and its end at which all was as it says?

mod gather;
mod sentence;

use std::collections::HashMap;
use std::fmt;

use super::event::{Answer, Counts, Event, Image, Moment, Process, Query, Row, Source};
use super::table::Table;
use super::timeline::{Reader, Span, Timeline, Want};

/// What was promised.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rules {
    /// How old a read may be that another process's write has changed.
    pub bound: Moment,
    /// How long after a commit a stale entry may live whatever happens: the entries' time to live, and the time
    /// that a load may take.
    pub lag: Moment,
    /// Whether commits are fenced: then a commit counts from the moment that anybody has seen it.
    pub fence: Fence,
    /// What happens to writes while the log is out of reach.
    pub writes: Writes,
}

/// Whether commits are fenced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fence {
    /// They are.
    On,
    /// They are not.
    Off,
}

/// What happens to writes while the log is out of reach.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Writes {
    /// They are committed, and their publication is owed.
    Owed,
    /// They are refused.
    Strict,
}

/// What all processes did.
#[derive(Clone, PartialEq, Debug)]
pub struct History {
    /// What was promised.
    pub rules: Rules,
    /// The processes and what they wrote down, in its order.
    pub processes: Vec<(Process, Vec<Event>)>,
}

/// A read that no moment explains.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// Who read.
    pub process: Process,
    /// The whole story: the read and the writes around it.
    pub story: String,
}

/// What came out.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Verdict {
    /// Reads through a cache that were judged, parts of blocks apart.
    pub reads: u64,
    /// Reads of the database itself that were judged too.
    pub direct: u64,
    /// The sums of all processes.
    pub counts: Counts,
    /// What was wrong.
    pub violations: Vec<Violation>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {}: {}", self.process, self.story)
    }
}

impl History {
    /// Judges every read.
    #[must_use]
    pub fn check(&self) -> Verdict {
        let court = Court { timelines: gather::timelines(self) };
        let mut verdict = Verdict::default();
        for (process, events) in &self.processes {
            let mut counts = Counts::default();
            for event in events {
                match event {
                    Event::Read { from, to, source, parts } => {
                        let reader = match source {
                            Source::Cache => Reader::Cache(*process),
                            Source::Database => Reader::Database,
                        };
                        let span = Span { from: *from, to: *to };
                        for (query, answer) in parts {
                            let counter = match source {
                                Source::Cache => &mut verdict.reads,
                                Source::Database => &mut verdict.direct,
                            };
                            *counter += 1;
                            let wrong = court.judge(*query, answer, reader, span).err();
                            verdict
                                .violations
                                .extend(wrong.map(|story| Violation { process: *process, story }));
                        }
                    }
                    Event::Failed { what, .. } => {
                        let story = format!("failed: {what}");
                        verdict.violations.push(Violation { process: *process, story });
                    }
                    Event::Counted(newer) => counts = *newer,
                    _ => {}
                }
            }
            verdict.counts.add(&counts);
        }
        verdict
    }
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.writes += other.writes;
        self.without_effect += other.without_effect;
        self.reads += other.reads;
        self.hits += other.hits;
        self.stale += other.stale;
        self.slowest = self.slowest.max(other.slowest);
    }
}

struct Court {
    timelines: HashMap<Row, Timeline>,
}

/// What a read says of each row, and how many rows of a group it says there are.
#[derive(Default)]
struct Claim {
    rows: Vec<(Row, Want)>,
    count: Option<(Table, i64, u64)>,
}

impl Court {
    fn judge(&self, query: Query, answer: &Answer, reader: Reader, span: Span) -> Result<(), String> {
        let claim = Claim::of(query, answer);
        let claim = claim.ok_or_else(|| format!("{query:?} cannot have the answer {answer:?}"))?;
        let invented = claim.rows.iter().find(|(row, want)| match want {
            Want::Image(image) => !self.timelines.get(row).is_some_and(|timeline| timeline.knows(*image)),
            _ => false,
        });
        if let Some((row, _)) = invented {
            return Err(format!("{query:?} answered {answer:?}, but nobody committed that {row}"));
        }
        match self.has_moment(&claim, reader, span) {
            true => Ok(()),
            false => Err(self.sentence(query, answer, &claim, reader, span)),
        }
    }

    /// Windows only begin and end, so if a moment fits then the start does, or a moment at which a window begins.
    fn has_moment(&self, claim: &Claim, reader: Reader, span: Span) -> bool {
        let windows = |row, want| self.windows(row, want, reader, span);
        let rows: Vec<_> = claim.rows.iter().map(|(row, want)| windows(*row, *want)).collect();
        let (members, number) = match claim.count {
            Some((table, group, number)) => {
                let member = |id| [true, false].map(|is| windows(Row(table, id), Want::InGroup(group, is)));
                (table.ids().map(member).collect(), number as usize)
            }
            None => (Vec::new(), 0),
        };
        let all = rows.iter().chain(members.iter().flatten()).flatten();
        let moments = std::iter::once(span.from).chain(all.map(|window| window.from));
        moments.filter(|moment| span.contains(*moment)).any(|moment| {
            let open = |windows: &Vec<Span>| windows.iter().any(|window| window.contains(moment));
            let members = members.iter().map(|member| member.each_ref().map(open));
            rows.iter().all(open) && may_count(members, number)
        })
    }

    fn windows(&self, row: Row, want: Want, reader: Reader, within: Span) -> Vec<Span> {
        match self.timelines.get(&row) {
            Some(timeline) => timeline.windows(want, reader, within),
            None => Timeline::default().windows(want, reader, within),
        }
    }
}

/// Whether so many can be members, of whom each may be one, may be none, or may be both.
fn may_count(members: impl Iterator<Item = [bool; 2]>, number: usize) -> bool {
    let (mut least, mut most) = (0, 0);
    for may_be in members {
        match may_be {
            [true, true] => most += 1,
            [true, false] => (least, most) = (least + 1, most + 1),
            [false, true] => {}
            [false, false] => return false,
        }
    }
    (least..=most).contains(&number)
}

impl Claim {
    /// None if the answer is none to this query.
    fn of(query: Query, answer: &Answer) -> Option<Self> {
        match (query, answer) {
            (Query::Count(table, group), Answer::Count(number)) => {
                Some(Self { count: Some((table, group, *number)), ..Self::default() })
            }
            (Query::One(row), Answer::Rows(rows)) => match rows[..] {
                [] => Some(Self::rows(vec![(row, Want::Exists(false))])),
                [(of, image)] if of == row => Some(Self::rows(vec![(row, Want::Image(image))])),
                _ => None,
            },
            (Query::Group(table, group), Answer::Rows(rows)) => Self::list(table, Some(group), rows),
            (Query::All(table), Answer::Rows(rows)) => Self::list(table, None, rows),
            (Query::Joined(id), Answer::Rows(rows)) => {
                let item = Row(Table::Item, id);
                match rows.split_first() {
                    None => Some(Self::rows(vec![(item, Want::Exists(false))])),
                    Some(((row, image), notes)) if *row == item => {
                        let mut claim = Self::list(Table::Note, Some(id), notes)?;
                        claim.rows.push((item, Want::Image(*image)));
                        Some(claim)
                    }
                    Some(_) => None,
                }
            }
            _ => None,
        }
    }

    fn rows(rows: Vec<(Row, Want)>) -> Self {
        Self { rows, count: None }
    }

    fn list(table: Table, group: Option<i64>, rows: &[(Row, Image)]) -> Option<Self> {
        let others = group.map_or(Want::Exists(false), |group| Want::InGroup(group, false));
        let mut wants: HashMap<Row, Want> = table.ids().map(|id| (Row(table, id), others)).collect();
        for (row, image) in rows {
            let first = wants.insert(*row, Want::Image(*image)) == Some(others);
            if !first || group.is_some_and(|group| image.group != group) {
                return None;
            }
        }
        Some(Self::rows(wants.into_iter().collect()))
    }
}
