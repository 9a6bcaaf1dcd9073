//! Reads as data: a seed makes the same ones again, and a failure prints their SQL.

mod answer;
mod filter;
mod find;
mod join;
mod related;
mod special;
pub mod template;
mod texts;
mod through;

pub use answer::{Answer, Order, cells};
pub use filter::{Compare, Filter, Negation};
pub use find::{Find, Form};
pub use join::Join;
pub use related::{Pair, Pairing, Style};
pub use special::Special;
pub use texts::{Text, texts};
pub use through::{Entity, Page, Plain, Record, Through, Tuple};

use std::fmt;

use sea_orm::{ConnectionTrait, DbErr};

use crate::backend::Backend;
use crate::literal::{Sql, Values};
use crate::rng::Rng;
use crate::world::{Table, Theme};

/// A read.
#[derive(Clone, Debug)]
pub enum Read {
    /// Of one entity.
    Find(Find),
    /// Of two entities.
    Pairing(Pairing),
    /// Written by hand.
    Special(Special),
    /// A text.
    Text {
        /// Whether its rows are ordered totally.
        order: Order,
        /// The base tables whose rows it sees.
        tables: Vec<Table>,
        /// The text.
        sql: Sql,
    },
    /// Several reads in one entry.
    Block(Vec<Read>),
}

/// What a read is for, as precision is reported.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Family {
    LookUp,
    List,
    Page,
    Count,
    Aggregate,
    Related,
    Text,
    Block,
}

impl Read {
    /// Any read.
    pub fn random(theme: &Theme, rng: &mut Rng) -> Self {
        match rng.below(100) {
            0..=14 => Self::Find(Find::look_up(theme.table(rng), theme, rng)),
            15..=44 => Self::Find(Find::random(theme, rng)),
            45..=59 => Self::Pairing(Pairing::random(theme, rng)),
            60..=66 => Self::Special(Special::random(theme, rng)),
            67..=78 => match Join::random(theme, rng) {
                Some(Join { order, tables, sql }) => Self::Text { order, tables, sql },
                None => Self::simple(theme, rng),
            },
            79..=96 => Self::text(
                theme.prefer(&texts(theme.backend()), |text| text.tables.to_vec(), rng),
                theme,
                rng,
            ),
            _ => Self::Block((0..2 + rng.below(2)).map(|_| Self::simple(theme, rng)).collect()),
        }
    }

    /// A text with its places filled.
    pub fn text(text: &Text, theme: &Theme, rng: &mut Rng) -> Self {
        let values = if rng.chance(50) { Values::Bound } else { Values::Inline };
        let sql = template::fill(text.sql, values, theme, rng);
        Self::Text { order: text.order, tables: text.tables.to_vec(), sql }
    }

    fn simple(theme: &Theme, rng: &mut Rng) -> Self {
        match rng.below(3) {
            0 => Self::Find(Find::look_up(theme.table(rng), theme, rng)),
            1 => Self::Find(Find::random(theme, rng)),
            _ => Self::text(
                theme.prefer(&texts(theme.backend()), |text| text.tables.to_vec(), rng),
                theme,
                rng,
            ),
        }
    }

    /// The base tables whose rows it sees.
    #[must_use]
    pub fn tables(&self) -> Vec<Table> {
        match self {
            Self::Find(find) => vec![find.table],
            Self::Pairing(pairing) => pairing.tables(),
            Self::Special(special) => special.tables(),
            Self::Text { tables, .. } => tables.clone(),
            Self::Block(reads) => reads.iter().flat_map(Self::tables).collect(),
        }
    }

    /// What it is for.
    #[must_use]
    pub fn family(&self) -> Family {
        match self {
            Self::Find(find) => find.family(),
            Self::Pairing(_) => Family::Related,
            Self::Special(Special::Loaded(_)) | Self::Block(_) => Family::Block,
            Self::Special(Special::Cursor(..)) => Family::Page,
            Self::Special(Special::FrontRow(_)) => Family::LookUp,
            Self::Special(Special::Colleagues(_) | Special::CommentedBy(_)) => Family::Related,
            Self::Special(_) => Family::List,
            Self::Text { .. } => Family::Text,
        }
    }

    /// Whether a cached answer is the database's. Of texts that are equal though they differ, a group shows any: on a
    /// server another one after each update of their rows, whatever it changed.
    #[must_use]
    pub fn agrees(&self, backend: Backend, cached: &Answer, database: &Answer) -> bool {
        // A label that has another name by now is refused, unless a plan from before is at hand.
        let unknown = "invalid input value for enum";
        let is_refused = |answer: &Answer| matches!(answer, Answer::Failed(error) if error.contains(unknown));
        cached == database
            || is_refused(cached)
            || is_refused(database)
            || backend.is_server() && self.shows_any_of_equals() && cached.folded() == database.folded()
    }

    fn shows_any_of_equals(&self) -> bool {
        const GROUPING: &[&str] = &["GROUP BY", "DISTINCT", "UNION", "EXCEPT", "INTERSECT", "max(", "min("];
        match self {
            Self::Find(find) => matches!(find.form, Form::Distinct(_) | Form::Groups(..)),
            Self::Text { sql, .. } => GROUPING.iter().any(|word| sql.text(Backend::Sqlite).contains(word)),
            Self::Block(reads) => reads.iter().any(Self::shows_any_of_equals),
            Self::Pairing(_) | Self::Special(_) => false,
        }
    }

    /// Whether it has an end of its own in [`Through`]; else it needs a connection.
    #[must_use]
    pub fn is_typed(&self) -> bool {
        match self {
            Self::Find(_) | Self::Pairing(_) => true,
            Self::Special(special) => !special.needs_connection(),
            Self::Text { .. } | Self::Block(_) => false,
        }
    }

    /// Runs a typed read.
    ///
    /// # Errors
    ///
    /// If the database fails, or if the read needs a connection.
    pub async fn run(&self, through: &impl Through) -> Result<Answer, DbErr> {
        match self {
            Self::Find(find) => find.run(through).await,
            Self::Pairing(pairing) => pairing.run(through).await,
            Self::Special(special) => special.run(through).await,
            Self::Text { .. } | Self::Block(_) => {
                Err(DbErr::Custom("this read needs a connection".to_owned()))
            }
        }
    }

    /// Runs any read as plain SeaORM: the truth, and what runs inside a tracked block.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn run_on<C: ConnectionTrait>(&self, db: &C) -> Result<Answer, DbErr> {
        match self {
            Self::Special(special) => special.run_on(db).await,
            Self::Text { order, sql, .. } => {
                let rows = db.query_all_raw(sql.statement(db.get_database_backend())).await?;
                let rows: Vec<_> = rows.iter().map(cells).collect::<Result<_, _>>()?;
                Ok(Answer::of(rows, *order))
            }
            Self::Block(reads) => {
                let mut answers = Vec::with_capacity(reads.len());
                for read in reads {
                    answers.push(Answer::settle(Box::pin(read.run_on(db)).await).to_string());
                }
                Ok(Answer::of(answers, Order::Total))
            }
            _ => self.run(&Plain(db)).await,
        }
    }
}

/// As SQL.
impl fmt::Display for Read {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Find(find) => write!(f, "{:?}: {}", find.form, find.sql()),
            Self::Pairing(pairing) => f.write_str(&pairing.sql()),
            Self::Special(special) => write!(f, "{special:?}"),
            Self::Text { sql, .. } => write!(f, "{sql}"),
            Self::Block(reads) => {
                for (index, read) in reads.iter().enumerate() {
                    write!(f, "{}{read}", if index > 0 { " AND THEN " } else { "block: " })?;
                }
                Ok(())
            }
        }
    }
}
