//! What a text means, before any value is known.

use std::fmt;

pub use crate::schema::Duration;
use crate::schema::{ColumnId, Columns, TableId};
use crate::value::Value;

/// What one SQL text does.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
    /// It reads.
    Read(ReadPlan),
    /// It writes; possibly in several statements.
    Write(WritePlan),
    /// It begins or ends a transaction or savepoint.
    Control(Control),
    /// It changes what later statements of its session mean: the search path, the role, the time zone.
    Setting(Duration),
    /// It neither reads nor writes data, and its result is not cached (`PRAGMA`, `EXPLAIN`, `VACUUM`, ...).
    Neutral,
}

/// Whether the rows that a statement writes come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returned {
    /// They do.
    Yes,
    /// They do not.
    No,
}

impl Plan {
    /// Whether it may change data.
    #[must_use]
    pub fn is_write(&self) -> bool {
        matches!(self, Plan::Write(_))
    }

    /// If it is one INSERT, UPDATE or DELETE, and nothing else: whether its rows come back.
    #[must_use]
    pub fn writes_rows(&self) -> Option<Returned> {
        let Plan::Write(WritePlan { single: true, effects, .. }) = self else { return None };
        let [effect] = effects.as_slice() else { return None };
        let returning = match effect {
            Effect::Insert(insert) => &insert.returning,
            Effect::Update(update) => &update.returning,
            Effect::Delete(delete) => &delete.returning,
            Effect::Table(_) | Effect::Everything => return None,
        };
        Some(if returning.is_some() { Returned::Yes } else { Returned::No })
    }

    /// Whether statements after it may mean something else because of it: it controls transactions, changes the schema or
    /// the session, or may do so.
    #[must_use]
    pub fn changes_what_follows(&self) -> bool {
        match self {
            Plan::Write(plan) => {
                plan.changes_schema
                    || plan.changes_session.is_some()
                    || plan.ends_transaction
                    || !plan.controls.is_empty()
                    || plan.effects.contains(&Effect::Everything)
            }
            Plan::Control(_) | Plan::Setting(_) => true,
            Plan::Read(_) | Plan::Neutral => false,
        }
    }
}

/// Transaction control. Names of savepoints are folded: joining two names can only end fewer frames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Control {
    /// `BEGIN`, `START TRANSACTION`.
    Begin,
    /// `SAVEPOINT`.
    Savepoint(String),
    /// `COMMIT`, `END`.
    Commit,
    /// `COMMIT AND CHAIN`: COMMIT, and then BEGIN.
    CommitAndChain,
    /// `RELEASE`.
    Release(String),
    /// `ROLLBACK`, `ABORT`.
    Rollback,
    /// `ROLLBACK TO`.
    RollbackTo(String),
    /// Whatever else may end a transaction: `ROLLBACK AND CHAIN`, `PREPARE TRANSACTION`, ...
    Other,
}

impl Control {
    /// Whether it may end a transaction or savepoint.
    #[must_use]
    pub fn ends(&self) -> bool {
        !matches!(self, Control::Begin | Control::Savepoint(_))
    }
}

/// A value in the text.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// The bound value of this number, from 0.
    Parameter(usize),
    /// Any element of the bound array of this number, from 0.
    Elements(usize),
    /// A literal.
    Literal(Value),
    /// In a trigger: a column of the row that fired it.
    Row(RowVersion, String),
}

/// Which version of the row that fired a trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowVersion {
    /// Before.
    Old,
    /// Afterwards.
    New,
}

/// A column that every row which matters has one of these values in.
#[derive(Clone, Debug, PartialEq)]
pub struct Fixed {
    /// The column.
    pub column: ColumnId,
    /// Its possible values.
    pub operands: Vec<Operand>,
}

/// A column of a table that the result shows unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Output {
    /// The column.
    pub column: ColumnId,
    /// Its place in each row of the result, from 0.
    pub position: usize,
}

/// What a reading text reads.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadPlan {
    /// One for each place where a table is named, however deep.
    pub sources: Vec<Source>,
    /// How many columns the result has, if known; a result of another width is not the one planned for.
    pub width: Option<usize>,
    /// Whether a limit chooses among the rows.
    pub limited: bool,
    /// Why its result must not be cached, if so.
    pub refusal: Option<Refusal>,
    /// Whether it calls a function that may itself write.
    pub may_write: bool,
}

impl ReadPlan {
    /// A read of which nothing is known but why its result must not be cached.
    pub(super) fn refused(refusal: Refusal) -> Self {
        Self { sources: Vec::new(), width: None, limited: false, refusal: Some(refusal), may_write: false }
    }
}

/// One place where a read names a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// The table.
    pub table: TableId,
    /// What top-level conjuncts fix. Rows that differ cannot change the result.
    pub fixed: Vec<Fixed>,
    /// Columns that decide which rows count, and how: conditions, order, grouping, expressions.
    pub membership: Columns,
    /// Columns that are only shown.
    pub payload: Columns,
    /// Where the result shows columns of this table.
    pub outputs: Vec<Output>,
    /// Whether each row of the result shows the key of the row of this table that it comes from.
    pub identified: bool,
    /// Whether the result is exactly the rows that `fixed` selects: no other condition, join, limit or group.
    pub only_fixed: bool,
    /// Set if rows of this table matter only as partners of other sources' rows.
    pub partner: Option<Partner>,
    /// Where the result shows columns that reference it as a guaranteed partner: if one of them is NULL, no
    /// partner is missing.
    pub referenced_from: Vec<usize>,
}

/// A source that is joined by equality on its whole key and not otherwise filtered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partner {
    /// A foreign key guarantees that it exists.
    Guaranteed,
    /// It may be missing, so its birth matters.
    Possible,
}

/// Why a read is not cached.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The parser did not understand it.
    NotUnderstood(String),
    /// It names a relation that is neither a base table nor a readable view.
    UnknownRelation(String),
    /// It shows rows of a table of which results must not be kept, for this reason.
    Unstorable(String, String),
    /// It names no table at all.
    NoTable,
    /// It calls something that is not on the list of immutable built-ins.
    Function(String),
    /// It locks rows.
    Locking,
    /// It uses a clause whose meaning is not modelled.
    Clause(&'static str),
    /// The text holds several statements.
    SeveralStatements,
    /// It is not a SELECT.
    NotASelect,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::NotUnderstood(error) => write!(f, "the statement is not understood ({error})"),
            Refusal::UnknownRelation(name) => {
                write!(f, "`{name}` is neither a base table nor a readable view of the schema")
            }
            Refusal::Unstorable(table, reason) => write!(f, "table `{table}` is not cached: {reason}"),
            Refusal::NoTable => f.write_str("it names no table, so nothing could invalidate it"),
            Refusal::Function(name) => {
                write!(f, "`{name}` is not known to give the same result for the same rows")
            }
            Refusal::Locking => f.write_str("it locks rows"),
            Refusal::Clause(clause) => write!(f, "it uses {clause}"),
            Refusal::SeveralStatements => f.write_str("the text holds several statements"),
            Refusal::NotASelect => f.write_str("it is not a SELECT"),
        }
    }
}

/// What a writing text writes.
#[derive(Clone, Debug, PartialEq)]
pub struct WritePlan {
    /// One or more for each statement.
    pub effects: Vec<Effect>,
    /// Whether the effects are those of exactly one statement, so that its rows and counts are theirs.
    pub single: bool,
    /// Whether the schema may be another afterwards.
    pub changes_schema: bool,
    /// Whether it may end the transaction that is open.
    pub ends_transaction: bool,
    /// The transaction control among several statements, in their order.
    pub controls: Vec<Control>,
    /// How long later statements of its session may mean something else because of it, if they may.
    pub changes_session: Option<Duration>,
}

impl WritePlan {
    /// Whether it changes the schema only if that is another than it is known to be.
    pub(crate) fn is_definition_of_nothing(&self) -> bool {
        self.changes_schema && self.effects.is_empty()
    }

    /// A write of these effects and of nothing else.
    pub(super) fn of(effects: Vec<Effect>) -> Self {
        Self {
            effects,
            single: false,
            changes_schema: false,
            ends_transaction: false,
            controls: Vec::new(),
            changes_session: None,
        }
    }
}

/// One effect of a write.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// An INSERT.
    Insert(Insert),
    /// An UPDATE.
    Update(Update),
    /// A DELETE.
    Delete(Delete),
    /// Anything, in this table.
    Table(TableId),
    /// Anything, anywhere.
    Everything,
}

impl Effect {
    /// The only table that it writes itself.
    pub(crate) fn table(&self) -> Option<TableId> {
        match self {
            Effect::Insert(Insert { table, .. })
            | Effect::Update(Update { table, .. })
            | Effect::Delete(Delete { table, .. })
            | Effect::Table(table) => Some(*table),
            Effect::Everything => None,
        }
    }

    /// The same on all rows of its table, whatever it does there.
    pub(crate) fn whole(&self) -> Self {
        self.table().map_or(Effect::Everything, Effect::Table)
    }
}

/// An INSERT.
#[derive(Clone, Debug, PartialEq)]
pub struct Insert {
    /// The table.
    pub table: TableId,
    /// The rows by column, as far as the text shows them; `None` for INSERT .. SELECT and DEFAULT VALUES.
    pub rows: Option<Vec<ValuesRow>>,
    /// What happens to rows that exist already.
    pub conflict: Conflict,
    /// What it returns.
    pub returning: Option<Returning>,
}

/// One row of VALUES: each column with its value, `None` for an expression.
pub type ValuesRow = Vec<(ColumnId, Option<Operand>)>;

/// What an INSERT does when a row exists already.
#[derive(Clone, Debug, PartialEq)]
pub enum Conflict {
    /// It fails or leaves the row alone.
    Keep,
    /// It deletes whatever is in the way.
    Replace,
    /// It changes the row that is in the way.
    Update {
        /// Which key it names.
        target: ConflictTarget,
        /// What it sets.
        set: Vec<Assigned>,
    },
}

/// Which key an upsert names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConflictTarget {
    /// The primary key: the row changed is the one whose key VALUES names.
    PrimaryKey,
    /// Another key, or any.
    Other,
}

/// An assignment of SET.
#[derive(Clone, Debug, PartialEq)]
pub struct Assigned {
    /// The column.
    pub column: ColumnId,
    /// The value; `None` for an expression.
    pub operand: Option<Operand>,
}

/// An UPDATE.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// The table.
    pub table: TableId,
    /// What WHERE fixes of the rows before.
    pub fixed: Vec<Fixed>,
    /// What it sets.
    pub set: Vec<Assigned>,
    /// Whether it may delete rows that are in the way (`OR REPLACE`).
    pub replaces: Replaces,
    /// The condition of its rows, if a query can repeat it.
    pub condition: Option<Condition>,
    /// What it returns.
    pub returning: Option<Returning>,
}

/// Whether an UPDATE may delete other rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replaces {
    /// It cannot.
    No,
    /// `OR REPLACE`.
    Yes,
}

/// A DELETE.
#[derive(Clone, Debug, PartialEq)]
pub struct Delete {
    /// The table.
    pub table: TableId,
    /// What WHERE fixes.
    pub fixed: Vec<Fixed>,
    /// The condition of its rows, if a query can repeat it.
    pub condition: Option<Condition>,
    /// What it returns.
    pub returning: Option<Returning>,
}

/// Which rows a write concerns, in its own words, if a query before it can repeat them: one table, no sub-query, no
/// limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The name of the table.
    pub table: String,
    /// What follows WHERE.
    pub filter: String,
    /// Which bound values of the write its placeholders take, by number from 0; `None`: those of their numbers.
    pub parameters: Option<Vec<usize>>,
}

/// The RETURNING clause.
#[derive(Clone, Debug, PartialEq)]
pub struct Returning {
    /// Where it shows columns of the table.
    pub outputs: Vec<Output>,
    /// How many columns it returns, if known.
    pub width: Option<usize>,
}

impl Returning {
    /// Whether every row returned shows all of these columns.
    #[must_use]
    pub fn shows(&self, columns: &[ColumnId]) -> bool {
        self.width.is_some()
            && columns.iter().all(|column| self.outputs.iter().any(|output| output.column == *column))
    }
}
