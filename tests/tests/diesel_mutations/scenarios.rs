//! Where reads, writes and COMMIT overlap.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use cache_diesel::{CachedConnection, Policy};
use cache_tests::backend::{Backend, block_until_another_second};
use cache_tests::scenario::{WRITE_UNSEEN, failing, turning, unseen};
use cache_tests::wrapped::{Cells, Sql, Wrapped};
use diesel::connection::Connection;
use diesel::result::Error;
use diesel::{QueryResult, SqliteConnection};

use crate::site::Site;

/// A scenario; after it the rows are others.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// Whether a read that began after a write had returned did not see it.
    pub(crate) is_stale: fn(&Site) -> bool,
}

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "a savepoint is released, then its transaction committed",
        is_stale: released_savepoint,
    },
    Scenario { name: "a reader comes between a write and its COMMIT", is_stale: read_before_commit },
    Scenario { name: "a reader is overtaken by a write", is_stale: overtaken_reader },
    Scenario { name: "a reader comes while an overtaken one is still loading", is_stale: joining_reader },
    Scenario { name: "a write comes between the parts of a block", is_stale: write_within_block },
    Scenario {
        name: "a statement fails and keeps the rows before the failing one",
        is_stale: kept_by_a_failure,
    },
    Scenario { name: "a write touches an entry whose life is stretched", is_stale: write_after_the_end },
    Scenario { name: "a transaction ends by hand, and its handle writes on", is_stale: ended_by_hand },
    Scenario { name: "rows are rewritten elsewhere under an equal schema", is_stale: equal_schema },
    Scenario { name: "a trigger sets its session, and others read", is_stale: set_by_a_trigger },
    Scenario {
        name: "a read in a block fails, and later it does not",
        is_stale: |site| failed_in_block(site, |conn, text| conn.read(text)),
    },
    Scenario {
        name: "a cached read in a block fails, and later it does not",
        is_stale: |site| failed_in_block(site, |conn, text| conn.cached(text)),
    },
    Scenario { name: "a write goes to what is not known, and names what is known", is_stale: written_unseen },
    Scenario { name: "a write goes to an attached database", is_stale: written_where_attached },
    Scenario { name: "two sessions mean different tables by one name", is_stale: named_by_two },
    Scenario { name: "a trigger fires on one connection only", is_stale: fired_on_one_connection },
    Scenario { name: "a panic comes between a write and its publication", is_stale: panic_after_a_write },
];

const LIST: &str = "SELECT id, title FROM article WHERE category = 'r'";
const CHANGE: &str = "UPDATE article SET title = 'new' WHERE id = 1";

fn warm(conn: &mut dyn Wrapped) {
    (0..2).for_each(|_| drop(conn.cached(LIST).unwrap()));
}

fn is_stale(site: &Site, conn: &mut dyn Wrapped) -> bool {
    conn.cached(LIST).unwrap() != site.bare().read(LIST).unwrap()
}

fn released_savepoint(site: &Site) -> bool {
    let mut conn = site.connect();
    warm(&mut *conn);
    conn.transaction(&mut |conn| conn.transaction(&mut |conn| conn.write(CHANGE).map(drop))).unwrap();
    is_stale(site, &mut *conn)
}

fn read_before_commit(site: &Site) -> bool {
    let caches = site.caches();
    let (mut writer, mut reader) = (caches.connect(), caches.connect());
    warm(&mut *reader);
    let write = &mut |writer: &mut dyn Wrapped| {
        writer.write(CHANGE)?;
        reader.cached(LIST).map(drop)
    };
    writer.transaction(write).unwrap();
    is_stale(site, &mut *reader)
}

/// A block of one read, which goes on when the caller lets it.
fn read_then(conn: &mut dyn Wrapped, mut then: impl FnMut()) -> Vec<Cells> {
    conn.block(Policy::new(), &mut |conn| {
        let rows = conn.read(LIST)?;
        then();
        Ok(rows)
    })
    .unwrap()
}

/// Its own caller began before the write and may see the rows before it; nobody else may.
fn overtaken_reader(site: &Site) -> bool {
    let caches = site.caches();
    let (mut writer, mut reader) = (caches.connect(), caches.connect());
    read_then(&mut *reader, || assert_eq!(writer.write(CHANGE), Ok(1)));
    read_then(&mut *reader, || {}) != site.bare().read(LIST).unwrap()
}

/// Whether the second reader waits for the first when that goes on, nobody can see: it is given more and more time.
fn joining_reader(site: &Site) -> bool {
    (0..8).any(|milliseconds| {
        site.reset();
        let caches = site.caches();
        let (mut writer, mut first, mut second) = (caches.connect(), caches.connect(), caches.connect());
        let (reached, is_reached) = mpsc::channel();
        let (go_on, may_go_on) = mpsc::channel::<()>();
        thread::scope(|scope| {
            scope.spawn(move || {
                read_then(&mut *first, || {
                    let _ = reached.send(());
                    let _ = may_go_on.recv();
                })
            });
            is_reached.recv().unwrap();
            writer.write(CHANGE).unwrap();
            let truth = site.bare().read(LIST).unwrap();
            let second = scope.spawn(move || read_then(&mut *second, || {}));
            thread::sleep(Duration::from_millis(milliseconds));
            go_on.send(()).unwrap();
            second.join().unwrap() != truth
        })
    })
}

fn write_within_block(site: &Site) -> bool {
    let caches = site.caches();
    let (mut writer, mut reader) = (caches.connect(), caches.connect());
    warm(&mut *reader);
    let mut block = |then: &mut dyn FnMut()| {
        reader
            .block(Policy::new(), &mut |conn| {
                let mut rows = conn.cached(LIST)?;
                then();
                rows.extend(conn.cached("SELECT count(*) FROM article")?);
                Ok(rows)
            })
            .unwrap()
    };
    block(&mut || assert_eq!(writer.write(CHANGE), Ok(1)));
    let rows = block(&mut || {});
    let mut bare = site.bare();
    let list = bare.read(LIST).unwrap();
    rows[..list.len()] != list
}

fn kept_by_a_failure(site: &Site) -> bool {
    let mut conn = site.connect();
    let (read, insert) = match site.backend() {
        Backend::Sqlite => {
            let rows = "(9, 'r', 'nine'), (1, 'r', 'there')";
            (LIST, format!("INSERT OR FAIL INTO article (id, category, title) VALUES {rows}"))
        }
        Backend::MariaDb => {
            conn.batch("CREATE OR REPLACE TABLE plain (id BIGINT PRIMARY KEY) ENGINE = MyISAM").unwrap();
            ("SELECT id FROM plain WHERE id = 9", "INSERT INTO plain VALUES (9), (9)".to_owned())
        }
        // It keeps nothing.
        Backend::Postgres => return false,
    };
    (0..2).for_each(|_| drop(conn.cached(read).unwrap()));
    assert!(conn.write(&insert).is_err(), "nothing would be tested");
    let is_stale = conn.cached(read).unwrap() != site.bare().read(read).unwrap();
    if site.backend() == Backend::MariaDb {
        // Where there is such a table, no refusal is believed.
        conn.batch("DROP TABLE plain").unwrap();
    }
    is_stale
}

/// It is served in place of an error, unless a write has touched it.
fn write_after_the_end(site: &Site) -> bool {
    const MOMENT: Duration = Duration::from_millis(1);
    let stretched = || Policy::new().ttl(MOMENT).stale_if_error(Duration::from_secs(3600));
    let mut conn = site.connect();
    conn.block(stretched(), &mut |conn| conn.read(LIST)).unwrap();
    thread::sleep(MOMENT);
    conn.write(CHANGE).unwrap();
    conn.block(stretched(), &mut |_| Err(Error::NotFound)).is_ok()
}

/// Nobody tells the transaction; what follows commits by itself.
fn ended_by_hand(site: &Site) -> bool {
    let caches = site.caches();
    let (mut writer, mut reader) = (caches.connect(), caches.connect());
    let mut is_old = false;
    let _ = writer.transaction(&mut |writer| {
        writer.write("UPDATE article SET title = 'x' WHERE id = 3")?;
        writer.batch("COMMIT")?;
        warm(&mut *reader);
        writer.write(CHANGE)?;
        is_old = is_stale(site, &mut *reader);
        Ok(())
    });
    is_old
}

/// A table is made anew, and looks as before.
fn equal_schema(site: &Site) -> bool {
    let mut conn = site.connect();
    let (text, mut bare) = ("SELECT id, title FROM page", site.bare());
    let make = |name: &str| format!("CREATE TABLE {name} (id BIGINT PRIMARY KEY, title VARCHAR(9))");
    bare.batch(&format!("{}; INSERT INTO page VALUES (1, 'one')", make("page"))).unwrap();
    conn.refresh_schema();
    (0..2).for_each(|_| drop(conn.cached(text).unwrap()));
    block_until_another_second(site.backend(), &mut *bare);
    let anew = "INSERT INTO anew SELECT id, upper(title) FROM page; DROP TABLE page; ALTER TABLE anew RENAME TO page";
    bare.batch(&format!("{}; {anew}", make("anew"))).unwrap();
    conn.refresh_schema();
    let is_stale = conn.cached(text).unwrap() != bare.read(text).unwrap();
    bare.batch("DROP TABLE page").unwrap();
    is_stale
}

fn set_by_a_trigger(site: &Site) -> bool {
    let Some((setup, shows)) = turning(site.backend()) else { return false };
    let mut bare = site.bare();
    setup.iter().for_each(|statement| bare.batch(statement).unwrap());
    let caches = site.caches();
    let (mut writer, mut reader) = (caches.connect(), caches.connect());
    (0..2).for_each(|_| drop(writer.cached(shows).unwrap()));
    writer.write("UPDATE turned SET n = n + 1").unwrap();
    writer.cached(shows).unwrap();
    let is_stale = reader.cached(shows).unwrap() != bare.read(shows).unwrap();
    bare.batch("DROP TABLE turned").unwrap();
    is_stale
}

type Run = fn(&mut dyn Wrapped, &str) -> QueryResult<Vec<Cells>>;

/// Whoever went on without it may have it the next time.
fn failed_in_block(site: &Site, run: Run) -> bool {
    let mut conn = site.connect();
    let (fails, mends) = failing(site.backend());
    let block = |conn: &mut dyn Wrapped| {
        let body = &mut |conn: &mut dyn Wrapped| {
            conn.read(LIST)?;
            Ok(run(conn, fails).unwrap_or_default())
        };
        conn.block(Policy::new(), body).unwrap()
    };
    assert_eq!(block(&mut *conn), [], "nothing would be tested");
    conn.write(mends).unwrap();
    block(&mut *conn) != site.bare().read(fails).unwrap()
}

fn written_unseen(site: &Site) -> bool {
    let mut conn = site.connect();
    unseen(site.backend()).iter().for_each(|statement| conn.batch(statement).unwrap());
    warm(&mut *conn);
    conn.write(WRITE_UNSEEN).unwrap();
    let is_stale = is_stale(site, &mut *conn);
    conn.batch("DROP TABLE unseen").unwrap();
    conn.batch("DROP TABLE named").unwrap();
    is_stale
}

/// Of SQLite alone.
fn written_where_attached(site: &Site) -> bool {
    let Site::Sqlite(_) = site else { return false };
    let caches = site.caches();
    let (mut conn, mut bare) = (caches.connect(), SqliteConnection::establish(":memory:").unwrap());
    let setup = "CREATE TABLE article (id INTEGER PRIMARY KEY, title TEXT)";
    bare.batch(&format!("{setup}; ATTACH '{}' AS ours", site.url())).unwrap();
    let mut other = CachedConnection::new(bare, caches.cache.clone()).unwrap();
    warm(&mut *conn);
    other.write("UPDATE ours.article SET title = 'new' WHERE id = 1").unwrap();
    is_stale(site, &mut *conn)
}

fn named_by_two(site: &Site) -> bool {
    let caches = site.caches();
    let (mut conn, mut other, mut bare) = (caches.connect(), caches.connect(), site.bare());
    let shown = "SELECT n FROM twice";
    conn.batch("CREATE TEMPORARY TABLE twice (n INTEGER)").unwrap();
    conn.write("INSERT INTO twice VALUES (1)").unwrap();
    other.batch("CREATE TABLE twice (n INTEGER)").unwrap();
    other.write("INSERT INTO twice VALUES (2)").unwrap();
    (0..2).for_each(|_| drop(conn.cached(shown).unwrap()));
    let is_stale = other.cached(shown).unwrap() != bare.read(shown).unwrap();
    other.batch("DROP TABLE twice").unwrap();
    is_stale
}

/// Of SQLite alone.
fn fired_on_one_connection(site: &Site) -> bool {
    let Site::Sqlite(_) = site else { return false };
    let caches = site.caches();
    let (mut writer, mut reader) = (caches.connect(), caches.connect());
    let trigger = "CREATE TEMP TRIGGER heard AFTER UPDATE ON main.comment BEGIN UPDATE article SET title = 'new' WHERE id = 1; END";
    writer.batch(trigger).unwrap();
    // Where it is not seen.
    reader.refresh_schema();
    warm(&mut *reader);
    writer.write("UPDATE comment SET body = 'c' WHERE id = 1").unwrap();
    is_stale(site, &mut *reader)
}

/// The database has run the statement, and nobody has been told.
fn panic_after_a_write(site: &Site) -> bool {
    let caches = site.caches();
    let (mut writer, mut reader) = (caches.connect(), caches.connect());
    warm(&mut *reader);
    writer.panic_after_statements();
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let panicked = catch_unwind(AssertUnwindSafe(|| writer.write(CHANGE)));
    std::panic::set_hook(hook);
    assert!(panicked.is_err(), "nothing would be tested");
    is_stale(site, &mut *reader)
}
