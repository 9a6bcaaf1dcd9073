//! Pools of cached connections.

use cache_diesel::{AttachTo, CacheExt};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Pool, PooledConnection};
use diesel::result::Error;

use crate::database::SETTINGS;
use crate::shop::*;

fn pool(shop: &Shop, customizer: Option<AttachTo>) -> Pool<ConnectionManager<Conn>> {
    let builder = Pool::builder().max_size(2).connection_timeout(std::time::Duration::from_secs(20));
    let builder = match customizer {
        Some(customizer) => {
            let customizer: Box<dyn CustomizeConnection<Conn, diesel::r2d2::Error>> = Box::new(customizer);
            builder.connection_customizer(customizer)
        }
        None => builder,
    };
    builder.build(ConnectionManager::new(shop.url())).unwrap()
}

fn counted(conn: &mut PooledConnection<ConnectionManager<Conn>>) -> QueryResult<i64> {
    article::table.filter(article::category.eq("rust")).cached().count(conn)
}

#[test]
fn the_connections_of_a_pool_share_a_cache() {
    let mut shop = Shop::open();
    let pool = pool(&shop, Some(AttachTo::new(shop.cache.clone()).after(SETTINGS)));
    let (mut one, mut two) = (pool.get().unwrap(), pool.get().unwrap());
    assert_eq!(counted(&mut one), Ok(2));
    assert!(is_hit(&mut shop.conn, |_| assert_eq!(counted(&mut two), Ok(2))));
    one.transaction::<_, Error, _>(|conn| {
        diesel::delete(article::table.find(1)).execute(conn)?;
        assert!(is_hit(&mut shop.conn, |_| assert_eq!(counted(&mut two), Ok(2))));
        Ok(())
    })
    .unwrap();
    assert_eq!(counted(&mut two), Ok(1));
    diesel::delete(author::table).execute(&mut two).unwrap();
    assert_eq!(counted(&mut one), Ok(0));
}

#[test]
fn a_pool_that_forgot_to_attach_is_told_so_by_its_first_statement() {
    let shop = Shop::open();
    let mut conn = pool(&shop, None).get().unwrap();
    let refusal = conn.batch_execute("DELETE FROM article").unwrap_err();
    assert!(refusal.to_string().contains("call `attach(cache)`"), "{refusal}");
    assert_eq!(article::table.count().get_result(&mut shop.bare()), Ok(4));
}

#[test]
fn a_connection_that_panicked_in_a_transaction_is_replaced() {
    let shop = Shop::open();
    let pool = pool(&shop, Some(AttachTo::new(shop.cache.clone())));
    let mut conn = pool.get().unwrap();
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
        conn.transaction::<(), Error, _>(|conn| {
            diesel::delete(article::table).execute(conn)?;
            panic!("on purpose")
        })
    }));
    assert!(panic.is_err());
    assert_eq!(counted(&mut pool.get().unwrap()), Ok(2));
}
