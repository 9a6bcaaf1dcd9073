//! Which functions may be cached, and which may write.

use std::collections::HashMap;

use super::catalog::{Catalog, RoutineRow};
use super::setters::{called, setters};
use crate::mutation::{self, Mutation};
use crate::schema::{Routine, Routines};

/// Volatile built-ins that write nothing that a result could show.
const HARMLESS: &[&str] = &[
    "clock_timestamp",
    "currval",
    "gen_random_bytes",
    "gen_random_uuid",
    "gen_salt",
    "lastval",
    "lo_get",
    "nextval",
    "pg_advisory_lock",
    "pg_advisory_lock_shared",
    "pg_advisory_unlock",
    "pg_advisory_unlock_all",
    "pg_advisory_unlock_shared",
    "pg_advisory_xact_lock",
    "pg_advisory_xact_lock_shared",
    "pg_blocking_pids",
    "pg_cancel_backend",
    "pg_current_wal_flush_lsn",
    "pg_current_wal_insert_lsn",
    "pg_current_wal_lsn",
    "pg_database_size",
    "pg_indexes_size",
    "pg_is_in_recovery",
    "pg_last_wal_receive_lsn",
    "pg_last_wal_replay_lsn",
    "pg_last_xact_replay_timestamp",
    "pg_logical_emit_message",
    "pg_notify",
    "pg_relation_size",
    "pg_sleep",
    "pg_sleep_for",
    "pg_sleep_until",
    "pg_stat_statements",
    "pg_table_size",
    "pg_tablespace_size",
    "pg_total_relation_size",
    "pg_try_advisory_lock",
    "pg_try_advisory_lock_shared",
    "pg_try_advisory_xact_lock",
    "pg_try_advisory_xact_lock_shared",
    "pg_xact_status",
    "pgp_pub_encrypt",
    "pgp_pub_encrypt_bytea",
    "pgp_sym_encrypt",
    "pgp_sym_encrypt_bytea",
    "random",
    "setseed",
    "setval",
    "timeofday",
    "txid_current",
    "uuid_generate_v1",
    "uuid_generate_v1mc",
    "uuid_generate_v4",
    "uuidv4",
    "uuidv7",
    "pg_current_xact_id",
];

/// What stands for the kind of a routine where it is a domain, a cast to which calls its checks.
const DOMAIN: &str = "d";

/// Built-ins that are stable because they show values as the session's settings say, which every key holds.
const SETTLED: &[&str] = &[
    "array_to_json",
    "array_to_string",
    "concat",
    "concat_ws",
    "date_trunc",
    "format",
    "json_agg",
    "json_build_array",
    "json_build_object",
    "json_object_agg",
    "jsonb_agg",
    "jsonb_build_array",
    "jsonb_build_object",
    "jsonb_object_agg",
    "row_to_json",
    "to_json",
    "to_jsonb",
];

/// Built-ins that are said to only read, and run a text, or read views that may write.
const RUNNERS: &[&str] = &[
    "connectby",
    "crosstab",
    "crosstab2",
    "crosstab3",
    "crosstab4",
    "crosstab_hash",
    "database_to_xml",
    "database_to_xml_and_xmlschema",
    "schema_to_xml",
    "schema_to_xml_and_xmlschema",
    "table_to_xml",
    "table_to_xml_and_xmlschema",
    "xpath_table",
];

pub(super) fn routines(catalog: &Catalog) -> Routines {
    let mut routines = Routines::default();
    for row in &catalog.routines {
        if row.kind == DOMAIN {
            routines.add_domain(&row.name, class(row));
        } else {
            routines.add(&row.name, class(row));
        }
    }
    distrust(catalog, &mut routines);
    setters(catalog).into_iter().for_each(|(name, duration)| routines.may_set(name, duration));
    for (name, bodies) in bodies(catalog) {
        routines.add_bodies(&name, bodies);
    }
    for row in &catalog.operators {
        let routine = match (&row.routine, row.volatility.as_str()) {
            (Some(_), _) if mutation::is(Mutation::OperatorsAreBelieved) => Routine::Immutable,
            (Some(routine), _) => routines.named(routine),
            (None, "s") => Routine::Volatile,
            (None, _) => Routine::Unknown,
        };
        routines.add_operator(row.name.as_str(), routine);
    }
    let hears = catalog.hazards.iter().any(|row| row.relation.is_none());
    if hears && !mutation::is(Mutation::DefinitionsCallNothing) {
        routines.hear_of_definitions();
    }
    routines
}

/// The bodies of all routines of a name that may do anything, where each has one to read. `BEGIN ATOMIC` leaves none.
fn bodies(catalog: &Catalog) -> impl Iterator<Item = (String, Vec<&str>)> {
    let mut by_name: HashMap<String, Option<Vec<&str>>> = HashMap::new();
    let is_routine = |row: &&RoutineRow| row.kind != DOMAIN && class(row) == Routine::Unknown;
    for row in catalog.routines.iter().filter(is_routine) {
        let bodies = by_name.entry(row.name.to_ascii_lowercase()).or_insert_with(|| Some(Vec::new()));
        let body = row.body.as_deref().filter(|body| row.kind == "f" && !body.trim().is_empty());
        *bodies = bodies.take().zip(body).map(|(bodies, body)| [bodies, vec![body]].concat());
    }
    by_name.into_iter().filter_map(|(name, bodies)| Some((name, bodies?)))
}

/// What is said to be immutable cannot write, but may call what does.
fn distrust(catalog: &Catalog, routines: &mut Routines) {
    loop {
        let may_write = |row: &&RoutineRow| {
            let text = row.definition.as_ref().map(|text| text.to_ascii_lowercase()).unwrap_or_default();
            let mut calls = called(&text).filter(|name| routines.has(name));
            let known = match row.kind == DOMAIN {
                true => routines.domain(&row.name),
                false => Some(routines.named(&row.name)),
            };
            class(row) == Routine::Volatile
                && known != Some(Routine::Unknown)
                && calls.any(|name| routines.named(name) == Routine::Unknown)
        };
        let found: Vec<&RoutineRow> = catalog.routines.iter().filter(may_write).collect();
        if found.is_empty() || mutation::is(Mutation::ImmutableMeansHarmless) {
            return;
        }
        for row in found {
            match row.kind == DOMAIN {
                true => routines.add_domain(&row.name, Routine::Unknown),
                false => routines.add(&row.name, Routine::Unknown),
            }
        }
    }
}

/// A function of the application is not cached even if it says that it is immutable: nobody checks that. But it
/// cannot write then.
fn class(row: &RoutineRow) -> Routine {
    match (row.built_in, row.kind.as_str(), row.volatility.as_str()) {
        (_, "p", _) | (_, DOMAIN, "v") => Routine::Unknown,
        (_, DOMAIN, _) => Routine::Volatile,
        (true, _, _) if RUNNERS.contains(&row.name.as_str()) => Routine::Unknown,
        (true, kind, "s") if SETTLED.contains(&row.name.as_str()) => {
            if kind == "a" {
                Routine::Aggregate
            } else {
                Routine::Immutable
            }
        }
        (true, "a" | "w", "i") => Routine::Aggregate,
        (true, _, "i") => Routine::Immutable,
        (true, _, "s") | (false, _, "i") => Routine::Volatile,
        (true, _, _) if HARMLESS.contains(&row.name.as_str()) => Routine::Volatile,
        _ => Routine::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_immutable_built_ins_are_cached_and_only_known_ones_write_nothing() {
        let class = |built_in, kind: &str, volatility: &str, name: &str| {
            let (kind, volatility, name) = (kind.to_owned(), volatility.to_owned(), name.to_owned());
            class(&RoutineRow { name, kind, volatility, built_in, ..RoutineRow::default() })
        };
        assert_eq!(class(true, "f", "i", "lower"), Routine::Immutable);
        assert_eq!(class(true, "a", "i", "count"), Routine::Aggregate);
        assert_eq!(class(true, "f", "s", "now"), Routine::Volatile);
        assert_eq!(class(true, "f", "v", "random"), Routine::Volatile);
        assert_eq!(class(true, "f", "s", "concat"), Routine::Immutable);
        assert_eq!(class(true, "a", "s", "json_agg"), Routine::Aggregate);
        assert_eq!(class(false, "f", "s", "concat"), Routine::Unknown);
        assert_eq!(class(true, "f", "s", "crosstab"), Routine::Unknown);
        assert_eq!(class(true, "f", "v", "query_to_xml"), Routine::Unknown);
        assert_eq!(class(false, "f", "i", "mine"), Routine::Volatile);
        assert_eq!(class(false, "f", "s", "mine"), Routine::Unknown);
        assert_eq!(class(true, "p", "v", "do_it"), Routine::Unknown);
    }
}
