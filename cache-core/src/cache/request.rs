//! What a cached read is asked for, what its load gives, and what comes of it.

use std::sync::Arc;

use super::policy::Policy;
use super::why::{Reason, Source};
use crate::codec::Codec;
use crate::log::Position;
use crate::mark::Marks;
use crate::store::EntryKey;

/// A cached read.
#[derive(Debug)]
pub struct Request<'a, T> {
    /// Which entry.
    pub key: EntryKey,
    /// How it is cached.
    pub policy: &'a Policy,
    /// How its value becomes bytes.
    pub codec: &'a dyn Codec<T>,
}

impl<T> Clone for Request<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Request<'_, T> {}

/// Where a load starts. It has read the log, and the load reads the database after it: a write that the load
/// does not see is therefore published later, and ends the entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LoadStart {
    pub(super) position: Option<Position>,
}

impl LoadStart {
    /// The log's head before the load; none if the cache is bypassed.
    #[must_use]
    pub const fn position(&self) -> Option<Position> {
        self.position
    }
}

/// What a load gives.
#[derive(Clone, Debug)]
pub struct Loaded<T> {
    /// The result.
    pub value: T,
    /// What it depends on.
    pub watched: Watched,
}

/// What a result depends on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Watched {
    /// These marks.
    Marks {
        /// The marks of all that was read.
        marks: Arc<Marks>,
        /// The oldest position at which the result, or a cached part of it, is known to be valid; none if
        /// that is where its load started.
        position: Option<Position>,
    },
    /// Something that no mark can stand for: the result is returned but not stored.
    Unstorable(Reason),
}

impl From<Marks> for Watched {
    fn from(marks: Marks) -> Self {
        Watched::Marks { marks: Arc::new(marks), position: None }
    }
}

/// What comes of a cached read.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome<T> {
    /// The result.
    pub value: Arc<T>,
    /// Where it came from, and why.
    pub source: Source,
    /// What a block that uses the result depends on because of it.
    pub watched: Watched,
}

impl<T> Clone for Outcome<T> {
    fn clone(&self) -> Self {
        Self { value: Arc::clone(&self.value), source: self.source.clone(), watched: self.watched.clone() }
    }
}
