//! Values of all types, bound and returned.

use cache_diesel::{CacheExt, Declaration};
use diesel::connection::SimpleConnection;
use diesel::mysql::data_types::{MysqlTime, MysqlTimestampType};
use diesel::prelude::*;

use crate::shop::{Conn, Shop, is_hit};

diesel::table! {
    thing (id) {
        id -> Unsigned<BigInt>,
        small -> TinyInt,
        flag -> Bool,
        tag -> Varbinary,
        note -> Text,
        plain -> Text,
        price -> Double,
        at -> Datetime,
        kind -> Nullable<Integer>,
        n -> Integer,
    }
}

const DDL: &str =
    "CREATE TABLE thing (id BIGINT UNSIGNED PRIMARY KEY, small TINYINT NOT NULL, flag BOOLEAN NOT NULL,
        tag VARBINARY(8) NOT NULL, note VARCHAR(20) COLLATE utf8mb4_bin NOT NULL, plain VARCHAR(20) NOT NULL,
        price DOUBLE NOT NULL, at DATETIME NOT NULL, kind INT, n INT NOT NULL DEFAULT 0);
    INSERT INTO thing VALUES
        (18446744073709551615, -3, TRUE, x'ff00', 'Rust ', 'Rust', 1.5, '2024-05-06 07:08:09', 7, 0),
        (2, 4, FALSE, 'a', 'rust', 'x', 2.5, '2024-05-07 00:00:00', NULL, 0);";

const FIRST: u64 = u64::MAX;

fn noon(day: u32) -> MysqlTime {
    MysqlTime::new(2024, 5, day, 7, 8, 9, 0, false, MysqlTimestampType::MYSQL_TIMESTAMP_DATETIME, 0)
}

type Write = fn(&mut Conn, i32) -> QueryResult<usize>;
type Read = fn(&mut Conn) -> Vec<(u64, i32)>;

macro_rules! by {
    ($($condition:expr),* $(,)?) => {
        [$((stringify!($condition), |conn: &mut Conn| {
            thing::table.filter($condition).select((thing::id, thing::n)).cached().load(conn).unwrap()
        }),)*]
    };
}

#[test]
fn a_read_by_a_value_of_any_type_sees_what_is_written_by_any_other() {
    let mut shop = Shop::open();
    let conn = &mut shop.conn;
    conn.batch_execute(DDL).unwrap();
    let scope = |column: &str| Declaration::new("thing").scope([column]);
    conn.declare(["small", "flag", "tag", "note", "plain", "kind"].map(scope)).unwrap();
    // The keys are read, so that writes that name no key meet them by what was read.
    let narrow: [(&str, Read); 6] = by![
        thing::id.eq(FIRST),
        thing::small.eq(-3),
        thing::flag.eq(true),
        thing::tag.eq(b"\xff\0".to_vec()),
        thing::note.eq("Rust"),
        thing::kind.eq(7),
    ];
    let wide: [(&str, Read); 5] = by![
        thing::plain.eq("rust  "),
        thing::price.eq(1.5),
        thing::at.eq(noon(6)),
        thing::kind.is_not_null(),
        thing::id.eq_any([FIRST, 5]),
    ];
    let mut expected = 0;
    for (name, read) in narrow.iter().chain(&wide) {
        assert_eq!(read(conn), [(FIRST, expected)], "{name}");
        assert!(is_hit(conn, |conn| drop(read(conn))), "{name}");
        let writes: [Write; 4] = [
            |conn, n| diesel::update(thing::table.find(FIRST)).set(thing::n.eq(n)).execute(conn),
            |conn, n| {
                diesel::update(thing::table.filter(thing::at.eq(noon(6)))).set(thing::n.eq(n)).execute(conn)
            },
            |conn, n| {
                let tagged = thing::table.filter(thing::tag.eq(b"\xff\0".to_vec()));
                diesel::update(tagged).set(thing::n.eq(n)).execute(conn)
            },
            |conn, n| {
                let noted = thing::table.filter(thing::note.eq("Rust").and(thing::price.gt(1.0)));
                diesel::update(noted).set(thing::n.eq(n)).execute(conn)
            },
        ];
        for write in writes {
            expected += 1;
            assert_eq!(write(conn, expected), Ok(1), "{name}");
            assert_eq!(read(conn), [(FIRST, expected)], "{name}");
        }
    }
    for (name, read) in narrow {
        read(conn);
        diesel::update(thing::table.find(2)).set(thing::n.eq(expected)).execute(conn).unwrap();
        assert!(is_hit(conn, |conn| drop(read(conn))), "{name}: another row");
        expected += 1;
    }
}

#[test]
fn a_move_is_found_by_what_the_row_was_whatever_the_type_of_the_scope() {
    let mut shop = Shop::open();
    let conn = &mut shop.conn;
    conn.batch_execute(DDL).unwrap();
    let scope = |column: &str| Declaration::new("thing").scope([column]);
    conn.declare(["small", "flag", "tag", "note"].map(scope)).unwrap();
    macro_rules! moves {
        ($($column:expr, $from:expr, $to:expr, $third:expr;)*) => {$(
            let count = |conn: &mut Conn, value| thing::table.filter($column.eq(value)).cached().count(conn).unwrap();
            let values = [$from, $to, $third];
            let before = values.clone().map(|value| count(conn, value));
            assert_eq!(diesel::update(thing::table.find(FIRST)).set($column.eq($to)).execute(conn), Ok(1));
            let [from, to, third] = values;
            assert!(is_hit(conn, |conn| assert_eq!(count(conn, third), before[2])), "{}", stringify!($column));
            assert_eq!((count(conn, from), count(conn, to)), (before[0] - 1, before[1] + 1));
        )*};
    }
    moves! {
        thing::small, -3, 9, 8;
        thing::tag, b"\xff\0".to_vec(), b"x".to_vec(), b"y".to_vec();
        thing::note, "Rust", "moved", "third";
    }
}
