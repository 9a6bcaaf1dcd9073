//! Values of every type that SeaORM maps: they come back as they are, and lists by them are never stale.

use cache_seaorm::{Cache, CacheExt, CachedConnection, Declaration};
use cache_servers::PostgresServer;
use sea_orm::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, EntityTrait, IntoActiveModel, Iterable, QueryOrder, QuerySelect,
};

#[derive(Clone, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Enum", enum_name = "colour")]
pub enum Colour {
    #[sea_orm(string_value = "red")]
    Red,
    #[sea_orm(string_value = "deep blue")]
    Blue,
    #[sea_orm(string_value = "Green")]
    Green,
}

pub mod thing {
    use sea_orm::entity::prelude::*;

    use super::Colour;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "thing")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub small: i16,
        pub number: i32,
        pub large: i64,
        pub real: f32,
        pub double: f64,
        pub flag: bool,
        pub text: String,
        pub short: String,
        pub fixed: String,
        pub loose: String,
        pub bytes: Vec<u8>,
        pub code: Uuid,
        pub json: Json,
        pub price: Decimal,
        pub day: Date,
        pub hour: Time,
        pub at: DateTime,
        pub moment: DateTimeWithTimeZone,
        pub words: Vec<String>,
        pub numbers: Vec<i32>,
        pub colour: Colour,
        pub nothing: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use thing::{Column, Entity as Thing, Model};

const DDL: &str = "
CREATE EXTENSION citext;
CREATE TYPE colour AS ENUM ('red', 'deep blue', 'Green');
CREATE TABLE thing (id serial PRIMARY KEY, small smallint, number int, large bigint, real real, double float8, flag boolean,
  text text, short varchar(8), fixed char(4), loose citext, bytes bytea, code uuid, json jsonb, price numeric(10, 2),
  day date, hour time, at timestamp(0), moment timestamptz, words text[], numbers int[], colour colour, nothing bigint);";

/// Lists by these are narrow: their equality is that of one form.
const NARROW: &[Column] = &[
    Column::Id,
    Column::Small,
    Column::Number,
    Column::Large,
    Column::Text,
    Column::Short,
    Column::Bytes,
    Column::Code,
    Column::Colour,
    Column::Nothing,
];

fn thing(id: i32) -> Model {
    let n = i64::from(id);
    Model {
        id,
        small: [i16::MIN, 0, i16::MAX][id as usize % 3],
        number: [i32::MIN, 0, i32::MAX][id as usize % 3],
        large: [i64::MIN, 0, i64::MAX][id as usize % 3],
        real: id as f32 / 3.0,
        double: f64::from(id) / 7.0,
        flag: id % 2 == 0,
        text: ["", "d'arc \u{1F980}", "Text"][id as usize % 3].to_owned(),
        short: format!("s {id}"),
        fixed: format!("{id:04}"),
        loose: format!("Loose{id}"),
        bytes: vec![0, 255, id as u8],
        code: Uuid::from_u128(u128::from(id as u32) << 90),
        json: serde_json::json!({ "id": id, "list": [1.5, null, "x"] }),
        price: Decimal::new(100 * n + 10, 2),
        day: Date::from_ymd_opt(1999 + id, 12, 31).unwrap(),
        hour: Time::from_hms_micro_opt(23, 59, id as u32, 999_999).unwrap(),
        at: Date::from_ymd_opt(2024, 2, 29).unwrap().and_hms_opt(1, 2, id as u32).unwrap(),
        moment: chrono_moment(n),
        words: vec!["a".to_owned(), format!("{id}, \"b\"")],
        numbers: vec![id, -1, 0],
        colour: [Colour::Red, Colour::Blue, Colour::Green][id as usize % 3].clone(),
        nothing: (id != 1).then_some(n),
    }
}

fn chrono_moment(seconds: i64) -> DateTimeWithTimeZone {
    DateTimeUtc::from_timestamp(1_700_000_000 + seconds, 123_456_000).unwrap().fixed_offset()
}

async fn things() -> (DatabaseConnection, CachedConnection) {
    let server = PostgresServer::shared();
    let name = server.create().await.unwrap();
    let bare = server.connect(&name, 1).await.unwrap();
    bare.execute_unprepared(DDL).await.unwrap();
    let cache = Cache::from_url("memory://?private").unwrap();
    let db = CachedConnection::new(server.connect(&name, 1).await.unwrap(), cache).await.unwrap();
    let scopes = Column::iter().fold(Declaration::new("thing"), |all, column| all.scope([column.as_str()]));
    db.declare([scopes]).await.unwrap();
    for id in 0..3 {
        let mut model = thing(id).into_active_model();
        // A model that was read is unchanged; this one is new.
        Column::iter().for_each(|column| model.set(column, thing(id).get(column)));
        Thing::insert(model).exec_without_returning(&db).await.unwrap();
    }
    (bare, db)
}

#[tokio::test]
async fn every_value_comes_back_as_it_is() {
    let (bare, db) = things().await;
    let all = || Thing::find().order_by_asc(Column::Id);
    let expected = all().all(&bare).await.unwrap();
    assert_eq!(expected, [thing(0), thing(1), thing(2)]);
    for source in ["the database", "the cache"] {
        assert_eq!(all().cached().all(&db).await.unwrap(), expected, "from {source}");
    }
    assert_eq!(db.cache().stats().hits, 1);
}

#[tokio::test]
async fn lists_by_every_type_are_fresh_and_where_they_can_be_narrow() {
    let (bare, db) = things().await;
    // Two rows that a third one joins, then leaves.
    for column in Column::iter().filter(|column| !matches!(column, Column::Id)) {
        let list = |of: i32| {
            let value = thing(of).get(column);
            let is_null = value == value.as_null();
            let filter = match is_null {
                true => Expr::col(column).is_null(),
                false => Expr::col(column).eq(column.save_as(Expr::val(value))),
            };
            Thing::find().filter(filter).order_by_asc(Column::Id)
        };
        for target in [0, 1, 2] {
            for of in [0, 1, 2] {
                list(of).cached().all(&db).await.unwrap();
            }
            let before = db.cache().stats().hits;
            list(1).cached().all(&db).await.unwrap();
            assert_eq!(db.cache().stats().hits, before + 1, "{column:?}: warm");
            let value = column.save_as(Expr::val(thing(target).get(column)));
            let update = Thing::update_many().col_expr(column, value).filter(Column::Id.eq(2));
            update.exec(&db).await.unwrap();
            for of in [0, 1, 2] {
                let hits = db.cache().stats().hits;
                let got = list(of).cached().all(&db).await.unwrap();
                assert_eq!(got, list(of).all(&bare).await.unwrap(), "{column:?}: list {of} after {target}");
                let is_third = target == 0 && of == 1;
                if is_third && NARROW.iter().any(|narrow| narrow.as_str() == column.as_str()) {
                    assert_eq!(db.cache().stats().hits, hits + 1, "{column:?} narrows");
                }
            }
        }
    }
}

/// SeaORM asks for an enumeration as text.
#[tokio::test]
async fn an_enumeration_that_changes_ends_what_shows_it_and_nothing_else() {
    let (bare, db) = things().await;
    let first = || Thing::find().filter(Column::Flag.eq(true)).order_by_asc(Column::Id).limit(1);
    for (id, is_shown) in [(2, false), (0, true)] {
        assert_eq!(Thing::find().cached().count(&db).await.unwrap(), 3);
        first().cached().all(&db).await.unwrap();
        let green = Column::Colour.save_as(Expr::val(Colour::Green));
        let change = Thing::update_many().col_expr(Column::Colour, green).filter(Column::Id.eq(id));
        change.exec(&db).await.unwrap();
        let hits = db.cache().stats().hits;
        assert_eq!(Thing::find().cached().count(&db).await.unwrap(), 3);
        assert_eq!(db.cache().stats().hits, hits + 1, "it filters no count");
        let page = first().cached().all(&db).await.unwrap();
        assert_eq!(page, first().all(&bare).await.unwrap());
        assert_eq!(db.cache().stats().hits, hits + 1 + u64::from(!is_shown), "that of {id}");
    }
}
