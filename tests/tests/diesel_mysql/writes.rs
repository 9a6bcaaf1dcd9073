//! Which entries a write ends, and no others.

use cache_diesel::BeforeImages;
use diesel::connection::SimpleConnection;
use diesel::dsl::DuplicatedKeys;
use diesel::prelude::*;

use crate::database;
use crate::shop::*;

/// All that is cached is what the database says.
pub(crate) fn check(shop: &mut Shop) {
    let mut bare = shop.bare();
    for id in [1, 3] {
        let truth = article::table.find(id).first::<Article>(&mut bare).optional().unwrap();
        assert_eq!(find(&mut shop.conn, id), truth);
    }
    for category in ["rust", "sql"] {
        let rows = article::table.filter(article::category.eq(category));
        let truth: Vec<Article> = rows.order(article::id).load(&mut bare).unwrap();
        assert_eq!(by_category(&mut shop.conn, category), truth);
        let count = rows.filter(article::published.eq(true)).count().get_result::<i64>(&mut bare);
        assert_eq!(Ok(published(&mut shop.conn, category)), count);
    }
}

fn raw(sql: &str) -> impl Fn(&mut Conn) {
    move |conn| {
        diesel::sql_query(sql).execute(conn).unwrap();
    }
}

#[test]
fn writes_end_what_they_change_and_no_more() {
    let mut shop = Shop::open();
    assert_eq!(shop.survivors(|_| {}), ALL);
    let survivors = shop.survivors(|conn| {
        let update = diesel::update(article::table.find(1)).set(article::title.eq("new"));
        assert_eq!(update.execute(conn), Ok(1));
    });
    assert_eq!(survivors, ["sql", "3", "published rust"]);
    let survivors = shop.survivors(|conn| {
        assert_eq!(diesel::update(article::table.find(99)).set(article::title.eq("x")).execute(conn), Ok(0));
    });
    assert_eq!(survivors, ALL);
    let survivors = shop.survivors(|conn| {
        let rows: Vec<_> = (6..9).map(|id| new_article(id, "sql")).collect();
        assert_eq!(diesel::insert_into(article::table).values(&rows).execute(conn), Ok(3));
    });
    assert_eq!(survivors, ["rust", "1", "3", "published rust"]);
    let survivors = shop.survivors(|conn| {
        assert_eq!(diesel::delete(article::table.find(8)).execute(conn), Ok(1));
    });
    assert_eq!(survivors, ["rust", "1", "3", "published rust"]);
    let survivors = shop.survivors(|conn| {
        let row = Article { title: "saved".into(), ..new_article(3, "sql") };
        assert_eq!(row.save_changes::<Article>(conn), Ok(row));
    });
    assert_eq!(survivors, ["rust", "1", "published rust"]);
    check(&mut shop);
}

#[test]
fn a_move_by_key_ends_the_two_lists_and_no_third() {
    let mut shop = Shop::open();
    let move_to = |conn: &mut Conn, id: i64, category: &str| {
        diesel::update(article::table.find(id)).set(article::category.eq(category)).execute(conn).unwrap();
    };
    assert_eq!(shop.survivors(|conn| move_to(conn, 3, "new")), ["rust", "1", "published rust"]);
    assert_eq!(shop.survivors(|conn| move_to(conn, 3, "other")), ["rust", "sql", "1", "published rust"]);
    let survivors = shop.survivors(|conn| {
        conn.transaction(|conn| {
            move_to(conn, 3, "inside");
            assert_eq!(find(conn, 3).unwrap().category, "inside");
            diesel::result::QueryResult::Ok(())
        })
        .unwrap();
    });
    assert_eq!(survivors, ["rust", "sql", "1", "published rust"], "inside a transaction it looks too");
    shop.conn.set_before_images(BeforeImages::Never);
    assert_eq!(shop.survivors(|conn| move_to(conn, 3, "third")), ["rust", "sql", "1"]);
    check(&mut shop);
}

#[test]
fn a_look_before_that_finds_its_row_locked_says_what_the_write_would() {
    let mut shop = Shop::open();
    let mut blocker = shop.bare();
    blocker.batch_execute("BEGIN; UPDATE article SET views = 7 WHERE id = 1").unwrap();
    shop.conn.inner_mut().batch_execute("SET innodb_lock_wait_timeout = 0").unwrap();
    let moved = |conn: &mut Conn| {
        diesel::update(article::table.find(1)).set(article::category.eq("sql")).execute(conn)
    };
    assert!(moved(&mut shop.conn).unwrap_err().to_string().contains("Lock wait timeout"));
    let inside = shop.conn.transaction(|conn| moved(conn));
    assert!(inside.unwrap_err().to_string().contains("Lock wait timeout"));
    blocker.batch_execute("ROLLBACK").unwrap();
    assert_eq!(moved(&mut shop.conn), Ok(1));
    check(&mut shop);
}

#[test]
fn a_row_that_is_replaced_ignored_or_updated_instead_is_never_stale() {
    let mut shop = Shop::open();
    type Write = fn(&mut Conn) -> QueryResult<usize>;
    let writes: [(Write, usize); 9] = [
        (|conn| database::upsert(conn, &new_article(1, "rust")), 2),
        (|conn| database::upsert(conn, &new_article(9, "rust")), 1),
        (|conn| database::replace(conn, &new_article(1, "sql")), 2),
        (|conn| database::insert_or_ignore(conn, &new_article(1, "none")), 0),
        (|conn| database::insert_or_ignore(conn, &new_article(10, "rust")), 1),
        (
            |conn| {
                let rows = vec![new_article(1, "rust"), new_article(11, "rust")];
                let values = diesel::insert_into(article::table).values(&rows).on_conflict(DuplicatedKeys);
                values.do_update().set(article::views.eq(article::views + 1)).execute(conn)
            },
            3,
        ),
        (
            |conn| {
                let values = diesel::insert_into(article::table).values(new_article(1, "x"));
                values.on_conflict_do_nothing().execute(conn)
            },
            1,
        ),
        (|conn| database::replace_author(conn, &Author { id: 1, name: "new".into() }), 2),
        (|conn| database::returning(conn, &new_article(3, "rust")).map(|id| usize::from(id == Some(3))), 1),
    ];
    for (place, (write, count)) in writes.into_iter().enumerate() {
        check(&mut shop);
        assert_eq!(write(&mut shop.conn), Ok(count), "{place}");
        check(&mut shop);
    }
}

#[test]
fn writes_of_several_tables_or_of_rows_in_another_order_are_seen() {
    let mut shop = Shop::open();
    for sql in [
        "UPDATE article a JOIN author b ON b.id = a.author_id SET a.title = b.name, b.name = 'x' WHERE b.id = 1",
        "UPDATE article, author SET article.views = 9 WHERE author.id = article.author_id AND author.name = 'bob'",
        "UPDATE article SET category = 'sql' ORDER BY id LIMIT 1",
        "DELETE a FROM article a JOIN author b ON b.id = a.author_id WHERE b.name = 'bob' AND a.category = 'rust'",
        "INSERT INTO article (id, title, category, author_id) SELECT id + 10, title, 'rust', author_id FROM article",
        "REPLACE INTO article (id, title, category, author_id) SELECT 3, 'replaced', 'rust', 1",
        "DELETE article, author FROM article, author WHERE author.id = 2 AND article.author_id = 2",
        "DELETE FROM author WHERE id = 1",
    ] {
        check(&mut shop);
        raw(sql)(&mut shop.conn);
        check(&mut shop);
    }
    assert_eq!(article::table.count().get_result::<i64>(&mut shop.bare()), Ok(0), "what cascades is gone");
    assert_eq!(shop.survivors(raw("UPDATE article SET title = 'raw' WHERE id = 1")), ALL, "there was no row");
}

#[test]
fn several_statements_in_one_text_are_seen_and_what_they_name_is_all_they_end() {
    let mut shop = Shop::open();
    let survivors = shop.survivors(|conn| {
        let texts =
            "UPDATE article SET title = 'a;b' WHERE id = 1; SELECT 1; DELETE FROM article WHERE id = 2";
        conn.batch_execute(texts).unwrap();
    });
    assert!(survivors.contains(&"3") && !survivors.contains(&"1"), "{survivors:?}");
    check(&mut shop);
    shop.survivors(|conn| {
        let block = "BEGIN NOT ATOMIC
            DECLARE n INT DEFAULT 1;
            WHILE n < 4 DO UPDATE article SET views = n WHERE id = n; SET n = n + 1; END WHILE;
        END";
        conn.batch_execute(block).unwrap();
    });
    check(&mut shop);
    let failing = "UPDATE article SET title = 'made' WHERE id = 3; UPDATE nowhere SET x = 1";
    shop.survivors(|conn| assert!(conn.batch_execute(failing).is_err()));
    check(&mut shop);
}

#[test]
fn what_triggers_procedures_and_functions_write_is_seen() {
    let mut shop = Shop::open();
    shop.conn
        .batch_execute(
            "CREATE TRIGGER moved AFTER UPDATE ON author FOR EACH ROW
                UPDATE article SET category = NEW.name WHERE author_id = NEW.id;
             CREATE PROCEDURE rename_one(IN new_title TEXT) UPDATE article SET title = new_title WHERE id = 1;
             CREATE FUNCTION bump() RETURNS INT MODIFIES SQL DATA
                BEGIN UPDATE article SET views = views + 1; RETURN 1; END;",
        )
        .unwrap();
    for write in [
        |conn: &mut Conn| diesel::update(author::table.find(2)).set(author::name.eq("rust")).execute(conn),
        |conn: &mut Conn| diesel::sql_query("CALL rename_one('called')").execute(conn),
        |conn: &mut Conn| conn.batch_execute("SELECT bump()").map(|()| 0),
        |conn: &mut Conn| diesel::sql_query("SELECT bump()").execute(conn),
    ] {
        check(&mut shop);
        write(&mut shop.conn).unwrap();
        check(&mut shop);
    }
}

#[test]
fn what_goes_around_the_wrapper_is_found() {
    let mut shop = Shop::open();
    let survivors = shop.survivors(|conn| {
        let update = diesel::update(article::table.find(1)).set(article::title.eq("around"));
        assert_eq!(update.execute(conn.inner_mut()), Ok(1));
    });
    assert!(!survivors.contains(&"1"), "{survivors:?}");
    assert_eq!(shop.conn.writes_around(), 1);
    check(&mut shop);
    let sql_mode = "SET sql_mode = 'ANSI_QUOTES'";
    shop.conn.inner_mut().batch_execute(sql_mode).unwrap();
    diesel::sql_query("UPDATE \"article\" SET title = 'quoted'").execute(&mut shop.conn).unwrap();
    check(&mut shop);
}
