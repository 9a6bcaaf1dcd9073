//! Values that are not what the statement says.

use crate::setups::{ARTICLES, COLLATED, REPLACING, SLUGS};

cache_tests::promises! {
    a_number_is_stored_as_text_in_a_text_column on ARTICLES {
        "SELECT id FROM article WHERE category = '5'", "SELECT id FROM article WHERE category = 5" =>
            "INSERT INTO article (category) VALUES (5)", "INSERT INTO article (category) VALUES ('5')",
            "UPDATE article SET category = 5 WHERE id = 1", "UPDATE article SET category = '5' WHERE views = 1";
        "SELECT id FROM article WHERE category = '5.0'" => "UPDATE article SET category = 5.0 WHERE id = 1";
    }

    a_text_matches_a_number_and_a_flag on ARTICLES {
        "SELECT title FROM article WHERE id = '1'", "SELECT title FROM article WHERE id = 1.0",
        "SELECT title FROM article WHERE id = 1", "SELECT title FROM article WHERE id IN ('1', 77)" =>
            "UPDATE article SET title = 'x' WHERE id = 1", "UPDATE article SET title = 'x' WHERE id = '1'",
            "UPDATE article SET title = 'x' WHERE id = 1.0";
        "SELECT id FROM article WHERE published = '1' AND category = 'r'",
        "SELECT id FROM article WHERE published = 0 AND category = 'r'",
        "SELECT id FROM article WHERE published AND category = 'r'",
        "SELECT id FROM article WHERE published = FALSE AND category = 'r'" =>
            "UPDATE article SET published = FALSE WHERE id = 1", "UPDATE article SET published = '0' WHERE id = 1",
            "UPDATE article SET published = 0 WHERE category = 'r'";
        "SELECT id FROM article WHERE author_id = 7", "SELECT id FROM article WHERE author_id = '7'" =>
            "UPDATE article SET author_id = '07' WHERE id = 1", "INSERT INTO article (author_id) VALUES (7.0)",
            "UPDATE article SET author_id = 7 WHERE id = 1";
    }

    collations_make_different_texts_equal on COLLATED {
        "SELECT id FROM article WHERE category = 'R'", "SELECT id FROM article WHERE category = 'r'" =>
            "INSERT INTO article (category) VALUES ('r')", "INSERT INTO article (category) VALUES ('R')",
            "UPDATE article SET category = 'g' WHERE category = 'r'",
            "UPDATE article SET category = 'g' WHERE category = 'R'";
        "SELECT id FROM article WHERE tag = 'a  '", "SELECT id FROM article WHERE tag = 'a'" =>
            "INSERT INTO article (tag) VALUES ('a')", "UPDATE article SET tag = 'b' WHERE tag = 'a '";
    }

    a_comparison_has_a_collation_of_its_own on ARTICLES {
        "SELECT id FROM article WHERE category = 'R' COLLATE NOCASE",
        "SELECT id FROM article WHERE category COLLATE NOCASE = 'R'" =>
            "INSERT INTO article (category) VALUES ('r')", "UPDATE article SET category = 'b' WHERE id = 1";
        "SELECT id FROM article WHERE category = 'G'", "SELECT id FROM article WHERE category = 'g'" =>
            "UPDATE article SET category = 'G' WHERE category = 'g' COLLATE NOCASE",
            "UPDATE article SET category = upper(category)";
    }

    a_key_of_null_is_an_unknown_key on ARTICLES {
        "SELECT * FROM article WHERE id = 5", "SELECT id FROM article WHERE category = 'r'" =>
            "INSERT INTO article (id, category) VALUES (NULL, 'r')",
            "INSERT INTO article VALUES (NULL, 'r', 1, TRUE, 't', 0)";
    }

    an_upsert_changes_the_row_in_its_way_not_the_one_it_names on SLUGS {
        "SELECT title FROM article WHERE id = 7" =>
            "INSERT INTO article (id, slug, title) VALUES (99, 's', 'new') ON CONFLICT (slug) DO UPDATE SET title = excluded.title",
            "INSERT INTO article (id, slug) VALUES (99, 's') ON CONFLICT DO UPDATE SET title = 'other'",
            "INSERT INTO article (id, slug) VALUES (99, 's') ON CONFLICT (slug) DO UPDATE SET id = 50";
        "SELECT id, title FROM article WHERE category = 'r'" =>
            "INSERT INTO article (id, slug) VALUES (99, 's') ON CONFLICT (slug) DO UPDATE SET category = 'b'",
            "INSERT INTO article (id, category, title) VALUES (7, 'b', 'new') ON CONFLICT (id) DO UPDATE SET title = excluded.title",
            "INSERT INTO article (id, category, title) VALUES (7, 'b', 'new') ON CONFLICT (id) DO UPDATE SET title = 'x' RETURNING id, category";
        "SELECT id FROM article WHERE category = 'z'" =>
            "INSERT INTO article (slug, category) VALUES ('s', 'b') ON CONFLICT (slug) DO UPDATE SET category = 'z'",
            "INSERT INTO article (slug, category) VALUES ('s', 'z') ON CONFLICT (slug) DO UPDATE SET category = excluded.category",
            "INSERT INTO article (id, category) VALUES (7, 'b') ON CONFLICT (id) DO UPDATE SET category = 'z'";
        "SELECT id FROM article WHERE id = 50" =>
            "INSERT INTO article (id, slug) VALUES (99, 's') ON CONFLICT (slug) DO UPDATE SET id = 50";
    }

    what_is_replaced_is_deleted on REPLACING {
        "SELECT * FROM article WHERE id = 7", "SELECT id FROM article WHERE category = 'r'" =>
            "UPDATE OR REPLACE article SET slug = 's' WHERE id = 8", "REPLACE INTO article VALUES (9, 's', 'b')",
            "INSERT OR REPLACE INTO article VALUES (7, 'v', 'b')", "UPDATE OR REPLACE article SET id = 7 WHERE id = 8";
        "SELECT body FROM comment WHERE id = 1", "SELECT id FROM comment WHERE article_id = 7" =>
            "INSERT OR REPLACE INTO article VALUES (7, 's', 'b')", "REPLACE INTO article (slug) VALUES ('s')";
        "SELECT * FROM slot WHERE id = 7", "SELECT id FROM slot WHERE room = 'r'" =>
            "INSERT INTO slot (day, room) VALUES (1, 'b')", "UPDATE slot SET day = 1 WHERE id = 8";
        "SELECT value FROM setting WHERE key = 'a'" =>
            "INSERT INTO setting VALUES ('a', '9')", "UPDATE setting SET key = 'a' WHERE key = 'b'";
    }

    a_key_change_is_a_death_and_a_birth on ARTICLES {
        "SELECT title FROM article WHERE id = 1", "SELECT title FROM article WHERE id = 9",
        "SELECT id, title FROM article WHERE category = 'r'", "SELECT count(*) FROM article WHERE id > 4" =>
            "UPDATE article SET id = 9 WHERE id = 1", "UPDATE article SET rowid = 9 WHERE id = 1",
            "UPDATE article SET _rowid_ = 9 WHERE title = 'one'",
            "UPDATE article SET id = id + 8 WHERE category = 'r' AND views = 1";
    }
}
