//! Products in lists by category.

use cache_diesel::{AsyncCacheExt, AsyncCachedConnection, CacheDeps};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use serde::{Deserialize, Serialize};

diesel::table! {
    product (id) {
        id -> BigInt,
        category -> Text,
        name -> Text,
        sold -> BigInt,
    }
}

#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Serialize, Deserialize, CacheDeps)]
#[diesel(table_name = product)]
pub struct Product {
    pub id: i64,
    /// Lists and counts of one category depend on that category alone.
    #[cache(scope)]
    pub category: String,
    pub name: String,
    pub sold: i64,
}

pub type Conn = AsyncCachedConnection<AsyncPgConnection>;

/// As a migration would.
pub async fn set_up(conn: &mut AsyncPgConnection) -> QueryResult<()> {
    conn.batch_execute(
        "CREATE TABLE product (id bigint PRIMARY KEY, category text NOT NULL, name text NOT NULL,
             sold bigint NOT NULL DEFAULT 0);
         CREATE INDEX ON product (category);
         INSERT INTO product VALUES (1, 'tea', 'Assam'), (2, 'tea', 'Sencha'), (3, 'cups', 'Mug'), (4, 'cups', 'Bowl');",
    )
    .await
}

pub async fn names(conn: &mut Conn, category: &str) -> QueryResult<Vec<String>> {
    let products = product::table.filter(product::category.eq(category)).order(product::id);
    let products = products.select(Product::as_select()).cached().load(conn).await?;
    Ok(products.into_iter().map(|product: Product| product.name).collect())
}

pub async fn count(conn: &mut Conn, category: &str) -> QueryResult<i64> {
    product::table.filter(product::category.eq(category)).cached().count(conn).await
}

pub async fn rename(mut conn: &Conn, id: i64, name: &str) -> QueryResult<usize> {
    diesel::update(product::table.find(id)).set(product::name.eq(name)).execute(&mut conn).await
}
