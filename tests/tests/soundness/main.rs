//! Named counterexamples: each made an earlier version of the rules serve a stale result.

#![allow(clippy::unwrap_used, reason = "test code: a panic is how it reports")]
#![allow(unreachable_pub, reason = "modules that another test shares")]

/// One test for each promise.
macro_rules! promise_test {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[tokio::test]
        async fn $name() {
            let promise = ALL.iter().find(|promise| promise.name == stringify!($name)).unwrap();
            promise.check().await.unwrap();
        }
    };
}

mod algebra;
mod functions;
mod images;
mod invisible;
mod looked;
mod names;
mod postgres;
mod schema;
mod semantics;
mod setups;
mod sharing;
mod temporary;
mod transactions;
mod unnamed;
mod values;
