//! Reads as data: a seed makes the same ones again, and a failure prints their SQL.

mod answer;
mod filter;
mod find;
mod related;
mod special;
pub mod template;
mod texts;
mod through;

pub use answer::{Answer, Order, cells};
pub use filter::{Compare, Filter, Negation};
pub use find::{Find, Form};
pub use related::{Pair, Pairing, Style};
pub use special::Special;
pub use texts::{TEXTS, Text};
pub use through::{Entity, Page, Plain, Record, Through, Tuple};

use std::fmt;

use sea_orm::{ConnectionTrait, DbErr};

use crate::literal::{Sql, Values};
use crate::rng::Rng;
use crate::world::{Rows, Table};

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
    Text(Text, Sql),
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
    pub fn random(rows: Rows, rng: &mut Rng) -> Self {
        match rng.below(100) {
            0..=14 => Self::Find(Find::look_up(Table::draw(rng), rows, rng)),
            15..=44 => Self::Find(Find::random(rows, rng)),
            45..=59 => Self::Pairing(Pairing::random(rows, rng)),
            60..=66 => Self::Special(Special::random(rows, rng)),
            67..=96 => Self::text(&rng.pick(TEXTS), rows, rng),
            _ => Self::Block((0..2 + rng.below(2)).map(|_| Self::simple(rows, rng)).collect()),
        }
    }

    /// A text with its places filled.
    pub fn text(text: &Text, rows: Rows, rng: &mut Rng) -> Self {
        let values = if rng.chance(50) { Values::Bound } else { Values::Inline };
        Self::Text(*text, template::fill(text.sql, values, rows, rng))
    }

    fn simple(rows: Rows, rng: &mut Rng) -> Self {
        match rng.below(3) {
            0 => Self::Find(Find::look_up(Table::draw(rng), rows, rng)),
            1 => Self::Find(Find::random(rows, rng)),
            _ => Self::text(&rng.pick(TEXTS), rows, rng),
        }
    }

    /// The base tables whose rows it sees.
    #[must_use]
    pub fn tables(&self) -> Vec<Table> {
        match self {
            Self::Find(find) => vec![find.table],
            Self::Pairing(pairing) => pairing.tables(),
            Self::Special(special) => special.tables(),
            Self::Text(text, _) => text.tables.to_vec(),
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
            Self::Text(..) => Family::Text,
        }
    }

    /// Whether it has an end of its own in [`Through`]; else it needs a connection.
    #[must_use]
    pub fn is_typed(&self) -> bool {
        match self {
            Self::Find(_) | Self::Pairing(_) => true,
            Self::Special(special) => !special.needs_connection(),
            Self::Text(..) | Self::Block(_) => false,
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
            Self::Text(..) | Self::Block(_) => Err(DbErr::Custom("this read needs a connection".to_owned())),
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
            Self::Text(text, sql) => {
                let rows = db.query_all_raw(sql.statement()).await?;
                let rows: Vec<_> = rows.iter().map(cells).collect::<Result<_, _>>()?;
                Ok(Answer::of(rows, text.order))
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
            Self::Text(_, sql) => write!(f, "{sql}"),
            Self::Block(reads) => {
                for (index, read) in reads.iter().enumerate() {
                    write!(f, "{}{read}", if index > 0 { " AND THEN " } else { "block: " })?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, Read, TEXTS};
    use crate::rng::Rng;
    use crate::world::{Layout, Pool, Rows, World};

    #[tokio::test]
    async fn every_text_runs_on_every_layout() {
        for seed in 0..6 {
            let mut rng = Rng::new(seed);
            let layout = Layout::random(&mut rng);
            let world = World::open(layout, Pool::One, &mut rng).await.unwrap();
            let mut empty = 0;
            for text in TEXTS {
                let read = Read::text(text, Rows::Few, &mut rng);
                match world.subject().truth(&read).await {
                    Answer::Rows(rows) => empty += usize::from(rows.is_empty()),
                    Answer::Failed(error) => panic!("{error}: {read}\n{}", world.layout()),
                }
            }
            assert!(empty < TEXTS.len() / 2, "seed {seed}: {empty} of {} texts find nothing", TEXTS.len());
        }
    }

    #[tokio::test]
    async fn a_seed_makes_the_same_reads_and_they_run() {
        let mut failed = 0;
        for seed in 0..6 {
            let mut rng = Rng::new(seed);
            let world = World::open(Layout::random(&mut rng), Pool::One, &mut rng).await.unwrap();
            let (mut one, mut other) = (rng.clone(), rng);
            for _ in 0..150 {
                let read = Read::random(Rows::Few, &mut one);
                assert_eq!(read.to_string(), Read::random(Rows::Few, &mut other).to_string());
                if let Answer::Failed(error) = world.subject().truth(&read).await {
                    failed += 1;
                    println!("{error}: {read}");
                }
            }
        }
        assert_eq!(failed, 0, "reads that the generator makes must run");
    }
}
