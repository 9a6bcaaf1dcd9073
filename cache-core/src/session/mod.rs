//! One statement's and one transaction's way through the engine.
//!
//! The pipeline stands here once, free of any runtime: plan, run, images, journal, publish, guard. An
//! adapter asks its [`Session`] for a [`Step`] before it runs a statement and finishes the step with what
//! came of it; it asks for a [`CommitStep`] before it sends COMMIT and finishes it afterwards. Whatever is
//! dropped half-way publishes what it may have done: a lost caller costs misses, never staleness.
//!
//! | module | what it is for |
//! |---|---|
//! | `database` | one database attached to one cache: its catalog, and when to look for another |
//! | `known`, `take_up` | its schema, and what that rests on; how another is taken up |
//! | `context` | [`Session`]: a connection, a transaction or a tracked block |
//! | `step` | one statement, and what is published of it |
//! | `temporaries` | the names of temporary relations, which hide others |
//! | `text` | [`TextSession`]: a connection whose transactions are told by its SQL |
//! | `control` | transaction control on its way through one |
//! | `introspect`, `identity` | reading the schema and keeping up with it; which database it is |
//! | `refusal` | statements that failed and are known to have changed nothing |
//! | `journal` | the marks that an open transaction owes, a frame for each savepoint |
//! | `by_hand` | a transaction that a statement begins on a pool |
//! | `commit`, `publish` | one COMMIT or RELEASE; how what was written is published |
//! | `savepoint` | one SAVEPOINT, which may end its transaction |
//! | `taint` | whether names and values may mean something else than the schema says |
//! | `tracker` | what a tracked block has read |
//! | `explain` | what a read depends on and would find, what a write touches |
//! | `habits` | key churn, and transactions in which nothing can hit |
//! | `cause` | what a publication was made for, in words |

mod by_hand;
mod cause;
mod commit;
mod context;
mod control;
mod database;
mod explain;
mod habits;
mod identity;
mod introspect;
mod journal;
mod known;
mod publish;
mod refusal;
mod savepoint;
mod step;
mod taint;
mod take_up;
mod temporaries;
mod text;
mod tracker;

#[cfg(test)]
mod tests;

pub use commit::{CommitStep, Committed};
pub use context::Session;
pub use control::ControlStep;
pub use database::{AskFate, Database, Doubt};
pub use explain::{Explainer, Explanation, ReadExplanation, WriteExplanation};
pub use habits::Habits;
pub use identity::Identity;
pub use introspect::{Introspect, Reading};
pub use savepoint::SavepointStep;
pub use step::{Aftermath, Outcome, Step};
pub use text::{TextSession, TextStep};
pub use tracker::{Part, Tracker};

pub use crate::deps::{BeforeImages, BeforeQuery, Catalog, DatabaseId, Rows};
