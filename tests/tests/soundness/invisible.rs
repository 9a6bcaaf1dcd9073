//! Writes that no statement names: cascades, triggers, generated columns, views.

use crate::setups::FAMILY;

cache_tests::promises! {
    cascades_are_seen_at_every_level on FAMILY {
        "SELECT category FROM article WHERE id = 1", "SELECT id FROM article WHERE author_id = 1",
        "SELECT id FROM article WHERE category = 'r'", "SELECT body FROM comment WHERE id = 1",
        "SELECT id FROM comment WHERE article_id = 3", "SELECT count(*) FROM comment" =>
            "DELETE FROM author WHERE id = 1", "DELETE FROM author WHERE name = 'ann'",
            "REPLACE INTO author (id) VALUES (1)";
    }

    set_null_and_set_default_are_seen on FAMILY {
        "SELECT editor_id FROM article WHERE id = 1", "SELECT id FROM article WHERE editor_id = 3",
        "SELECT id FROM article WHERE editor_id IS NULL", "SELECT owner_id FROM article WHERE id = 1",
        "SELECT id FROM article WHERE owner_id = 2" =>
            "DELETE FROM author WHERE id = 3", "DELETE FROM author WHERE name = 'eve'";
    }

    keys_that_follow_their_parents_key_are_seen on FAMILY {
        "SELECT id FROM article WHERE author_id = 30", "SELECT author_id FROM article WHERE id = 1",
        "SELECT id FROM article WHERE editor_id IS NULL", "SELECT owner_id FROM article WHERE id = 2" =>
            "UPDATE author SET id = 30 WHERE id = 1", "UPDATE author SET id = 30 WHERE name = 'ann'";
        "SELECT article_id FROM comment WHERE id = 2", "SELECT id FROM comment WHERE article_id = 20" =>
            "UPDATE article SET id = 20 WHERE id = 2", "UPDATE article SET id = 20 WHERE category = 'g'";
    }

    triggers_are_seen_and_what_they_trigger on FAMILY {
        "SELECT note FROM audit" =>
            "UPDATE author SET name = 'new' WHERE id = 1", "DELETE FROM comment WHERE id = 1",
            "DELETE FROM article WHERE id = 1", "DELETE FROM author WHERE id = 1";
        "SELECT id FROM article WHERE category = 'g'", "SELECT id, views FROM article WHERE id = 1" =>
            "UPDATE author SET score = 1 WHERE id = 1", "UPDATE author SET score = 1";
        "SELECT name FROM author WHERE id = 2" => "DELETE FROM comment WHERE id = 1", "DELETE FROM article WHERE id = 1";
        "SELECT category FROM article WHERE id = 2", "SELECT id FROM article WHERE category = 'b'" =>
            "UPDATE popular SET category = 'b' WHERE id = 2", "UPDATE popular SET category = 'b'";
    }

    generated_columns_follow_what_they_are_computed_from on FAMILY {
        "SELECT bucket FROM article WHERE id = 1", "SELECT id FROM article WHERE bucket = 5" =>
            "UPDATE article SET views = 50 WHERE id = 1", "UPDATE article SET views = views + 49";
        "SELECT id FROM article WHERE bucket = 5" => "INSERT INTO article (views) VALUES (51)";
        "SELECT id, label FROM article WHERE label = 'r!'", "SELECT id FROM article WHERE label = 'b!'",
        "SELECT label FROM article WHERE id = 1", "SELECT count(*) FROM article WHERE label = 'b!'" =>
            "UPDATE article SET category = 'b' WHERE id = 1", "UPDATE article SET category = 'b' WHERE category = 'r'";
    }

    views_are_seen_through on FAMILY {
        "SELECT id FROM popular WHERE category = 'r'" =>
            "UPDATE article SET views = 6 WHERE id = 1", "UPDATE article SET category = 'g' WHERE id = 3",
            "DELETE FROM author WHERE id = 1";
        "SELECT category FROM popular WHERE id = 3" => "UPDATE article SET views = 0 WHERE id = 3";
        "SELECT size FROM busy WHERE category = 'r'" => "INSERT INTO article (category, views) VALUES ('r', 9)";
        "SELECT c.body FROM comment c JOIN popular p ON p.id = c.article_id" =>
            "UPDATE article SET views = 6 WHERE id = 1";
    }
}
