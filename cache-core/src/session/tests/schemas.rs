//! What was planned with a schema that is no longer the database's.

use super::*;
use crate::entity::Declaration;

/// Two processes with a cache each, on one log: a reader, and a writer that has read the schema in the log's epoch.
async fn processes(log: &str) -> [Session; 2] {
    let open = async |options: &str| {
        let cache = Cache::from_url(&format!("memory://{log}?{options}")).unwrap();
        let wide = ["a", "b", "c"]
            .into_iter()
            .fold(TableDefinition::new("u"), |table, column| table.column(Column::int(column)));
        let wide = wide.column(Column::int("id")).primary_key(["id"]);
        let narrow = TableDefinition::new("t").column(Column::int("id")).column(Column::text("c"));
        let schema = Schema::new(Dialect::Sqlite, [narrow.primary_key(["id"]), wide], []).unwrap();
        let scopes = Declaration::new("u").scope(["a"]).scope(["b"]).scope(["c"]).scope(["a", "b"]);
        let database = Database::attach(&cache, DatabaseId::new("test"), schema, vec![scopes]).await.unwrap();
        database.note_reading(1, cache.epoch().await);
        Session::new(database)
    };
    [open("max=1MiB").await, open("max=2MiB").await]
}

#[tokio::test]
async fn a_wide_write_that_knows_an_old_schema_touches_everything() {
    let [reader, writer] = processes("a_wide_write").await;
    let rows = (0..100).map(|id| format!("({id}, {id}, {id}, {id})")).collect::<Vec<_>>().join(", ");
    let insert = format!("INSERT INTO u VALUES {rows}");
    let write = || writer.step(&insert, &Vec::new).finish(Outcome::Done { rows_affected: Some(100) });
    let one = Entry::fill(&reader, 1).await;
    let _ = write().await;
    assert!(one.survived().await, "a write of another table");
    // Somebody has changed the schema, of which the writer does not know yet.
    reader.cache().clear().await.unwrap();
    let one = Entry::fill(&reader, 1).await;
    let _ = write().await;
    assert!(!one.survived().await);
}
