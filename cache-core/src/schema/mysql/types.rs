//! From declared types to canonical ones.

use super::catalog::ColumnRow;
use crate::schema::{Alphabet, Column, Equality, Padding, Room, ValueClass};

/// The column of a catalog row.
pub(super) fn column(row: &ColumnRow) -> Column {
    let (class, room) = class(row);
    let mut column = Column::new(&row.name, class).room(room);
    if class == ValueClass::Text {
        column = column.equality(equality(row));
    }
    // Outside of strict mode, in some UPDATEs and INSERTs even inside, NULL becomes the type's zero.
    if row.nullable != "YES" {
        column = column.not_null().replaces_null();
    }
    if row.declared.split('(').next().is_some_and(|name| name.eq_ignore_ascii_case("time")) {
        column = column.time_of_day();
    }
    let extra = row.extra.to_ascii_lowercase();
    if extra.contains("auto_increment") {
        column = column.auto_increment();
    }
    if !row.generated.is_empty()
        || extra.contains("on update")
        || extra.contains("generated") && !extra.contains("default_generated")
    {
        column = column.generated();
    }
    if extra.contains("invisible") {
        column = column.invisible();
    }
    column
}

/// The canonical type, and what the column stores unchanged. Decimals, floats, dates, bits, enumerations, sets and
/// JSON compare by rules of their own.
fn class(row: &ColumnRow) -> (ValueClass, Room) {
    let declared = row.declared.to_ascii_lowercase();
    let name = declared.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let length = u64::try_from(row.length).unwrap_or_default();
    match name {
        "tinyint" => (ValueClass::Int, integers(8, &declared)),
        "smallint" => (ValueClass::Int, integers(16, &declared)),
        "mediumint" => (ValueClass::Int, integers(24, &declared)),
        "int" => (ValueClass::Int, integers(32, &declared)),
        "bigint" => (ValueClass::Int, integers(64, &declared)),
        "char" | "varchar" => (ValueClass::Text, Room::Chars(length)),
        "tinytext" | "text" | "mediumtext" | "longtext" => (ValueClass::Text, Room::Bytes(length)),
        "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => {
            (ValueClass::Bytes, Room::Bytes(length))
        }
        // Shorter values are padded with zeros.
        "binary" => (ValueClass::Bytes, Room::BytesExactly(length)),
        "uuid" => (ValueClass::Uuid, Room::Any),
        _ => (ValueClass::Other, Room::Any),
    }
}

fn integers(bits: u32, declared: &str) -> Room {
    if declared.contains("unsigned") {
        Room::Integers { least: 0, most: (1 << bits) - 1 }
    } else {
        Room::Integers { least: -(1 << (bits - 1)), most: (1 << (bits - 1)) - 1 }
    }
}

/// How a text column compares.
///
/// MariaDB's `_bin` collations pad with spaces, its `_nopad_bin` and MySQL's `utf8mb4_0900_bin` do not. Collations
/// that ignore case are known for ASCII (which a test asks a server); those of single languages contract pairs of
/// letters, and other character sets than `utf8mb4` lose characters. CHAR loses its trailing spaces.
fn equality(row: &ColumnRow) -> Equality {
    let equality = match row.collation.to_ascii_lowercase().as_str() {
        "utf8mb4_nopad_bin" | "utf8mb4_0900_bin" => Equality::Bytes,
        "utf8mb4_bin" => Equality::Padded,
        "utf8mb4_general_ci"
        | "utf8mb4_unicode_ci"
        | "utf8mb4_unicode_520_ci"
        | "utf8mb4_uca1400_ai_ci"
        | "utf8mb4_uca1400_as_ci" => Equality::IgnoringCase(Alphabet::Printable, Padding::Spaces),
        "utf8mb4_general_nopad_ci"
        | "utf8mb4_unicode_nopad_ci"
        | "utf8mb4_unicode_520_nopad_ci"
        | "utf8mb4_uca1400_nopad_ai_ci"
        | "utf8mb4_uca1400_nopad_as_ci" => Equality::IgnoringCase(Alphabet::Printable, Padding::None),
        // Only MySQL has them, and whether its punctuation counts was not tried.
        "utf8mb4_0900_ai_ci" | "utf8mb4_0900_as_ci" => {
            Equality::IgnoringCase(Alphabet::Alphanumeric, Padding::None)
        }
        _ => Equality::Unknown,
    };
    let pads = matches!(equality, Equality::Padded | Equality::IgnoringCase(_, Padding::Spaces));
    if row.declared.to_ascii_lowercase().starts_with("char") && !pads { Equality::Unknown } else { equality }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    fn declared(declared: &str, length: i64, collation: &str) -> Column {
        let (declared, collation) = (declared.to_owned(), collation.to_owned());
        column(&ColumnRow {
            name: "c".into(),
            declared,
            length,
            collation,
            nullable: "YES".into(),
            ..ColumnRow::default()
        })
    }

    #[test]
    fn integers_keep_what_fits() {
        let keeps = |declared_as: &str, value: i128| declared(declared_as, 0, "").keeps(&Value::Int(value));
        assert!(keeps("tinyint(1)", -128) && keeps("tinyint(1)", 127) && !keeps("tinyint(1)", 128));
        assert!(keeps("int(10) unsigned", 4_294_967_295) && !keeps("int(10) unsigned", -1));
        assert!(
            keeps("bigint(20) unsigned zerofill", u64::MAX.into()) && !keeps("bigint(20)", u64::MAX.into())
        );
    }

    #[test]
    fn bytes_and_text_keep_what_fits() {
        let text = declared("varchar(2)", 2, "utf8mb4_bin");
        assert!(text.keeps(&Value::from("éé")) && !text.keeps(&Value::from("abc")));
        assert!(!declared("tinytext", 2, "utf8mb4_bin").keeps(&Value::from("éé")));
        let binary = declared("binary(2)", 2, "");
        assert!(binary.keeps(&Value::Bytes(vec![1, 2])) && !binary.keeps(&Value::Bytes(vec![1])));
    }

    #[test]
    fn text_narrows_where_its_equality_is_known() {
        let form =
            |collation: &str, text: &str| declared("text", 65_535, collation).canonical(&Value::from(text));
        assert_eq!(form("utf8mb4_nopad_bin", "A "), Some(Value::from("A ")));
        assert_eq!(form("utf8mb4_bin", "É "), form("utf8mb4_bin", "É"));
        assert_ne!(form("utf8mb4_bin", "É"), form("utf8mb4_bin", "é"));
        assert_eq!(form("utf8mb4_general_ci", "Rust "), form("utf8mb4_general_ci", "rust"));
        assert_ne!(form("utf8mb4_general_nopad_ci", "rust "), form("utf8mb4_general_nopad_ci", "rust"));
        assert_eq!(form("utf8mb4_general_ci", "é"), None);
        assert!(!declared("text", 9, "utf8mb4_danish_ci").narrows());
        assert!(!declared("text", 9, "latin1_bin").narrows());
        assert!(declared("char(3)", 3, "utf8mb4_bin").narrows());
        assert!(!declared("char(3)", 3, "utf8mb4_nopad_bin").narrows());
    }

    #[test]
    fn times_of_day_are_told_from_dates_and_times() {
        assert!(declared("time", 0, "").is_time_of_day() && declared("time(6)", 0, "").is_time_of_day());
        assert!(
            !declared("timestamp", 0, "").is_time_of_day() && !declared("datetime", 0, "").is_time_of_day()
        );
    }

    #[test]
    fn what_compares_by_rules_of_its_own_never_narrows() {
        for other in
            ["decimal(10,2)", "double", "datetime(3)", "bit(3)", "enum('a')", "set('a')", "json", "year(4)"]
        {
            assert!(!declared(other, 3, "utf8mb4_bin").narrows(), "{other}");
        }
    }
}
