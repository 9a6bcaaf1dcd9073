use super::*;

#[test]
fn a_server_keeps_its_data_over_a_kill_and_each_database_is_another() {
    let mut server = MariaDb::start();
    let (one, other) = (server.database(), server.database());
    server.sql(&format!("CREATE TABLE {one}.cake (id INT PRIMARY KEY); INSERT INTO {one}.cake VALUES (7)"));
    server.sql(&format!("CREATE TABLE {other}.cake (id INT PRIMARY KEY)"));
    server.restart();
    assert_eq!(server.sql(&format!("SELECT id FROM {one}.cake")), "7\n");
    assert_eq!(server.sql(&format!("SELECT id FROM {other}.cake")), "");
}

#[test]
fn a_shared_server_ends_with_the_last_that_holds_it() {
    let shared = Shared::new();
    let (one, other) = (shared.get(), shared.get());
    assert_eq!(one.address(), other.address());
    let socket = one.socket();
    drop(one);
    assert!(UnixStream::connect(&socket).is_ok());
    drop(other);
    assert!(UnixStream::connect(&socket).is_err());
}

#[test]
fn a_server_that_starts_leaves_the_temporary_tables_of_others() {
    let server = MariaDb::start();
    let table = PathBuf::from(server.sql("SELECT @@tmpdir").trim()).join("#sql-temptable-1-2-3.MAI");
    File::create(&table).unwrap();
    let _other = MariaDb::start();
    assert!(table.exists());
}
