//! Statements that are known by their type, or by their text.
//!
//! Diesel tells which statements have one text whatever their values, and prepares those once. Their text need not be
//! written again, and one that only reads need not be planned again either: it is passed on.
//!
//! Others may have any number of texts: by the columns that an UPDATE sets, or by how many values an IN lists. Diesel
//! prepares those anew each time, lest there be too many prepared ones. Here a writing text that comes again is prepared
//! once, and there is an end to how many are. So is the query before a write.

use std::any::TypeId;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Weak};

use cache_core::schema::Dialect;
use cache_core::session::Catalog;
use cache_core::sql::Returned;
use diesel::QueryResult;
use diesel::query_builder::{QueryFragment, QueryId};

use crate::backend::{CacheBackend, sql_of};
use crate::observe::Kept;

/// How many are kept: as many as a program has in its text, and generics do not make more for ever.
const MAX_KNOWN: usize = 4_096;

/// How many texts are prepared: each is kept by the database as long as the connection lives.
const MAX_PREPARED: usize = 64;

/// Of how many texts is known that they came once.
const MAX_SEEN: usize = 256;

/// The statements of one connection.
#[derive(Debug, Default)]
pub(crate) struct Known {
    by_type: HashMap<TypeId, Statement>,
    by_text: Texts,
    /// The queries before writes: each write of another text has another.
    looks: Texts,
}

#[derive(Debug, Default)]
struct Texts {
    prepared: HashSet<Arc<str>>,
    /// The hashes of texts that came once, each at its place.
    seen: Vec<u64>,
    hasher: RandomState,
}

#[derive(Debug)]
struct Statement {
    sql: Arc<str>,
    /// The schema under which it only reads.
    reads_under: Weak<Catalog>,
}

/// What a statement is known by: its type, if Diesel may keep its prepared form under that.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Id(Option<TypeId>);

impl Id {
    /// That of a text.
    #[cfg(feature = "async-postgres")]
    pub(crate) const NONE: Self = Self(None);

    pub(crate) fn of<T, DB>(source: &T) -> Self
    where
        T: QueryFragment<DB> + QueryId,
        DB: CacheBackend,
    {
        // A part of it may vary all the same, and says so.
        let varies = || !source.is_safe_to_cache_prepared(&DB::default()).unwrap_or(false);
        Self(T::query_id().filter(|_| !varies()))
    }
}

impl Texts {
    /// A text is prepared once if it comes again, while there is room.
    fn keep(&mut self, sql: &str) -> Kept {
        let Self { prepared, seen, hasher } = self;
        if prepared.contains(sql) {
            return Kept::Yes;
        }
        if prepared.len() == MAX_PREPARED {
            return Kept::No;
        }
        seen.resize(MAX_SEEN, 0);
        let hash = hasher.hash_one(sql);
        let place = &mut seen[hash as usize % MAX_SEEN];
        if *place != hash {
            *place = hash;
            return Kept::No;
        }
        prepared.insert(sql.into());
        Kept::Yes
    }
}

impl Known {
    /// The text of a statement.
    pub(crate) fn text<DB: CacheBackend>(
        &mut self,
        id: Id,
        source: &impl QueryFragment<DB>,
    ) -> QueryResult<Arc<str>> {
        let Some(id) = id.0 else { return sql_of(source).map(Arc::from) };
        if let Some(statement) = self.by_type.get(&id) {
            return Ok(Arc::clone(&statement.sql));
        }
        let sql: Arc<str> = Arc::from(sql_of(source)?);
        if self.by_type.len() < MAX_KNOWN {
            self.by_type.insert(id, Statement { sql: Arc::clone(&sql), reads_under: Weak::new() });
        }
        Ok(sql)
    }

    /// What to prepare a statement by that writes rows and has this text, if not as Diesel would.
    ///
    /// None where the rows come back, but on SQLite. PostgreSQL refuses a prepared statement for ever once its result has
    /// changed, as a migration may have it; on MySQL rows that nobody fetched stay with it, and who runs it again waits for
    /// them for ever.
    pub(crate) fn prepared_text<DB: CacheBackend>(
        &mut self,
        id: Id,
        sql: &Arc<str>,
        written: Option<Returned>,
    ) -> Option<Arc<str>> {
        let is_meant =
            matches!((DB::DIALECT, written?), (Dialect::Sqlite, _) | (Dialect::Postgres, Returned::No));
        if id.0.is_some() || !is_meant {
            return None;
        }
        (self.by_text.keep(sql) == Kept::Yes).then(|| Arc::clone(sql))
    }

    /// Whether the query before a write stays prepared.
    pub(crate) fn keep_look(&mut self, sql: &str) -> Kept {
        self.looks.keep(sql)
    }

    /// Notes that a statement only reads, under this schema.
    pub(crate) fn only_reads(&mut self, id: Id, catalog: &Arc<Catalog>) {
        if let Some(statement) = id.0.and_then(|id| self.by_type.get_mut(&id)) {
            statement.reads_under = Arc::downgrade(catalog);
        }
    }

    /// Whether a statement is known only to read.
    pub(crate) fn is_read(&self, id: Id, catalog: &Arc<Catalog>) -> bool {
        let statement = id.0.and_then(|id| self.by_type.get(&id));
        statement.is_some_and(|statement| statement.reads_under.as_ptr() == Arc::as_ptr(catalog))
    }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::*;
    use diesel::query_builder::AstPass;
    use diesel::sqlite::Sqlite;

    /// A statement of one type whose text is not always the same.
    struct Varying(&'static str, bool);

    impl QueryId for Varying {
        type QueryId = Self;
    }

    impl QueryFragment<Sqlite> for Varying {
        fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
            if self.1 {
                pass.unsafe_to_cache_prepared();
            }
            pass.push_sql(self.0);
            Ok(())
        }
    }

    #[test]
    fn a_text_that_comes_again_is_prepared_and_there_is_an_end_to_that() {
        let mut known = Known::default();
        let texts: Vec<Arc<str>> =
            (0..1_000).map(|number| format!("UPDATE a SET b{number} = 1").into()).collect();
        let written = Some(Returned::Yes);
        let mut prepared = |text| known.prepared_text::<Sqlite>(Id(None), text, written).is_some();
        assert!(!prepared(&texts[0]));
        assert!(prepared(&texts[0]));
        for text in &texts {
            prepared(text);
            prepared(text);
        }
        assert!(prepared(&texts[0]));
        assert_eq!(texts.iter().filter(|text| prepared(text)).count(), MAX_PREPARED);
        assert_eq!(known.prepared_text::<Sqlite>(Id(Some(TypeId::of::<()>())), &texts[0], written), None);
        assert_eq!(known.prepared_text::<Sqlite>(Id(None), &texts[0], None), None);
    }

    #[test]
    fn a_statement_that_varies_is_not_known_by_its_type() {
        let mut known = Known::default();
        let mut text = |statement: &Varying| {
            let id = Id::of::<_, Sqlite>(statement);
            known.text::<Sqlite>(id, statement).unwrap()
        };
        assert_eq!(&*text(&Varying("SELECT 1", true)), "SELECT 1");
        assert_eq!(&*text(&Varying("SELECT 2", true)), "SELECT 2");
        // As Diesel itself takes it.
        assert_eq!(&*text(&Varying("SELECT 3", false)), "SELECT 3");
        assert_eq!(&*text(&Varying("SELECT 4", false)), "SELECT 3");
    }
}
