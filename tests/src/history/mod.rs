//! Histories: several processes read and write at once while things break, and afterwards every read is judged.
//!
//! Each worker is a process of its own and writes down what it did, when it began and when it had returned, on
//! the one clock of the machine. The [`check`] then asks of every read whether there was a moment between its
//! start and its end at which the database was as it says.
//!
//! | part | what it is for |
//! |---|---|
//! | [`event`] | what is written down |
//! | [`record`] | the files in which it is, which survive `kill -9` |
//! | [`table`] | the two tables: rows with a version, in groups |
//! | [`read`](mod@read), [`write`](mod@write) | random reads and writes through the cache |
//! | [`worker`] | one process |
//! | [`timeline`] | one row's versions, and when each can have been seen |
//! | [`check`] | the verdict |
//! | [`stage`] | the database, the processes on it, and who looks at it directly |
//! | [`cluster`], [`fault`] | the processes with a server, and what goes wrong there |
//! | [`run`](mod@run) | one run, and what it prints |

pub mod check;
pub mod cluster;
pub mod event;
pub mod fault;
pub mod read;
pub mod record;
pub mod run;
pub mod stage;
pub mod table;
pub mod timeline;
pub mod worker;
pub mod write;
