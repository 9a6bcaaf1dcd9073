//! What a statement touches, and the marks of that.

use super::{Outcome, Step};
use crate::deps::model::Touch;
use crate::deps::{Ran, touches};
use crate::mark::Marks;
use crate::sql::{Plan, WritePlan};

/// How far a statement reaches, before its values are looked at.
enum Extent<'p> {
    Nothing,
    /// As far as its plan says.
    Planned(&'p WritePlan),
    Everything,
}

/// What a statement touches, and the marks of that.
#[derive(Default, PartialEq, Debug)]
pub(super) struct Effects {
    pub(super) touches: Vec<Touch>,
    pub(super) marks: Marks,
}

impl<'o> From<Outcome<'o>> for Ran<'o> {
    fn from(outcome: Outcome<'o>) -> Self {
        match outcome {
            Outcome::Failed | Outcome::Refused(_) => Ran::Unknown,
            Outcome::Rows(rows) => Ran::Rows(rows),
            Outcome::First(rows) => Ran::First(rows),
            Outcome::Done { rows_affected } => rows_affected.map_or(Ran::Unknown, Ran::Count),
            Outcome::Numbered { rows_affected, first } => Ran::Numbered { count: rows_affected, first },
        }
    }
}

impl Step {
    /// All that it may touch.
    pub(in crate::session) fn possible(&self) -> Marks {
        self.effects(self.extent(), Ran::Unknown).marks
    }

    /// The same, kept for when it has run: as a rule it has touched all of that.
    pub(super) fn foresee(&mut self) -> Marks {
        let extent = self.extent();
        let is_planned = matches!(extent, Extent::Planned(_));
        let effects = self.effects(extent, Ran::Unknown);
        let marks = effects.marks.clone();
        self.foreseen = is_planned.then(|| Box::new(effects));
        marks
    }

    /// What it touches, as far as that is known of a statement that ran so; once. Apart, for the futures of statements hold
    /// it.
    pub(super) fn take_effects(&mut self, ran: Ran<'_>) -> Box<Effects> {
        let foreseen = self.foreseen.take();
        // A statement that ran so touches all that it may touch, unless more is known of its rows.
        let is_foreseen = match ran {
            Ran::Unknown => true,
            Ran::Count(count) => count > 0 && self.before.is_none(),
            Ran::Numbered { .. } | Ran::Rows(_) | Ran::First(_) => false,
        };
        match (self.extent(), foreseen) {
            (Extent::Planned(plan), Some(foreseen)) if is_foreseen => {
                debug_assert_eq!(*foreseen, self.effects(Extent::Planned(plan), ran), "{}", self.sql);
                foreseen
            }
            (extent, _) => Box::new(self.effects(extent, ran)),
        }
    }

    fn effects(&self, extent: Extent<'_>, ran: Ran<'_>) -> Effects {
        let touches = match extent {
            Extent::Nothing => Vec::new(),
            Extent::Planned(plan) => touches(&self.catalog, plan, &self.values, self.before.as_ref(), ran),
            Extent::Everything => vec![Touch::Everything],
        };
        Effects { marks: self.catalog.touch_marks(&touches), touches }
    }

    fn extent(&self) -> Extent<'_> {
        match &*self.plan {
            // A schema that changed while the statement ran may have given it effects that were not planned.
            _ if !self.session.database().is_current(&self.catalog) => Extent::Everything,
            // Its names may stand for other tables than the schema's.
            Plan::Write(_) if self.session.is_tainted() => Extent::Everything,
            // What commits by itself what a statement has begun, of which no journal knows what it wrote.
            Plan::Write(plan) if plan.ends_transaction && self.session.is_open_by_hand() => {
                Extent::Everything
            }
            // Only what is at once in the database is found by the look at the schema that follows.
            Plan::Write(plan) if plan.is_definition_of_nothing() && !self.publishes_at_once() => {
                Extent::Everything
            }
            Plan::Write(plan) => Extent::Planned(plan),
            // Raw transaction control ends something that no journal has followed.
            Plan::Control(control) if self.ends(control) => Extent::Everything,
            Plan::Control(_) | Plan::Read(_) | Plan::Setting(_) | Plan::Neutral => Extent::Nothing,
        }
    }
}
