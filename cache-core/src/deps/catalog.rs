//! Everything that is known of one database: its schema, its narrowing, and the plans of its texts.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use quick_cache::Weighter;
use quick_cache::sync::Cache as Memo;
use xxhash_rust::xxh3::xxh3_64;

use super::closure::Closure;
use super::encode;
use super::model::{Touch, Watch};
use super::narrowing::Narrowing;
use crate::entity::{self, Declaration};
use crate::mark::{Declared, Maker, Mark, Marks};
use crate::schema::{Schema, Table, TableId};
use crate::sql::{self, Plan, Temporary};

/// How many plans are kept.
const PLANS: usize = 4_096;
/// What the text of one weighs at least, in bytes.
const PLAN: u64 = 4_096;
/// How many plans are kept of texts that are not.
const LONG_PLANS: usize = 256;

/// Another encoding of watches and touches has another number: programs that differ in it share no entries.
const ENCODING: u32 = 2;

/// A publication of more marks than this touches whole tables instead.
const MAX_TOUCHED: usize = 512;

/// Which database it is: two connections to one database have equal names, and no two databases do.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct DatabaseId {
    name: Arc<str>,
    session: Arc<str>,
}

impl DatabaseId {
    /// The identity with this name.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), session: Arc::default() }
    }

    /// The same database as seen by sessions of this kind: of this user, with this search path and time zone. They
    /// have entries of their own, and a schema of their own; what they write concerns all.
    #[must_use]
    pub fn seen_by(self, session: impl Into<Arc<str>>) -> Self {
        Self { session: session.into(), ..self }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// Which kind of session sees it; empty if all see the same.
    #[must_use]
    pub fn session(&self) -> &str {
        &self.session
    }
}

/// A text, and what it does.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The text.
    pub sql: Arc<str>,
    /// What it does.
    pub plan: Arc<Plan>,
    /// What it does to temporary relations, if anything.
    pub(crate) temporary: Option<Arc<Temporary>>,
}

/// What a text does, and what it does to temporary relations, if anything.
type Analysed = (Arc<Plan>, Option<Arc<Temporary>>);

/// What is known of one database. It never changes: another schema is another catalog.
pub struct Catalog {
    schema: Schema,
    narrowing: Vec<Narrowing>,
    /// By table.
    declared: Vec<Declared>,
    closure: Closure,
    left_out: Vec<String>,
    plans: Memo<Arc<str>, Planned, Weight>,
    /// Of texts that are too long to be kept, by what both hashers make of them.
    long_plans: Memo<[u64; 2], Analysed>,
    hashers: [RandomState; 2],
    maker: Maker,
}

impl Catalog {
    /// The catalog of a schema, with the scopes that derives registered and these.
    #[must_use]
    pub fn new(database: &DatabaseId, schema: Schema, declarations: &[Declaration]) -> Self {
        static CATALOGS: AtomicU64 = AtomicU64::new(0);
        let mut all = entity::registered(schema.dialect());
        all.extend_from_slice(declarations);
        let seed = xxh3_64(database.as_str().as_bytes());
        let mut left_out = Vec::new();
        let narrowing: Vec<Narrowing> = schema
            .tables()
            .iter()
            .map(|table| {
                let (narrowing, reasons) = Narrowing::new(seed, table, &all);
                left_out.extend(reasons);
                narrowing
            })
            .collect();
        let tables = schema.tables().iter().zip(&narrowing);
        let declared = tables.map(|(table, narrowing)| declared(&schema, table, narrowing)).collect();
        let closure = Closure::new(&schema);
        Self {
            schema,
            narrowing,
            declared,
            closure,
            left_out,
            plans: Memo::with_weighter(PLANS, PLANS as u64 * PLAN, Weight),
            long_plans: Memo::new(LONG_PLANS),
            hashers: [RandomState::new(), RandomState::new()],
            maker: Maker::Catalog(CATALOGS.fetch_add(1, Ordering::Relaxed)),
        }
    }

    /// The schema.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Why declared scopes do not narrow, for each that does not.
    #[must_use]
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// What a text does; analysed once, then looked up.
    #[must_use]
    pub fn plan(&self, sql: &str) -> Arc<Plan> {
        self.planned(sql).plan
    }

    /// The same, with the text that it is looked up by.
    #[must_use]
    pub fn planned(&self, sql: &str) -> Planned {
        if sql.len() > sql::MAX_PARSED {
            let (plan, temporary) = self.long_plan(sql);
            return Planned { sql: Arc::from(sql), plan, temporary };
        }
        if let Some(planned) = self.plans.get(sql) {
            return planned;
        }
        let (plan, temporary) = self.analyse(sql);
        let planned = Planned { sql: Arc::from(sql), plan, temporary };
        self.plans.insert(Arc::clone(&planned.sql), planned.clone());
        planned
    }

    /// Two texts are taken for one by who knows the hashers' keys, and by nobody else.
    fn long_plan(&self, sql: &str) -> Analysed {
        let key = self.hashers.each_ref().map(|hasher| hasher.hash_one(sql));
        if let Some(analysed) = self.long_plans.get(&key) {
            return analysed;
        }
        let analysed = self.analyse(sql);
        self.long_plans.insert(key, analysed.clone());
        analysed
    }

    fn analyse(&self, sql: &str) -> Analysed {
        let mut plan = sql::analyse(&self.schema, sql);
        if let Plan::Write(write) = &mut plan {
            write.changes_session = write.changes_session.max(self.closure.sets_session(&write.effects));
        }
        let may_make = !matches!(plan, Plan::Read(_) | Plan::Control(_));
        let temporary = may_make.then(|| sql::temporary(&self.schema, sql)).flatten();
        (Arc::new(plan), temporary.map(Arc::new))
    }

    /// The table with this id.
    #[must_use]
    pub fn table(&self, id: TableId) -> &Table {
        self.schema.table(id)
    }

    /// How a table narrows.
    #[must_use]
    pub fn narrowing(&self, id: TableId) -> &Narrowing {
        &self.narrowing[id.index()]
    }

    pub(super) fn closure(&self) -> &Closure {
        &self.closure
    }

    /// Appends what foreign-key actions and triggers do in consequence.
    pub(super) fn close(&self, touches: &mut Vec<Touch>) {
        self.closure.close(self, touches);
    }

    /// The marks of touches. Too many of them touch whole tables instead.
    #[must_use]
    pub fn touch_marks(&self, touches: &[Touch]) -> Marks {
        let mut marks = Vec::new();
        for touch in touches {
            match touch {
                Touch::Rows { table, .. } | Touch::Table(table) => {
                    encode::touch_marks(touch, self.narrowing(*table), &mut marks);
                }
                Touch::Everything => marks.push(Mark::EVERYTHING),
            }
        }
        let tables = touches.iter().filter_map(Touch::table).map(|table| self.declared[table.index()]);
        Marks::of_tables(marks, tables).made_by(self.maker).bounded_by(MAX_TOUCHED)
    }

    /// The marks of watches.
    #[must_use]
    pub fn watch_marks(&self, watches: &[Watch]) -> Marks {
        let mut marks = Vec::new();
        for watch in watches {
            encode::watch_marks(watch, self.narrowing(watch.table()), &mut marks);
        }
        let tables = watches.iter().map(|watch| self.declared[watch.table().index()]);
        Marks::of_tables(marks, tables).made_by(self.maker)
    }

    /// Who makes its marks.
    pub(crate) fn maker(&self) -> Maker {
        self.maker
    }

    /// Under which declarations the marks of each table are made.
    #[must_use]
    pub fn declared(&self) -> &[Declared] {
        &self.declared
    }
}

/// A text that is longer than most takes the place of several.
#[derive(Clone)]
struct Weight;

impl Weighter<Arc<str>, Planned> for Weight {
    fn weight(&self, sql: &Arc<str>, _: &Planned) -> u64 {
        PLAN.max(sql.len() as u64)
    }
}

fn declared(schema: &Schema, table: &Table, narrowing: &Narrowing) -> Declared {
    let text = format!("{ENCODING} {} {narrowing:?}", schema.description(table));
    Declared { table: encode::whole_table(narrowing), fingerprint: xxh3_64(text.as_bytes()) }
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Catalog").field("schema", &self.schema).finish_non_exhaustive()
    }
}
