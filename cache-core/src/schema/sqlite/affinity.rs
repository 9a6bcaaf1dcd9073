//! From declared types to canonical ones.

use super::ddl::Strictness;
use crate::schema::ValueClass;

/// The canonical type behind a column's affinity (<https://sqlite.org/datatype3.html#affname>).
///
/// INTEGER and NUMERIC columns keep integers as they are and never hold a text that equals one; text that
/// is written to them may be converted, and is not canonical. TEXT columns keep text, BLOB columns keep
/// bytes. REAL columns convert.
pub(super) fn class(declared: &str, strictness: Strictness) -> ValueClass {
    let declared = declared.to_ascii_uppercase();
    let has = |parts: &[&str]| parts.iter().any(|part| declared.contains(part));
    if has(&["INT"]) {
        ValueClass::Int
    } else if has(&["CHAR", "CLOB", "TEXT"]) {
        ValueClass::Text
    } else if has(&["BLOB"]) || declared.is_empty() {
        ValueClass::Bytes
    } else if has(&["REAL", "FLOA", "DOUB"]) {
        ValueClass::Other
    } else if declared == "ANY" && strictness == Strictness::Strict {
        ValueClass::Bytes
    } else {
        ValueClass::Int
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn affinities_give_canonical_types() {
        let ordinary = |declared| class(declared, Strictness::Ordinary);
        assert_eq!(ordinary("BIGINT UNSIGNED"), ValueClass::Int);
        assert_eq!(ordinary("boolean"), ValueClass::Int);
        assert_eq!(ordinary("decimal(10,2)"), ValueClass::Int);
        assert_eq!(ordinary("varchar(20)"), ValueClass::Text);
        assert_eq!(ordinary("CHARINT"), ValueClass::Int);
        assert_eq!(ordinary(""), ValueClass::Bytes);
        assert_eq!(ordinary("double precision"), ValueClass::Other);
        assert_eq!(ordinary("ANY"), ValueClass::Int);
        assert_eq!(class("ANY", Strictness::Strict), ValueClass::Bytes);
    }
}
