//! Writes that no statement names, on every database, as one table.

use cache_tests::backend::Backend;
use cache_tests::case::{Case, read};
use cache_tests::promise::Setup;
use cache_tests::read::Answer;

use crate::{postgres, setups};

/// What there is of a kind of write on a database.
#[derive(Clone, Copy)]
enum Sight {
    /// A read, and a write that changes its result.
    Seen(&'static str, &'static str),
    /// The same, after this change of the schema.
    Made(&'static str, &'static str, &'static str),
    /// Nothing: the server refuses this.
    Absent(&'static str),
}

use Sight::{Absent, Made, Seen};

/// A kind of write, on SQLite, PostgreSQL and MariaDB.
struct Kind(&'static str, [Sight; 3]);

/// What all of them show alike.
const fn everywhere(text: &'static str, write: &'static str) -> [Sight; 3] {
    [Seen(text, write); 3]
}

const SETUPS: [Setup; 3] = [setups::FAMILY, postgres::FAMILY, MARIADB];

const MARIADB: Setup = Setup {
    backend: Backend::MariaDb,
    sql: "
        CREATE TABLE author (id INT PRIMARY KEY, name VARCHAR(20));
        CREATE TABLE article (
            id INT PRIMARY KEY, category VARCHAR(20) COLLATE utf8mb4_nopad_bin, author_id INT, editor_id INT,
            views INT NOT NULL DEFAULT 0, twice INT AS (views * 2) VIRTUAL, edits INT NOT NULL DEFAULT 0,
            changed TIMESTAMP(6) NOT NULL DEFAULT '2000-01-01' ON UPDATE CURRENT_TIMESTAMP(6),
            FOREIGN KEY (author_id) REFERENCES author (id) ON DELETE CASCADE,
            FOREIGN KEY (editor_id) REFERENCES author (id) ON DELETE SET NULL);
        CREATE TABLE comment (id INT PRIMARY KEY, article_id INT, body VARCHAR(20),
            FOREIGN KEY (article_id) REFERENCES article (id) ON DELETE CASCADE ON UPDATE CASCADE);
        CREATE TABLE audit (id INT AUTO_INCREMENT PRIMARY KEY, note VARCHAR(20));
        CREATE TABLE log (id INT PRIMARY KEY, n INT NOT NULL DEFAULT 0);
        CREATE TABLE tick (id INT PRIMARY KEY);
        CREATE TABLE event (id INT PRIMARY KEY, note VARCHAR(20)) PARTITION BY RANGE (id)
            (PARTITION one VALUES LESS THAN (10), PARTITION two VALUES LESS THAN MAXVALUE);
        CREATE VIEW front AS SELECT id, category FROM article WHERE category = 'r';
        INSERT INTO author VALUES (1, 'ann'), (2, 'bob'), (3, 'eve');
        INSERT INTO article (id, category, author_id, editor_id) VALUES (1, 'r', 1, 3), (2, 'g', 2, 1), (3, 'r', 1, 2);
        INSERT INTO comment VALUES (1, 1, 'a'), (2, 2, 'b');
        INSERT INTO log VALUES (1, 0);
        INSERT INTO event VALUES (1, 'a'), (20, 'b');
        CREATE PROCEDURE bumped() UPDATE log SET n = n + 1;
        CREATE FUNCTION bump() RETURNS INT MODIFIES SQL DATA BEGIN UPDATE log SET n = n + 1; RETURN 1; END;
        CREATE TRIGGER noted AFTER UPDATE ON author FOR EACH ROW INSERT INTO audit (note) VALUES (NEW.name);
        CREATE TRIGGER edited BEFORE UPDATE ON article FOR EACH ROW SET NEW.edits = OLD.edits + 1;
        CREATE TRIGGER ticked AFTER INSERT ON tick FOR EACH ROW CALL bumped()",
    scopes: &[("article", &[&["category"], &["author_id"], &["editor_id"]])],
};

const LOG: &str = "SELECT n FROM log WHERE id = 1";

/// In this order: the later ones remove rows.
const KINDS: &[Kind] = &[
    Kind(
        "SET NULL",
        everywhere("SELECT id FROM article WHERE editor_id IS NULL", "DELETE FROM author WHERE id = 3"),
    ),
    Kind(
        "trigger on another table",
        everywhere("SELECT note FROM audit", "UPDATE author SET name = 'new' WHERE id = 2"),
    ),
    Kind(
        "trigger on the row itself",
        [
            Made(
                "CREATE TRIGGER edited AFTER UPDATE OF views ON article BEGIN
                    UPDATE article SET category = 'edited' WHERE id = NEW.id; END",
                "SELECT category FROM article WHERE id = 3",
                "UPDATE article SET views = 6 WHERE id = 3",
            ),
            Seen("SELECT changed FROM article WHERE id = 4", "UPDATE article SET views = 7 WHERE id = 4"),
            Seen("SELECT edits FROM article WHERE id = 3", "UPDATE article SET views = 7 WHERE id = 3"),
        ],
    ),
    Kind(
        "trigger that cannot be read",
        [
            Absent("CREATE TRIGGER t AFTER DELETE ON comment BEGIN CALL bumped(); END"),
            Seen(LOG, "DELETE FROM comment WHERE id = 3"),
            Seen(LOG, "INSERT INTO tick VALUES (1)"),
        ],
    ),
    Kind(
        "INSTEAD OF trigger on a view",
        [
            Seen(
                "SELECT category FROM article WHERE id = 3",
                "UPDATE popular SET category = 'b' WHERE id = 3",
            ),
            Seen("SELECT name FROM author WHERE id = 2", "UPDATE names SET name = 'x' WHERE id = 2"),
            Absent("CREATE TRIGGER t INSTEAD OF UPDATE ON front FOR EACH ROW SET @x = 1"),
        ],
    ),
    Kind("view that is written", {
        const TEXT: &str = "SELECT category FROM article WHERE id = 3";
        const WRITE: &str = "UPDATE front SET category = 'x' WHERE id = 3";
        [Absent("UPDATE busy SET size = 9"), Seen(TEXT, WRITE), Seen(TEXT, WRITE)]
    }),
    Kind(
        "partition written directly",
        [
            Absent(PARTITIONED),
            Seen("SELECT note FROM event WHERE id = 1", "UPDATE event_1 SET note = 'z' WHERE id = 1"),
            Seen("SELECT note FROM event WHERE id = 1", "UPDATE event PARTITION (one) SET note = 'z'"),
        ],
    ),
    Kind(
        "partition of a written table",
        [
            Absent(PARTITIONED),
            Seen("SELECT note FROM event_1", "UPDATE event SET note = 'y' WHERE id = 1"),
            Seen("SELECT note FROM event PARTITION (one)", "UPDATE event SET note = 'y' WHERE id = 1"),
        ],
    ),
    Kind("inheritance child", {
        const HEIR: &str = "CREATE TABLE heir (n INT) INHERITS (author)";
        let dog = Seen("SELECT name FROM animal WHERE id = 2", "UPDATE dog SET name = 'max'");
        [Absent(HEIR), dog, Absent(HEIR)]
    }),
    Kind("rule", {
        const RULE: &str = "CREATE RULE r AS ON UPDATE TO author DO NOTHING";
        [Absent(RULE), Seen(LOG, "UPDATE ruled SET n = 70"), Absent(RULE)]
    }),
    Kind(
        "stored procedure",
        [
            Absent("CREATE PROCEDURE bumped() UPDATE audit SET note = 'b'"),
            Seen(LOG, "CALL bumped()"),
            Seen(LOG, "CALL bumped()"),
        ],
    ),
    Kind(
        "stored function",
        [
            Absent("CREATE FUNCTION bump() RETURNS INT RETURN 1"),
            Seen(LOG, "SELECT bump()"),
            Seen(LOG, "SELECT bump()"),
        ],
    ),
    Kind(
        "default that calls a function",
        [
            Absent(
                "CREATE TABLE careful (id INT, n INT DEFAULT (bump())); INSERT INTO careful (id) VALUES (1)",
            ),
            Seen(LOG, "INSERT INTO careful (id) VALUES (1)"),
            Absent("CREATE TABLE careful (id INT, n INT DEFAULT (bump()))"),
        ],
    ),
    Kind(
        "block of statements",
        [
            Absent("BEGIN NOT ATOMIC UPDATE audit SET note = 'b'; END"),
            Seen(LOG, "DO $$ BEGIN UPDATE log SET n = 500; END $$"),
            Seen(LOG, "BEGIN NOT ATOMIC UPDATE log SET n = 500; END"),
        ],
    ),
    Kind("materialized view", {
        const VIEW: &str = "CREATE MATERIALIZED VIEW m AS SELECT id FROM author";
        let refreshed =
            Seen("SELECT size FROM sizes WHERE category = 'x'", "REFRESH MATERIALIZED VIEW sizes");
        [Absent(VIEW), refreshed, Absent(VIEW)]
    }),
    Kind(
        "generated column",
        [
            Seen("SELECT bucket FROM article WHERE id = 2", "UPDATE article SET views = 90 WHERE id = 2"),
            Seen("SELECT twice FROM article WHERE id = 4", "UPDATE article SET views = 90 WHERE id = 4"),
            Seen("SELECT twice FROM article WHERE id = 2", "UPDATE article SET views = 90 WHERE id = 2"),
        ],
    ),
    Kind("column that changes with its row", {
        const STAMPED: &str =
            "CREATE TABLE stamped (at TIMESTAMP DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP)";
        let changed =
            Seen("SELECT changed FROM article WHERE id = 2", "UPDATE article SET views = 8 WHERE id = 2");
        [Absent(STAMPED), Absent(STAMPED), changed]
    }),
    Kind(
        "key that follows its parent's",
        everywhere("SELECT article_id FROM comment WHERE id = 2", "UPDATE article SET id = 20 WHERE id = 2"),
    ),
    Kind(
        "DDL",
        [
            Seen(
                "SELECT count(*) FROM popular",
                "DROP VIEW popular; CREATE VIEW popular AS SELECT id, category FROM article",
            ),
            Seen(
                "SELECT count(*) FROM front",
                "CREATE OR REPLACE VIEW front AS SELECT id, category, author_id FROM article",
            ),
            Seen(
                "SELECT count(*) FROM front",
                "CREATE OR REPLACE VIEW front AS SELECT id, category FROM article",
            ),
        ],
    ),
    Kind("row that another one replaces", {
        const TEXT: &str = "SELECT body FROM comment WHERE id = 2";
        const WRITE: &str = "REPLACE INTO article (id) VALUES (20)";
        [Seen(TEXT, WRITE), Absent(WRITE), Seen(TEXT, WRITE)]
    }),
    Kind(
        "cascade of two levels",
        everywhere("SELECT body FROM comment WHERE id = 1", "DELETE FROM author WHERE id = 1"),
    ),
    Kind(
        "TRUNCATE with what references",
        [
            Absent("TRUNCATE author"),
            Seen("SELECT count(*) FROM article", "TRUNCATE author CASCADE"),
            Absent("TRUNCATE author"),
        ],
    ),
    Kind(
        "prepared statement",
        [
            Absent("PREPARE p FROM 'DELETE FROM audit'"),
            Seen(LOG, "PREPARE p AS UPDATE log SET n = 600; EXECUTE p"),
            Seen(LOG, "PREPARE p FROM 'UPDATE log SET n = 600'; EXECUTE p"),
        ],
    ),
];

const PARTITIONED: &str = "CREATE TABLE event (id INT) PARTITION BY RANGE (id)";

/// How a database fares with a kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Cell {
    Seen,
    Missed,
    Absent,
}

async fn look(case: &Case, sight: Sight) -> Cell {
    let (text, write) = match sight {
        Seen(text, write) => (text, write),
        Made(change, text, write) => {
            case.write(change).await;
            (text, write)
        }
        Absent(refused) => {
            assert!(case.try_write(refused).await.is_err(), "it is there: {refused}");
            return Cell::Absent;
        }
    };
    let text = read(text);
    let before = case.warm(&text).await;
    case.write(write).await;
    let truth = case.subject().truth(&text).await;
    assert!(matches!(truth, Answer::Rows(_)), "{truth}: {text}");
    assert_ne!(before, truth, "the write must change the result: {write}");
    if case.subject().cached(&text).await.0 == truth { Cell::Seen } else { Cell::Missed }
}

#[tokio::test]
async fn invisible_writes_are_missed_on_no_database() {
    let mut columns = Vec::new();
    for (place, setup) in SETUPS.iter().enumerate() {
        let case = setup.open().await;
        let mut column = Vec::new();
        for Kind(_, on) in KINDS {
            column.push(look(&case, on[place]).await);
        }
        columns.push(column);
    }
    let print = |name: &str, cells: Vec<&str>| {
        println!("{name:<34}{:<20}{:<20}{:<20}", cells[0], cells[1], cells[2]);
    };
    print("invisible write", SETUPS.iter().map(|setup| setup.backend.name()).collect());
    for (row, Kind(name, _)) in KINDS.iter().enumerate() {
        let word = |cell| match cell {
            Cell::Seen => "seen",
            Cell::Missed => "MISSED",
            Cell::Absent => "not on this server",
        };
        print(name, columns.iter().map(|column| word(column[row])).collect());
    }
    let missed = columns.iter().map(|column| column.iter().filter(|cell| **cell == Cell::Missed).count());
    let missed: Vec<usize> = missed.collect();
    let counts: Vec<String> = missed.iter().map(usize::to_string).collect();
    print("missed", counts.iter().map(String::as_str).collect());
    assert_eq!(missed, [0; 3]);
}
