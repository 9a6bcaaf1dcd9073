//! Which calls may be cached, and which may write.
//!
//! An allow list: what is not on it is not cached, and what is not even a known built-in may write. PostgreSQL's own
//! catalog is the list where it was read. Date and
//! time functions are left out although most of their calls are pure: any text argument, a stored one
//! included, may be `'now'`.

use std::ops::ControlFlow;

use sqlparser::ast::{DataType, Expr, ObjectName, TableFactor, Visit, Visitor};

use crate::schema::{Dialect, Routine, Routines, Schema};

const IMMUTABLE: &[&str] = &[
    "abs",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "ceil",
    "ceiling",
    "char",
    "char_length",
    "character_length",
    "coalesce",
    "concat",
    "concat_ws",
    "cos",
    "cosh",
    "degrees",
    "exp",
    "floor",
    "format",
    "glob",
    "greatest",
    "hex",
    "if",
    "ifnull",
    "iif",
    "instr",
    "json",
    "json_array",
    "json_array_insert",
    "json_array_length",
    "json_error_position",
    "json_extract",
    "json_insert",
    "json_object",
    "json_patch",
    "json_pretty",
    "json_quote",
    "json_remove",
    "json_replace",
    "json_set",
    "json_type",
    "json_valid",
    "jsonb",
    "jsonb_array",
    "jsonb_array_insert",
    "jsonb_extract",
    "jsonb_insert",
    "jsonb_object",
    "jsonb_patch",
    "jsonb_remove",
    "jsonb_replace",
    "jsonb_set",
    "least",
    "length",
    "like",
    "likelihood",
    "likely",
    "ln",
    "log",
    "log10",
    "log2",
    "lower",
    "ltrim",
    "mod",
    "nullif",
    "octet_length",
    "pi",
    "pow",
    "power",
    "printf",
    "quote",
    "radians",
    "replace",
    "round",
    "rtrim",
    "sign",
    "sin",
    "sinh",
    "soundex",
    "sqrt",
    "substr",
    "substring",
    "tan",
    "tanh",
    "trim",
    "trunc",
    "typeof",
    "unhex",
    "unicode",
    "unistr",
    "unistr_quote",
    "unlikely",
    "upper",
    "zeroblob",
];

const AGGREGATE: &[&str] = &[
    "avg",
    "count",
    "group_concat",
    "json_group_array",
    "json_group_object",
    "max",
    "min",
    "string_agg",
    "sum",
    "total",
    "row_number",
    "rank",
    "dense_rank",
    "percent_rank",
    "cume_dist",
    "ntile",
    "lag",
    "lead",
    "first_value",
    "last_value",
    "nth_value",
    "jsonb_group_array",
    "jsonb_group_object",
];

const VOLATILE: &[&str] = &[
    "bm25",
    "changes",
    "current_date",
    "current_time",
    "current_timestamp",
    "date",
    "datetime",
    "fts5_get_locale",
    "fts5_insttoken",
    "fts5_locale",
    "fts5_source_id",
    "highlight",
    "julianday",
    "last_insert_rowid",
    "matchinfo",
    "now",
    "offsets",
    "raise",
    "random",
    "randomblob",
    "snippet",
    "sqlite_compileoption_get",
    "sqlite_compileoption_used",
    "sqlite_offset",
    "sqlite_source_id",
    "sqlite_version",
    "strftime",
    "time",
    "timediff",
    "total_changes",
    "unixepoch",
];

/// Functions that make a table of their arguments, and write nothing.
const TABLE_VALUED: &[&str] =
    &["generate_series", "json_each", "json_tree", "jsonb_each", "jsonb_tree", "unnest"];

/// What PostgreSQL has as syntax rather than as routines.
const SYNTAX: &[(&str, Routine)] = &[
    ("array", Routine::Immutable),
    ("coalesce", Routine::Immutable),
    ("greatest", Routine::Immutable),
    ("grouping", Routine::Immutable),
    ("least", Routine::Immutable),
    ("nullif", Routine::Immutable),
    ("row", Routine::Immutable),
    ("current_catalog", Routine::Volatile),
    ("current_date", Routine::Volatile),
    ("current_role", Routine::Volatile),
    ("current_schema", Routine::Volatile),
    ("current_time", Routine::Volatile),
    ("current_timestamp", Routine::Volatile),
    ("current_user", Routine::Volatile),
    ("localtime", Routine::Volatile),
    ("localtimestamp", Routine::Volatile),
    ("session_user", Routine::Volatile),
    ("system_user", Routine::Volatile),
    ("user", Routine::Volatile),
    ("json_array", Routine::Volatile),
    ("json_arrayagg", Routine::Volatile),
    ("json_objectagg", Routine::Volatile),
    ("json_exists", Routine::Volatile),
    ("json_query", Routine::Volatile),
    ("json_value", Routine::Volatile),
    ("json_scalar", Routine::Volatile),
    ("json_serialize", Routine::Volatile),
    ("merge_action", Routine::Volatile),
    ("xmlelement", Routine::Volatile),
    ("xmlforest", Routine::Volatile),
];

/// Whether a statement calls, in whatever clause, something that may write.
pub(super) fn calls_unknown(schema: &Schema, node: &impl Visit) -> bool {
    struct Calls<'s>(&'s Schema);
    impl Visitor for Calls<'_> {
        type Break = ();

        fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
            match expression {
                Expr::Function(call) if classify(self.0, &call.name) == Routine::Unknown => {
                    ControlFlow::Break(())
                }
                Expr::Cast { data_type, .. } if checks(self.0, data_type) => ControlFlow::Break(()),
                Expr::TypedString(typed) if checks(self.0, &typed.data_type) => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        }

        fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
            let name = match factor {
                TableFactor::Table { name, args: Some(_), .. } | TableFactor::Function { name, .. } => name,
                _ => return ControlFlow::Continue(()),
            };
            let name = name.0.last().and_then(|part| part.as_ident()).map(|name| name.value.as_str());
            if name.is_some_and(|name| may_be_called(self.0, name)) {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        }
    }
    node.visit(&mut Calls(schema)).is_break()
}

/// Whether a cast to this type may call what may write: one to a domain with such a check, or to an array of it.
fn checks(schema: &Schema, data_type: &DataType) -> bool {
    let Some(routines) = schema.routines().filter(|_| schema.dialect() == Dialect::Postgres) else {
        return false;
    };
    let text = data_type.to_string();
    let mut names = text.split(|character: char| !character.is_alphanumeric() && character != '_');
    names.any(|name| routines.checks(name))
}

/// Whether a call of this name, as an expression or as a table, writes nothing.
pub(super) fn may_be_called(schema: &Schema, name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    if let Some(routines) = schema.routines() {
        return named(schema, routines, &name) != Routine::Unknown;
    }
    TABLE_VALUED.contains(&name.as_str())
        || name.starts_with("pragma_")
        // `article_fts('one')` searches.
        || schema.is_search_index(&name)
        || listed(&name) != Routine::Unknown
}

/// What a call of this name may do. Of PostgreSQL's routines those of every namespace count: which of them a call
/// means depends on the types of its arguments.
pub(super) fn classify(schema: &Schema, name: &ObjectName) -> Routine {
    match schema.routines() {
        // A stored function may have the name of one that is built in, and is then called with its database.
        Some(_) if schema.dialect() == Dialect::MySql && name.0.len() > 1 => Routine::Unknown,
        Some(routines) => {
            let last = name.0.last().and_then(|part| part.as_ident());
            last.map_or(Routine::Unknown, |name| named(schema, routines, &name.value.to_ascii_lowercase()))
        }
        None => listed(&name.to_string().to_ascii_lowercase()),
    }
}

/// What the operators may do that a text may use.
pub(super) fn operates(schema: &Schema, sql: &str) -> Routine {
    schema.routines().map_or(Routine::Immutable, |routines| routines.operated(sql))
}

fn named(schema: &Schema, routines: &Routines, name: &str) -> Routine {
    if schema.dialect() == Dialect::MySql {
        return routines.named(name);
    }
    let syntax = SYNTAX.iter().find(|(syntax, _)| *syntax == name).map(|(_, routine)| *routine);
    syntax.unwrap_or_else(|| {
        // `title(a)` is a column of `a`, if there is no routine of this name.
        let is_column = || schema.tables().iter().any(|table| table.column_named(name).is_some());
        if !routines.has(name) && is_column() { Routine::Volatile } else { routines.named(name) }
    })
}

fn listed(name: &str) -> Routine {
    if IMMUTABLE.contains(&name) {
        Routine::Immutable
    } else if AGGREGATE.contains(&name) {
        Routine::Aggregate
    } else if VOLATILE.contains(&name) {
        Routine::Volatile
    } else {
        Routine::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_calls_are_immutable() {
        assert_eq!(listed("lower"), Routine::Immutable);
        assert_eq!(listed("count"), Routine::Aggregate);
        assert_eq!(listed("date"), Routine::Volatile);
        assert_eq!(listed("my_function"), Routine::Unknown);
    }
}
