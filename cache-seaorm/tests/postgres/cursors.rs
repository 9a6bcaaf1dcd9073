//! Cursors over queries that only PostgreSQL can write.

use cache_seaorm::CacheExt;
use sea_orm::sea_query::Expr;
use sea_orm::sea_query::extension::postgres::PgExpr;
use sea_orm::{JsonValue, entity::*, query::*};

use crate::shop::{article, shop};

#[tokio::test]
async fn a_cursor_over_an_operator_of_postgresql_is_cached() {
    let db = shop().await;
    let find = async |last: bool| {
        let like = Expr::col((article::Entity, article::Column::Title)).ilike("%O%");
        let mut cursor = article::Entity::find().filter(like).cursor_by(article::Column::Id).into_json();
        if last {
            cursor.last(1)
        } else {
            cursor.first(1)
        };
        let found: Vec<JsonValue> = cursor.cached().all(&*db).await.unwrap();
        found.into_iter().map(|article| article["title"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for _ in 0..2 {
        assert_eq!(find(false).await, ["one"]);
        assert_eq!(find(true).await, ["four"]);
    }
    db.selects();
    find(false).await;
    find(true).await;
    assert_eq!(db.selects(), 0);
}
