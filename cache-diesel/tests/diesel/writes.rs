//! Which entries a write ends, and no others.

use cache_diesel::BeforeImages;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use crate::shop::*;

#[test]
fn writes_end_what_they_change_and_no_more() {
    let mut shop = Shop::open();
    assert_eq!(shop.survivors(|_| {}), ALL);
    // A row of a list, of which the other lists and the count know nothing.
    let touched = shop.survivors(|conn| {
        diesel::update(article::table.find(1)).set(article::title.eq("new")).execute(conn).unwrap();
    });
    assert_eq!(touched, ["sql", "3", "published rust"]);
    let touched = shop.survivors(|conn| {
        assert_eq!(diesel::update(article::table.find(99)).set(article::title.eq("x")).execute(conn), Ok(0));
    });
    assert_eq!(touched, ALL);
    let touched = shop.survivors(|conn| {
        diesel::insert_into(article::table).values(new_article(5, "rust")).execute(conn).unwrap();
    });
    assert_eq!(touched, ["sql", "1", "3"]);
    let touched = shop.survivors(|conn| {
        let rows: Vec<_> = (6..9).map(|id| new_article(id, "sql")).collect();
        assert_eq!(diesel::insert_into(article::table).values(&rows).execute(conn), Ok(3));
    });
    assert_eq!(touched, ["rust", "1", "3", "published rust"]);
    let touched = shop.survivors(|conn| {
        assert_eq!(diesel::delete(article::table.find(8)).execute(conn), Ok(1));
    });
    assert_eq!(touched, ["rust", "1", "3", "published rust"]);
}

#[test]
fn a_move_by_key_ends_the_two_lists_and_no_third() {
    let mut shop = Shop::open();
    let move_to = |conn: &mut Conn, id: i64, category: &str| {
        diesel::update(article::table.find(id)).set(article::category.eq(category)).execute(conn).unwrap();
    };
    assert_eq!(shop.survivors(|conn| move_to(conn, 3, "new")), ["rust", "1", "published rust"]);
    assert_eq!(shop.survivors(|conn| move_to(conn, 3, "other")), ["rust", "sql", "1", "published rust"]);
    shop.conn.set_before_images(BeforeImages::Never);
    // The lists would have watched the row, had it been in them; the count is ended.
    assert_eq!(shop.survivors(|conn| move_to(conn, 3, "third")), ["rust", "sql", "1"]);
}

#[test]
fn a_write_whose_look_before_cannot_begin_says_what_is_wrong() {
    let mut shop = Shop::open();
    let mut other = shop.bare();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    shop.conn.batch_execute("PRAGMA busy_timeout = 1").unwrap();
    let moved = diesel::update(article::table.find(1)).set(article::category.eq("x")).execute(&mut shop.conn);
    assert!(moved.unwrap_err().to_string().contains("locked"));
    other.batch_execute("COMMIT").unwrap();
    diesel::update(article::table.find(1)).set(article::category.eq("x")).execute(&mut shop.conn).unwrap();
    assert_eq!(find(&mut shop.conn, 1).unwrap().category, "x");
}

#[test]
fn returned_rows_say_which_they_are() {
    let mut shop = Shop::open();
    let touched = shop.survivors(|conn| {
        let changed = diesel::update(article::table.filter(article::title.eq("b1")));
        let row: Article =
            changed.set(article::views.eq(5)).returning(Article::as_returning()).get_result(conn).unwrap();
        assert_eq!(row.views, 5);
    });
    assert_eq!(touched, ["rust", "1", "published rust"]);
    let touched = shop.survivors(|conn| {
        let deleted: Article =
            diesel::delete(article::table.filter(article::title.eq("b2"))).get_result(conn).unwrap();
        assert_eq!(deleted.id, 4);
    });
    assert_eq!(touched, ["rust", "1", "3", "published rust"]);
}

#[test]
fn upserts_and_replacements_end_the_row_that_was_there() {
    let mut shop = Shop::open();
    let upsert = |conn: &mut Conn| {
        diesel::insert_into(article::table)
            .values(new_article(1, "rust"))
            .on_conflict(article::id)
            .do_update()
            .set(article::title.eq("upserted"))
            .execute(conn)
            .unwrap();
    };
    let survivors = shop.survivors(upsert);
    assert!(survivors.contains(&"3") && !survivors.contains(&"1"), "{survivors:?}");
    assert_eq!(find(&mut shop.conn, 1).unwrap().title, "upserted");
    let replace = |conn: &mut Conn| {
        diesel::replace_into(article::table).values(new_article(1, "sql")).execute(conn).unwrap();
    };
    assert!(!shop.survivors(replace).contains(&"1"));
    assert_eq!(find(&mut shop.conn, 1).unwrap().category, "sql");
    let ignored = |conn: &mut Conn| {
        let row = new_article(1, "none");
        diesel::insert_or_ignore_into(article::table).values(row).execute(conn).unwrap();
    };
    shop.survivors(ignored);
    assert_eq!(find(&mut shop.conn, 1).unwrap().category, "sql");
}

#[test]
fn cascades_end_the_rows_that_go_with_their_parent() {
    let mut shop = Shop::open();
    assert!(find(&mut shop.conn, 1).is_some());
    diesel::delete(author::table.find(1)).execute(&mut shop.conn).unwrap();
    assert_eq!(find(&mut shop.conn, 1), None);
    assert_eq!(by_category(&mut shop.conn, "sql").len(), 1);
}

#[test]
fn raw_writes_count_in_every_way_to_run_them() {
    let mut shop = Shop::open();
    let touched = shop.survivors(|conn| {
        diesel::sql_query("UPDATE article SET title = 'raw' WHERE id = 1").execute(conn).unwrap();
    });
    assert_eq!(touched, ["sql", "3", "published rust"]);
    let touched = shop.survivors(|conn| {
        conn.batch_execute("UPDATE article SET title = 'batch' WHERE id = 1").unwrap();
    });
    assert_eq!(touched, ["sql", "3", "published rust"]);
    shop.survivors(|conn| {
        conn.batch_execute("UPDATE article SET title = 'two' WHERE id = 1; DELETE FROM article WHERE id = 3")
            .unwrap();
    });
    assert_eq!(find(&mut shop.conn, 1).unwrap().title, "two");
    assert_eq!(find(&mut shop.conn, 3), None);
    #[derive(QueryableByName)]
    struct Id {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        id: i64,
    }
    shop.survivors(|conn| {
        let changed = diesel::sql_query("UPDATE article SET title = 'returned' RETURNING id");
        let ids: Vec<Id> = changed.load(conn).unwrap();
        assert_eq!(ids.iter().map(|row| row.id).sum::<i64>(), 7);
    });
    assert_eq!(find(&mut shop.conn, 1).unwrap().title, "returned");
}

#[test]
fn a_result_that_is_dropped_half_read_or_never_has_been_written_all_the_same() {
    let mut shop = Shop::open();
    for (views, forget) in [(1, false), (2, true)] {
        find(&mut shop.conn, 1);
        let changed = diesel::update(article::table).set(article::views.eq(views)).returning(article::id);
        let mut rows =
            changed.load_iter::<i64, diesel::connection::DefaultLoadingMode>(&mut shop.conn).unwrap();
        rows.next().unwrap().unwrap();
        if forget {
            std::mem::forget(rows)
        } else {
            drop(rows)
        }
        assert_eq!(find(&mut shop.conn, 1).unwrap().views, views);
    }
}

#[test]
fn save_changes_writes_through_the_wrapper() {
    let mut shop = Shop::open();
    #[derive(AsChangeset, Identifiable, Clone, Copy)]
    #[diesel(table_name = article)]
    struct Retitle<'a> {
        id: i64,
        title: &'a str,
    }
    let touched = shop.survivors(|conn| {
        let saved: Article = Retitle { id: 3, title: "saved" }.save_changes(conn).unwrap();
        assert_eq!(saved.title, "saved");
    });
    assert_eq!(touched, ["rust", "1", "published rust"]);
}

#[test]
fn a_long_chain_of_conditions_is_still_a_read() {
    let mut shop = Shop::open();
    let mut query = article::table.into_boxed();
    for id in 0..60 {
        query = query.or_filter(article::id.eq(id));
    }
    let survivors = shop.survivors(|conn| assert_eq!(query.load::<Article>(conn).unwrap().len(), 4));
    assert_eq!(survivors, ALL);
}
