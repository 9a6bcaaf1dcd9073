//! What a setting changes, and for how long.

use crate::schema::Duration;

/// Settings that change how a statement runs, not what it means. So does each whose name begins as one of
/// [`HARMLESS_PREFIXES`].
const HARMLESS: &[&str] = &[
    "application_name",
    "characteristics",
    "client_min_messages",
    "constraints",
    "deadlock_timeout",
    "default_transaction_isolation",
    "default_transaction_read_only",
    "idle_in_transaction_session_timeout",
    "idle_session_timeout",
    "jit",
    "lock_timeout",
    "maintenance_work_mem",
    "statement_timeout",
    "synchronous_commit",
    "temp_buffers",
    "transaction",
    "transaction_timeout",
    "work_mem",
];

const HARMLESS_PREFIXES: &[&str] = &["enable_", "log_", "max_parallel_", "track_", "tcp_"];

/// How long later statements may mean something else because of a setting of this name, in lower case, that is made for
/// so long.
///
/// What an application names itself (`app.tenant`) decides neither names nor types, and what reads it is not cached; but an
/// extension may have made the name, and find other rows by it (`hnsw.ef_search`). Nothing is cached until a transaction
/// ends, and no name of those decides what its statements write.
pub(crate) fn holds(name: &str, made_for: Duration) -> Option<Duration> {
    let is_harmless =
        HARMLESS.contains(&name) || HARMLESS_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    let is_own = name.contains('.') && !name.starts_with("plpgsql.");
    let changes_nothing = is_harmless || is_own && made_for == Duration::Transaction;
    (!changes_nothing).then_some(made_for)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_the_applications_decides_nothing_of_a_transaction() {
        let (session, transaction) = (Duration::Session, Duration::Transaction);
        for (name, made_for, expected) in [
            ("search_path", transaction, Some(transaction)),
            ("search_path", session, Some(session)),
            ("statement_timeout", session, None),
            ("enable_seqscan", transaction, None),
            ("app.tenant", transaction, None),
            ("hnsw.ef_search", session, Some(session)),
            ("plpgsql.variable_conflict", transaction, Some(transaction)),
        ] {
            assert_eq!(holds(name, made_for), expected, "{name}");
        }
    }
}
