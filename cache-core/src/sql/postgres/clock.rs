//! Texts that become the current time.

use sqlparser::ast::{DataType, Expr, Value as Literal};

use crate::schema::ValueClass;
use crate::sql::conditions::column;
use crate::sql::names::Names;

/// Whether an expression may turn a text into the current time: `'now'`, `'today'::date`, a cast of a text that is
/// not known.
pub(in crate::sql) fn reads_the_clock(names: &Names<'_>, expression: &Expr) -> bool {
    match expression {
        Expr::Value(value) => is_relative(&value.value),
        Expr::TypedString(typed) => is_relative(&typed.value.value),
        Expr::Cast { expr, data_type, .. } if !is_timeless(names, data_type) => match &**expr {
            Expr::Value(value) => matches!(value.value, Literal::Placeholder(_)),
            // What is a time already has been one when it was stored.
            inner => column(names, inner).is_none_or(|found| {
                names.table(found.draft).column(found.column).class() != ValueClass::Time
            }),
        },
        _ => false,
    }
}

fn is_relative(literal: &Literal) -> bool {
    let text = match literal {
        Literal::SingleQuotedString(text) | Literal::EscapedStringLiteral(text) => text,
        Literal::DollarQuotedString(text) => &text.value,
        Literal::NationalStringLiteral(text) => text,
        Literal::UnicodeStringLiteral(_) => return true,
        _ => return false,
    };
    let is_relative = |word: &str| {
        ["now", "today", "tomorrow", "yesterday"].iter().any(|relative| word.eq_ignore_ascii_case(relative))
    };
    text.split(|character: char| !character.is_ascii_alphabetic()).any(is_relative)
}

/// Types of which no value is a time, nor made of times. Others, and domains, may be.
const TIMELESS: &[&str] = &[
    "bigint",
    "bit",
    "bit varying",
    "bool",
    "boolean",
    "box",
    "bpchar",
    "bytea",
    "char",
    "character",
    "character varying",
    "cidr",
    "circle",
    "citext",
    "dec",
    "decimal",
    "double",
    "double precision",
    "float",
    "float4",
    "float8",
    "geography",
    "geometry",
    "halfvec",
    "hstore",
    "inet",
    "int",
    "int2",
    "int4",
    "int4range",
    "int8",
    "int8range",
    "integer",
    "interval",
    "json",
    "jsonb",
    "jsonpath",
    "line",
    "lseg",
    "ltree",
    "macaddr",
    "money",
    "name",
    "numeric",
    "numrange",
    "oid",
    "path",
    "point",
    "polygon",
    "real",
    "regclass",
    "smallint",
    "text",
    "tsquery",
    "tsvector",
    "uuid",
    "varbit",
    "varchar",
    "vector",
    "xml",
];

fn is_timeless(names: &Names<'_>, data_type: &DataType) -> bool {
    let text = data_type.to_string();
    // Without its length, and as an element.
    let name = text.split(['(', '[']).next().unwrap_or_default().trim();
    let name = name.strip_prefix("pg_catalog.").unwrap_or(name).trim_matches('"');
    TIMELESS.contains(&name.to_ascii_lowercase().as_str()) || names.schema.is_enum(name)
}
