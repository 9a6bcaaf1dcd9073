//! SQL text to plans.
//!
//! ORM syntax trees are opaque or incomplete, so the rendered text is what is analysed, once per text: a
//! [`Plan`] holds no values and is instantiated by `deps` with each call's bound values and returned rows.
//! The parser is cross-checked against the tokens and never trusted alone: what is not understood is wide
//! (a write touches more, a read is not cached).
//!
//! | module | what it is for |
//! |---|---|
//! | `tokens` | one text to numbered tokens, split into statements; verbs; transaction control |
//! | `analyse` | one text to its plan; what happens when the parser gives up |
//! | `names` | which column of which table an identifier is |
//! | `conditions` | what top-level conjuncts fix, and through which joins that propagates |
//! | `from` | FROM clauses, expressions, views |
//! | `select` | a SELECT to its sources |
//! | `write` | INSERT, UPDATE, DELETE to effects |
//! | `functions` | which calls may be cached |

mod analyse;
mod conditions;
mod from;
mod functions;
mod names;
mod plan;
mod select;
mod tokens;
mod write;

#[cfg(test)]
mod tests;

pub use analyse::analyse;
pub use plan::{
    Assigned, Condition, Conflict, ConflictTarget, Control, Delete, Effect, Fixed, Insert, Operand, Output,
    Partner, Plan, ReadPlan, Refusal, Replaces, Returning, Source, Update, ValuesRow, WritePlan,
};
pub(crate) use tokens::written_names;
