//! Which calls may be cached, and which may write.
//!
//! An allow list: what is not on it is not cached, and what is not even a known built-in may write. Date and
//! time functions are left out although most of their calls are pure: any text argument, a stored one
//! included, may be `'now'`.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, TableFactor, Visit, Visitor};

/// What a call may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Call {
    /// Its result depends on its arguments only.
    Immutable,
    /// It folds rows into one.
    Aggregate,
    /// A built-in that reads the clock, the session or chance, and writes nothing.
    Volatile,
    /// A function of the application or the database: it may do anything.
    Unknown,
}

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
    "ifnull",
    "iif",
    "instr",
    "json",
    "json_array",
    "json_array_length",
    "json_extract",
    "json_insert",
    "json_object",
    "json_patch",
    "json_quote",
    "json_remove",
    "json_replace",
    "json_set",
    "json_type",
    "json_valid",
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
];

const VOLATILE: &[&str] = &[
    "changes",
    "current_date",
    "current_time",
    "current_timestamp",
    "date",
    "datetime",
    "julianday",
    "last_insert_rowid",
    "now",
    "raise",
    "random",
    "randomblob",
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

/// Whether a statement calls, in whatever clause, something that may write.
pub(super) fn calls_unknown(node: &impl Visit) -> bool {
    struct Calls;
    impl Visitor for Calls {
        type Break = ();

        fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
            match expression {
                Expr::Function(call) if classify(&call.name.to_string()) == Call::Unknown => {
                    ControlFlow::Break(())
                }
                _ => ControlFlow::Continue(()),
            }
        }

        fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
            let name = match factor {
                TableFactor::Table { name, args: Some(_), .. } | TableFactor::Function { name, .. } => name,
                _ => return ControlFlow::Continue(()),
            };
            if may_be_called(&name.to_string()) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        }
    }
    node.visit(&mut Calls).is_break()
}

/// Whether a call of this name, as an expression or as a table, writes nothing.
pub(super) fn may_be_called(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    TABLE_VALUED.contains(&name.as_str()) || name.starts_with("pragma_") || classify(&name) != Call::Unknown
}

/// What a call of this name may do.
pub(super) fn classify(name: &str) -> Call {
    let name = name.to_ascii_lowercase();
    let is_in = |list: &[&str]| list.contains(&name.as_str());
    if is_in(IMMUTABLE) {
        Call::Immutable
    } else if is_in(AGGREGATE) {
        Call::Aggregate
    } else if is_in(VOLATILE) {
        Call::Volatile
    } else {
        Call::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_calls_are_immutable() {
        assert_eq!(classify("LOWER"), Call::Immutable);
        assert_eq!(classify("Count"), Call::Aggregate);
        assert_eq!(classify("date"), Call::Volatile);
        assert_eq!(classify("my_function"), Call::Unknown);
    }
}
