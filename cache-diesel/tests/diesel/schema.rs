//! The schema, and what happens when it changes.

use cache_diesel::{Cache, CacheDeps, CacheExt, CachedConnection, Declaration};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::shop::*;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("tests/migrations");

#[test]
fn migrations_run_through_the_wrapper_and_are_noticed() {
    let mut shop = Shop::open();
    by_category(&mut shop.conn, "rust");
    shop.conn.run_pending_migrations(MIGRATIONS).unwrap();
    assert!(!shop.conn.has_pending_migration(MIGRATIONS).unwrap());
    let tags = |conn: &mut Conn| {
        diesel::dsl::sql::<diesel::sql_types::BigInt>("SELECT count(*) FROM tag")
            .cached()
            .get_result::<i64, _>(conn)
    };
    assert_eq!(tags(&mut shop.conn), Ok(0));
    assert!(is_hit(&mut shop.conn, |conn| assert_eq!(tags(conn), Ok(0))));
    shop.conn.batch_execute("INSERT INTO tag VALUES (1, 'a')").unwrap();
    assert_eq!(tags(&mut shop.conn), Ok(1));
    assert_eq!(shop.conn.writes_around(), 0);
    shop.conn.revert_all_migrations(MIGRATIONS).unwrap();
    assert!(tags(&mut shop.conn).is_err());
}

#[test]
fn a_change_that_others_made_is_taken_up_when_asked() {
    let mut shop = Shop::open();
    shop.bare().batch_execute("CREATE VIEW rusty AS SELECT * FROM article WHERE category = 'rust'").unwrap();
    shop.conn.refresh_schema().unwrap();
    let rusty = |conn: &mut Conn| {
        diesel::dsl::sql::<diesel::sql_types::BigInt>("SELECT count(*) FROM rusty")
            .cached()
            .get_result::<i64, _>(conn)
    };
    assert_eq!(rusty(&mut shop.conn), Ok(2));
    assert!(is_hit(&mut shop.conn, |conn| assert_eq!(rusty(conn), Ok(2))));
    diesel::delete(article::table.find(1)).execute(&mut shop.conn).unwrap();
    assert_eq!(rusty(&mut shop.conn), Ok(1));
}

#[test]
fn the_schema_is_read_once_for_all_connections_to_one_file() {
    let mut shop = Shop::open();
    let mut other = shop.connect();
    assert_eq!(by_category(&mut shop.conn, "rust").len(), 2);
    assert!(is_hit(&mut other, |conn| assert_eq!(by_category(conn, "rust").len(), 2)));
    diesel::delete(article::table.find(1)).execute(&mut other).unwrap();
    assert_eq!(by_category(&mut shop.conn, "rust").len(), 1);
}

#[test]
fn databases_in_memory_are_apart_unless_their_url_says_otherwise() {
    let cache = Cache::from_url("memory://?private").unwrap();
    let connect = |url: &str| {
        let mut conn = CachedConnection::<SqliteConnection>::establish(url).unwrap();
        conn.attach(cache.clone()).unwrap();
        conn
    };
    let (mut one, mut two) = (connect(":memory:"), connect(":memory:"));
    one.batch_execute(DDL).unwrap();
    two.batch_execute(DDL).unwrap();
    diesel::delete(article::table.find(1)).execute(&mut two).unwrap();
    assert_eq!((by_category(&mut one, "rust").len(), by_category(&mut two, "rust").len()), (2, 1));

    let url = "file:cache_diesel_apart?mode=memory";
    let (mut one, mut two) = (connect(url), connect(url));
    one.batch_execute(DDL).unwrap();
    two.batch_execute(DDL).unwrap();
    diesel::delete(article::table.find(1)).execute(&mut two).unwrap();
    assert_eq!((by_category(&mut one, "rust").len(), by_category(&mut two, "rust").len()), (2, 1));

    let url = "file:cache_diesel_shared?mode=memory&cache=shared";
    let (mut one, mut two) = (connect(url), connect(url));
    one.batch_execute(DDL).unwrap();
    assert_eq!(by_category(&mut one, "rust").len(), 2);
    two.refresh_schema().unwrap();
    diesel::delete(article::table.find(1)).execute(&mut two).unwrap();
    assert_eq!(by_category(&mut one, "rust").len(), 1);
}

#[test]
fn one_database_in_memory_is_one_by_whatever_url() {
    let cache = Cache::from_url("memory://?private").unwrap();
    let connect = |url: &str| {
        let mut conn = CachedConnection::<SqliteConnection>::establish(url).unwrap();
        conn.attach(cache.clone()).unwrap();
        conn
    };
    let names = [
        "file:cache_diesel_names?mode=memory&cache=shared",
        "file:cache_diesel_names?cache=shared&mode=memory",
        "sqlite://cache_diesel_names?mode=memory&cache=shared",
        "file:cache_diesel%5Fnames?mode=memory&cache=shared#x",
    ];
    let mut one = connect(names[0]);
    one.batch_execute(DDL).unwrap();
    for (number, url) in names.iter().enumerate() {
        by_category(&mut one, "rust");
        let mut other = connect(url);
        diesel::insert_into(article::table)
            .values(new_article(10 + number as i64, "rust"))
            .execute(&mut other)
            .unwrap();
        assert_eq!(by_category(&mut one, "rust").len(), 3 + number, "{url}");
    }
    // Attached again, it is the same.
    let mut again = connect(names[0]);
    again.attach(Cache::from_url("memory://?private").unwrap()).unwrap();
    again.attach(cache.clone()).unwrap();
    diesel::delete(article::table.find(10)).execute(&mut again).unwrap();
    assert_eq!(by_category(&mut one, "rust").len(), 5);
}

#[test]
fn connections_that_see_the_database_otherwise_have_entries_of_their_own() {
    let mut shop = Shop::open();
    let found = |conn: &mut Conn| -> Vec<i64> {
        article::table.filter(article::title.like("A1")).select(article::id).cached().load(conn).unwrap()
    };
    let other = |setting: &str| {
        let mut bare = shop.bare();
        bare.batch_execute(setting).unwrap();
        CachedConnection::new(bare, shop.cache.clone())
    };
    let mut sensitive = other("PRAGMA case_sensitive_like = ON").unwrap();
    let shadow = "CREATE TEMP TABLE article AS SELECT id, 'temporary' AS title, category, published, views, \
        author_id FROM main.article";
    let mut temporary = other(shadow).unwrap();
    let dirty = other("PRAGMA read_uncommitted = 1").err().unwrap();
    assert!(dirty.to_string().contains("read_uncommitted"), "{dirty}");

    assert_eq!((found(&mut shop.conn), found(&mut sensitive)), (vec![1], vec![]));
    let title = |conn: &mut Conn| find(conn, 1).unwrap().title;
    assert_eq!((title(&mut shop.conn), title(&mut temporary)), ("a1".into(), "temporary".into()));
    // What the one writes ends what the other has kept.
    diesel::update(article::table.find(2)).set(article::title.eq("A1")).execute(&mut sensitive).unwrap();
    assert_eq!((found(&mut shop.conn), found(&mut sensitive)), (vec![1, 2], vec![2]));
}

#[test]
fn a_connection_whose_settings_are_changed_keeps_nothing_from_then_on() {
    for setting in ["case_sensitive_like = ON", "reverse_unordered_selects(1)", "main.read_uncommitted = 1"] {
        let mut shop = Shop::open();
        let mut other = shop.connect();
        let found = |conn: &mut Conn| -> Vec<i64> {
            article::table.filter(article::title.like("A1")).select(article::id).cached().load(conn).unwrap()
        };
        other.batch_execute(&format!("PRAGMA {setting}")).unwrap();
        assert_eq!(found(&mut shop.conn), [1]);
        assert!(!is_hit(&mut other, |conn| drop(found(conn))), "{setting}");
        let expected = if setting.starts_with("case") { vec![] } else { vec![1] };
        assert_eq!((found(&mut other), found(&mut shop.conn)), (expected, vec![1]));
    }
}

#[test]
fn derives_declare_the_scopes_of_their_tables() {
    let expected = Declaration::new("article").scope(["published", "category"]).scope(["category"]);
    assert_eq!(Article::declaration(), expected);
    assert_eq!(Author::declaration(), Declaration::new("author"));
}

mod named_otherwise {
    use cache_diesel::CacheDeps;
    use diesel::prelude::*;

    diesel::table! {
        #[sql_name = "Order Lines"]
        lines (order_id, place) {
            order_id -> BigInt,
            place -> Integer,
            #[sql_name = "kind of"]
            kind -> Text,
            r#type -> Text,
            amount -> Double,
        }
    }

    #[derive(Queryable, Selectable, CacheDeps)]
    #[diesel(table_name = lines, primary_key(order_id, place))]
    #[cache(scope(sort, r#type))]
    #[expect(dead_code, reason = "only what it declares matters")]
    pub(super) struct Line {
        order_id: i64,
        #[diesel(column_name = kind)]
        sort: String,
        r#type: String,
        #[cache(scope)]
        place: i32,
        #[diesel(embed)]
        rest: Rest,
    }

    #[derive(Queryable, Selectable)]
    #[diesel(table_name = lines)]
    #[expect(dead_code, reason = "only what it declares matters")]
    pub(super) struct Rest {
        amount: f64,
    }
}

#[test]
fn a_declaration_names_tables_and_columns_as_the_database_does() {
    let expected = Declaration::new("Order Lines").scope(["kind of", "type"]).scope(["place"]);
    assert_eq!(named_otherwise::Line::declaration(), expected);
}

#[test]
fn scopes_can_be_declared_by_hand() {
    let mut shop = Shop::open();
    let by_author = |conn: &mut Conn, name: &str| {
        author::table.filter(author::name.eq(name)).select(author::id).cached().load::<i64, _>(conn).unwrap()
    };
    shop.conn.declare([Declaration::new("author").scope(["name"])]).unwrap();
    by_author(&mut shop.conn, "ann");
    diesel::insert_into(author::table)
        .values((author::id.eq(3), author::name.eq("cid")))
        .execute(&mut shop.conn)
        .unwrap();
    assert!(is_hit(&mut shop.conn, |conn| assert_eq!(by_author(conn, "ann"), [1])));
}

#[test]
fn a_disabled_cache_passes_everything_through() {
    let mut shop = Shop::open();
    let mut conn = CachedConnection::new(shop.bare(), Cache::disabled()).unwrap();
    assert_eq!(by_category(&mut conn, "rust").len(), 2);
    diesel::delete(article::table.find(1)).execute(&mut conn).unwrap();
    assert_eq!(by_category(&mut conn, "rust").len(), 1);
    conn.transaction::<_, diesel::result::Error, _>(|conn| Ok(by_category(conn, "rust"))).unwrap();
    conn.refresh_schema().unwrap();
    assert!(conn.cache().unwrap().is_disabled());
    assert_eq!(by_category(&mut shop.conn, "rust").len(), 1);
}
