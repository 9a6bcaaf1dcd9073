//! Writes that no statement names.

use crate::{all_see, all_see_one, all_see_one_through_diesel, database};

const FAMILY: &str = "
    CREATE TABLE author (id INT PRIMARY KEY, name VARCHAR(20) NOT NULL DEFAULT 'n', score INT NOT NULL DEFAULT 0);
    CREATE TABLE article (
        id INT PRIMARY KEY, category VARCHAR(20) COLLATE utf8mb4_nopad_bin, views INT NOT NULL DEFAULT 0,
        author_id INT, editor_id INT,
        bucket INT AS (views DIV 10) VIRTUAL, label VARCHAR(30) COLLATE utf8mb4_nopad_bin AS (CONCAT(category, '!')) PERSISTENT,
        changed TIMESTAMP(6) NOT NULL DEFAULT '2000-01-01' ON UPDATE CURRENT_TIMESTAMP(6),
        FOREIGN KEY (author_id) REFERENCES author (id) ON DELETE CASCADE ON UPDATE CASCADE,
        FOREIGN KEY (editor_id) REFERENCES author (id) ON DELETE SET NULL ON UPDATE SET NULL);
    CREATE TABLE comment (
        id INT PRIMARY KEY, article_id INT, body VARCHAR(20),
        FOREIGN KEY (article_id) REFERENCES article (id) ON DELETE CASCADE);
    CREATE TABLE audit (id INT AUTO_INCREMENT PRIMARY KEY, note VARCHAR(40));
    CREATE VIEW popular AS SELECT id, category FROM article WHERE views > 0;
    INSERT INTO author (id, name) VALUES (1, 'ann'), (2, 'bob'), (3, 'eve');
    INSERT INTO article (id, category, views, author_id, editor_id) VALUES (1, 'r', 1, 1, 3), (2, 'g', 2, 1, 2), (3, 'r', 0, 2, 3);
    INSERT INTO comment VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 3, 'c')";

const SCOPES: &[(&str, &[&[&str]])] = &[("article", &[&["category"], &["bucket"], &["label"]])];

#[tokio::test]
async fn cascades_are_seen_at_every_level() {
    let reads = [
        "SELECT category FROM article WHERE id = 1",
        "SELECT id FROM article WHERE author_id = 1",
        "SELECT body FROM comment WHERE id = 1",
        "SELECT id FROM comment WHERE article_id = 2",
        "SELECT count(*) FROM comment",
    ];
    let writes = [
        "DELETE FROM author WHERE id = 1",
        "DELETE FROM author WHERE name = 'ann'",
        "REPLACE INTO author (id) VALUES (1)",
    ];
    all_see(FAMILY, SCOPES, &reads, &writes).await;
}

#[tokio::test]
async fn references_that_become_null_or_follow_are_seen() {
    let reads = [
        "SELECT editor_id FROM article WHERE id = 1",
        "SELECT id FROM article WHERE editor_id = 3",
        "SELECT id FROM article WHERE editor_id IS NULL",
    ];
    all_see(
        FAMILY,
        SCOPES,
        &reads,
        &["DELETE FROM author WHERE id = 3", "UPDATE author SET id = 30 WHERE id = 3"],
    )
    .await;
    let reads = ["SELECT author_id FROM article WHERE id = 1", "SELECT id FROM article WHERE author_id = 10"];
    all_see(
        FAMILY,
        SCOPES,
        &reads,
        &["UPDATE author SET id = 10 WHERE id = 1", "UPDATE author SET id = 10 WHERE name = 'ann'"],
    )
    .await;
}

#[tokio::test]
async fn generated_columns_follow_what_they_are_computed_from() {
    let reads = [
        "SELECT bucket FROM article WHERE id = 1",
        "SELECT id FROM article WHERE bucket = 5",
        "SELECT count(*) FROM article WHERE bucket = 5",
    ];
    all_see(
        FAMILY,
        SCOPES,
        &reads,
        &["UPDATE article SET views = 50 WHERE id = 1", "UPDATE article SET views = 50"],
    )
    .await;
    let reads = ["SELECT label FROM article WHERE id = 1", "SELECT id FROM article WHERE label = 'b!'"];
    all_see(
        FAMILY,
        SCOPES,
        &reads,
        &[
            "UPDATE article SET category = 'b' WHERE id = 1",
            "UPDATE article SET category = 'b' WHERE category = 'r'",
        ],
    )
    .await;
}

#[tokio::test]
async fn columns_that_change_with_every_update_are_seen() {
    let reads = [
        "SELECT changed FROM article WHERE id = 1",
        "SELECT count(*) FROM article WHERE changed > '2001-01-01'",
    ];
    all_see(
        FAMILY,
        SCOPES,
        &reads,
        &["UPDATE article SET views = 9 WHERE id = 1", "UPDATE article SET views = 9"],
    )
    .await;
}

#[tokio::test]
async fn views_are_read_and_written_through() {
    let reads = ["SELECT category FROM popular WHERE id = 1", "SELECT count(*) FROM popular"];
    all_see(FAMILY, SCOPES, &reads, &["UPDATE article SET views = 0, category = 'x' WHERE id = 1"]).await;
    let reads = ["SELECT id FROM article WHERE category = 'b'", "SELECT category FROM article WHERE id = 2"];
    all_see(
        FAMILY,
        SCOPES,
        &reads,
        &["UPDATE popular SET category = 'b' WHERE id = 2", "UPDATE popular SET category = 'b'"],
    )
    .await;
}

/// One trigger with this body on a family.
async fn triggered(trigger: &str, reads: &[&str], writes: &[&str]) {
    for write in writes {
        let case = database(FAMILY, SCOPES).await;
        case.write(trigger).await;
        all_see_one(&case, reads, write).await;
        all_see_one_through_diesel(FAMILY, SCOPES, &[trigger], reads, write);
    }
}

#[tokio::test]
async fn triggers_are_seen_and_what_they_trigger() {
    let note = ["SELECT note FROM audit", "SELECT count(*) FROM audit"];
    triggered(
        "CREATE TRIGGER t AFTER UPDATE ON author FOR EACH ROW INSERT INTO audit (note) VALUES (NEW.name)",
        &note,
        &["UPDATE author SET score = 1 WHERE id = 1", "UPDATE author SET score = 1"],
    )
    .await;
    triggered(
        "CREATE TRIGGER t BEFORE DELETE ON comment FOR EACH ROW INSERT INTO audit (note) VALUES (OLD.body)",
        &note,
        &[
            "DELETE FROM comment WHERE id = 1",
            "DELETE FROM comment",
            "REPLACE INTO comment VALUES (1, 1, 'x')",
        ],
    )
    .await;
    let branches = "CREATE TRIGGER t AFTER UPDATE ON author FOR EACH ROW BEGIN
        DECLARE category INT DEFAULT 1;
        IF NEW.score > 5 THEN UPDATE article SET views = 99 WHERE author_id = NEW.id AND category = 1;
        ELSEIF NEW.score > 3 THEN SET @x = 1;
        ELSE INSERT INTO audit (note) VALUES ('low'); END IF; END";
    triggered(
        branches,
        &["SELECT views FROM article WHERE id = 1", "SELECT id FROM article WHERE bucket = 9"],
        &["UPDATE author SET score = 6 WHERE id = 1"],
    )
    .await;
    triggered(branches, &note, &["UPDATE author SET score = 1 WHERE id = 1"]).await;
    let chain = "CREATE TRIGGER t AFTER DELETE ON comment FOR EACH ROW UPDATE article SET views = views + 10 WHERE id = OLD.article_id";
    triggered(
        chain,
        &[
            "SELECT views FROM article WHERE id = 1",
            "SELECT id FROM article WHERE bucket = 1",
            "SELECT count(*) FROM popular",
        ],
        &["DELETE FROM comment WHERE id IN (1, 3)"],
    )
    .await;
}

#[tokio::test]
async fn what_a_trigger_makes_of_a_row_is_seen() {
    let sets =
        "CREATE TRIGGER t BEFORE INSERT ON article FOR EACH ROW SET NEW.category = 'b', NEW.author_id = 2";
    triggered(
        sets,
        &["SELECT id FROM article WHERE category = 'b'", "SELECT count(*) FROM article WHERE author_id = 2"],
        &[
            "INSERT INTO article (id, category, author_id) VALUES (9, 'r', 1)",
            "INSERT INTO article SET id = 9, category = 'z'",
        ],
    )
    .await;
    let moves = "CREATE TRIGGER t BEFORE UPDATE ON article FOR EACH ROW BEGIN IF NEW.views > 5 THEN SET NEW.category = 'b'; END IF; END";
    triggered(
        moves,
        &[
            "SELECT id FROM article WHERE category = 'b'",
            "SELECT id FROM article WHERE category = 'r'",
            "SELECT category FROM article WHERE id = 1",
        ],
        &["UPDATE article SET views = 50 WHERE id = 1", "UPDATE article SET views = 50 WHERE category = 'r'"],
    )
    .await;
    let renames = "CREATE TRIGGER t BEFORE INSERT ON audit FOR EACH ROW SET NEW.id = 77";
    triggered(
        renames,
        &["SELECT note FROM audit WHERE id = 77"],
        &["INSERT INTO audit (note) VALUES ('x')", "INSERT INTO audit VALUES (5, 'x')"],
    )
    .await;
}

#[tokio::test]
async fn procedures_and_functions_may_write_anything() {
    let reads = ["SELECT views FROM article WHERE id = 1", "SELECT id FROM article WHERE category = 'r'"];
    for read in reads {
        let case = database(FAMILY, SCOPES).await;
        case.write("CREATE PROCEDURE arch() UPDATE article SET category = 'b', views = 3").await;
        case.write("CREATE FUNCTION lower2() RETURNS INT MODIFIES SQL DATA BEGIN UPDATE article SET category = 'c', views = 4; RETURN 1; END").await;
        for write in [
            "CALL arch()",
            "DO lower2()",
            "SELECT lower2()",
            "UPDATE author SET score = lower2() WHERE id = 1",
            "PREPARE s FROM 'UPDATE article SET category = \"d\", views = 5'; EXECUTE s",
        ] {
            case.write("UPDATE article SET category = 'r', views = 0").await;
            case.sees(read, write).await;
        }
    }
}

/// What is called is read like a statement: it ends what it may change, and nothing else.
#[tokio::test]
async fn procedures_and_functions_are_known_by_their_bodies() {
    let case = database(FAMILY, SCOPES).await;
    for routine in [
        "CREATE FUNCTION views_of(which INT) RETURNS INT READS SQL DATA \
         BEGIN DECLARE found INT; SELECT views INTO found FROM article WHERE id = which; RETURN found; END",
        "CREATE FUNCTION twice(which INT) RETURNS INT READS SQL DATA RETURN 2 * views_of(which)",
        "CREATE PROCEDURE praise(IN who INT, OUT best INT) BEGIN IF who > 0 THEN \
         INSERT INTO audit (note) VALUES (who); END IF; SELECT max(score) INTO best FROM author; \
         SET best = best + 1; END",
        "CREATE PROCEDURE show_all() SELECT * FROM article",
    ] {
        case.write(routine).await;
    }
    let article = "SELECT views FROM article WHERE id = 1";
    let audit = "SELECT count(*) FROM audit";
    for reads in ["SELECT views_of(1)", "DO twice(1)", "SELECT twice(id) FROM article", "CALL show_all()"] {
        case.keeps(article, reads).await;
    }
    case.keeps(article, "CALL praise(1, @best)").await;
    case.sees(audit, "CALL praise(1, @best)").await;
    case.never_caches("SELECT twice(id) FROM article").await;

    let lies = "CREATE OR REPLACE FUNCTION views_of(which INT) RETURNS INT READS SQL DATA \
                BEGIN UPDATE article SET views = views + 1; RETURN 1; END";
    case.write(lies).await;
    case.sees(article, "SELECT twice(1)").await;
    case.write("CREATE OR REPLACE PROCEDURE praise(a INT, OUT b INT) UPDATE article SET views = 77").await;
    case.sees(article, "CALL praise(1, @best)").await;
}

#[tokio::test]
async fn partitions_are_rows_of_their_table() {
    let setup = "CREATE TABLE part (id INT PRIMARY KEY, n INT) PARTITION BY RANGE (id) (PARTITION a VALUES LESS THAN (10), PARTITION b VALUES LESS THAN MAXVALUE); INSERT INTO part VALUES (1, 1), (20, 2)";
    let reads = [
        "SELECT n FROM part WHERE id = 1",
        "SELECT count(n) FROM part PARTITION (a)",
        "SELECT sum(n) FROM part",
    ];
    let writes = [
        "ALTER TABLE part TRUNCATE PARTITION a",
        "DELETE FROM part PARTITION (a)",
        "UPDATE part SET id = 30, n = 3 WHERE id = 1",
    ];
    all_see(setup, &[], &reads, &writes).await;
}

#[tokio::test]
async fn ddl_is_seen() {
    let reads = ["SELECT * FROM comment WHERE id = 1", "SELECT * FROM comment"];
    all_see(
        FAMILY,
        SCOPES,
        &reads,
        &["ALTER TABLE comment ADD COLUMN more INT DEFAULT 7", "TRUNCATE TABLE comment", "TRUNCATE comment"],
    )
    .await;
    let case = database(FAMILY, SCOPES).await;
    case.write("ALTER TABLE comment DROP FOREIGN KEY comment_ibfk_1").await;
    case.write("ALTER TABLE comment ADD FOREIGN KEY (article_id) REFERENCES article (id) ON DELETE SET NULL")
        .await;
    case.sees("SELECT article_id FROM comment WHERE id = 1", "DELETE FROM article WHERE id = 1").await;
}
