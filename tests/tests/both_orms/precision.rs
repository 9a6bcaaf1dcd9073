//! How much each ORM keeps of what the other one's writes do not change, on PostgreSQL over one Redis: with equal scopes as
//! much as of what its own writes do not change.

use std::time::{Duration, Instant};

use cache_diesel::{Cache, CacheExt as _, CachedConnection as DieselConnection, Declaration};
use cache_seaorm::{CacheExt as _, CachedConnection as SeaConnection};
use cache_tests::rng::Rng;
use cache_tests::servers::{PostgresServer, RedisServer};
use diesel::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseConnection, EntityTrait, QueryFilter as _,
    QueryOrder, QuerySelect as _, Set,
};

const SCHEMA: &str = "
    CREATE TABLE item (id bigint PRIMARY KEY, category text NOT NULL, title text NOT NULL, views bigint NOT NULL);
    CREATE TABLE note (id bigint PRIMARY KEY, item_id bigint NOT NULL, text text NOT NULL);
    INSERT INTO item SELECT n, 'c' || n % 3, 'title ' || n, 0 FROM generate_series(1, 12) AS n;
    INSERT INTO note SELECT n, n % 12 + 1, 'note ' || n FROM generate_series(1, 12) AS n";

diesel::table! { item (id) { id -> BigInt, category -> Text, title -> Text, views -> BigInt, } }
diesel::table! { note (id) { id -> BigInt, item_id -> BigInt, text -> Text, } }

type Item = (i64, String, String, i64);

mod entity {
    pub(super) mod item {
        use sea_orm::entity::prelude::*;
        use serde::{Deserialize, Serialize};

        #[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
        #[sea_orm(table_name = "item")]
        pub(crate) struct Model {
            #[sea_orm(primary_key, auto_increment = false)]
            pub(crate) id: i64,
            pub(crate) category: String,
            pub(crate) title: String,
            pub(crate) views: i64,
        }

        #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
        pub(crate) enum Relation {}

        impl ActiveModelBehavior for ActiveModel {}
    }

    pub(super) mod note {
        use sea_orm::entity::prelude::*;
        use serde::{Deserialize, Serialize};

        #[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
        #[sea_orm(table_name = "note")]
        pub(crate) struct Model {
            #[sea_orm(primary_key, auto_increment = false)]
            pub(crate) id: i64,
            pub(crate) item_id: i64,
            pub(crate) text: String,
        }

        #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
        pub(crate) enum Relation {}

        impl ActiveModelBehavior for ActiveModel {}
    }
}

/// A write, made in each ORM's own words.
#[derive(Clone, Debug)]
enum Write {
    View(i64),
    Retitle(i64, String),
    Move(i64, &'static str),
    Birth(i64, &'static str),
    Death(i64),
    ViewAll(&'static str),
    Note(i64, String),
}

/// A read, made in each ORM's own words.
#[derive(Clone, Copy, Debug)]
enum Read {
    One(i64),
    List(&'static str),
    Count(&'static str),
    Newest(&'static str),
    Notes(i64),
}

const CATEGORIES: [&str; 3] = ["c0", "c1", "c2"];

impl Write {
    fn random(rng: &mut Rng, number: i64) -> Self {
        let (id, category) = (rng.within(1..13), rng.pick(&CATEGORIES));
        match rng.below(20) {
            0..8 => Self::View(id),
            8..11 => Self::Retitle(id, format!("new {number}")),
            11..13 => Self::Move(id, category),
            13..16 => Self::Birth(100 + number, category),
            16 => Self::Death(id),
            17 => Self::ViewAll(category),
            _ => Self::Note(id, format!("new {number}")),
        }
    }
}

fn reads() -> Vec<Read> {
    let lists = CATEGORIES.iter().flat_map(|name| [Read::List(name), Read::Count(name), Read::Newest(name)]);
    (1..6).map(Read::One).chain(lists).chain((1..4).map(Read::Notes)).collect()
}

/// One process.
enum Process {
    Sea(SeaConnection),
    Diesel(Box<DieselConnection<PgConnection>>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Orm {
    Sea,
    Diesel,
}

impl Process {
    async fn start(orm: Orm, database: &str, cache: Cache, scope: &'static str) -> Self {
        let declarations =
            [Declaration::new("item").scope([scope]), Declaration::new("note").scope(["item_id"])];
        match orm {
            Orm::Sea => {
                let pool = PostgresServer::shared().connect(database, 1).await.unwrap();
                let db = SeaConnection::new(pool, cache).await.unwrap();
                db.declare(declarations).await.unwrap();
                Self::Sea(db)
            }
            Orm::Diesel => {
                let bare = PgConnection::establish(&PostgresServer::shared().url(database)).unwrap();
                let mut conn = DieselConnection::new(bare, cache).unwrap();
                conn.declare(declarations).unwrap();
                Self::Diesel(Box::new(conn))
            }
        }
    }

    fn hits(&self) -> u64 {
        let stats = match self {
            Self::Sea(db) => db.cache().stats(),
            Self::Diesel(conn) => conn.cache().unwrap().stats(),
        };
        stats.hits + stats.store_hits
    }

    async fn write(&mut self, write: &Write) {
        match self {
            Self::Sea(db) => write_by_sea_orm(db, write).await,
            Self::Diesel(conn) => write_by_diesel(conn, write),
        }
    }

    /// The rows in words, and whether they came from the cache.
    async fn read(&mut self, read: Read) -> (String, bool) {
        let before = self.hits();
        let shown = match self {
            Self::Sea(db) => read_by_sea_orm(db, read).await,
            Self::Diesel(conn) => read_by_diesel(conn, read),
        };
        (shown, self.hits() > before)
    }
}

async fn write_by_sea_orm(db: &SeaConnection, write: &Write) {
    use entity::{item, note};
    let with = |id: &i64| item::ActiveModel { id: Set(*id), ..Default::default() };
    let views = || {
        let next = Expr::col(item::Column::Views).add(1);
        item::Entity::update_many().col_expr(item::Column::Views, next)
    };
    let is_there = async |id: &i64| item::Entity::find_by_id(*id).one(db).await.unwrap().is_some();
    match write {
        Write::View(id) => drop(views().filter(item::Column::Id.eq(*id)).exec(db).await.unwrap()),
        Write::ViewAll(of) => drop(views().filter(item::Column::Category.eq(*of)).exec(db).await.unwrap()),
        Write::Retitle(id, title) if is_there(id).await => {
            let changed = item::ActiveModel { title: Set(title.clone()), ..with(id) };
            changed.update(db).await.unwrap();
        }
        Write::Move(id, to) if is_there(id).await => {
            let changed = item::ActiveModel { category: Set((*to).to_owned()), ..with(id) };
            changed.update(db).await.unwrap();
        }
        Write::Retitle(..) | Write::Move(..) => {}
        Write::Birth(id, category) => {
            let (category, title) = (Set((*category).to_owned()), Set("born".to_owned()));
            let born = item::ActiveModel { category, title, views: Set(0), ..with(id) };
            born.insert(db).await.unwrap();
        }
        Write::Death(id) => drop(item::Entity::delete_by_id(*id).exec(db).await.unwrap()),
        Write::Note(id, text) => {
            let changed = note::ActiveModel { id: Set(*id), text: Set(text.clone()), ..Default::default() };
            changed.update(db).await.unwrap();
        }
    }
}

fn write_by_diesel(conn: &mut DieselConnection<PgConnection>, write: &Write) {
    let by_key = |id: &i64| item::table.find(*id);
    let view = item::views.eq(item::views + 1);
    let written = match write {
        Write::View(id) => diesel::update(by_key(id)).set(view).execute(conn),
        Write::ViewAll(of) => {
            diesel::update(item::table.filter(item::category.eq(*of))).set(view).execute(conn)
        }
        Write::Retitle(id, title) => diesel::update(by_key(id)).set(item::title.eq(title)).execute(conn),
        Write::Move(id, to) => diesel::update(by_key(id)).set(item::category.eq(*to)).execute(conn),
        Write::Birth(id, category) => {
            let row =
                (item::id.eq(*id), item::category.eq(*category), item::title.eq("born"), item::views.eq(0));
            diesel::insert_into(item::table).values(row).execute(conn)
        }
        Write::Death(id) => diesel::delete(by_key(id)).execute(conn),
        Write::Note(id, text) => diesel::update(note::table.find(*id)).set(note::text.eq(text)).execute(conn),
    };
    written.unwrap();
}

async fn read_by_sea_orm(db: &SeaConnection, read: Read) -> String {
    use entity::{item, note};
    let of = |category: &str| item::Entity::find().filter(item::Column::Category.eq(category));
    let shown = |rows: Vec<item::Model>| {
        let rows =
            rows.into_iter().map(|item::Model { id, category, title, views }| (id, category, title, views));
        format!("{:?}", rows.collect::<Vec<Item>>())
    };
    match read {
        Read::One(id) => shown(item::Entity::find_by_id(id).cached().all(db).await.unwrap()),
        Read::List(name) => shown(of(name).order_by_asc(item::Column::Id).cached().all(db).await.unwrap()),
        Read::Count(name) => of(name).cached().count(db).await.unwrap().to_string(),
        Read::Newest(name) => {
            shown(of(name).order_by_desc(item::Column::Id).limit(2).cached().all(db).await.unwrap())
        }
        Read::Notes(id) => {
            let notes =
                note::Entity::find().filter(note::Column::ItemId.eq(id)).order_by_asc(note::Column::Id);
            let notes = notes.cached().all(db).await.unwrap().into_iter();
            format!("{:?}", notes.map(|note| (note.id, note.item_id, note.text)).collect::<Vec<_>>())
        }
    }
}

fn read_by_diesel(conn: &mut DieselConnection<PgConnection>, read: Read) -> String {
    let of = |name| item::table.filter(item::category.eq(name));
    match read {
        Read::One(id) => format!("{:?}", item::table.find(id).cached().load::<Item, _>(conn).unwrap()),
        Read::List(name) => format!("{:?}", of(name).order(item::id).cached().load::<Item, _>(conn).unwrap()),
        Read::Count(name) => of(name).cached().count(conn).unwrap().to_string(),
        Read::Newest(name) => {
            let newest = of(name).order(item::id.desc()).limit(2);
            format!("{:?}", newest.cached().load::<Item, _>(conn).unwrap())
        }
        Read::Notes(id) => {
            let notes = note::table.filter(note::item_id.eq(id)).order(note::id);
            format!("{:?}", notes.cached().load::<(i64, i64, String), _>(conn).unwrap())
        }
    }
}

/// What a write did not change, and how much of that was still served.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
struct Share {
    unchanged: u32,
    kept: u32,
}

impl Share {
    fn percent(self) -> f64 {
        100.0 * f64::from(self.kept) / f64::from(self.unchanged)
    }
}

/// Two processes: one writes, one reads. The same writes and reads whatever they are; nothing is stale.
async fn kept(writer: (Orm, &'static str), reader: (Orm, &'static str)) -> Share {
    let (postgres, redis) = (PostgresServer::shared(), RedisServer::start());
    let database = postgres.create().await.unwrap();
    let bare: DatabaseConnection = postgres.connect(&database, 1).await.unwrap();
    bare.execute_unprepared(SCHEMA).await.unwrap();
    let cache = || Cache::from_url(&format!("redis://{}/0?prefix=items&private", redis.address())).unwrap();
    let mut writes = Process::start(writer.0, &database, cache(), writer.1).await;
    let mut process = Process::start(reader.0, &database, cache(), reader.1).await;
    // Another that never hits.
    let mut truth = Process::start(reader.0, &database, Cache::disabled(), reader.1).await;
    let mut before = Vec::new();
    for read in reads() {
        let deadline = Instant::now() + Duration::from_secs(30);
        let shown = loop {
            match process.read(read).await {
                (shown, true) => break shown,
                _ => tokio::time::sleep(Duration::from_millis(5)).await,
            }
            assert!(Instant::now() < deadline, "{read:?} is never kept");
        };
        before.push((read, shown));
    }
    let (mut rng, mut share) = (Rng::new(7), Share::default());
    for number in 0..60 {
        let write = Write::random(&mut rng, number);
        writes.write(&write).await;
        for (read, before) in &mut before {
            let (shown, is_hit) = process.read(*read).await;
            assert_eq!(shown, truth.read(*read).await.0, "{read:?} after {write:?}");
            if shown == *before {
                share.unchanged += 1;
                share.kept += u32::from(is_hit);
            }
            *before = shown;
        }
    }
    println!("{writer:?} writes, {reader:?} reads: {share:?}, {:.1} %", share.percent());
    share
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn with_equal_scopes_each_keeps_as_much_of_the_others_writes_as_of_its_own() {
    let by_category = |orm| (orm, "category");
    let [sea, diesel] = [Orm::Sea, Orm::Diesel].map(by_category);
    let (own, others, other_way, diesels_own) =
        tokio::join!(kept(sea, sea), kept(sea, diesel), kept(diesel, sea), kept(diesel, diesel));
    assert_eq!([others, other_way, diesels_own], [own; 3]);
    assert!(own.percent() > 80.0, "{own:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn with_other_scopes_a_table_ends_as_a_whole_and_other_tables_stay() {
    let (here, there) = tokio::join!(
        kept((Orm::Sea, "category"), (Orm::Diesel, "title")),
        kept((Orm::Diesel, "category"), (Orm::Sea, "title")),
    );
    assert_eq!(here, there);
    assert!(here.kept > 0 && here.percent() < 50.0, "{here:?}");
}
