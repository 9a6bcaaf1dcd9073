//! Texts that mislead, through Diesel, on databases that the oracle makes; `ORACLE_SEEDS=0..80` for the long run.

use cache_diesel::{Cache, Cacheable, CachedConnection};
use cache_tests::backend::{Backend, Pool};
use cache_tests::oracle::Settings;
use cache_tests::rng::Rng;
use cache_tests::servers::{MariaDb, PostgresServer};
use cache_tests::world::{Bare, Layout};
use cache_tests::wrapped::misleading::{Seen, run, settings};
use cache_tests::wrapped::{Sql, Wrapped};
use diesel::{Connection, MysqlConnection, PgConnection, SqliteConnection};
use sea_orm::{ConnectionTrait, Statement};

async fn only(bare: &Bare, text: &str, column: usize) -> String {
    let backend = bare.connection().get_database_backend();
    let row = bare.connection().query_one_raw(Statement::from_string(backend, text)).await.unwrap();
    row.unwrap().try_get_by_index(column).unwrap()
}

fn seed<C: Cacheable + Connection + Sql>(seed: u64, steps: usize, bare: &Bare, url: &str) -> Seen
where
    CachedConnection<C>: Wrapped,
{
    let theme = bare.layout().theme();
    let connect = || {
        let mut connection = C::establish(url).unwrap();
        connection.batch(settings(theme.backend())).unwrap();
        connection
    };
    let mut conn = CachedConnection::new(connect(), Cache::from_url("memory://?private").unwrap()).unwrap();
    conn.declare(bare.layout().declarations().to_vec()).unwrap();
    run(theme, steps, &mut conn, &mut connect(), &mut Rng::new(seed))
}

fn nothing_is_stale(backend: Backend) {
    let _held = backend.hold();
    let Settings { seeds, steps } = Settings::from_environment(1, 25);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut compared = 0;
    for number in seeds {
        let mut rng = Rng::new(number);
        let layout = Layout::hostile(backend, &mut rng);
        let bare = runtime.block_on(Bare::open(layout, Pool::One, &mut rng)).unwrap();
        let seen = match backend {
            Backend::Sqlite => {
                let file = runtime.block_on(only(&bare, "PRAGMA database_list", 2));
                seed::<SqliteConnection>(number, steps, &bare, &file)
            }
            Backend::Postgres => {
                let name = runtime.block_on(only(&bare, "SELECT current_database()::text", 0));
                seed::<PgConnection>(number, steps, &bare, &PostgresServer::shared().url(&name))
            }
            Backend::MariaDb => {
                let name = runtime.block_on(only(&bare, "SELECT DATABASE()", 0));
                seed::<MysqlConnection>(number, steps, &bare, &MariaDb::shared().url(&name))
            }
        };
        compared += seen.compared;
        assert!(seen.stale.is_none(), "seed {number}: {}\n{}", seen.stale.unwrap(), bare.layout());
    }
    println!("{}: {compared} reads compared through Diesel, 0 stale", backend.name());
}

#[test]
fn nothing_is_stale_where_texts_mislead_on_sqlite() {
    nothing_is_stale(Backend::Sqlite);
}

#[test]
fn nothing_is_stale_where_texts_mislead_on_postgres() {
    nothing_is_stale(Backend::Postgres);
}

#[test]
fn nothing_is_stale_where_texts_mislead_on_mariadb() {
    nothing_is_stale(Backend::MariaDb);
}
