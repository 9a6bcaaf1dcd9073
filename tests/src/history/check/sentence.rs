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
        let wrong: Vec<_> = claim.rows.iter().filter(|row| !self.fits(row, reader, span)).collect();
        let members =
            claim.count.into_iter().flat_map(|(table, ..)| table.ids().map(move |id| Row(table, id)));
        let rows: Vec<Row> = match wrong[..] {
            [] => claim.rows.iter().map(|(row, _)| *row).chain(members).collect(),
            _ => wrong.iter().map(|(row, _)| *row).collect(),
        };
        if wrong.is_empty() {
            story += "  each row for itself was so at some moment, but not all at one\n";
        }
        for row in rows {
            let _ = writeln!(story, "  {row}:");
            for state in self
                .timeline(row)
                .map_or(&[][..], Timeline::states)
                .iter()
                .rev()
                .filter(|state| state.begin <= span.to)
                .take(CHANGES)
            {
                let _ = writeln!(story, "    {}", tell(state, reader, span.from));
            }
        }
        story
    }

    fn fits(&self, (row, want): &(Row, Want), reader: Reader, span: Span) -> bool {
        self.timeline(*row).is_some_and(|timeline| !timeline.windows(*want, reader, span).is_empty())
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
