//! Directed scenarios: where reads, writes and COMMIT overlap, which no random step arranges.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use cache_seaorm::{CachedConnection, Policy};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, TransactionTrait};

use crate::backend::{Backend, another, another_second};
use crate::case::{Case, read, scopes};
use crate::gate::Gate;
use crate::read::{Answer, Read};
use crate::world::Pool;

/// What a scenario shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Every read that began after a write had returned saw it.
    Fresh,
    /// One did not.
    Stale(String),
}

impl Verdict {
    pub(crate) fn of(got: &Answer, expected: &Answer, what: &str) -> Self {
        match got == expected {
            true => Self::Fresh,
            false => Self::Stale(format!("{what}: cached {got}, database {expected}")),
        }
    }
}

type Running = Pin<Box<dyn Future<Output = Result<Verdict, DbErr>>>>;

/// A scenario by name.
pub type Scenario = (&'static str, fn(Backend) -> Running);

/// All of them.
pub const ALL: &[Scenario] = &[
    ("a savepoint is released, then its transaction committed", |backend| {
        Box::pin(released_savepoint(backend))
    }),
    ("a reader comes between a write and its COMMIT", |backend| Box::pin(read_before_commit(backend))),
    ("a reader is overtaken by a write", |backend| Box::pin(overtaken_reader(backend))),
    ("a reader comes while an overtaken one is still loading", |backend| Box::pin(joining_reader(backend))),
    ("a write comes between the parts of a block", |backend| Box::pin(write_within_block(backend))),
    ("a statement fails and keeps the rows before the failing one", |backend| {
        Box::pin(kept_by_a_failure(backend))
    }),
    ("a write touches an entry whose life is stretched", |backend| Box::pin(write_after_the_end(backend))),
    ("a transaction ends by hand, and its handle writes on", |backend| Box::pin(ended_by_hand(backend))),
    ("what a transaction reads that a statement began is old", |backend| Box::pin(begun_by_hand(backend))),
    ("rows are rewritten elsewhere under an equal schema", |backend| Box::pin(equal_schema(backend))),
    ("a trigger sets its session, and others read", |backend| Box::pin(set_by_a_trigger(backend))),
    ("a read in a block fails, and later it does not", |backend| Box::pin(failed_in_block(backend))),
    ("a write goes to an attached database", |backend| Box::pin(written_where_attached(backend))),
    ("a trigger fires on one connection only", |backend| Box::pin(fired_on_one_connection(backend))),
    ("a write in a transaction is abandoned, then committed", |backend| {
        Box::pin(abandoned_in_transaction(backend))
    }),
];

const LIST: &str = "SELECT id, title FROM article WHERE category = 'r'";
const CHANGE: &str = "UPDATE article SET title = 'new' WHERE id = 1";

async fn case(backend: Backend, pool: Pool) -> Case {
    let (integer, text) = (backend.integer(), backend.text());
    let setup = format!(
        "CREATE TABLE article (id {integer} PRIMARY KEY, category {text}, title {text} NOT NULL);
        INSERT INTO article VALUES (1, 'r', 'one'), (2, 'g', 'two'), (3, 'r', 'three')"
    );
    Case::on(backend, &setup, &[scopes("article", &[&["category"]])], pool).await
}

async fn verdict(case: &Case, read: &Read, what: &str) -> Verdict {
    let truth = case.subject().truth(read).await;
    Verdict::of(&case.subject().cached(read).await.0, &truth, what)
}

async fn released_savepoint(backend: Backend) -> Result<Verdict, DbErr> {
    let case = case(backend, Pool::One).await;
    case.warm(&read(LIST)).await;
    let transaction = case.connection().begin().await?;
    let savepoint = transaction.begin().await?;
    savepoint.execute_unprepared(CHANGE).await?;
    savepoint.commit().await?;
    transaction.commit().await?;
    Ok(verdict(&case, &read(LIST), "after COMMIT").await)
}

async fn read_before_commit(backend: Backend) -> Result<Verdict, DbErr> {
    let case = case(backend, Pool::Several(3)).await;
    case.warm(&read(LIST)).await;
    let transaction = case.connection().begin().await?;
    transaction.execute_unprepared(CHANGE).await?;
    case.subject().cached(&read(LIST)).await;
    transaction.commit().await?;
    Ok(verdict(&case, &read(LIST), "after COMMIT").await)
}

/// Nobody tells the handle; what follows commits by itself.
async fn ended_by_hand(backend: Backend) -> Result<Verdict, DbErr> {
    let case = case(backend, Pool::Several(3)).await;
    let transaction = case.connection().begin().await?;
    transaction.execute_unprepared("UPDATE article SET title = 'x' WHERE id = 3").await?;
    transaction.execute_unprepared("COMMIT").await?;
    case.warm(&read(LIST)).await;
    transaction.execute_unprepared(CHANGE).await?;
    let verdict = verdict(&case, &read(LIST), "after what followed the COMMIT").await;
    let _ = transaction.rollback().await;
    Ok(verdict)
}

/// A pool whose connection is in a transaction, and another one of the same cache.
async fn begun_by_hand(backend: Backend) -> Result<Verdict, DbErr> {
    let case = case(backend, Pool::One).await;
    let bare = case.subject().untracked();
    if backend == Backend::Sqlite {
        // Else it would lock the other one out.
        bare.execute_unprepared("PRAGMA journal_mode = WAL").await?;
    }
    let other = beside(&case).await?;
    let begin = match backend {
        Backend::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ",
        Backend::Sqlite | Backend::MariaDb => "BEGIN",
    };
    let (list, policy) = (read(LIST), Policy::new());
    case.connection().execute_unprepared(begin).await?;
    list.run_on(bare).await?;
    other.execute_unprepared(CHANGE).await?;
    list.run_cached(case.connection(), &policy).await?;
    let truth = list.run_on(other.untracked()).await?;
    let got = list.run_cached(&other, &policy).await?;
    case.connection().execute_unprepared("ROLLBACK").await?;
    Ok(Verdict::of(&got, &truth, "for another connection"))
}

async fn equal_schema(backend: Backend) -> Result<Verdict, DbErr> {
    let case = case(backend, Pool::One).await;
    case.warm(&read(LIST)).await;
    let change = match backend {
        Backend::Sqlite => {
            "CREATE TABLE anew (id INTEGER PRIMARY KEY, category TEXT, title TEXT NOT NULL);
            INSERT INTO anew SELECT id, category, upper(title) FROM article;
            DROP TABLE article; ALTER TABLE anew RENAME TO article"
        }
        Backend::Postgres => "ALTER TABLE article ALTER title TYPE text USING upper(title)",
        Backend::MariaDb => {
            another_second(case.subject().untracked()).await?;
            "CREATE TABLE anew LIKE article; INSERT INTO anew SELECT id, category, upper(title) FROM article;
            DROP TABLE article; RENAME TABLE anew TO article"
        }
    };
    case.subject().untracked().execute_unprepared(change).await?;
    case.subject().refresh_schema().await?;
    Ok(verdict(&case, &read(LIST), "after the schema was read again").await)
}

/// What makes a table `turned` whose updates set the session, and a read of articles that shows it.
#[must_use]
pub fn turning(backend: Backend) -> Option<(&'static [&'static str], &'static str)> {
    match backend {
        // It has no settings that a trigger could change.
        Backend::Sqlite => None,
        Backend::Postgres => Some((
            &[
                "CREATE TABLE turned (n BIGINT)",
                "INSERT INTO turned VALUES (1)",
                "CREATE OR REPLACE FUNCTION turned() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    PERFORM set_config('extra_float_digits', '-9', false); RETURN NULL; END $$",
                "CREATE TRIGGER turned AFTER UPDATE ON turned FOR EACH ROW EXECUTE FUNCTION turned()",
            ],
            "SELECT id, concat(id::float8 / 7) FROM article",
        )),
        Backend::MariaDb => Some((
            &[
                "CREATE TABLE turned (n BIGINT)",
                "INSERT INTO turned VALUES (1)",
                "CREATE TRIGGER turned AFTER UPDATE ON turned FOR EACH ROW SET SESSION group_concat_max_len = 4",
            ],
            "SELECT group_concat(title ORDER BY id) FROM article",
        )),
    }
}

/// Another connection that shares the cache.
async fn beside(case: &Case) -> Result<CachedConnection, DbErr> {
    let bare = another(case.subject().untracked()).await?;
    let wrapped = CachedConnection::new(bare, case.connection().cache().clone()).await;
    wrapped.map_err(|error| DbErr::Custom(error.to_string()))
}

async fn set_by_a_trigger(backend: Backend) -> Result<Verdict, DbErr> {
    let Some((setup, shows)) = turning(backend) else { return Ok(Verdict::Fresh) };
    let case = case(backend, Pool::One).await;
    for statement in setup {
        case.write(statement).await;
    }
    let (other, shows) = (beside(&case).await?, read(shows));
    case.warm(&shows).await;
    case.write("UPDATE turned SET n = n + 1").await;
    case.subject().cached(&shows).await;
    let truth = shows.run_on(other.untracked()).await?;
    let got = shows.run_cached(&other, &Policy::new()).await?;
    Ok(Verdict::of(&got, &truth, "for another connection"))
}

/// A read that fails as long as there are articles of both titles, and what makes one of them another.
#[must_use]
pub fn failing(backend: Backend) -> (&'static str, &'static str) {
    let text = match backend {
        Backend::Sqlite => "SELECT json(title) FROM article WHERE id = 2",
        Backend::Postgres | Backend::MariaDb => {
            "SELECT (SELECT id FROM article WHERE title IN ('one', 'two')) AS id"
        }
    };
    (text, "UPDATE article SET title = '2' WHERE id = 2")
}

async fn failed_in_block(backend: Backend) -> Result<Verdict, DbErr> {
    let case = case(backend, Pool::One).await;
    let (fails, mends) = failing(backend);
    let (list, fails) = (read(LIST), read(fails));
    let block = async || {
        let body = async |db: &CachedConnection| {
            list.run_on(db).await?;
            Ok::<_, DbErr>(fails.run_on(db).await.is_ok())
        };
        case.connection().cached_query("fails").run(body).await
    };
    assert!(!block().await?, "nothing would be tested");
    case.write(mends).await;
    Ok(if block().await? { Verdict::Fresh } else { Verdict::Stale("the read fails no more".to_owned()) })
}

async fn written_where_attached(backend: Backend) -> Result<Verdict, DbErr> {
    if backend != Backend::Sqlite {
        // They have no databases that one connection attaches.
        return Ok(Verdict::Fresh);
    }
    let (case, elsewhere) = (case(backend, Pool::One).await, case(backend, Pool::One).await);
    let cache = case.connection().cache().clone();
    let other = CachedConnection::new(elsewhere.subject().untracked().clone(), cache).await;
    let other = other.map_err(|error| DbErr::Custom(error.to_string()))?;
    let file = Statement::from_string(DbBackend::Sqlite, "SELECT file FROM pragma_database_list");
    let file = case.subject().untracked().query_one_raw(file).await?;
    let file: String = file.map_or(Ok(String::new()), |row| row.try_get_by_index(0))?;
    other.execute_unprepared(&format!("ATTACH '{file}' AS ours")).await?;
    case.warm(&read(LIST)).await;
    other.execute_unprepared("UPDATE ours.article SET title = 'new' WHERE id = 1").await?;
    Ok(verdict(&case, &read(LIST), "for who has it as its own").await)
}

async fn fired_on_one_connection(backend: Backend) -> Result<Verdict, DbErr> {
    if backend != Backend::Sqlite {
        // They have no triggers of one connection.
        return Ok(Verdict::Fresh);
    }
    let case = case(backend, Pool::One).await;
    case.write("CREATE TABLE told (n INTEGER); INSERT INTO told VALUES (1)").await;
    let other = beside(&case).await?;
    let trigger = "CREATE TEMP TRIGGER told AFTER UPDATE ON main.told BEGIN UPDATE article SET title = 'new' WHERE id = 1; END";
    case.write(trigger).await;
    // Where it is not seen.
    other.refresh_schema().await.map_err(|error| DbErr::Custom(error.to_string()))?;
    for _ in 0..2 {
        case.subject().cached(&read(LIST)).await;
    }
    case.write("UPDATE told SET n = n + 1").await;
    Ok(verdict(&case, &read(LIST), "after the trigger has fired").await)
}

async fn abandoned_in_transaction(backend: Backend) -> Result<Verdict, DbErr> {
    for polls in 0..40 {
        let case = case(backend, Pool::One).await;
        case.warm(&read(LIST)).await;
        let transaction = case.connection().begin().await?;
        Gate::abandon(transaction.execute_unprepared(CHANGE), polls).await;
        transaction.commit().await?;
        match verdict(&case, &read(LIST), &format!("after {polls} polls")).await {
            Verdict::Fresh => {}
            stale => return Ok(stale),
        }
    }
    Ok(Verdict::Fresh)
}

/// Its own caller began before the write and may see the rows before it; nobody else may.
async fn overtaken_reader(backend: Backend) -> Result<Verdict, DbErr> {
    let case = case(backend, Pool::One).await;
    let (list, gate) = (read(LIST), Gate::default());
    let reader = async { case.subject().cached_behind(&list, &gate).await };
    let writer = async {
        gate.reached().await;
        case.write(CHANGE).await;
        gate.open();
    };
    tokio::join!(reader, writer);
    Ok(verdict(&case, &list, "after the reader returned").await)
}

async fn joining_reader(backend: Backend) -> Result<Verdict, DbErr> {
    let case = case(backend, Pool::One).await;
    let (list, gate) = (read(LIST), Gate::default());
    let first = async { case.subject().cached_behind(&list, &gate).await };
    let second = async {
        gate.reached().await;
        case.write(CHANGE).await;
        // Two may pass: the first one, and the second if it loads by itself.
        let open = async {
            tokio::task::yield_now().await;
            gate.open();
            gate.reached().await;
            gate.open();
        };
        let read = case.subject().cached_behind(&list, &gate);
        let mut read = std::pin::pin!(read);
        tokio::select! {
            answer = &mut read => answer,
            () = open => read.await,
        }
    };
    let (_, (answer, _)) = tokio::join!(first, second);
    Ok(Verdict::of(&answer, &case.subject().truth(&list).await, "for a reader that came after the write"))
}

async fn kept_by_a_failure(backend: Backend) -> Result<Verdict, DbErr> {
    let case = case(backend, Pool::One).await;
    let verb = match backend {
        Backend::Sqlite => "INSERT OR FAIL",
        Backend::MariaDb => {
            case.write("ALTER TABLE article ENGINE = MyISAM").await;
            "INSERT"
        }
        // It keeps nothing.
        Backend::Postgres => return Ok(Verdict::Fresh),
    };
    case.warm(&read(LIST)).await;
    let failed =
        case.try_write(&format!("{verb} INTO article VALUES (9, 'r', 'nine'), (1, 'r', 'there')")).await;
    assert!(failed.is_err(), "nothing would be tested");
    Ok(verdict(&case, &read(LIST), "after the failure").await)
}

async fn write_after_the_end(backend: Backend) -> Result<Verdict, DbErr> {
    const MOMENT: Duration = Duration::from_millis(1);
    let stretched = Policy::new().ttl(MOMENT).stale_while_revalidate(Duration::from_secs(3600));
    let case = case(backend, Pool::One).await.reading_as(stretched);
    case.subject().cached(&read(LIST)).await;
    tokio::time::sleep(MOMENT).await;
    case.write(CHANGE).await;
    Ok(verdict(&case, &read(LIST), "after the write returned").await)
}

async fn write_within_block(backend: Backend) -> Result<Verdict, DbErr> {
    let case = case(backend, Pool::One).await;
    let (inner, outer, gate) = (read(LIST), read("SELECT count(*) FROM article"), Gate::default());
    case.warm(&inner).await;
    let reader = async { case.subject().cached_around(&inner, &gate, &outer).await };
    let writer = async {
        gate.reached().await;
        case.write(CHANGE).await;
        gate.open();
    };
    tokio::join!(reader, writer);
    gate.open();
    let (answer, _) = case.subject().cached_around(&inner, &gate, &outer).await;
    Ok(Verdict::of(&answer, &case.subject().truth_around(&inner, &outer).await, "after the block returned"))
}
