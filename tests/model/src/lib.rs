//! The exhaustive check of the cache's protocol.
//!
//! A [`Scene`] is a small world: a few readers and writers, one cache server, the parts of the engine that take part,
//! and the faults that may happen at any moment. [`check`] plays it in every possible order, each action being one
//! round trip or one step inside a process, and reports the first read that gets what it must not get, with the
//! shortest way to it. A [`Variant`] is the same protocol with one rule broken; for each there is a scene that finds
//! it out. And since a cache that never hits is never stale, every scene names the hits that it must be able to reach.
//!
//! ## What a read must not get
//!
//! | promise | a read must see |
//! |---|---|
//! | [`Promise::Returned`] | every write that had returned when it started, whether it was published or is owed by its own process |
//! | [`Promise::Committed`] | every write that was committed in the database when it started, although its writer may have died since |
//! | [`Reader::within`] a bound | every write that had returned before the bound, and all of its own process |
//!
//! ## Where things are
//!
//! | file | what it models |
//! |---|---|
//! | `explore`, `digest`, `few` | the search; it knows nothing of caches |
//! | `scene`, `variant`, `spec`, `goal` | what is played, how it is broken, what must not and what must be possible |
//! | `server`, `fault` | head, log, entries, incarnations; what evictions and failovers do to them |
//! | `index`, `process`, `push`, `lease`, `owed` | what the tasks of one process share |
//! | `reader`, `load`, `flight`, `block`, `share`, `restamp` | a read |
//! | `writer`, `fence`, `clock` | a write |
//!
//! The names are those of the engine: `Index::follow`, `Process::validate`, `World::take` do what `Index::follow`,
//! `Shared::validate` and `Cache::join` do. A rule that changes there changes here first.
//!
//! ## What it leaves out
//!
//! Marks are exact (a collision is one more touch), and there is one entry of each kind. The memory order inside the
//! index, expiry of entries, encoding, and the domains of a cluster, each of which is a log of its own, have their
//! tests elsewhere. Clocks run at the same rate. A server answers whoever asks it, or is out of reach; which of two
//! servers a client reaches is not asked, since a head is accepted from its own incarnation only.
//!
//! ## Bounds
//!
//! The default bounds are two or three readers with one or two reads each, one to four writes, one or two faults, two
//! or three ticks. `MODEL_FULL=1` adds a longer scene to most of them:
//!
//! ```sh
//! cargo test -p cache-model -- --nocapture
//! MODEL_FULL=1 cargo test -p cache-model -- --nocapture --test-threads=1
//! ```
//!
//! | scenes | states, default bounds | states, `MODEL_FULL=1` |
//! |---|---|---|
//! | reads: races, values, evictions, failovers | 1.3 million | 39 million |
//! | sharing: flights, head fetches, blocks, newer positions | 0.4 million | 11 million |
//! | writes: pushes, late tails, groups, debts, declarations | 0.6 million | 7 million |
//! | bounded reads | 0.6 million | 21 million |
//! | fences | 4.4 million | 51 million |
//!
//! The default takes about 20 seconds of one core, broken variants included; the full run some seven minutes and
//! several gigabytes.

mod block;
mod clock;
mod digest;
mod explore;
mod fault;
mod fence;
mod few;
mod flight;
mod goal;
mod index;
mod lease;
mod load;
mod marks;
mod owed;
mod process;
mod push;
mod reader;
mod restamp;
mod scene;
mod server;
mod share;
mod spec;
mod state;
mod variant;
mod world;
mod writer;

pub use explore::{Counterexample, Report};
pub use goal::Goal;
pub use marks::{Key, Marks, Row};
pub use scene::{Ending, Fault, Judge, Part, Promise, Reader, Scene, Time, Write};
pub use server::Declarations;
pub use variant::Variant;
pub use world::check;
