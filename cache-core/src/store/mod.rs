//! Bytes by key.

mod key;

pub use key::{EntryKey, KeyBuilder};
