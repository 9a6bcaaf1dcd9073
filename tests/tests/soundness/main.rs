//! Named counterexamples: each made an earlier version of the rules serve a stale result.

#![allow(clippy::unwrap_used, reason = "test code: a panic is how it reports")]

mod algebra;
mod functions;
mod images;
mod invisible;
mod names;
mod semantics;
mod transactions;

use cache_tests::case::{Case, scopes};

/// Articles 1 to 4: two of category `r`, two of `g`; scopes by category, by author, by both flags.
async fn articles() -> Case {
    let setup = "
        CREATE TABLE article (id INTEGER PRIMARY KEY, category TEXT, author_id INTEGER,
            published BOOLEAN NOT NULL DEFAULT TRUE, title TEXT NOT NULL DEFAULT 't', views INTEGER NOT NULL DEFAULT 0);
        INSERT INTO article (id, category, author_id, title, views) VALUES
            (1, 'r', 1, 'one', 1), (2, 'g', 1, 'two', 0), (3, 'r', 2, 'three', 0), (4, 'g', 2, 'four', 5);";
    Case::new(setup, &[scopes("article", &[&["category"], &["author_id"], &["published", "category"]])]).await
}
