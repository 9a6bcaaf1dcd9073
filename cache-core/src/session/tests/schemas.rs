//! What was planned with a schema that is no longer the database's.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

use super::*;
use crate::entity::Declaration;
use crate::error::{Error, ErrorKind, Result};
use crate::log::{BoxFuture, Epoch, Fences, Log, MemoryLog, Position, Record, Tail};
use crate::mark::Marks;
use crate::store::MemoryStore;

/// Whoever comes by waits until it is open.
#[derive(Debug, Default)]
struct Gate(AtomicBool);

impl Gate {
    fn open(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    async fn pass(&self) {
        poll_fn(|_| if self.0.load(Ordering::Relaxed) { Poll::Ready(()) } else { Poll::Pending }).await;
    }
}

/// Goes as far as the gates allow.
fn poll<F: Future>(future: &mut Pin<Box<F>>) -> Poll<F::Output> {
    future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

/// A log that has begun an epoch before whoever asked for it hears of that, if it does.
#[derive(Debug, Default)]
struct SlowLog {
    log: Arc<MemoryLog>,
    heard: Gate,
    fails: AtomicBool,
}

impl Log for SlowLog {
    fn try_head(&self) -> Option<Position> {
        self.log.try_head()
    }

    fn head(&self) -> BoxFuture<'_, Result<Position>> {
        self.log.head()
    }

    fn append<'a>(&'a self, marks: &'a Marks, fences: Fences) -> BoxFuture<'a, Result<Record>> {
        self.log.append(marks, fences)
    }

    fn read_after(&self, position: Position) -> BoxFuture<'_, Result<Tail>> {
        self.log.read_after(position)
    }

    fn renew(&self) -> BoxFuture<'_, Result<(Epoch, Position)>> {
        Box::pin(async {
            if self.fails.load(Ordering::Relaxed) {
                return Err(Error::new(ErrorKind::Unavailable, "the log does not answer"));
            }
            let renewed = self.log.renew().await;
            self.heard.pass().await;
            renewed
        })
    }
}

/// A database that others migrate.
struct Site {
    now: Mutex<(&'static [&'static str], u64)>,
    /// What was read waits here.
    read: Gate,
    fails: AtomicBool,
}

/// A connection to it.
struct Connection<'s>(&'s Site);

impl Site {
    fn new(tables: &'static [&'static str], fingerprint: u64) -> Self {
        Self { now: Mutex::new((tables, fingerprint)), read: Gate::default(), fails: AtomicBool::new(false) }
    }

    fn migrate(&self, tables: &'static [&'static str], fingerprint: u64) {
        *self.now.lock().unwrap() = (tables, fingerprint);
    }
}

impl Introspect for Connection<'_> {
    async fn read(&mut self) -> Result<Reading> {
        let (tables, fingerprint) = *self.0.now.lock().unwrap();
        self.0.read.pass().await;
        match self.0.fails.load(Ordering::Relaxed) {
            true => Err(Error::new(ErrorKind::Schema, "the database does not answer")),
            false => Ok(Reading { schema: schema(tables), fingerprint }),
        }
    }

    async fn fingerprint(&mut self) -> Result<u64> {
        Ok(self.0.now.lock().unwrap().1)
    }
}

fn tables(database: &Database) -> Vec<String> {
    database.catalog().schema().tables().iter().map(|table| table.name().to_owned()).collect()
}

#[tokio::test]
async fn of_two_who_read_a_schema_before_and_after_a_change_the_later_is_right() {
    let cache = Cache::from_url("memory://?private").unwrap();
    let (site, id) = (Site::new(&["t"], 1), || DatabaseId::new("test"));
    let (mut first, mut second) = (Connection(&site), Connection(&site));
    let mut before = Box::pin(Database::open(&cache, id(), &mut first));
    assert!(poll(&mut before).is_pending());
    site.migrate(&["t", "u"], 2);
    let mut after = Box::pin(Database::open(&cache, id(), &mut second));
    assert!(poll(&mut after).is_pending());
    site.read.open();
    let database = before.await.unwrap();
    assert!(Arc::ptr_eq(&database, &after.await.unwrap()));
    database.check(&mut Connection(&site)).await;
    assert_eq!(tables(&database), ["t", "u"]);
}

#[tokio::test]
async fn a_fingerprint_is_that_of_the_schema_it_was_read_with() {
    let log = Arc::new(SlowLog::default());
    let cache = Cache::builder().log(Arc::clone(&log) as _).build();
    let site = Site::new(&["t", "u"], 2);
    site.read.open();
    let database = Database::attach(&cache, DatabaseId::new("test"), schema(&[]), vec![]).await.unwrap();
    let epoch = cache.epoch().await;
    let mut newer = Box::pin(database.take_up(schema(&["t", "u"]), 2, epoch));
    assert!(poll(&mut newer).is_pending());
    let mut older = Box::pin(database.take_up(schema(&["t"]), 1, epoch));
    assert!(poll(&mut older).is_pending());
    log.heard.open();
    older.await.unwrap();
    newer.await.unwrap();
    database.check(&mut Connection(&site)).await;
    assert_eq!(tables(&database), ["t", "u"]);
}

#[tokio::test]
async fn a_schema_that_could_not_be_read_is_read_again_though_it_has_not_changed() {
    let cache = Cache::from_url("memory://?private").unwrap();
    let site = Site::new(&["t", "u"], 1);
    site.read.open();
    let database = Database::open(&cache, DatabaseId::new("test"), &mut Connection(&site)).await.unwrap();
    site.fails.store(true, Ordering::Relaxed);
    database.reread(&mut Connection(&site)).await;
    assert_eq!(tables(&database), [""; 0]);
    site.fails.store(false, Ordering::Relaxed);
    database.check(&mut Connection(&site)).await;
    assert_eq!(tables(&database), ["t", "u"]);
}

#[tokio::test]
async fn an_epoch_that_did_not_begin_with_a_schema_begins_with_the_next_look_at_it() {
    let log = Arc::new(SlowLog::default());
    let cache = Cache::builder().log(Arc::clone(&log) as _).build();
    let site = Site::new(&["t", "u"], 1);
    site.read.open();
    let database = Database::open(&cache, DatabaseId::new("test"), &mut Connection(&site)).await.unwrap();
    let before = cache.epoch().await;
    log.fails.store(true, Ordering::Relaxed);
    site.migrate(&["t", "u", "v"], 2);
    assert!(database.refresh(&mut Connection(&site)).await.is_err());
    log.fails.store(false, Ordering::Relaxed);
    log.heard.open();
    database.check(&mut Connection(&site)).await;
    assert_ne!(cache.epoch().await, before);
}

#[tokio::test]
async fn so_does_one_for_which_nobody_waited() {
    let log = Arc::new(SlowLog::default());
    let cache = Cache::builder().log(Arc::clone(&log) as _).build();
    let site = Site::new(&["t", "u"], 1);
    site.read.open();
    let database = Database::open(&cache, DatabaseId::new("test"), &mut Connection(&site)).await.unwrap();
    site.migrate(&["t", "u", "v"], 2);
    let mut connection = Connection(&site);
    let mut refresh = Box::pin(database.refresh(&mut connection));
    assert!(poll(&mut refresh).is_pending());
    drop(refresh);
    log.heard.open();
    database.check(&mut Connection(&site)).await;
    let session = Session::new(database);
    assert!(Entry::fill(&session, 1).await.survived().await);
}

#[tokio::test]
async fn scopes_for_which_no_epoch_began_are_new_when_they_are_declared_again() {
    let log = Arc::new(SlowLog::default());
    log.heard.open();
    let cache = Cache::builder().log(Arc::clone(&log) as _).build();
    let attach = |scopes| Database::attach(&cache, DatabaseId::new("test"), schema(&["t"]), scopes);
    let scopes = || vec![Declaration::new("t").scope(["c"])];
    let database = attach(vec![]).await.unwrap();
    let before = cache.epoch().await;
    log.fails.store(true, Ordering::Relaxed);
    assert!(attach(scopes()).await.is_err());
    log.fails.store(false, Ordering::Relaxed);
    attach(scopes()).await.unwrap();
    assert_ne!(cache.epoch().await, before);
    let now = cache.epoch().await;
    database.declare(scopes()).await.unwrap();
    assert_eq!(cache.epoch().await, now);
}

/// Two users of one database, or two drivers that set their sessions differently.
#[tokio::test]
async fn sessions_of_one_database_that_declare_other_scopes_are_wide_for_each_other() {
    let cache = Cache::from_url("memory://?private").unwrap();
    let attach = async |session: &str, scopes| {
        let id = DatabaseId::new("test").seen_by(session);
        Session::new(Database::attach(&cache, id, schema(&["t", "u"]), scopes).await.unwrap())
    };
    let one = attach("one", vec![Declaration::new("t").scope(["c"])]).await;
    let other = attach("other", vec![]).await;
    let insert = async |id: i64| {
        let _ = other.step(&format!("INSERT INTO t VALUES ({id}, 'x')"), &Vec::new).finish(DONE).await;
    };
    let list = Entry::fill_of(&one, "SELECT id FROM t WHERE c = 'x'").await;
    let beside = Entry::fill_of(&one, "SELECT id FROM u WHERE c = 'x'").await;
    insert(1).await;
    assert!(!list.survived().await);
    assert!(beside.survived().await, "of this table they say the same");
    drop(one);
    // Who is gone declares nothing.
    let one = attach("one", vec![]).await;
    let list = Entry::fill_of(&one, "SELECT id FROM t WHERE id = 5").await;
    insert(2).await;
    assert!(list.survived().await);
}

/// What follows a write of a table may stand in others' definitions, and in views and routines.
#[tokio::test]
async fn of_two_sessions_of_one_database_each_is_believed_for_what_it_has_seen_itself() {
    let family = |follows: bool| {
        let table =
            |name: &str| TableDefinition::new(name).column(Column::int("id")).column(Column::int("t_id"));
        let (parent, child) = (table("t").primary_key(["id"]), table("u").primary_key(["id"]));
        let (cascades, keeps) = (ReferentialAction::Cascade, ReferentialAction::Restrict);
        let child = if follows { child.foreign_key(["t_id"], "t", ["id"], cascades, keeps) } else { child };
        Schema::new(Dialect::Sqlite, [parent, child], []).unwrap()
    };
    let cache = Cache::from_url("memory://?private").unwrap();
    let attach = async |session: &str| {
        let id = DatabaseId::new("test").seen_by(session);
        let database = Database::attach(&cache, id, family(false), vec![]).await.unwrap();
        database.note_reading(1, cache.epoch().await);
        Session::new(database)
    };
    let (one, other) = (attach("one").await, attach("other").await);
    let delete = async || one.step("DELETE FROM t WHERE id = 1", &Vec::new).finish(DONE).await;
    let list = Entry::fill_of(&other, "SELECT id FROM u").await;
    let _ = delete().await;
    assert!(list.survived().await, "nothing follows");
    other.database().take_up(family(true), 2, cache.epoch().await).await.unwrap();
    let beside = Entry::fill_of(&other, "SELECT id FROM u WHERE id = 7").await;
    let _ = other.step("UPDATE u SET t_id = 3 WHERE id = 8", &Vec::new).finish(DONE).await;
    assert!(beside.survived().await, "nobody waits for who has yet to look at the change");
    let list = Entry::fill_of(&other, "SELECT id FROM u").await;
    let _ = delete().await;
    assert!(!list.survived().await, "one of them does not know yet what follows");
    one.database().take_up(family(true), 2, cache.epoch().await).await.unwrap();
    other.database().note_reading(2, cache.epoch().await);
    let beside = Entry::fill_of(&other, "SELECT id FROM u WHERE id = 7").await;
    let _ = one.step("UPDATE u SET t_id = 3 WHERE id = 8", &Vec::new).finish(DONE).await;
    assert!(beside.survived().await, "both know it");
}

/// What others wrote before it looked was not widened for it.
#[tokio::test]
async fn what_a_session_read_before_it_looked_at_a_change_is_not_kept() {
    let cache = Cache::from_url("memory://?private").unwrap();
    let attach = async |session: &str, scopes| {
        let id = DatabaseId::new("test").seen_by(session);
        let database = Database::attach(&cache, id, schema(&["t", "u"]), scopes).await.unwrap();
        database.note_reading(1, cache.epoch().await);
        Session::new(database)
    };
    let one = attach("one", vec![Declaration::new("t").scope(["c"])]).await;
    let other = attach("other", vec![]).await;
    other.database().take_up(schema(&["t", "u", "v"]), 2, cache.epoch().await).await.unwrap();
    let sql = "SELECT id FROM t WHERE c = 'x'";
    let load = async |_| {
        let tracker = Tracker::new();
        let read = one.tracked(Arc::clone(&tracker)).step(sql, &Vec::new);
        let _ = read.finish(Outcome::Done { rows_affected: None }).await;
        let _ = other.step("INSERT INTO t VALUES (1, 'x')", &Vec::new).finish(DONE).await;
        one.database().note_reading(1, cache.epoch().await);
        Ok::<_, ()>(Loaded { value: 0, watched: tracker.finish(&Policy::default()) })
    };
    let (policy, codec) = (Policy::default(), cache.codec::<i64>());
    let request = Request { key: EntryKey::of("entry", &sql).unwrap(), policy: &policy, codec: &codec };
    cache.load(&request, load).await.unwrap();
    let old = Entry { session: &one, sql: sql.to_owned() };
    assert!(!old.survived().await);
    assert!(old.survived().await, "it is kept from now on");
    let _ = other.step("INSERT INTO t VALUES (2, 'x')", &Vec::new).finish(DONE).await;
    assert!(!old.survived().await, "and others are wide for it");
}

#[tokio::test]
async fn while_an_epoch_begins_for_new_scopes_what_others_write_is_wide() {
    let log = Arc::new(SlowLog::default());
    let open = async |log: Arc<dyn Log>| {
        let cache = Cache::builder().log(log).store(Arc::new(MemoryStore::new(1 << 20))).build();
        Database::attach(&cache, DatabaseId::new("test"), schema(&["t"]), vec![]).await.map(Session::new)
    };
    let here = open(Arc::clone(&log) as _).await.unwrap();
    let elsewhere = open(Arc::clone(&log.log) as _).await.unwrap();
    let mut declaring = Box::pin(here.database().declare(vec![Declaration::new("t").scope(["c"])]));
    assert!(poll(&mut declaring).is_pending());
    let list = Entry::fill_of(&here, "SELECT id FROM t WHERE c = 'x'").await;
    let _ = elsewhere.step("INSERT INTO t VALUES (1, 'x')", &Vec::new).finish(DONE).await;
    here.cache().epoch().await.unwrap();
    log.heard.open();
    declaring.await.unwrap();
    assert!(!list.survived().await);
}

/// Two processes with a cache each, on one log: a reader, and a writer that has read the schema in the log's epoch.
async fn processes(log: &str) -> [Session; 2] {
    let open = async |options: &str| {
        let cache = Cache::from_url(&format!("memory://{log}?{options}")).unwrap();
        let wide = ["a", "b", "c"]
            .into_iter()
            .fold(TableDefinition::new("u"), |table, column| table.column(Column::int(column)));
        let wide = wide.column(Column::int("id")).primary_key(["id"]);
        let narrow = TableDefinition::new("t").column(Column::int("id")).column(Column::text("c"));
        let schema = Schema::new(Dialect::Sqlite, [narrow.primary_key(["id"]), wide], []).unwrap();
        let scopes = Declaration::new("u").scope(["a"]).scope(["b"]).scope(["c"]).scope(["a", "b"]);
        let database = Database::attach(&cache, DatabaseId::new("test"), schema, vec![scopes]).await.unwrap();
        database.note_reading(1, cache.epoch().await);
        Session::new(database)
    };
    [open("max=1MiB").await, open("max=2MiB").await]
}

#[tokio::test]
async fn a_wide_write_that_knows_an_old_schema_touches_everything() {
    let [reader, writer] = processes("a_wide_write").await;
    let rows = (0..100).map(|id| format!("({id}, {id}, {id}, {id})")).collect::<Vec<_>>().join(", ");
    let insert = format!("INSERT INTO u VALUES {rows}");
    let write = || writer.step(&insert, &Vec::new).finish(Outcome::Done { rows_affected: Some(100) });
    let one = Entry::fill(&reader, 1).await;
    let _ = write().await;
    assert!(one.survived().await, "a write of another table");
    // Somebody has changed the schema, of which the writer does not know yet.
    reader.cache().clear().await.unwrap();
    let one = Entry::fill(&reader, 1).await;
    let _ = write().await;
    assert!(!one.survived().await);
}
