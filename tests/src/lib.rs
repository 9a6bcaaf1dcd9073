//! What spans the crates: the oracle, which compares every cached read with the database after random writes.
//!
//! | part | what it is for |
//! |---|---|
//! | [`rng`], [`literal`] | random numbers, values, SQL text |
//! | [`backend`], `bind` | the databases that the tests run on; texts and values as SeaORM takes them |
//! | [`gate`] | stops or abandons a future at a chosen place |
//! | [`world`] | a real database: entities, and a schema whose details a seed decides |
//! | [`read`] | reads as data |
//! | [`write`](mod@write) | writes as data, and the transactions around them |
//! | [`hostile`] | SQL that misleads: schemas, reads and writes that a grammar makes |
//! | [`oracle`] | one seed's run, its report, and precision |
//! | [`burst`] | concurrent writers on a server, and what reads show meanwhile |
//! | [`case`], [`promise`] | small databases; promises with their examples |
//! | [`directed`] | for each rule a read and a write that go wrong without it |
//! | [`conformance`] | what holds for every store |
//! | [`servers`] | real servers, and a proxy that does what networks do: a crate of its own |
//! | [`scenario`] | directed scenarios, where reads, writes and COMMIT overlap |
//! | [`history`] | several processes while things break, and the verdict on what they read |
//! | [`kills`] | writers that are killed around COMMIT, through each ORM |
//! | [`wrapped`] | the same connections for all databases, through Diesel |
//! | [`subject`], `cached`, [`misses`] | the only places that know the cache |

#![allow(clippy::unwrap_used, reason = "test code: a panic is how it reports")]

pub mod backend;
mod bind;
pub mod burst;
mod cached;
pub mod case;
pub mod conformance;
pub mod directed;
pub mod gate;
pub mod history;
pub mod hostile;
pub mod kills;
pub mod literal;
pub mod misses;
pub mod oracle;
pub mod promise;
pub mod read;
pub mod rng;
pub mod scenario;
pub mod subject;
pub mod world;
pub mod wrapped;
pub mod write;

pub use cache_servers as servers;
