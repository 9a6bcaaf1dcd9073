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
    "dec",
    "decimal",
    "double",
    "double precision",
    "float",
    "float4",
    "float8",
    "inet",
    "int",
    "int2",
    "int4",
    "int4multirange",
    "int4range",
    "int8",
    "int8multirange",
    "int8range",
    "integer",
    "interval",
    "json",
    "jsonb",
    "jsonpath",
    "line",
    "lseg",
    "macaddr",
    "money",
    "name",
    "numeric",
    "nummultirange",
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
    "xml",
];

/// The same of extensions, which may be in any schema.
const OF_EXTENSIONS: &[&str] = &[
    "citext",
    "cube",
    "geography",
    "geometry",
    "halfvec",
    "hstore",
    "lquery",
    "ltree",
    "ltxtquery",
    "sparsevec",
    "vector",
];

fn is_timeless(names: &Names<'_>, data_type: &DataType) -> bool {
    let text = data_type.to_string();
    // Without its length, and as an element.
    let name = text.split(['(', '[']).next().unwrap_or_default().trim();
    let name = name.strip_prefix("pg_catalog.").unwrap_or(name).trim_matches('"');
    let unqualified = name.rsplit('.').next().unwrap_or_default().trim_matches('"');
    let is_domain = || names.schema.routines().is_some_and(|all| all.domain(unqualified).is_some());
    let is_told = OF_EXTENSIONS.contains(&unqualified.to_ascii_lowercase().as_str())
        || names.schema.is_enum(unqualified);
    TIMELESS.contains(&name.to_ascii_lowercase().as_str()) || is_told && !is_domain()
}
