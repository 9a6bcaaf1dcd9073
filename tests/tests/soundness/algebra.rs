//! Which rows and columns a read depends on.

use crate::setups::{ARTICLES, LIBRARY, UNTOLD};

cache_tests::promises! {
    a_look_up_that_found_nothing_sees_the_row_come on ARTICLES {
        "SELECT * FROM article WHERE id = 5", "SELECT title FROM article WHERE id = 5",
        "SELECT count(*) FROM article WHERE id = 5" =>
            "INSERT INTO article (id) VALUES (5)",
            "INSERT INTO article (category) VALUES ('r')",
            "INSERT INTO article (id, category) VALUES (NULL, 'b')",
            "UPDATE article SET id = 5 WHERE id = 1",
            "UPDATE article SET id = id + 4 WHERE title = 'one'";
        "SELECT * FROM article WHERE id IN (1, 6)" => "UPDATE article SET id = 6 WHERE id = 2";
    }

    a_filtered_look_up_that_found_nothing_sees_the_row_fit on ARTICLES {
        "SELECT * FROM article WHERE id = 2 AND category = 'r'" =>
            "UPDATE article SET category = 'r' WHERE category = 'g'",
            "UPDATE article SET category = 'r' WHERE id = 2",
            "UPDATE article SET category = 'r' WHERE views = 0",
            "DELETE FROM article WHERE id = 2" then "INSERT INTO article (id, category) VALUES (2, 'r')";
    }

    a_list_that_does_not_show_keys_sees_its_payload_change on ARTICLES {
        "SELECT title FROM article WHERE category = 'r'", "SELECT title, category FROM article WHERE category = 'r'" =>
            "UPDATE article SET title = 'new' WHERE id = 3",
            "UPDATE article SET title = 'new' WHERE views = 1",
            "UPDATE article SET title = 'new' WHERE author_id = 2";
    }

    a_list_with_another_condition_sees_a_row_begin_to_fit on ARTICLES {
        "SELECT id FROM article WHERE category = 'r' AND views = 1",
        "SELECT * FROM article WHERE category = 'r' AND views = 1",
        "SELECT count(*) FROM article WHERE category = 'r' AND views = 1" =>
            "UPDATE article SET views = 1 WHERE id = 3",
            "UPDATE article SET views = views + 1 WHERE id = 3",
            "UPDATE article SET views = 1 WHERE title = 'three'",
            "UPDATE article SET views = 1 WHERE author_id = 2";
    }

    a_row_whose_scope_is_not_shown_sees_a_write_of_that_scope on ARTICLES {
        "SELECT title FROM article WHERE id = 2" =>
            "UPDATE article SET title = 'new' WHERE category = 'g'",
            "UPDATE article SET title = 'new' WHERE author_id = 1 AND published",
            "DELETE FROM article WHERE category = 'g'";
    }

    /// The value that forms a watched pattern counts as used: else the pattern outlives the value.
    a_row_that_moved_unseen_is_followed on ARTICLES {
        "SELECT id, title FROM article WHERE id = 2", "SELECT id, title FROM article WHERE id = 2 AND author_id = 1",
        "SELECT id, category, title FROM article WHERE author_id = 1", "SELECT * FROM article WHERE id = 2",
        "SELECT id, title FROM article WHERE author_id = 1 ORDER BY category, id LIMIT 2" =>
            "UPDATE article SET category = 'b' WHERE id = 2" then "UPDATE article SET title = 'new' WHERE category = 'b'",
            "UPDATE article SET category = 'b' WHERE views = 0" then "UPDATE article SET title = 'new' WHERE category = 'b'",
            "UPDATE article SET author_id = 9 WHERE views = 5" then "UPDATE article SET title = 'new' WHERE author_id = 1";
    }

    a_write_touches_its_pattern_in_every_scope on ARTICLES {
        "SELECT id FROM article WHERE author_id = 3", "SELECT id FROM article WHERE category = 'b'",
        "SELECT id FROM article WHERE published = TRUE AND category = 'b'",
        "SELECT count(*) FROM article WHERE category = 'b' AND author_id = 3" =>
            "INSERT INTO article (category, author_id, published) VALUES ('b', 3, TRUE)",
            "UPDATE article SET category = 'b', author_id = 3 WHERE id = 1",
            "UPDATE article SET category = 'b', author_id = 3 WHERE category = 'g'";
    }

    null_is_a_value_of_a_scope on ARTICLES {
        "SELECT id FROM article WHERE category IS NULL" =>
            "UPDATE article SET category = NULL WHERE id = 1",
            "INSERT INTO article (id) VALUES (9)",
            "UPDATE article SET category = nullif('a', 'a') WHERE views = 5";
    }

    the_order_and_the_limit_decide_who_is_shown on ARTICLES {
        "SELECT id FROM article WHERE category = 'r' ORDER BY views DESC LIMIT 1",
        "SELECT * FROM article WHERE category = 'r' ORDER BY views DESC LIMIT 1",
        "SELECT id FROM article WHERE category = 'r' ORDER BY views DESC" =>
            "UPDATE article SET views = 9 WHERE id = 3", "DELETE FROM article WHERE id = 1";
        "SELECT id FROM article ORDER BY views DESC, id LIMIT 2 OFFSET 1" =>
            "UPDATE article SET views = 9 WHERE id = 3";
    }

    a_partner_that_was_missing_is_seen_when_it_comes on LIBRARY {
        "SELECT b.id, b.title, a.id, a.name FROM book b LEFT JOIN author a ON a.id = b.author_id",
        "SELECT b.id, a.id, a.name FROM book b JOIN author a ON a.id = b.author_id",
        "SELECT b.id FROM book b WHERE b.author_id IN (SELECT id FROM author)",
        "SELECT b.title, (SELECT name FROM author WHERE id = b.author_id) FROM book b WHERE b.id = 2",
        "SELECT b.id FROM book b LEFT JOIN author a ON a.id = b.author_id WHERE a.id IS NULL",
        "SELECT b.id, a.name FROM book b LEFT JOIN author a ON a.id = b.author_id AND a.region = 'n' WHERE b.id = 2" =>
            "INSERT INTO author (id, name, region) VALUES (12, 'eve', 'n')",
            "UPDATE author SET id = 12, region = 'n' WHERE id = 2",
            "INSERT INTO author VALUES (11, 'eve', 'n')" then "UPDATE author SET id = 12 WHERE id = 11";
    }

    a_filtered_partner_is_seen_when_it_fits on LIBRARY {
        "SELECT b.id, a.id, a.name FROM book b JOIN author a ON a.id = b.author_id WHERE a.region = 's'",
        "SELECT b.id, a.id FROM book b JOIN author a ON a.id = b.author_id AND a.region = 's'",
        "SELECT b.id, a.id, a.region FROM book b LEFT JOIN author a ON a.id = b.author_id WHERE a.region = 's'" =>
            "UPDATE author SET region = 's' WHERE id = 1", "UPDATE author SET region = 's' WHERE name = 'ann'";
    }

    conditions_on_the_optional_side_do_not_narrow_the_other on LIBRARY {
        "SELECT b.id, a.name FROM book b LEFT JOIN author a ON a.id = b.author_id AND b.author_id = 1" =>
            "INSERT INTO book VALUES (4, 2, 'd')";
        "SELECT a.id, b.id FROM author a LEFT JOIN book b ON b.author_id = a.id WHERE b.author_id IS NULL",
        "SELECT a.id FROM author a LEFT JOIN book b ON b.author_id = a.id WHERE b.author_id IS NULL AND a.id > 0" =>
            "INSERT INTO book VALUES (4, 2, 'd')", "UPDATE book SET author_id = 2 WHERE id = 2";
        "SELECT a.id FROM book b JOIN author a ON a.id = b.author_id WHERE b.author_id = 1" =>
            "UPDATE book SET author_id = 1 WHERE id = 3";
    }

    rows_that_cannot_be_told_apart_are_watched_together on UNTOLD {
        "SELECT key, value FROM setting WHERE area = 'n'", "SELECT * FROM setting WHERE area = 'n'",
        "SELECT value FROM setting WHERE key = 'A'", "SELECT key, value FROM setting" =>
            "UPDATE setting SET value = 'x' WHERE key = 'a'", "UPDATE setting SET value = 'x' WHERE key = 'A'",
            "UPDATE setting SET value = 'x' WHERE area = 'n'";
        "SELECT spot, name FROM place WHERE area = 'n'", "SELECT name FROM place WHERE spot = 1" =>
            "UPDATE place SET name = 'x' WHERE spot = 1", "UPDATE place SET name = 'x' WHERE spot = '1.0'",
            "UPDATE place SET name = 'x' WHERE name = 'one'";
        "SELECT id, name FROM many WHERE area = 'n'", "SELECT * FROM many", "SELECT id, name FROM many WHERE id > 0",
        "SELECT id, name FROM many WHERE id IN (SELECT id FROM many)" =>
            "UPDATE many SET name = 'x' WHERE id = 1499", "UPDATE many SET name = 'x' WHERE id > 20",
            "DELETE FROM many WHERE id = 1500";
    }
}
