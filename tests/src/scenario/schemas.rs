//! Changes of the schema, and statements that do more than they say.

use std::pin::pin;

use cache_seaorm::{CachedConnection, Policy};
use futures_util::poll;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, TransactionTrait};

use super::{LIST, Verdict, beside, case, verdict};
use crate::backend::{Backend, another_second};
use crate::case::read;
use crate::world::Pool;

pub(super) async fn kept_by_a_failure(backend: Backend) -> Result<Verdict, DbErr> {
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

pub(super) async fn equal_schema(backend: Backend) -> Result<Verdict, DbErr> {
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

/// A write is planned, and waits for its connection while others give it another effect.
pub(super) async fn overtaken_write(backend: Backend) -> Result<Verdict, DbErr> {
    let trigger = match backend {
        Backend::Sqlite => {
            "CREATE TRIGGER told AFTER UPDATE ON told BEGIN UPDATE article SET title = 'new' WHERE id = 1; END"
        }
        Backend::Postgres => {
            "CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                UPDATE article SET title = 'new' WHERE id = 1; RETURN NULL; END $$;
            CREATE TRIGGER told AFTER UPDATE ON told FOR EACH ROW EXECUTE FUNCTION told()"
        }
        Backend::MariaDb => {
            "CREATE TRIGGER told AFTER UPDATE ON told FOR EACH ROW UPDATE article SET title = 'new' WHERE id = 1"
        }
    };
    let case = case(backend, Pool::One).await;
    case.write("CREATE TABLE told (n INTEGER); INSERT INTO told VALUES (1)").await;
    let (other, list, policy) = (beside(&case).await?, read(LIST), Policy::new());
    let holder = case.connection().begin().await?;
    let mut write = pin!(case.try_write("UPDATE told SET n = n + 1"));
    assert!(poll!(write.as_mut()).is_pending(), "nothing would be tested");
    other.untracked().execute_unprepared(trigger).await?;
    other.refresh_schema().await.map_err(|error| DbErr::Custom(error.to_string()))?;
    list.run_cached(&other, &policy).await?;
    drop(holder);
    write.await?;
    let truth = list.run_on(other.untracked()).await?;
    let got = list.run_cached(&other, &policy).await?;
    Ok(Verdict::of(&got, &truth, "after the write returned"))
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

pub(super) async fn set_by_a_trigger(backend: Backend) -> Result<Verdict, DbErr> {
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

/// What makes a table `unseen`, of which nothing is known and whose trigger writes an article; it is written by
/// [`WRITE_UNSEEN`].
#[must_use]
pub fn unseen(backend: Backend) -> &'static [&'static str] {
    match backend {
        Backend::Sqlite => &[
            "CREATE TABLE named (n INTEGER)",
            "INSERT INTO named VALUES (1)",
            "CREATE TEMPORARY TABLE unseen (n INTEGER)",
            "CREATE TRIGGER seen AFTER INSERT ON unseen BEGIN UPDATE article SET title = 'new' WHERE id = 1; END",
        ],
        Backend::Postgres => &[
            "CREATE TABLE named (n BIGINT)",
            "INSERT INTO named VALUES (1)",
            "CREATE OR REPLACE FUNCTION seen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                UPDATE article SET title = 'new' WHERE id = 1; RETURN NULL; END $$",
            "CREATE TEMPORARY TABLE unseen (n BIGINT)",
            "CREATE TRIGGER seen AFTER INSERT ON unseen FOR EACH ROW EXECUTE FUNCTION seen()",
        ],
        Backend::MariaDb => &[
            "CREATE TABLE named (n BIGINT)",
            "INSERT INTO named VALUES (1)",
            "CREATE TABLE unseen (n BIGINT) WITH SYSTEM VERSIONING",
            "CREATE TRIGGER seen AFTER INSERT ON unseen FOR EACH ROW UPDATE article SET title = 'new' WHERE id = 1",
        ],
    }
}

/// A write of what [`unseen`] makes, which names a table that is known.
pub const WRITE_UNSEEN: &str = "INSERT INTO unseen SELECT n FROM named";

pub(super) async fn written_unseen(backend: Backend) -> Result<Verdict, DbErr> {
    let case = case(backend, Pool::One).await;
    for statement in unseen(backend) {
        case.write(statement).await;
    }
    case.warm(&read(LIST)).await;
    case.write(WRITE_UNSEEN).await;
    Ok(verdict(&case, &read(LIST), "after the trigger has fired").await)
}

pub(super) async fn written_where_attached(backend: Backend) -> Result<Verdict, DbErr> {
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

/// Two sessions mean different tables by one name.
pub(super) async fn named_by_two(backend: Backend) -> Result<Verdict, DbErr> {
    let case = case(backend, Pool::One).await;
    let (other, shown) = (beside(&case).await?, read("SELECT n FROM twice"));
    case.write("CREATE TEMPORARY TABLE twice (n INTEGER)").await;
    case.write("INSERT INTO twice VALUES (1)").await;
    for statement in ["CREATE TABLE twice (n INTEGER)", "INSERT INTO twice VALUES (2)"] {
        other.execute_unprepared(statement).await?;
    }
    for _ in 0..2 {
        case.subject().cached(&shown).await;
    }
    let truth = shown.run_on(other.untracked()).await?;
    let got = shown.run_cached(&other, &Policy::new()).await?;
    Ok(Verdict::of(&got, &truth, "for another connection"))
}

pub(super) async fn fired_on_one_connection(backend: Backend) -> Result<Verdict, DbErr> {
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
