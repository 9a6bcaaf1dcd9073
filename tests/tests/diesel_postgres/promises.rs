//! Writes, transactions of every kind, COPY.

use diesel::ExecuteCopyFromDsl;
use diesel::connection::{DefaultLoadingMode, SimpleConnection};
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use diesel::result::Error;

use crate::shop::{ALL, Article, Conn, READS, Shop, article, author, by_category, find, is_hit, new_article};

fn hits(conn: &mut Conn) -> Vec<&'static str> {
    READS.iter().filter(|(_, read)| is_hit(conn, *read)).map(|(name, _)| *name).collect()
}

#[test]
fn a_write_ends_what_it_changes_and_nothing_else() {
    let mut shop = Shop::open();
    let survivors = shop.survivors(|conn| {
        diesel::update(article::table.find(1)).set(article::title.eq("x")).execute(conn).unwrap();
    });
    assert_eq!(survivors, ["sql", "3", "published rust"]);
    let survivors = shop.survivors(|conn| {
        diesel::update(article::table.find(1)).set(article::category.eq("sql")).execute(conn).unwrap();
    });
    assert_eq!(survivors, ["3"], "the list that it leaves and the one that it enters");
    let survivors = shop.survivors(|conn| {
        let row = new_article(9, "rust");
        let insert = diesel::insert_into(article::table).values(&row).returning(Article::as_returning());
        assert_eq!(insert.get_result(conn), Ok(row));
    });
    assert_eq!(survivors, ["sql", "1", "3"]);
    let survivors = shop.survivors(|conn| {
        let row = Article { title: "saved".into(), ..new_article(3, "sql") };
        assert_eq!(row.save_changes::<Article>(conn), Ok(row));
    });
    assert_eq!(survivors, ["rust", "1"], "a write that returns rows does not look which list they leave");
}

#[test]
fn a_move_to_another_list_in_a_transaction_ends_both_lists() {
    let mut shop = Shop::open();
    let survivors = shop.survivors(|conn| {
        conn.transaction(|conn| {
            diesel::update(article::table.find(3)).set(article::title.eq("x")).execute(conn)?;
            diesel::update(article::table.find(3)).set(article::category.eq("new")).execute(conn)
        })
        .unwrap();
    });
    assert_eq!(survivors, ["rust", "1", "published rust"]);
}

#[derive(Insertable)]
#[diesel(table_name = article, treat_none_as_default_value = false)]
struct Copied {
    id: i64,
    title: String,
    category: String,
    published: bool,
    views: i32,
    author_id: i64,
}

impl Copied {
    fn of(id: i64, category: &str) -> Self {
        Self {
            id,
            title: "copied".into(),
            category: category.into(),
            published: true,
            views: 0,
            author_id: 1,
        }
    }
}

#[test]
fn rows_are_copied_in_and_seen() {
    let mut shop = Shop::open();
    let survivors = shop.survivors(|conn| {
        let rows = vec![Copied::of(11, "rust"), Copied::of(12, "new")];
        let copied = diesel::copy_from(article::table).from_insertable(rows).execute(conn);
        assert_eq!(copied, Ok(2));
        let text = |copy: &mut dyn std::io::Write| {
            writeln!(copy, "13\tc\trust\tt\t0\t1").unwrap();
            Ok::<_, Error>(())
        };
        let copied = diesel::copy_from(article::table).from_raw_data(article::table, text).execute(conn);
        assert_eq!(copied, Ok(1));
        assert_eq!(conn.writes_around(), 0);
    });
    assert!(!survivors.contains(&"rust") && !survivors.contains(&"published rust"), "{survivors:?}");
    let mut reader = shop.connect();
    hits(&mut reader);
    shop.conn
        .transaction(|conn| {
            let rows = vec![Copied::of(14, "rust")];
            diesel::copy_from(article::table).from_insertable(rows).execute(conn)?;
            assert_eq!(hits(&mut reader), ALL, "nothing before COMMIT");
            Ok::<_, Error>(())
        })
        .unwrap();
    assert!(!hits(&mut reader).contains(&"rust"));
}

#[test]
fn transactions_of_every_kind_are_published_at_their_commit() {
    let mut shop = Shop::open();
    let mut reader = shop.connect();
    let title = |conn: &mut Conn, title: &str| {
        diesel::update(article::table.find(1)).set(article::title.eq(title)).execute(conn)
    };
    macro_rules! kinds {
        ($($($kind:ident).+,)*) => {
            $({
                hits(&mut reader);
                let name = stringify!($($kind).+);
                let run = shop.conn.build_transaction().$($kind()).+.run(|conn| {
                    title(conn, name)?;
                    assert_eq!(hits(&mut reader), ALL, "{name}");
                    Ok::<_, Error>(())
                });
                run.unwrap();
                assert_eq!(hits(&mut reader), ["sql", "3", "published rust"], "{name}");
                assert_eq!(find(&mut reader, 1).unwrap().title, name);
            })*
        };
    }
    kinds! {
        read_write, read_committed, repeatable_read, serializable, serializable.read_write.deferrable,
        serializable.not_deferrable,
    }
    let mut read = shop.conn.build_transaction().read_only().serializable().deferrable();
    assert!(read.run(|conn| title(conn, "no")).is_err());
    hits(&mut reader);
    shop.conn.test_transaction::<_, Error, _>(|conn| title(conn, "test").map(drop));
    assert_eq!(hits(&mut reader), ALL, "what a test has done was never committed");
}

#[test]
fn what_is_chained_or_prepared_is_seen_when_it_is_committed() {
    let mut shop = Shop::open();
    let (mut reader, mut other) = (shop.connect(), shop.connect());
    let title = |conn: &mut Conn, title: &str| {
        diesel::update(article::table.find(1)).set(article::title.eq(title)).execute(conn).unwrap();
    };
    shop.conn.batch_execute("BEGIN").unwrap();
    for end in ["COMMIT AND CHAIN", "COMMIT"] {
        hits(&mut reader);
        title(&mut shop.conn, end);
        shop.conn.batch_execute(end).unwrap();
        assert_eq!(find(&mut reader, 1).unwrap().title, end);
    }
    shop.conn.batch_execute("BEGIN").unwrap();
    title(&mut shop.conn, "prepared");
    shop.conn.batch_execute("PREPARE TRANSACTION 'shop'").unwrap();
    hits(&mut reader);
    assert_eq!(hits(&mut reader), ALL);
    assert_eq!(find(&mut reader, 1).unwrap().title, "COMMIT");
    other.batch_execute("COMMIT PREPARED 'shop'").unwrap();
    assert_eq!(find(&mut reader, 1).unwrap().title, "prepared");
    title(&mut shop.conn, "later");
    assert_eq!(find(&mut reader, 1).unwrap().title, "later");
}

#[test]
fn a_failure_is_over_with_its_savepoint() {
    let mut shop = Shop::open();
    let mut reader = shop.connect();
    hits(&mut reader);
    shop.conn
        .transaction(|conn| {
            let failed = conn.transaction(|conn| {
                diesel::update(article::table.find(3)).set(article::title.eq("no")).execute(conn)?;
                diesel::insert_into(article::table).values(new_article(1, "rust")).execute(conn)
            });
            assert!(failed.is_err());
            diesel::update(article::table.find(1)).set(article::title.eq("yes")).execute(conn)?;
            Ok::<_, Error>(())
        })
        .unwrap();
    assert_eq!(find(&mut reader, 1).unwrap().title, "yes");
    assert_eq!(find(&mut reader, 3).unwrap().title, "b1");
}

#[test]
fn both_ways_of_loading_rows_are_seen() {
    let mut shop = Shop::open();
    let survivors = shop.survivors(|conn| {
        let update = diesel::update(article::table.find(1)).set(article::title.eq("x"));
        let rows = update.returning(article::id).load_iter::<i64, PgRowByRowLoadingMode>(conn).unwrap();
        assert_eq!(rows.count(), 1);
    });
    assert_eq!(survivors, ["sql", "3", "published rust"]);
    let ids = article::table.select(article::id).order(article::id);
    let by_row = ids.load_iter::<i64, PgRowByRowLoadingMode>(&mut shop.conn).unwrap();
    let by_row: Vec<i64> = by_row.collect::<Result<_, _>>().unwrap();
    let at_once = ids.load_iter::<i64, DefaultLoadingMode>(&mut shop.conn).unwrap();
    assert_eq!(by_row, at_once.collect::<Result<Vec<_>, _>>().unwrap());
}

#[test]
fn what_goes_around_is_found_whatever_types_have_to_be_looked_up() {
    let mut shop = Shop::open();
    shop.conn.batch_execute("CREATE TYPE mood AS ENUM ('happy'); ALTER TABLE author ADD mood mood").unwrap();
    let survivors = shop.survivors(|conn| {
        let update =
            diesel::sql_query("UPDATE article SET title = 'x' WHERE $1 IS NULL AND category = 'rust'");
        let update =
            update.bind::<diesel::sql_types::Nullable<crate::mood::SqlMood>, _>(None::<crate::mood::Mood>);
        assert_eq!(update.execute(conn.inner_mut()), Ok(2));
    });
    assert!(!survivors.contains(&"rust") && !survivors.contains(&"1"), "{survivors:?}");
    assert_eq!(shop.conn.writes_around(), 1);
}

#[test]
fn what_is_rolled_back_after_a_savepoint_around_the_wrapper_is_nowhere() {
    let mut shop = Shop::open();
    let mut other = shop.connect();
    let ended = shop.conn.transaction::<(), Error, _>(|conn| {
        let title = diesel::update(article::table.find(1)).set(article::title.eq("inside"));
        conn.inner_mut().transaction(|inner| title.execute(inner))?;
        assert_eq!(find(conn, 1).unwrap().title, "inside");
        assert_eq!(find(&mut other, 1).unwrap().title, "a1");
        diesel::update(article::table.find(3)).set(article::category.eq("new")).execute(conn)?;
        assert_eq!(by_category(&mut other, "new"), []);
        Err(Error::RollbackTransaction)
    });
    assert_eq!(ended, Err(Error::RollbackTransaction));
    for conn in [&mut shop.conn, &mut other] {
        assert_eq!(find(conn, 1).unwrap().title, "a1");
        assert_eq!(by_category(conn, "new"), []);
    }
}

#[test]
fn what_is_committed_after_a_savepoint_around_the_wrapper_is_published_then() {
    let mut shop = Shop::open();
    let mut other = shop.connect();
    shop.conn
        .transaction::<_, Error, _>(|conn| {
            let title = diesel::update(article::table.find(1)).set(article::title.eq("inside"));
            conn.inner_mut().transaction(|inner| title.execute(inner))?;
            assert_eq!(find(&mut other, 1).unwrap().title, "a1");
            Ok(())
        })
        .unwrap();
    assert_eq!(find(&mut other, 1).unwrap().title, "inside");
}

#[test]
fn a_block_that_copies_runs_each_time() {
    let mut shop = Shop::open();
    for in_transaction in [false, true] {
        let before: i64 = author::table.count().get_result(&mut shop.conn).unwrap();
        for copied in 1..=2 {
            let count = shop.conn.cached_query(("copies", in_transaction)).run(|conn| -> QueryResult<i64> {
                let rows = vec![(author::id.eq(10 * before + copied), author::name.eq("copied"))];
                let copy =
                    |conn: &mut Conn| diesel::copy_from(author::table).from_insertable(rows).execute(conn);
                if in_transaction {
                    conn.transaction(copy)?;
                } else {
                    copy(conn)?;
                }
                article::table.count().get_result(conn)
            });
            assert_eq!(count, Ok(4));
            let after: i64 = author::table.count().get_result(&mut shop.conn).unwrap();
            assert_eq!(after - before, copied);
        }
    }
}

#[test]
fn a_setting_that_is_changed_around_the_wrapper_is_known_to_it() {
    let mut shop = Shop::open();
    let elsewhere = "CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.article AS SELECT * FROM article;
        UPDATE elsewhere.article SET title = 'elsewhere'";
    shop.conn.batch_execute(elsewhere).unwrap();
    find(&mut shop.conn, 1);
    shop.conn.inner_mut().batch_execute("SET search_path = elsewhere").unwrap();
    assert_eq!(find(&mut shop.conn, 1).unwrap().title, "elsewhere");
}

#[test]
fn a_schema_change_is_followed() {
    let mut shop = Shop::open();
    shop.conn
        .batch_execute(
            "CREATE FUNCTION move() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN UPDATE article SET views = views + 1 WHERE id = 3; RETURN NULL; END $$;
             CREATE TRIGGER moved AFTER UPDATE OF title ON article FOR EACH ROW
                WHEN (NEW.id = 1) EXECUTE FUNCTION move();",
        )
        .unwrap();
    let survivors = shop.survivors(|conn| {
        diesel::update(article::table.find(1)).set(article::title.eq("x")).execute(conn).unwrap();
    });
    assert!(!survivors.contains(&"3"), "what a new trigger writes is seen: {survivors:?}");
}

#[test]
fn a_table_that_was_rebuilt_in_a_transaction_is_kept_as_before() {
    let mut shop = Shop::open();
    let rebuild =
        "CREATE TABLE rebuilt (LIKE author INCLUDING ALL); INSERT INTO rebuilt SELECT * FROM author;
        DROP TABLE author CASCADE; ALTER TABLE rebuilt RENAME TO author";
    shop.conn.transaction(|conn| conn.batch_execute(rebuild)).unwrap();
    let survivors = shop.survivors(|conn| {
        diesel::update(article::table.find(1)).set(article::title.eq("x")).execute(conn).unwrap();
    });
    assert_eq!(survivors, ["sql", "3", "published rust"]);
}

#[test]
fn a_read_that_bypasses_because_a_setting_was_changed_says_so() {
    let mut shop = Shop::open();
    shop.conn.batch_execute("SET search_path = public").unwrap();
    let explained = shop.conn.explain(|conn| Ok::<_, Error>(find(conn, 1))).unwrap().to_string();
    assert!(explained.contains("a setting of its session was changed"), "{explained}");
    let block = shop.conn.explain(|conn| {
        conn.cached_query("block").run(|conn| article::table.count().get_result::<i64>(conn))
    });
    let explained = block.unwrap().to_string();
    assert!(explained.contains("a setting of its session was changed"), "{explained}");
}
