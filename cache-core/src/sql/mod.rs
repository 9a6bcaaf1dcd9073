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
//! | `definitions` | definitions that hold statements |
//! | `names` | which column of which table an identifier is |
//! | `conditions` | what top-level conjuncts fix, and through which joins that propagates |
//! | `from` | FROM clauses, expressions, views |
//! | `views` | what writes of views reach |
//! | `temporary` | which temporary relations a text makes |
//! | `targets` | whether what a statement writes is known, if no more is known of it |
//! | `select` | a SELECT to its sources |
//! | `projection`, `clauses`, `partners` | its parts: what it shows, how it groups, orders and limits, what it joins |
//! | `exotic` | clauses whose meaning is not modelled |
//! | `write` | INSERT, UPDATE, DELETE to effects |
//! | `repeat` | the words of a write that a query before it repeats |
//! | `mysql` | statements and texts that only MariaDB and MySQL have |
//! | `postgres` | statements that only PostgreSQL has, its settings, and texts that become the current time |
//! | `sqlite` | statements that only SQLite has |
//! | `functions` | which calls may be cached |
//! | `bodies` | which of the application's functions write nothing |

mod analyse;
mod bodies;
mod clauses;
mod conditions;
mod definitions;
mod exotic;
mod from;
mod functions;
mod mysql;
mod names;
mod partners;
mod plan;
mod postgres;
mod projection;
mod repeat;
mod select;
mod sqlite;
mod targets;
mod temporary;
mod tokens;
mod views;
mod write;

#[cfg(test)]
mod tests;

pub use analyse::analyse;
pub(crate) use analyse::{MAX_PARSED, trigger_effects, trigger_sets};
pub(crate) use bodies::read_bodies;
pub use plan::{
    Assigned, Condition, Conflict, ConflictTarget, Control, Delete, Duration, Effect, Fixed, Insert, Operand,
    Output, Partner, Plan, ReadPlan, Refusal, Replaces, Returned, Returning, RowVersion, Source, Update,
    ValuesRow, WritePlan,
};
pub(crate) use temporary::{Temporary, temporary};
