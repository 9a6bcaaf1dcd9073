use cache_seaorm::CacheExt;
use sea_orm::{DatabaseConnection, DbErr, JsonValue, Statement, FromQueryResult};

async fn read(db: &DatabaseConnection, statement: Statement) -> Result<Vec<JsonValue>, DbErr> {
    JsonValue::find_by_statement(statement).cached().all(db).await
}

fn main() {}
