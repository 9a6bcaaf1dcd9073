//! Values that are equal without being written alike, and the other way round.

use crate::setups::{AFFINITIES, ARTICLES, FLAGS, MIXED};

cache_tests::promises! {
    whatever_is_not_zero_is_true on FLAGS {
        "SELECT id FROM article WHERE published AND category = 'r'", "SELECT id FROM article WHERE published IS TRUE",
        "SELECT id FROM article WHERE published IS NOT FALSE AND category = 'r'",
        "SELECT id FROM article WHERE NOT NOT published", "SELECT id FROM article WHERE NOT published IS FALSE",
        "SELECT id FROM article WHERE coalesce(published, 1)", "SELECT id FROM article WHERE published <> FALSE" =>
            "UPDATE article SET published = 2 WHERE id = 1", "UPDATE article SET published = 7 WHERE category = 'r' AND published = 0",
            "INSERT INTO article VALUES (9, 2, 'r')", "UPDATE article SET published = -1 WHERE id = 1";
        "SELECT id FROM article WHERE NOT published", "SELECT id FROM article WHERE published IS FALSE",
        "SELECT id FROM article WHERE published IS NOT TRUE AND published IS NOT NULL", "SELECT id FROM article WHERE published = FALSE" =>
            "UPDATE article SET published = 0.0 WHERE id = 3", "UPDATE article SET published = '0' WHERE id = 3",
            "UPDATE article SET published = FALSE WHERE id = 3", "UPDATE article SET published = 0 WHERE published = TRUE";
        "SELECT id FROM article WHERE published IS NULL" =>
            "UPDATE article SET published = NULL WHERE id = 3", "UPDATE article SET published = TRUE WHERE published IS NULL";
    }

    a_default_stands_in_for_a_refused_null on FLAGS {
        "SELECT id FROM page WHERE category = 'x'", "SELECT * FROM page WHERE category = 'x'" =>
            "INSERT INTO page VALUES (9, 'new', NULL)", "UPDATE page SET category = NULL WHERE id = 1",
            "UPDATE page SET category = NULL WHERE category = 'r'", "INSERT INTO page (title) VALUES ('new')";
    }

    a_type_is_what_it_stores_not_what_it_is_called on AFFINITIES {
        "SELECT id FROM item WHERE code = '7'", "SELECT id FROM item WHERE code = 7", "SELECT id FROM item WHERE code = '007'" =>
            "UPDATE item SET code = '007' WHERE id = 1", "UPDATE item SET code = 7 WHERE id = 1", "INSERT INTO item (code) VALUES ('7.0')";
        "SELECT id FROM item WHERE day = '2020'", "SELECT id FROM item WHERE day = 2020" =>
            "UPDATE item SET day = '2020' WHERE id = 1", "UPDATE item SET day = 2020 WHERE id = 1";
        "SELECT id FROM item WHERE price = 1.5", "SELECT id FROM item WHERE price = '1.50'" =>
            "UPDATE item SET price = '1.50' WHERE id = 1", "UPDATE item SET price = 1.5 WHERE id = 1";
        "SELECT id FROM item WHERE price = 3", "SELECT id FROM item WHERE price = 3.0", "SELECT id FROM item WHERE price = '3'" =>
            "UPDATE item SET price = 3.0 WHERE id = 1", "UPDATE item SET price = '3.0' WHERE id = 1", "UPDATE item SET price = 3 WHERE price = 1";
        "SELECT id FROM item WHERE anything = 5" =>
            "UPDATE item SET anything = 5 WHERE id = 1", "UPDATE item SET anything = 5.0 WHERE id = 1";
        "SELECT id FROM item WHERE anything = '5'" => "UPDATE item SET anything = '5' WHERE id = 1";
        "SELECT id FROM item WHERE point = 5", "SELECT id FROM item WHERE point = '5'" =>
            "UPDATE item SET point = '5' WHERE id = 1", "UPDATE item SET point = 5.0 WHERE id = 1";
        "SELECT id FROM item WHERE size = 5", "SELECT id FROM item WHERE size = '5'", "SELECT id FROM item WHERE size = 5.0" =>
            "UPDATE item SET size = 5 WHERE id = 1", "UPDATE item SET size = '5' WHERE id = 1", "UPDATE item SET size = 0.5e1 WHERE size = 1";
        "SELECT id FROM item WHERE note = '5'" => "UPDATE item SET note = 5 WHERE id = 1", "UPDATE item SET note = x'35' || '' WHERE id = 1";
    }

    a_number_has_many_spellings on ARTICLES {
        "SELECT id FROM article WHERE author_id = 7", "SELECT id FROM article WHERE author_id = +7",
        "SELECT id FROM article WHERE author_id = (7)", "SELECT id FROM article WHERE author_id = 0x7",
        "SELECT id FROM article WHERE author_id = 7e0", "SELECT id FROM article WHERE author_id == 7",
        "SELECT id FROM article WHERE author_id IN (7, 8)", "SELECT id FROM article WHERE (author_id, published) = (7, TRUE)",
        "SELECT id FROM article WHERE (author_id, published) IN (VALUES (7, 1))",
        "SELECT id FROM article WHERE author_id BETWEEN 7 AND 7", "SELECT id FROM article WHERE NOT author_id <> 7",
        "SELECT id FROM article WHERE author_id IS NOT DISTINCT FROM 7", "SELECT id FROM article WHERE 7 = author_id" =>
            "UPDATE article SET author_id = 0x7 WHERE id = 1", "UPDATE article SET author_id = +7 WHERE id = 1",
            "UPDATE article SET author_id = 7e0 WHERE id = 1", "UPDATE article SET author_id = (7) WHERE id = 0x1",
            "UPDATE article SET author_id = 7 WHERE (id, views) = (1, 1)", "UPDATE article SET author_id = 3 + 4 WHERE id IS 1";
        "SELECT id FROM article WHERE author_id = -7", "SELECT id FROM article WHERE author_id = - 7" =>
            "UPDATE article SET author_id = -7 WHERE id = 1", "UPDATE article SET author_id = '-7' WHERE id = 1";
        "SELECT id FROM article WHERE author_id = TRUE AND category = 'q'" =>
            "UPDATE article SET category = 'q' WHERE author_id = 1", "UPDATE article SET category = 'q' WHERE id = TRUE";
    }

    a_join_compares_by_the_collation_of_its_left_side on MIXED {
        "SELECT o.id FROM one o JOIN two t ON t.colour = o.colour WHERE t.colour = 'red'",
        "SELECT o.id, t.id FROM one o JOIN two t ON o.colour = t.colour WHERE t.colour = 'red'",
        "SELECT o.id, t.id FROM one o JOIN two t ON t.colour = o.colour WHERE o.colour = 'red'",
        "SELECT o.id, t.id FROM one o LEFT JOIN two t ON t.colour = o.colour AND o.colour = 'RED'",
        "SELECT count(*) FROM one o JOIN two t USING (colour) WHERE t.colour = 'red'",
        "SELECT o.id, t.id FROM one o, two t WHERE t.colour = o.colour AND t.colour = 'RED'",
        "SELECT o.id, t.id FROM two t JOIN one o ON o.colour = t.colour COLLATE NOCASE WHERE t.colour = 'red'" =>
            "UPDATE one SET colour = 'blue' WHERE colour = 'red'" then "UPDATE one SET colour = 'blue' WHERE colour = 'RED'",
            "UPDATE two SET colour = 'blue' WHERE colour = 'red'", "DELETE FROM one WHERE id = 1" then "DELETE FROM one WHERE id = 2",
            "INSERT INTO one VALUES (5, 'RED', 1)" then "INSERT INTO one VALUES (6, 'red', 1)";
        "SELECT o.id, t.id FROM one o JOIN two t ON t.number = o.number WHERE o.number = 7",
        "SELECT o.id, t.id FROM one o JOIN two t ON o.number = t.number WHERE t.number = '07'",
        "SELECT o.id, t.id FROM one o JOIN two t ON o.number = t.number WHERE t.number = '7'" =>
            "UPDATE one SET number = 9 WHERE number = 7", "UPDATE two SET number = '9'",
            "UPDATE one SET number = 7 WHERE number = 8";
    }
}
