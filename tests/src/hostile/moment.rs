//! Conditions that hold as long as the tests run, and that time or chance decides: what has one of them is never kept.

use crate::backend::Backend;

const SQLITE: &[&str] = &[
    "CURRENT_TIMESTAMP > '2020'",
    "current_date > '2020'",
    "CURRENT_TIME <> ''",
    "date('now') > '2020'",
    "datetime() > '2020'",
    "strftime('%Y', 'now') > '2020'",
    "unixepoch('now', 'start of day') > 5",
    "julianday('now') > 5",
    "abs(random()) >= 0",
];
const POSTGRES: &[&str] = &[
    "now() > '2020-01-01'",
    "CURRENT_TIMESTAMP > '2020-01-01'",
    "LOCALTIMESTAMP > '2020-01-01'",
    "current_date > DATE '2020-01-01'",
    "pg_catalog.clock_timestamp() > '2020-01-01'",
    "'now'::timestamptz > '2020-01-01'",
    "TIMESTAMP 'today' > '2020-01-01'",
    "CAST('yesterday' AS date) > '2020-01-01'",
    "age(TIMESTAMP '2020-01-01') > INTERVAL '1 day'",
    "current_time IS NOT NULL",
    "random() >= 0",
];
const MARIADB: &[&str] = &[
    "UTC_TIMESTAMP > '2020-01-01'",
    "utc_date > '2020-01-01'",
    "UTC_TIME IS NOT NULL",
    "CURRENT_TIMESTAMP > '2020-01-01'",
    "localtime > '2020-01-01'",
    "LOCALTIMESTAMP > '2020-01-01'",
    "CURRENT_DATE > '2020-01-01'",
    "curtime() IS NOT NULL",
    "sysdate(6) > '2020-01-01'",
    "now() > '2020-01-01'",
    "unix_timestamp() > 5",
    "rand() >= 0",
    "CURRENT_USER IS NOT NULL",
];

/// Those that a database understands.
pub(super) fn all(backend: Backend) -> &'static [&'static str] {
    match backend {
        Backend::Sqlite => SQLITE,
        Backend::Postgres => POSTGRES,
        Backend::MariaDb => MARIADB,
    }
}

/// Whether a text has one.
#[must_use]
pub fn is_in(text: &str) -> bool {
    Backend::ALL.iter().flat_map(|backend| all(*backend)).any(|moment| text.contains(moment))
}
