//! Triggers: writes that no statement names.

mod mariadb;
mod postgres;
mod sqlite;

use crate::backend::Backend;
use crate::rng::Rng;

/// Some of the triggers; those of a group come together.
pub(super) fn random(backend: Backend, rng: &mut Rng) -> Vec<String> {
    let all = match backend {
        Backend::Sqlite => sqlite::TRIGGERS,
        Backend::Postgres => postgres::TRIGGERS,
        Backend::MariaDb => mariadb::TRIGGERS,
    };
    let chosen = rng.some_of(all, 40);
    chosen.into_iter().flatten().map(|text| (*text).to_owned()).collect()
}
