//! Writes that no statement names.

use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};

use cache_tests::case::read;

use super::{FAMILY, HEIRS, HIDDEN, SPOKEN};

cache_tests::promises! {
    postgres_cascades_are_seen_at_every_level on FAMILY {
        "SELECT category FROM article WHERE id = 1", "SELECT id FROM article WHERE author_id = 1",
        "SELECT id FROM article WHERE category = 'r'", "SELECT body FROM comment WHERE id = 1",
        "SELECT id FROM comment WHERE article_id = 3", "SELECT count(*) FROM comment" =>
            "DELETE FROM author WHERE id = 1", "DELETE FROM author WHERE name = 'ann'",
            "DELETE FROM author USING article WHERE author.id = article.author_id AND article.id = 1";
        "SELECT body FROM comment WHERE id = 1" =>
            "WITH gone AS (DELETE FROM author WHERE id = 1 RETURNING *) SELECT * FROM gone",
            "TRUNCATE author CASCADE", "TRUNCATE article RESTART IDENTITY CASCADE";
    }

    postgres_set_null_and_set_default_are_seen on FAMILY {
        "SELECT editor_id FROM article WHERE id = 1", "SELECT id FROM article WHERE editor_id = 3",
        "SELECT id FROM article WHERE editor_id IS NULL", "SELECT owner_id FROM article WHERE id = 1",
        "SELECT id FROM article WHERE owner_id = 2" =>
            "DELETE FROM author WHERE id = 3", "DELETE FROM author WHERE name = 'eve'";
    }

    postgres_keys_that_follow_their_parents_key_are_seen on FAMILY {
        "SELECT id FROM article WHERE author_id = 30", "SELECT author_id FROM article WHERE id = 1",
        "SELECT editor_id FROM article WHERE id = 2" =>
            "UPDATE author SET id = 30 WHERE id = 1" then "UPDATE author SET id = 40 WHERE name = 'ben'";
        "SELECT article_id FROM comment WHERE id = 2", "SELECT id FROM comment WHERE article_id = 20" =>
            "UPDATE article SET id = 20 WHERE id = 2", "UPDATE article SET id = 20 WHERE category = 'g' AND id < 3";
    }

    postgres_triggers_are_seen on FAMILY {
        "SELECT note FROM audit" => "UPDATE author SET name = 'new' WHERE id = 1", "UPDATE author SET name = 'new'";
        "SELECT changed FROM article WHERE id = 1", "SELECT id FROM article WHERE changed = 1" =>
            "UPDATE article SET views = 7 WHERE id = 1", "UPDATE article SET views = 7",
            "UPDATE article SET views = 7 FROM author WHERE author.id = author_id AND author.name = 'ann'";
        "SELECT n FROM log WHERE id = 1" =>
            "DELETE FROM comment WHERE id = 1", "DELETE FROM comment WHERE id = 99", "DELETE FROM author WHERE id = 1";
    }

    postgres_generated_columns_are_seen on FAMILY {
        "SELECT twice FROM article WHERE id = 1", "SELECT id FROM article WHERE twice = 14" =>
            "UPDATE article SET views = 7 WHERE id = 1", "UPDATE article SET views = 7";
    }

    postgres_views_are_read_through on FAMILY {
        "SELECT id FROM front", "SELECT count(*) FROM front" =>
            "UPDATE article SET category = 'r' WHERE id = 2", "DELETE FROM article WHERE id = 1",
            "DELETE FROM front WHERE id = 1";
        "SELECT name FROM names WHERE id = 1", "SELECT name FROM author WHERE id = 1" =>
            "UPDATE names SET name = 'new' WHERE id = 1", "UPDATE author SET name = 'new' WHERE id = 1";
    }

    postgres_rules_are_seen on FAMILY {
        "SELECT n FROM log" => "DELETE FROM front_ruled WHERE id = 1", "INSERT INTO front_ruled VALUES (9)", "UPDATE ruled SET n = 7 WHERE id = 1", "UPDATE ruled SET n = 7";
    }

    postgres_partitions_are_their_parent on FAMILY {
        "SELECT note FROM event WHERE id = 1 AND day = 1", "SELECT note FROM event WHERE note = 'z'",
        "SELECT note FROM event_1" =>
            "UPDATE event SET note = 'z' WHERE id = 1 AND day = 1", "UPDATE event SET note = 'z'",
            "UPDATE event_1 SET note = 'z' WHERE id = 1 AND day = 1", "UPDATE event_1 SET note = 'z'",
            "TRUNCATE event" then "INSERT INTO event_1 VALUES (1, 1, 'z')";
        "SELECT id FROM event_1", "SELECT id FROM event_2", "SELECT id FROM event WHERE day = 12" =>
            "UPDATE event SET day = 12 WHERE id = 1";
    }

    postgres_children_are_their_parent on FAMILY {
        "SELECT name FROM animal WHERE id = 2", "SELECT id FROM animal WHERE name = 'max'", "SELECT name FROM dog" =>
            "UPDATE dog SET name = 'max' WHERE id = 2", "UPDATE animal SET name = 'max' WHERE id = 2",
            "UPDATE dog SET name = 'max'";
        "SELECT name FROM animal WHERE id = 1", "SELECT count(*) FROM animal" =>
            "INSERT INTO dog VALUES (1, 'again', 0)", "INSERT INTO dog SELECT 1, 'again', 0";
    }

    postgres_a_refresh_changes_its_materialized_view on FAMILY {
        "SELECT size FROM sizes WHERE category = 'r'", "SELECT sum(size) FROM sizes" =>
            "DELETE FROM article WHERE id = 1" then "REFRESH MATERIALIZED VIEW sizes";
    }

    postgres_texts_of_triggers_and_rules_may_hold_quotes on SPOKEN {
        "SELECT n FROM counter WHERE id = 1", "SELECT count(*) FROM counter WHERE n > 0" =>
            "INSERT INTO article VALUES (9, 'nine')", "UPDATE ruled SET n = 2", "UPDATE ruled SET n = 2 WHERE id = 1";
        "SELECT \"odd\"\"name\" FROM article WHERE id = 1" => "UPDATE article SET audit_id = 5 WHERE id = 1";
    }

    postgres_a_column_that_a_trigger_takes_from_another_row_is_seen on SPOKEN {
        "SELECT audit_id FROM article WHERE id = 1", "SELECT count(*) FROM article WHERE audit_id > 0" =>
            "UPDATE article SET title = 'new' WHERE id = 1";
    }

    postgres_a_parents_reference_guarantees_no_partner_of_its_children on HEIRS {
        "SELECT w.id, w.author_id, a.id, a.name FROM work w JOIN author a ON a.id = w.author_id",
        "SELECT w.id, w.author_id, a.id, a.name FROM work w LEFT JOIN author a ON a.id = w.author_id" =>
            "INSERT INTO author VALUES (9, 'eve')";
    }

    postgres_a_row_that_moves_to_another_partition_dies_and_is_born on HIDDEN {
        "SELECT what FROM audit" => "UPDATE part SET region = 'b' WHERE id = 1", "UPDATE part SET region = 'b'",
            "UPDATE half SET region = 'b' WHERE id = 1";
    }

    postgres_triggers_of_a_statement_that_concerns_no_row_are_seen on HIDDEN {
        "SELECT what FROM audit" => "DELETE FROM counted WHERE id = ANY ('{}')", "DELETE FROM counted WHERE id = ANY (ARRAY[]::int[])",
            "UPDATE counted SET n = 2 WHERE id = ANY ('{}')", "DELETE FROM counted WHERE id = 99 RETURNING id",
            "UPDATE counted SET n = 2 WHERE id = 99 RETURNING id",
            "INSERT INTO counted SELECT 5, 5 WHERE false RETURNING id";
    }

    postgres_what_a_write_calls_by_itself_may_write on HIDDEN {
        "SELECT what FROM audit" => "UPDATE asked SET n = 2 WHERE id = 1", "INSERT INTO defaulted (id) VALUES (1)",
            "UPDATE defaults_to SET n = DEFAULT WHERE id = 1", "INSERT INTO computed (id) VALUES (1)", "INSERT INTO indexed VALUES (1)", "INSERT INTO nested VALUES (1, 1)",
            "INSERT INTO listed VALUES (1, '{1}')", "INSERT INTO paired VALUES (1, '(1,2)')";
    }

    postgres_a_whole_row_is_all_of_its_columns on HIDDEN {
        "SELECT count(DISTINCT t.*) FROM titled t", "SELECT count(DISTINCT coalesce(t.*)) FROM titled t",
        "SELECT min(ROW(t.*)::text), max(ROW(t.*)::text) FROM titled t" => "UPDATE titled SET title = 'a'";
    }

    postgres_changes_of_the_schema_are_seen on FAMILY {
        "SELECT id FROM front", "SELECT count(*) FROM front" =>
            "CREATE OR REPLACE VIEW front AS SELECT id, category, author_id FROM article",
            "ALTER TABLE article DISABLE TRIGGER stamped" then "UPDATE article SET category = 'r'";
    }

    postgres_routines_may_do_anything on FAMILY {
        "SELECT n FROM log WHERE id = 1" =>
            "SELECT bump()", "SELECT * FROM bump()", "SELECT hides()", "SELECT id FROM author WHERE bump() > 0", "CALL bumped()",
            "DO $$ BEGIN UPDATE log SET n = 5; END $$", "INSERT INTO careful (id) VALUES (1)",
            "EXPLAIN ANALYZE UPDATE log SET n = 5", "EXPLAIN ANALYZE SELECT bump()", "SELECT * FROM bumps",
            "EXPLAIN ANALYZE SELECT * FROM bumps", "TABLE bumps",
            "SELECT (author).bumped_by FROM author", "SELECT author.bumped_by FROM author", "SELECT pure()",
            "SELECT id, pure() FROM author",
            "PREPARE p AS UPDATE log SET n = 5" then "EXPLAIN ANALYZE EXECUTE p", "SELECT 'x'::watched",
            "DO $$ BEGIN CREATE FUNCTION late() RETURNS int LANGUAGE sql AS 'UPDATE log SET n = 9 RETURNING 1'; END $$"
                then "SELECT late()",
            "PREPARE p AS UPDATE log SET n = 5" then "EXECUTE p",
            "MERGE INTO log USING author ON log.id = author.id WHEN MATCHED THEN UPDATE SET n = 5",
            "WITH x AS (UPDATE log SET n = 5 RETURNING 1) SELECT * FROM x", "UPDATE ONLY log SET n = 5",
            "UPDATE public.log SET n = 5", "UPDATE \"log\" AS l SET n = 5 WHERE l.id = 1", "UPDATE LOG SET N = 5",
            "UPDATE log SET n = 5 WHERE id = ANY (ARRAY[1, 2])", "UPDATE U&\"\\006cog\" SET n = 5",
            "BEGIN; UPDATE log SET n = 5; COMMIT";
    }
}

#[tokio::test]
async fn postgres_triggers_of_a_statement_fire_for_no_value_too() {
    for text in ["DELETE FROM counted WHERE id = ANY ($1)", "UPDATE counted SET n = 2 WHERE id = ANY ($1)"] {
        let case = HIDDEN.open().await;
        let audit = read("SELECT what FROM audit");
        let before = case.warm(&audit).await;
        let none = Value::Array(sea_orm::sea_query::ArrayType::Int, Some(Box::default()));
        let write = Statement::from_sql_and_values(DbBackend::Postgres, text, [none]);
        case.connection().execute_raw(write).await.unwrap();
        assert_ne!(case.fresh(&audit).await.0, before, "{text}");
    }
}

#[tokio::test]
async fn postgres_a_trigger_that_refuses_and_defaults_that_read_end_nothing_else() {
    let setup = "CREATE TABLE other (id int PRIMARY KEY, n int); INSERT INTO other VALUES (1, 1);
        CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 1);
        CREATE FUNCTION refuses() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF NEW.n < 0 THEN RAISE EXCEPTION 'no: %', NEW.n USING HINT = 'more'; END IF; RETURN NEW; END $$;
        CREATE TRIGGER refuses BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION refuses();
        CREATE FUNCTION tenant() RETURNS text LANGUAGE sql STABLE AS $$ SELECT current_setting('app.tenant', true) $$;
        CREATE TABLE u (id int PRIMARY KEY, tenant text DEFAULT tenant(), at timestamptz DEFAULT now());
        CREATE FUNCTION nanoid() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN md5(random()::text); END $$;
        CREATE TABLE v (id int PRIMARY KEY, code text DEFAULT nanoid(), n int); INSERT INTO v VALUES (1, 'a', 1)";
    let case = cache_tests::case::Case::on(
        cache_tests::backend::Backend::Postgres,
        setup,
        &[],
        cache_tests::backend::Pool::One,
    )
    .await;
    for write in [
        "UPDATE t SET n = 2 WHERE id = 1",
        "INSERT INTO u (id) VALUES (1)",
        "DELETE FROM u WHERE id = 1",
        "UPDATE v SET n = 2 WHERE id = 1",
        "DELETE FROM v WHERE id = 1",
    ] {
        case.keeps("SELECT n FROM other WHERE id = 1", write).await;
    }
}
