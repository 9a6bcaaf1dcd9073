//! What is looked at before a write: the rows that it writes, by its own words.

use cache_tests::backend::{Backend, Pool};
use cache_tests::case::{Case, read, scopes};
use sea_orm::{ConnectionTrait, TransactionTrait};

const NOTES: &str = r"CREATE TABLE article (id INTEGER PRIMARY KEY, category TEXT, note TEXT);
    INSERT INTO article VALUES (7, 'g', 'a''b'), (8, 'g2', 'a''''b'), (9, 'g3', 'C:\''x')";

async fn notes(backend: Backend) -> Case {
    Case::on(backend, NOTES, &[scopes("article", &[&["category"]])], Pool::One).await
}

#[tokio::test]
async fn what_stands_in_a_text_is_never_run() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let case = notes(backend).await;
        let text =
            r"UPDATE article SET category = 'y' WHERE id = 7 AND note <> '\''; DELETE FROM article; --'";
        case.write(text).await;
        assert_eq!(case.fresh(&read("SELECT count(*) FROM article")).await.0.to_string(), "[3]");
    }
}

#[tokio::test]
async fn a_quote_in_a_text_means_the_same_to_the_look_and_to_the_write() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let case = notes(backend).await;
        let write = "UPDATE article SET category = 'x' WHERE id IN (7, 8) AND note = 'a''''b'";
        case.sees("SELECT id FROM article WHERE category = 'g2'", write).await;
        case.sees(
            "SELECT count(*) FROM article WHERE category = 'g3'",
            r"DELETE FROM article WHERE id = 9 AND note = 'C:\''x'",
        )
        .await;
    }
}

#[tokio::test]
async fn postgres_a_look_never_fails_the_write() {
    let case = notes(Backend::Postgres).await;
    let transaction = case.connection().begin().await.unwrap();
    transaction.execute_unprepared("UPDATE article SET note = 'n' WHERE id = 8").await.unwrap();
    for write in [
        r"UPDATE article SET category = 'x' WHERE id = 9 AND note <> 'C:\x''y'",
        r"UPDATE article SET category = 'y' WHERE id = 9 AND note <> E'it\'s'",
        r"UPDATE article SET category = 'z' WHERE id = 9 AND note <> $quote$it's$quote$",
        "UPDATE article SET category = v.c FROM (VALUES ('z')) AS v (c) WHERE article.id = 9 AND article.note <> v.c",
    ] {
        transaction.execute_unprepared(write).await.unwrap();
    }
    transaction.commit().await.unwrap();
    let (answer, _) = case.fresh(&read("SELECT category FROM article WHERE id = 9")).await;
    assert!(answer.to_string().contains('z'), "{answer}");
}

#[tokio::test]
async fn postgres_a_look_and_its_write_name_the_same_table() {
    let setup = "CREATE SCHEMA app; CREATE TABLE article (id int PRIMARY KEY, category text);
        CREATE TABLE app.article (id int PRIMARY KEY, category text);
        INSERT INTO article VALUES (7, 'left'), (8, 'other'); INSERT INTO app.article VALUES (7, 'app');
        SET search_path = app, public";
    let case = Case::on(Backend::Postgres, setup, &[scopes("article", &[&["category"]])], Pool::One).await;
    let list = "SELECT id FROM public.article WHERE category = 'left'";
    case.sees(list, "UPDATE public.article SET category = 'x' WHERE id = 7").await;
}

#[tokio::test]
async fn postgres_a_look_finds_the_table_that_no_search_path_has() {
    let setup = "CREATE SCHEMA app; CREATE TABLE article (id int PRIMARY KEY, category text);
        INSERT INTO article VALUES (7, 'left'); SET search_path = app";
    let case = Case::on(Backend::Postgres, setup, &[scopes("article", &[&["category"]])], Pool::One).await;
    let transaction = case.connection().begin().await.unwrap();
    for category in ["x", "y"] {
        let write = format!("UPDATE public.article SET category = '{category}' WHERE id = 7");
        transaction.execute_unprepared(&write).await.unwrap();
    }
    transaction.commit().await.unwrap();
}
