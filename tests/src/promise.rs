//! Promises as data: each names what a cached read must see, with small examples.

use crate::backend::{Backend, Pool};
use crate::case::{Case, read, scopes};
use crate::read::Answer;

/// A small database.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// On what it is.
    pub backend: Backend,
    /// Its schema and rows.
    pub sql: &'static str,
    /// The declared scopes of its tables.
    pub scopes: &'static [(&'static str, &'static [&'static [&'static str]])],
}

/// Reads, and writes each of which changes the result of each read.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// The reads.
    pub reads: &'static [&'static str],
    /// The writes; several in a row count as one.
    pub writes: &'static [&'static [&'static str]],
}

/// A promise.
#[derive(Clone, Copy, Debug)]
pub struct Promise {
    /// What is promised.
    pub name: &'static str,
    /// The database of its examples.
    pub setup: Setup,
    /// The examples.
    pub examples: &'static [Example],
}

/// How a promise was broken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Broken {
    /// A cached read was stale.
    Stale(String),
    /// The example shows nothing: the read is not cached, or the write does not change its result.
    Empty(String),
}

impl Setup {
    /// A database of this setup.
    pub async fn open(&self) -> Case {
        let declarations: Vec<_> =
            self.scopes.iter().map(|(table, columns)| scopes(table, columns)).collect();
        Case::on(self.backend, self.sql, &declarations, Pool::One).await
    }
}

impl Promise {
    /// Checks every example, each read and write on a database of their own.
    ///
    /// # Errors
    ///
    /// The first example that is stale, else the first one that shows nothing.
    pub async fn check(&self) -> Result<(), Broken> {
        let mut empty = Ok(());
        for example in self.examples {
            for text in example.reads {
                for writes in example.writes {
                    match sees(&self.setup.open().await, text, writes).await {
                        Err(Broken::Stale(how)) => return Err(Broken::Stale(how)),
                        Err(nothing) if empty.is_ok() => empty = Err(nothing),
                        _ => {}
                    }
                }
            }
        }
        empty
    }
}

async fn sees(case: &Case, text: &str, writes: &[&str]) -> Result<(), Broken> {
    let read = read(text);
    let before = case.subject().cached(&read).await.0;
    if case.subject().cached(&read).await.1 != crate::subject::Source::Hit {
        return Err(Broken::Empty(format!("not cached: {text}")));
    }
    let mut truth = before.clone();
    for write in writes {
        case.write(write).await;
        truth = case.subject().truth(&read).await;
        let got = case.subject().cached(&read).await.0;
        if got != truth {
            return Err(Broken::Stale(format!("{text}\nafter {write}\ncached {got}, database {truth}")));
        }
    }
    match truth {
        Answer::Failed(error) => Err(Broken::Empty(format!("{error}: {text}"))),
        truth if truth == before => Err(Broken::Empty(format!("{writes:?} does not change {text}"))),
        _ => Ok(()),
    }
}

/// Defines promises: `name on SETUP { reads => writes; .. }`, each read with each write; `then` joins writes
/// to one. For each name it calls `promise_test!`, which the user defines.
///
/// ```
/// use cache_tests::backend::Backend;
/// use cache_tests::promise::{Promise, Setup};
///
/// const SETUP: Setup = Setup { backend: Backend::Sqlite, sql: "CREATE TABLE cake (id INTEGER PRIMARY KEY)", scopes: &[] };
///
/// // One test for each, or, as here, none.
/// macro_rules! promise_test {
///     ($name:ident) => {};
/// }
///
/// cache_tests::promises! {
///     births_are_seen on SETUP {
///         "SELECT id FROM cake", "SELECT count(*) FROM cake" => "INSERT INTO cake DEFAULT VALUES";
///     }
/// }
///
/// fn main() {
///     assert_eq!(ALL[0].name, "births_are_seen");
///     assert_eq!(ALL[0].examples[0].reads.len(), 2);
/// }
/// ```
#[macro_export]
macro_rules! promises {
    ($($(#[$doc:meta])* $name:ident on $setup:ident {
        $($($read:literal),+ => $($($write:literal)then+),+;)+
    })+) => {
        /// The promises of this module.
        #[allow(dead_code, reason = "the tests of one promise each do not need the list")]
        pub const ALL: &[$crate::promise::Promise] = &[$($crate::promise::Promise {
            name: stringify!($name),
            setup: $setup,
            examples: &[$($crate::promise::Example { reads: &[$($read),+], writes: &[$(&[$($write),+]),+] }),+],
        }),+];

        $(promise_test! { $(#[$doc])* $name })+
    };
}
