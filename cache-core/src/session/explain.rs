//! Explanations: what a read depends on and would find, what a write touches.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::context::Session;
use super::tracker::Tracker;
use crate::cache::{Inspection, MissReason, Policy, Stale, Watched};
use crate::error::Result;
use crate::mark::{Mark, Marks};
use crate::store::EntryKey;

/// What is to be known of a read. Displayed, it is a paragraph for a person.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReadExplanation {
    /// Its entry.
    pub key: EntryKey,
    /// Its statement; empty for a block of several.
    pub sql: String,
    /// What the result depends on, in words; of rows, those that it has now.
    pub dependencies: Vec<String>,
    /// Why it is not cached, if so.
    pub refusal: Option<String>,
    /// What a read would find now.
    pub state: Inspection,
    /// Which of the dependencies the write that ended the entry has touched, if one of them did.
    pub through: Option<String>,
    /// What is worth knowing beside: key churn, reads in transactions only.
    pub notes: Vec<String>,
}

impl ReadExplanation {
    /// Whether a read would be a hit now.
    #[must_use]
    pub fn is_hit(&self) -> bool {
        matches!(self.state, Inspection::Fresh(_) | Inspection::Stale(_)) && self.refusal.is_none()
    }
}

impl fmt::Display for ReadExplanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "read {}", self.sql)?;
        writeln!(f, "entry {}", self.key)?;
        match (&self.refusal, &self.state) {
            (Some(refusal), _) => writeln!(f, "not cached: {refusal}")?,
            (None, Inspection::Fresh(fresh)) => {
                write!(f, "hit")?;
                match fresh.expires_in {
                    Some(left) => writeln!(f, ", for at most {left:.1?} more")?,
                    None => writeln!(f)?,
                }
            }
            (None, Inspection::Stale(stale)) => writeln!(f, "stale hit: {stale}")?,
            (None, Inspection::Miss(reason)) => writeln!(f, "miss: {reason}")?,
        }
        self.through.iter().try_for_each(|watch| writeln!(f, "through: {watch}"))?;
        self.dependencies.iter().try_for_each(|watch| writeln!(f, "depends on: {watch}"))?;
        self.notes.iter().try_for_each(|note| writeln!(f, "note: {note}"))
    }
}

/// What is to be known of a write. Displayed, it is a paragraph for a person.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct WriteExplanation {
    /// The statement.
    pub sql: String,
    /// What it touched, in words.
    pub touches: Vec<String>,
}

impl fmt::Display for WriteExplanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "write {}", self.sql)?;
        if self.touches.is_empty() {
            return writeln!(f, "touches nothing");
        }
        self.touches.iter().try_for_each(|touch| writeln!(f, "touches: {touch}"))
    }
}

/// One thing that happened while it was explained.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Explanation {
    /// A cached read.
    Read(Box<ReadExplanation>),
    /// A write.
    Write(WriteExplanation),
    /// Anything else that is worth knowing.
    Note(String),
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Explanation::Read(read) => read.fmt(f),
            Explanation::Write(write) => write.fmt(f),
            Explanation::Note(note) => writeln!(f, "note: {note}"),
        }
    }
}

/// Gathers explanations of what runs through a session.
#[derive(Debug, Default)]
pub struct Explainer(Mutex<Vec<Explanation>>);

impl Explainer {
    /// Notes one.
    pub fn note(&self, explanation: Explanation) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(explanation);
    }

    /// Everything noted since the last call.
    #[must_use]
    pub fn take(&self) -> Vec<Explanation> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Session {
    /// Explains a read of this text that was run through a tracked session with an
    /// [explaining](Tracker::explaining) tracker. `policy` is that of an ordinary read of it.
    ///
    /// # Errors
    /// If the log or the store does not answer.
    pub async fn explain_read(
        &self,
        key: EntryKey,
        policy: &Policy,
        sql: &str,
        tracker: &Tracker,
    ) -> Result<ReadExplanation> {
        if let Some(block) = self.tracker() {
            block.refuse("a read in it is explained");
        }
        let state = self.cache().inspect_as(key, policy).await?;
        let refusal = match tracker.finish(&Policy::default()) {
            _ if self.cache().is_disabled() => Some("the cache is disabled".to_owned()),
            Watched::Unstorable(reason) => Some(reason.to_string()),
            Watched::Marks { .. } => None,
        };
        let words = tracker.words();
        let through = match &state {
            Inspection::Miss(MissReason::Touched(touched))
            | Inspection::Stale(Stale::Touched(MissReason::Touched(touched))) => {
                named_by(&words, touched.mark)
            }
            _ => None,
        };
        let notes = self.database().habits().notes(sql);
        let dependencies = words.into_iter().map(|(words, _)| words).collect();
        Ok(ReadExplanation { key, sql: sql.to_owned(), dependencies, refusal, state, through, notes })
    }
}

fn named_by(words: &[(String, Marks)], mark: Mark) -> Option<String> {
    let named = words.iter().find(|(_, marks)| marks.as_slice().binary_search(&mark).is_ok());
    named.map(|(words, _)| words.clone())
}
