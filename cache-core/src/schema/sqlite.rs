//! What SQLite's catalog rows mean.
