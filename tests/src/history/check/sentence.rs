//! The story of a violation.

use std::fmt::Write;

use super::{Claim, Court};
use crate::history::event::{Answer, Moment, Query, Row};
use crate::history::timeline::{NEVER, Reader, Span, State, Timeline, Want};

/// So many changes of a row are told.
const CHANGES: usize = 4;

impl Court {
    pub(super) fn sentence(
        &self,
        query: Query,
        answer: &Answer,
        claim: &Claim,
        reader: Reader,
        span: Span,
    ) -> String {
        let mut story = format!("{query:?} by {reader:?} answered {answer:?}\n");
        let _ =
            writeln!(story, "  it took {}; all moments are relative to its start", ago(span.to, span.from));
        let fits = |(row, want): &(Row, Want)| !self.windows(*row, *want, reader, span).is_empty();
        let mut rows: Vec<Row> = claim.rows.iter().filter(|row| !fits(row)).map(|(row, _)| *row).collect();
        if rows.is_empty() && claim.count.is_none() {
            story += "  each row for itself was so at some moment, but not all at one\n";
            rows.extend(claim.rows.iter().map(|(row, _)| *row));
        }
        rows.extend(claim.count.iter().flat_map(|(table, ..)| table.ids().map(|id| Row(*table, id))));
        for row in rows {
            let _ = writeln!(story, "  {row}:");
            let states = self.timelines.get(&row).map_or(&[][..], Timeline::states).iter().rev();
            for state in states.filter(|state| state.begin <= span.to).take(CHANGES) {
                let _ = writeln!(story, "    {}", tell(state, reader, span.from));
            }
        }
        story
    }
}

fn tell(state: &State, reader: Reader, start: Moment) -> String {
    let State { version, stamp, writer, begin, committed, .. } = state;
    let what = state.group.map_or("gone".to_owned(), |group| format!("in group {group}"));
    let certainty = if state.certain { "" } else { ", perhaps" };
    format!(
        "version {version} (stamp {stamp}), {what}{certainty}, by process {writer}: began {}, committed by {}, to be seen from {}",
        ago(*begin, start),
        ago(*committed, start),
        ago(state.right(reader), start)
    )
}

fn ago(moment: Moment, start: Moment) -> String {
    match moment {
        NEVER => "never".to_owned(),
        moment => format!("{:+.3} ms", (moment as f64 - start as f64) / 1e6),
    }
}
