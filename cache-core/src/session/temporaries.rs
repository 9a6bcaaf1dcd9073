//! The names of temporary relations, which hide others from the sessions that made them, and that no other session sees.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::mutation::{self, Mutation};
use crate::schema::Schema;

/// How many names are kept.
const NAMES: usize = 65_536;

/// The temporary relations that connections to one database have made.
#[derive(Debug, Default)]
pub(super) struct Temporaries {
    made: Mutex<Made>,
}

#[derive(Debug, Default)]
struct Made {
    /// How many may be there of each name.
    names: BTreeMap<String, usize>,
    /// Whether there were more names than are kept.
    is_incomplete: bool,
}

impl Temporaries {
    /// One of this name may be there from now on.
    pub(super) fn made(&self, name: &str) {
        if mutation::is(Mutation::TemporaryNamesAreForgotten) {
            return;
        }
        let mut made = self.lock();
        if made.names.len() >= NAMES && !made.names.contains_key(name) {
            made.is_incomplete = true;
        } else {
            *made.names.entry(name.to_owned()).or_default() += 1;
        }
    }

    /// One of this name is gone.
    pub(super) fn dropped(&self, name: &str) {
        let names = &mut self.lock().names;
        if let Some(count) = names.get_mut(name) {
            *count -= 1;
            if *count == 0 {
                names.remove(name);
            }
        }
    }

    /// The schema as all sessions see it: of a name that means another relation to some of them nothing is known. Where not
    /// all names are kept, every one may be that which was not in the schema `before`.
    pub(super) fn hide(&self, schema: Schema, before: &Schema) -> Schema {
        let made = self.lock();
        let is_new = |name: &str| made.is_incomplete && before.resolve(None, name).is_none();
        let hidden: Vec<String> = schema
            .names()
            .filter(|name| made.names.contains_key(*name) || is_new(name))
            .map(str::to_owned)
            .collect();
        drop(made);
        schema.hiding(hidden)
    }

    /// Whether something is known of a name that may mean another relation to a session.
    pub(super) fn hides_more_of(&self, schema: &Schema) -> bool {
        self.lock().names.keys().any(|name| schema.resolve(None, name).is_some())
    }

    fn lock(&self) -> MutexGuard<'_, Made> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, Dialect, TableDefinition};

    fn schema(names: &[&str]) -> Schema {
        let tables = names.iter().map(|name| TableDefinition::new(*name).column(Column::int("id")));
        Schema::new(Dialect::MySql, tables, []).unwrap()
    }

    fn is_known(schema: &Schema, name: &str) -> bool {
        schema.resolve(None, name).is_some()
    }

    #[test]
    fn a_name_is_unknown_until_as_many_are_gone_as_were_made() {
        let (temporaries, before) = (Temporaries::default(), schema(&[]));
        let now = || temporaries.hide(schema(&["X", "y"]), &before);
        temporaries.made("x");
        temporaries.made("x");
        temporaries.dropped("x");
        assert!(!is_known(&now(), "X") && is_known(&now(), "y"));
        assert!(now().resolve(Some(""), "X").is_none(), "with its database it is the temporary one too");
        temporaries.dropped("x");
        temporaries.dropped("x");
        assert!(is_known(&now(), "X"));
    }

    #[test]
    fn where_names_are_forgotten_what_is_new_is_unknown() {
        let temporaries = Temporaries::default();
        (0..=NAMES).for_each(|number| temporaries.made(&number.to_string()));
        let first = temporaries.hide(schema(&["old", "new"]), &schema(&["old"]));
        assert!(is_known(&first, "old") && !is_known(&first, "new"));
        let second = temporaries.hide(schema(&["old", "new"]), &first);
        assert!(is_known(&second, "old") && !is_known(&second, "new"));
    }
}
