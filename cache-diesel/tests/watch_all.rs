//! Connections that nobody wrapped, watched by Diesel's default instrumentation. It is one for the whole process, and so
//! this is a test of its own.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![allow(dead_code, reason = "a module that other tests share")]

#[path = "diesel/database.rs"]
mod database;
#[path = "diesel/shop.rs"]
mod shop;

use diesel::prelude::*;
use diesel::result::Error;

use crate::shop::*;

fn retitle(conn: &mut SqliteConnection, id: i64, title: &str) -> QueryResult<usize> {
    diesel::update(article::table.find(id)).set(article::title.eq(title)).execute(conn)
}

#[test]
fn what_bare_connections_commit_ends_what_it_may_have_changed() {
    let mut shop = Shop::open();
    shop.conn.watch_all().unwrap();
    let mut bare = shop.bare();
    let touched = shop.survivors(|_| assert_eq!(retitle(&mut bare, 1, "bare"), Ok(1)));
    assert_eq!(touched, ["published rust"], "a count does not depend on titles");
    assert_eq!(find(&mut shop.conn, 1).unwrap().title, "bare");

    let rolled_back: Result<(), Error> = bare.transaction(|bare| {
        retitle(bare, 1, "undone")?;
        Err(Error::RollbackTransaction)
    });
    assert!(rolled_back.is_err());
    assert!(is_hit(&mut shop.conn, |conn| assert_eq!(find(conn, 1).unwrap().title, "bare")));
    bare.transaction::<_, Error, _>(|bare| {
        retitle(bare, 1, "committed")?;
        assert!(is_hit(&mut shop.conn, |conn| assert_eq!(find(conn, 1).unwrap().title, "bare")));
        Ok(())
    })
    .unwrap();
    assert_eq!(find(&mut shop.conn, 1).unwrap().title, "committed");

    // A wrapped connection is as narrow as ever.
    let mut wrapped = shop.connect();
    let narrow = shop.survivors(|_| {
        diesel::update(article::table.find(1))
            .set(article::title.eq("narrow"))
            .execute(&mut wrapped)
            .unwrap();
    });
    assert_eq!(narrow, ["sql", "3", "published rust"]);
    assert_eq!(wrapped.writes_around(), 0);
}
