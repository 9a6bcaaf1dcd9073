//! Bursts of concurrent writers on a server: what reads show meanwhile, and that nothing is stale once all is quiet.
//!
//! Each change of a row adds one to its version, so a version says which changes a read has seen: at least those that
//! had returned before it began, at most those that had begun before it ended.
//!
//! | part | what it is for |
//! |---|---|
//! | [`tally`] | the table: rows that move with every change, and rows that change in pairs |
//! | [`counter`] | how many changes of a row have begun and have returned |
//! | [`verdict`] | whether there was a moment at which all was as a read says |
//! | [`act`] | what writers do: typed, raw, in transactions, rolled back, abandoned |
//! | [`run`](mod@run) | bursts, and the calm after each |

pub mod act;
pub mod counter;
pub mod run;
pub mod tally;
pub mod verdict;
