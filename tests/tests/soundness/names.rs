//! Columns that a read uses without saying so in the plainest way.

use crate::setups::{ARTICLES, HIDDEN, KEYLESS, SHELVES, TITLES};

cache_tests::promises! {
    natural_joins_and_using_name_columns_silently on SHELVES {
        "SELECT colour, price FROM one JOIN two USING (shelf)", "SELECT count(*) FROM one JOIN two USING (shelf) WHERE colour = 'blue'",
        "SELECT colour, price FROM one LEFT JOIN two USING (shelf) WHERE colour = 'blue'" =>
            "UPDATE one SET shelf = 'c' WHERE id = 2", "UPDATE two SET shelf = 'b' WHERE id = 2";
        "SELECT price FROM one NATURAL JOIN two" =>
            "UPDATE one SET shelf = 'c' WHERE id = 2", "UPDATE one SET shelf = 'q' WHERE id = 1";
        "SELECT colour, price FROM one LEFT JOIN two USING (shelf) WHERE one.id = 2" =>
            "UPDATE two SET shelf = 'b' WHERE id = 2";
    }

    a_row_id_is_the_key_by_other_names on ARTICLES {
        "SELECT title FROM article WHERE rowid = 1", "SELECT title FROM article WHERE oid = 1",
        "SELECT title FROM article WHERE article.ROWID = 1", "SELECT title FROM article WHERE _rowid_ IN (1, 9)",
        "SELECT title FROM article WHERE \"id\" = 1", "SELECT title FROM article WHERE [id] = 1", "SELECT title FROM article WHERE `ID` = 1" =>
            "UPDATE article SET title = 'x' WHERE id = 1", "UPDATE article SET title = 'x' WHERE rowid = 1",
            "UPDATE article SET title = 'x' WHERE _RowId_ = 1", "UPDATE article SET title = 'x' WHERE \"id\" = 1",
            "UPDATE article SET title = 'x' WHERE [ID] = 1", "UPDATE article SET id = 99 WHERE id = 1";
        "SELECT max(rowid) FROM article", "SELECT rowid FROM article WHERE category = 'r'",
        "SELECT count(*) FROM article WHERE rowid > 4" =>
            "INSERT INTO article (category) VALUES ('r')", "UPDATE article SET id = 99 WHERE id = 1",
            "UPDATE article SET rowid = 99 WHERE title = 'one'";
    }

    /// Without a key of its own, a row's number changes with REPLACE and by hand.
    tables_without_an_integer_key_are_tracked_too on KEYLESS {
        "SELECT rowid FROM setting WHERE key = 'a'" => "UPDATE setting SET rowid = 9 WHERE key = 'a'";
        "SELECT value FROM setting WHERE rowid = 1" => "UPDATE setting SET value = 'x' WHERE key = 'a'";
        "SELECT hits FROM visit WHERE page = 'p'" =>
            "UPDATE visit SET hits = 9 WHERE rowid = 1", "DELETE FROM visit WHERE hits = 1";
        "SELECT hits FROM visit WHERE rowid = 1" => "UPDATE visit SET hits = 9";
        "SELECT key FROM setting WHERE area = 'n'" => "INSERT INTO setting VALUES (NULL, '3', 'n')";
        "SELECT count(*) FROM setting WHERE key IS NULL", "SELECT value FROM setting WHERE key IS NULL" =>
            "INSERT INTO setting VALUES (NULL, '3', 'n')", "UPDATE setting SET key = NULL WHERE key = 'a'",
            "INSERT INTO setting VALUES (NULL, '3', 'n')" then "UPDATE setting SET value = '4' WHERE area = 'n'";
    }

    names_are_folded_and_quoted on ARTICLES {
        "SELECT TITLE FROM Article AS a WHERE A.Category = 'r'", "SELECT title FROM main.article WHERE id = 1" =>
            "UPDATE ARTICLE SET \"Title\" = 'x' WHERE [CATEGORY] = 'r'",
            "UPDATE main.article SET title = 'x' WHERE id = 1", "UPDATE article SET title = 'x' WHERE id = 1";
        // A double-quoted name that is no column is a text in SQLite.
        "SELECT id FROM article WHERE category = \"b\"", "SELECT id FROM article WHERE category = 'b'" =>
            "UPDATE article SET category = 'b' WHERE id = 1", "UPDATE article SET category = \"b\" WHERE id = 1";
    }

    an_unqualified_column_may_belong_to_another_table on SHELVES {
        "SELECT id FROM one WHERE colour = 'green'", "SELECT colour FROM one WHERE id = 2" =>
            "UPDATE one SET colour = 'green' FROM two WHERE price = 20 AND one.id = two.id",
            "UPDATE one SET colour = 'green' FROM two WHERE two.shelf = 'a'",
            "UPDATE one SET colour = 'green' FROM two WHERE two.id = 1";
        "SELECT id, size FROM one WHERE shelf = 'b'" =>
            "UPDATE one SET size = price FROM two WHERE two.shelf = 'c' AND one.id = 2",
            "UPDATE one SET size = price FROM two WHERE two.id = one.id";
    }

    aliases_do_not_hide_which_column_is_meant on ARTICLES {
        "SELECT id, views AS category FROM article WHERE category = 'r' ORDER BY category" =>
            "UPDATE article SET views = 9 WHERE id = 3";
        "SELECT category AS id, id AS key FROM article WHERE author_id = 1" =>
            "UPDATE article SET category = 'b' WHERE id = 1";
        "SELECT title AS id, id AS title FROM article WHERE category = 'r'" =>
            "UPDATE article SET title = 'x' WHERE id = 1", "UPDATE article SET title = 'x' WHERE category = 'r'";
    }

    a_common_table_expression_hides_a_table on HIDDEN {
        "WITH article AS (SELECT 1 AS id, name AS title FROM other) SELECT title FROM article WHERE id = 1" =>
            "UPDATE other SET name = 'b'", "INSERT INTO other VALUES ('c')";
    }

    expressions_over_payload_are_seen on TITLES {
        "SELECT count(a.title) FROM article a WHERE category = 'r'", "SELECT id, length(title) FROM article WHERE category = 'r'",
        "SELECT id, title || views FROM article WHERE id = 1", "SELECT max(title) FROM article WHERE category = 'r'",
        "SELECT group_concat(title) FROM article", "SELECT count(*) FROM article WHERE category = 'r' GROUP BY title IS NULL",
        "SELECT DISTINCT title IS NULL FROM article WHERE category = 'r'", "SELECT id FROM article ORDER BY title DESC LIMIT 1",
        "SELECT id, count(title) OVER () FROM article", "SELECT id FROM article WHERE category = 'r' GROUP BY id HAVING max(title) IS NULL" =>
            "UPDATE article SET title = NULL WHERE id = 1", "UPDATE article SET title = NULL WHERE title = 'zz'";
    }
}
