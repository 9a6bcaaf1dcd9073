//! Values that are stored otherwise than they were given, and columns with an equality of their own.

use std::time::{Duration, Instant};

use cache_seaorm::Policy;
use cache_tests::case::read;
use cache_tests::subject::Source;
use sea_orm::{ConnectionTrait, TransactionTrait};

use super::KINDS;

cache_tests::promises! {
    postgres_a_stored_value_is_what_counts on KINDS {
        "SELECT id FROM item WHERE short = 'new'" =>
            "UPDATE item SET short = 'new' WHERE id = 3", "INSERT INTO item (id, short) VALUES (9, 'new')";
        "SELECT id FROM item WHERE short = 'rust'" =>
            "UPDATE item SET short = 'rust   ' WHERE id = 3", "INSERT INTO item (id, short) VALUES (9, 'rust  ')",
            "INSERT INTO item (id, short) VALUES (2, 'x') ON CONFLICT (id) DO UPDATE SET short = 'rust     '";
        "SELECT id FROM item WHERE tiny = 'ab'" =>
            "UPDATE item SET tiny = 'ab ' WHERE id = 3", "INSERT INTO item (id, tiny) VALUES (9, 'ab   ')";
        "SELECT id FROM item WHERE big = 1.5" =>
            "UPDATE item SET big = 1.49 WHERE id = 3", "INSERT INTO item (id, big) VALUES (9, 1.500)";
    }

    postgres_equality_is_that_of_the_column on KINDS {
        "SELECT id FROM item WHERE fixed = 'ab  '", "SELECT id FROM item WHERE fixed = 'ab'" =>
            "UPDATE item SET fixed = 'ab ' WHERE id = 3", "DELETE FROM item WHERE fixed = 'ab'";
        "SELECT id FROM item WHERE loose = 'RUST'", "SELECT id FROM item WHERE loose IN ('rUST', 'x')" =>
            "UPDATE item SET loose = 'rust' WHERE id = 3", "DELETE FROM item WHERE loose = 'rust'";
        "SELECT id FROM item WHERE folded = 'RUST'" =>
            "UPDATE item SET folded = 'rust' WHERE id = 3", "DELETE FROM item WHERE folded = 'rust'";
        "SELECT id FROM item WHERE colour = 'red'", "SELECT id FROM item WHERE colour = CAST('red' AS colour)",
        "SELECT id FROM item WHERE colour = 'red'::public.colour" =>
            "UPDATE item SET colour = 'red' WHERE id = 3", "UPDATE item SET colour = ('red')::colour WHERE colour = 'blue'",
            "DELETE FROM item WHERE colour = 'red'";
        "SELECT id FROM item WHERE n = ANY (ARRAY[7, 8])", "SELECT id FROM item WHERE n IN (7, 8)" =>
            "UPDATE item SET n = 7 WHERE id = 1", "UPDATE item SET n = 8 WHERE n = ANY (ARRAY[1, 2])";
    }

    postgres_names_are_told_apart_by_their_case on KINDS {
        "SELECT a.id FROM item a, (SELECT 7 AS id) \"A\" WHERE \"A\".id = 7" =>
            "DELETE FROM item WHERE id = 1", "INSERT INTO item (id) VALUES (9)";
    }

    postgres_a_reference_that_was_never_checked_guarantees_no_partner on KINDS {
        "SELECT p.id, o.id, o.name FROM pet p JOIN owner o ON o.id = p.owner_id",
        "SELECT p.id, o.id, o.name FROM pet p LEFT JOIN owner o ON o.id = p.owner_id" =>
            "INSERT INTO owner VALUES (9, 'eve')";
    }
}

#[tokio::test]
async fn postgres_writes_leave_other_scopes_alone() {
    let case = KINDS.open().await;
    for column in ["short", "tiny", "plain"] {
        let third = format!("SELECT count(*) FROM item WHERE {column} = 'other'");
        case.keeps(&third, &format!("UPDATE item SET {column} = 'w' WHERE id = 3")).await;
        case.keeps(&third, &format!("UPDATE item SET {column} = 'v' WHERE {column} = 'w'")).await;
        case.keeps(&third, &format!("UPDATE item SET {column} = 'u', n = n WHERE id = 3")).await;
    }
    case.keeps("SELECT count(*) FROM item WHERE n = 77", "UPDATE item SET n = 5 WHERE id = 3").await;
    case.keeps("SELECT count(*) FROM item WHERE plain = 'rust'", "DELETE FROM item WHERE id = 2").await;
    case.keeps("SELECT plain FROM item WHERE id = 1", "UPDATE item SET plain = 't' WHERE id = 3").await;
    // In a transaction too, once it has begun to write.
    let text = read("SELECT count(*) FROM item WHERE plain = 'other'");
    case.warm(&text).await;
    let transaction = case.connection().begin().await.unwrap();
    transaction.execute_unprepared("UPDATE item SET n = 6 WHERE id = 3").await.unwrap();
    transaction.execute_unprepared("UPDATE item SET plain = 's' WHERE id = 3").await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(case.fresh(&text).await.1, Source::Hit);
}

/// The schema looks as before, and its rows do not.
#[tokio::test]
async fn postgres_rows_that_are_rewritten_elsewhere_are_noticed() {
    let case = KINDS.open().await;
    for (text, change) in [
        ("SELECT colour::text FROM item WHERE id = 1", "ALTER TYPE colour RENAME VALUE 'red' TO 'rot'"),
        ("SELECT n FROM item WHERE id = 1", "ALTER TABLE item ALTER n TYPE bigint USING n + 10"),
        (
            "SELECT n FROM item WHERE id = 1",
            "ALTER TABLE item DROP n; ALTER TABLE item ADD n bigint DEFAULT 7",
        ),
    ] {
        let text = read(text);
        case.warm(&text).await;
        case.subject().untracked().execute_unprepared(change).await.unwrap();
        // Within a second somebody looks, which may take its time on a busy machine.
        let deadline = Instant::now() + Duration::from_secs(30);
        let cached = async || text.run_cached(case.connection(), &Policy::new()).await.unwrap().to_string();
        let truth = async || text.run_on(case.subject().untracked()).await.unwrap().to_string();
        while cached().await != truth().await {
            assert!(Instant::now() < deadline, "{change}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
