use sea_orm::{ConnectionTrait, DatabaseConnection};

use super::*;

async fn number(db: &DatabaseConnection, sql: &str) -> i64 {
    let statement = sea_orm::Statement::from_string(db.get_database_backend(), sql);
    db.query_one_raw(statement).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

#[tokio::test]
async fn databases_of_one_server_are_apart() {
    let server = PostgresServer::shared();
    let (one, other) = (server.database(1).await.unwrap(), server.database(1).await.unwrap());
    one.execute_unprepared("CREATE TABLE t (a int); INSERT INTO t VALUES (1)").await.unwrap();
    assert_eq!(number(&one, "SELECT count(*) FROM t").await, 1);
    assert!(other.execute_unprepared("SELECT * FROM t").await.is_err());
}

#[tokio::test]
async fn a_dropped_server_is_gone() {
    let server = PostgresServer::start();
    let (pid, folder) = (Pid::from_child(&server.process), server.folder().to_owned());
    server.database(1).await.unwrap();
    drop(server);
    assert!(kill_process(pid, Signal::CONT).is_err());
    assert!(!folder.exists());
}
