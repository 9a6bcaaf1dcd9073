//! Bursts, and the calm after each.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cache_seaorm::{CacheExt, CachedConnection};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Select,
};
use tokio::task::JoinSet;

use super::act::Act;
use super::counter::{Counter, Span};
use super::tally::{Column, Entity, MOVING, PAIRED, PARTIES, setup};
use super::verdict::{Answer, Query, judge};
use crate::backend::{Backend, Pool};
use crate::case::scopes;
use crate::rng::Rng;
use crate::subject::{Caches, Subject};

const WRITERS: usize = 4;
const READERS: usize = 3;

/// How long a write that nobody waited for may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// How much is run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Plan {
    /// On which database.
    pub backend: Backend,
    /// How many bursts.
    pub bursts: usize,
    /// How much each writer does in a burst.
    pub acts: usize,
}

/// What came out.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Outcome {
    /// Reads during bursts that were judged.
    pub judged: u64,
    /// Of these, hits.
    pub hits: u64,
    /// Reads in the calm that were compared with the database.
    pub compared: u64,
    /// Acts that were done, whatever their end.
    pub acts: u64,
    /// Acts that the database refused.
    pub refused: u64,
    /// What was wrong.
    pub violations: Vec<String>,
}

#[derive(Debug)]
struct Field {
    subject: Subject,
    counters: Vec<Counter>,
    calm: AtomicBool,
}

/// Runs bursts of writers with readers beside them; after each, every read is compared with the database.
///
/// # Panics
///
/// If the database fails.
pub async fn run(seed: u64, plan: Plan) -> Outcome {
    let pool = Pool::Several((WRITERS + READERS) as u32 + 2);
    let (_home, connection) = plan.backend.open(pool).await.expect("a database can be made");
    for statement in setup() {
        connection.execute_unprepared(&statement).await.expect("the setup is valid SQL");
    }
    let scopes = [scopes("tally", &[&["party"]])];
    let subject = Subject::wrap(connection, &scopes, Caches::One).await.expect("the schema can be read");
    let counters = (MOVING.start..PAIRED.end).map(|_| Counter::default()).collect();
    let field = Arc::new(Field { subject, counters, calm: AtomicBool::new(false) });
    let (mut rng, mut outcome) = (Rng::new(seed), Outcome::default());
    for _ in 0..plan.bursts {
        field.burst(plan.acts, &mut rng, &mut outcome).await;
        field.compare(&mut outcome).await;
    }
    outcome
}

impl Field {
    async fn burst(self: &Arc<Self>, acts: usize, rng: &mut Rng, outcome: &mut Outcome) {
        self.calm.store(false, Ordering::SeqCst);
        let before = self.db().cache().stats().hits;
        let (mut writers, mut readers) = (JoinSet::new(), JoinSet::new());
        for _ in 0..WRITERS {
            let (field, mut rng) = (Arc::clone(self), rng.fork());
            writers.spawn(async move {
                let mut refused = 0;
                for _ in 0..acts {
                    let act = Act::random(&mut rng);
                    refused += u64::from(act.run(field.db(), &field.counters).await.is_err());
                    tokio::time::sleep(Duration::from_micros(rng.below(2_000) as u64)).await;
                }
                refused
            });
        }
        for _ in 0..READERS {
            let (field, rng) = (Arc::clone(self), rng.fork());
            readers.spawn(async move { field.read(rng).await });
        }
        while let Some(refused) = writers.join_next().await {
            outcome.refused += refused.expect("a writer does not panic");
            outcome.acts += acts as u64;
        }
        self.calm.store(true, Ordering::SeqCst);
        while let Some(read) = readers.join_next().await {
            let (judged, violations) = read.expect("a reader does not panic");
            outcome.judged += judged;
            outcome.violations.extend(violations);
        }
        outcome.hits += self.db().cache().stats().hits - before;
    }

    /// Reads and judges until all is calm.
    async fn read(&self, mut rng: Rng) -> (u64, Vec<String>) {
        let (mut judged, mut violations) = (0, Vec::new());
        while !self.calm.load(Ordering::SeqCst) {
            let query = Query::random(&mut rng);
            let least: Vec<i64> = self.counters.iter().map(Counter::least).collect();
            let answer = match query.cached(self.db()).await {
                Ok(answer) => answer,
                Err(error) => {
                    violations.push(format!("{query:?} failed: {error}"));
                    continue;
                }
            };
            let spans = self.counters.iter().zip(least);
            let spans: Vec<Span> =
                spans.map(|(counter, least)| Span { least, most: counter.most() }).collect();
            judged += 1;
            violations.extend(judge(query, &answer, &spans).err().map(|story| format!("{query:?}: {story}")));
        }
        (judged, violations)
    }

    /// A difference that lasts is stale; one that goes was a write on its way that nobody waited for.
    async fn compare(&self, outcome: &mut Outcome) {
        for query in Query::all() {
            let (wait, mut waited) = (Duration::from_millis(20), Duration::ZERO);
            loop {
                let database = query.on(self.subject.untracked()).await.expect("the database answers");
                let cached = query.cached(self.db()).await.expect("the database answers");
                if cached == database {
                    break;
                }
                if waited >= PATIENCE {
                    outcome.violations.push(format!("STALE {query:?}: {cached:?}, database {database:?}"));
                    break;
                }
                tokio::time::sleep(wait).await;
                waited += wait;
            }
            outcome.compared += 1;
        }
    }

    fn db(&self) -> &CachedConnection {
        self.subject.connection()
    }
}

impl Query {
    /// All that there are.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let parties = (0..PARTIES).chain(PAIRED.map(|id| PARTIES + id));
        let of_parties = parties.flat_map(|party| [Self::Party(party), Self::Count(party)]);
        (MOVING.start..PAIRED.end).map(Self::One).chain(of_parties).chain([Self::All]).collect()
    }

    /// A random one.
    pub fn random(rng: &mut Rng) -> Self {
        match rng.below(10) {
            0..4 => Self::One(rng.within(MOVING.start..PAIRED.end)),
            4..6 => Self::Party(rng.within(0..PARTIES)),
            6 => Self::Party(PARTIES + rng.pick(&[PAIRED.start, PAIRED.start + 2, PAIRED.start + 4])),
            7 | 8 => Self::Count(rng.within(0..PARTIES)),
            _ => Self::All,
        }
    }

    fn select(self) -> Select<Entity> {
        match self {
            Self::One(id) => Entity::find().filter(Column::Id.eq(id)),
            Self::Party(party) => Entity::find().filter(Column::Party.eq(party)).order_by_asc(Column::Id),
            Self::Count(party) => Entity::find().filter(Column::Party.eq(party)),
            Self::All => Entity::find().order_by_asc(Column::Id),
        }
    }

    /// Reads through the cache.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn cached(self, db: &CachedConnection) -> Result<Answer, DbErr> {
        let select = self.select().cached();
        match self {
            Self::Count(_) => Ok(Answer::Count(select.count(db).await?)),
            _ => Ok(Answer::Rows(select.all(db).await?)),
        }
    }

    /// Asks the database itself.
    ///
    /// # Errors
    ///
    /// If it fails.
    pub async fn on(self, db: &impl ConnectionTrait) -> Result<Answer, DbErr> {
        match self {
            Self::Count(_) => Ok(Answer::Count(self.select().count(db).await?)),
            _ => Ok(Answer::Rows(self.select().all(db).await?)),
        }
    }
}

impl Outcome {
    /// Adds another one.
    pub fn merge(&mut self, other: Self) {
        self.judged += other.judged;
        self.hits += other.hits;
        self.compared += other.compared;
        self.acts += other.acts;
        self.refused += other.refused;
        self.violations.extend(other.violations);
    }

    /// Panics if a read was wrong.
    ///
    /// # Panics
    ///
    /// That is what it is for.
    pub fn assert_true(&self) {
        let first: Vec<&str> = self.violations.iter().take(8).map(String::as_str).collect();
        assert!(
            first.is_empty(),
            "{} violations, of which the first are\n{}",
            self.violations.len(),
            first.join("\n")
        );
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { judged, hits, compared, acts, refused, violations } = self;
        write!(
            f,
            "{judged} reads judged in bursts ({hits} hits), {compared} compared in the calm; {acts} acts of writers, \
             {refused} refused; {} violations",
            violations.len()
        )
    }
}
