//! What is never cached, and which table a name stands for.

use cache_tests::backend::{Backend, Pool};
use cache_tests::case::{Case, read};
use cache_tests::subject::Source;

use super::FAMILY;

#[tokio::test]
async fn postgres_what_is_not_immutable_is_not_cached() {
    let case = FAMILY.open().await;
    for text in [
        "SELECT id, now() > 'epoch' FROM author",
        "SELECT id, random() < 2 FROM author",
        "SELECT id FROM author WHERE 'now'::timestamptz > 'epoch'",
        "SELECT id FROM author WHERE timestamp 'today' > 'epoch'",
        "SELECT id FROM author WHERE date(name || '') IS NULL AND false",
        "SELECT id, current_user FROM author",
        "SELECT author.loud FROM author",
        "SELECT loud(author) FROM author",
        "SELECT xmin IS NULL FROM author",
        "SELECT count(*) >= 0 FROM author TABLESAMPLE bernoulli (50)",
        "SELECT id FROM author FOR UPDATE",
        "SELECT count(*) > 0 FROM pg_class",
        "SELECT count(*) > 0 FROM pg_catalog.pg_class",
        "SELECT count(*) > 0 FROM information_schema.tables",
        "SELECT id, to_char(1, '9') FROM author",
    ] {
        case.never_caches(text).await;
    }
    for text in [
        "SELECT id, lower(name), name || '!', coalesce(name, 'x') FROM author",
        "SELECT max(name) FROM author",
        "SELECT json_agg(a ORDER BY id), jsonb_agg(row_to_json(a) ORDER BY id) FROM author a",
        "SELECT concat(name, id), format('%s', score), json_build_object('id', id) FROM author",
    ] {
        case.warm(&read(text)).await;
    }
}

/// What a text stands for may be the time when it is read.
#[tokio::test]
async fn postgres_a_text_that_becomes_a_time_is_not_cached() {
    let setup = "CREATE EXTENSION citext; CREATE DOMAIN moment AS timestamptz;
        CREATE TABLE t (id int PRIMARY KEY, c char(5), i citext, at timestamptz, on_day date, span tstzrange);
        INSERT INTO t VALUES (1, 'today', 'today', now(), '2020-01-01', '[2020-01-01,2020-02-01)')";
    let case = Case::on(Backend::Postgres, setup, &[], Pool::One).await;
    for text in [
        "SELECT c::date FROM t",
        "SELECT i::text::timestamptz IS NULL FROM t",
        "SELECT id FROM t WHERE at > i::timestamptz",
        "SELECT id FROM t WHERE on_day = ANY ('{today}'::date[])",
        "SELECT id FROM t WHERE at <@ '[2020-01-01,now)'::tstzrange",
        "SELECT id FROM t WHERE on_day < N'today'::date",
        "SELECT id FROM t WHERE at > i::text::moment",
    ] {
        case.never_caches(text).await;
    }
    for text in [
        "SELECT at::date, on_day::timestamp FROM t",
        "SELECT c::text, i::varchar(3), id::bigint, (id::text || 'x')::text FROM t",
    ] {
        case.warm(&read(text)).await;
    }
}

/// Types, routines and columns may have equal names.
#[tokio::test]
async fn postgres_a_column_of_a_view_is_no_call() {
    let setup = "CREATE DOMAIN email AS text CHECK (VALUE <> '');
        CREATE TABLE person (id int PRIMARY KEY, mail email, name text); INSERT INTO person VALUES (1, 'a@b', 'ann');
        CREATE FUNCTION full_name(person) RETURNS text LANGUAGE plpgsql AS
            $$ BEGIN UPDATE person SET name = 'called'; RETURN $1.name; END $$;
        CREATE VIEW shown AS SELECT id, mail AS email, name AS full_name, 3 AS age FROM person;
        CREATE TABLE other (id int PRIMARY KEY); INSERT INTO other VALUES (1)";
    let case = Case::on(Backend::Postgres, setup, &[], Pool::One).await;
    let text = "SELECT shown.email, shown.full_name, shown.age FROM shown WHERE shown.id = 1";
    case.warm(&read(text)).await;
    case.keeps("SELECT id FROM other", text).await;
    case.sees(text, "UPDATE person SET name = 'eve' WHERE id = 1").await;
    case.sees("SELECT name FROM person WHERE id = 1", "SELECT person.full_name FROM person").await;
}

#[tokio::test]
async fn postgres_an_array_of_a_query_is_a_read() {
    let case = FAMILY.open().await;
    case.warm(&read("SELECT ARRAY(SELECT name FROM author ORDER BY id)")).await;
    let array = "SELECT ARRAY(SELECT id FROM article WHERE author_id = author.id) FROM author";
    case.keeps("SELECT note FROM audit", array).await;
    case.sees(
        "SELECT ARRAY(SELECT name FROM author ORDER BY id)",
        "UPDATE author SET name = 'x' WHERE id = 2",
    )
    .await;
}

#[tokio::test]
async fn postgres_rows_that_are_not_everybodys_or_may_vanish_are_not_cached() {
    let setup = "CREATE TABLE secret (id int PRIMARY KEY); ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
        CREATE UNLOGGED TABLE fleeting (id int PRIMARY KEY); INSERT INTO fleeting VALUES (1)";
    let case = Case::on(Backend::Postgres, setup, &[], Pool::One).await;
    case.never_caches("SELECT id FROM secret").await;
    case.never_caches("SELECT id FROM fleeting").await;
}

#[tokio::test]
async fn postgres_what_has_a_part_elsewhere_is_not_cached() {
    let setup = "CREATE TABLE event (id int, day int) PARTITION BY RANGE (day);
        CREATE TABLE event_1 PARTITION OF event FOR VALUES FROM (1) TO (10);
        CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
        CREATE FOREIGN TABLE event_2 PARTITION OF event FOR VALUES FROM (10) TO (20)
            SERVER files OPTIONS (filename '/dev/null', format 'csv');
        CREATE TABLE visit (id int, day int) PARTITION BY RANGE (day);
        CREATE UNLOGGED TABLE visit_1 PARTITION OF visit FOR VALUES FROM (1) TO (10);
        CREATE TABLE animal (id int PRIMARY KEY); CREATE UNLOGGED TABLE dog () INHERITS (animal);
        CREATE VIEW seen AS SELECT id FROM event; INSERT INTO event VALUES (1, 1)";
    let case = Case::on(Backend::Postgres, setup, &[], Pool::One).await;
    for table in ["event", "event_2", "visit", "animal", "seen"] {
        case.never_caches(&format!("SELECT count(id) FROM {table}")).await;
    }
    case.warm(&read("SELECT count(id) FROM event_1")).await;
}

#[tokio::test]
async fn postgres_names_are_those_of_the_search_path_and_of_their_spelling() {
    let setup = "CREATE SCHEMA other; CREATE TABLE t (id int PRIMARY KEY, a int); CREATE TABLE other.t (id int PRIMARY KEY, a int);
        CREATE TABLE \"T\" (id int PRIMARY KEY, a int, \"A\" int);
        INSERT INTO t VALUES (1, 1); INSERT INTO other.t VALUES (1, 2); INSERT INTO \"T\" VALUES (1, 3, 4)";
    let case = Case::on(Backend::Postgres, setup, &[], Pool::One).await;
    let texts =
        ["SELECT a FROM T", "SELECT a FROM other.t", "SELECT a FROM \"T\"", "SELECT \"A\" FROM \"T\""];
    for (write, ends) in [
        ("UPDATE t SET a = 10", 0),
        ("UPDATE other.t SET a = 20", 1),
        ("UPDATE \"T\" SET A = 30", 2),
        ("UPDATE \"T\" SET \"A\" = 40", 3),
    ] {
        for text in texts {
            case.warm(&read(text)).await;
        }
        case.write(write).await;
        for (place, text) in texts.iter().enumerate() {
            let (_, source) = case.fresh(&read(text)).await;
            // Marks do not tell apart what differs in case only, which costs a miss.
            if ends < 2 && place < 2 {
                assert_eq!(source == Source::Miss, place == ends, "{write}: {text}");
            }
        }
    }
    let shadowed = "WITH \"T\" AS (SELECT 1 AS a) SELECT a FROM t";
    case.sees(shadowed, "UPDATE t SET a = 11").await;
}
