//! How writes are framed: alone, in transactions, in savepoints, rolled back, abandoned.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use sea_orm::{ConnectionTrait, DbErr, TransactionSession, TransactionTrait};

use super::generate::Mix;
use super::{Kind, Write};
use crate::gate::Gate;
use crate::hostile::{self, Script};
use crate::rng::Rng;
use crate::world::Theme;

/// How a transaction or savepoint ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub enum End {
    Commit,
    Rollback,
    Drop,
}

/// A part of a transaction.
#[derive(Clone, Debug)]
pub enum Part {
    /// A write.
    Write(Write),
    /// Transaction control as a statement.
    Control(&'static str),
    /// A nested transaction.
    Savepoint(Vec<Part>, End),
    /// A nested transaction whose RELEASE is polled some times and then dropped.
    Abandoned(Vec<Part>, usize),
    /// A nested transaction whose beginning is.
    Interrupted(usize),
}

/// What happens beside the connection that writes.
pub trait Beside: Sync {
    /// Others read.
    fn look(&self) -> impl Future<Output = ()> + Send;

    /// Another program changes the schema, and says so.
    fn change(&self, write: &Write) -> impl Future<Output = Result<(), DbErr>> + Send;
}

/// One step of a run: writes, and what is around them.
#[derive(Clone, Debug)]
pub enum Step {
    /// A write that commits by itself.
    Alone(Write),
    /// A transaction.
    Transaction(Vec<Part>, End),
    /// A transaction in a closure, which returns an error unless it is to commit.
    Closure(Vec<Write>, End),
    /// A write whose future is polled some times and then dropped.
    Cancelled(Write, usize),
    /// A transaction that statements begin and end.
    Script(Script),
    /// A change of the schema by another program.
    Elsewhere(Write),
    /// A COMMIT whose future is polled some times and then dropped.
    CancelledCommit(Vec<Write>, usize),
}

impl Step {
    /// Any step of the mix.
    pub fn random(mix: Mix, theme: &Theme, rng: &mut Rng) -> Self {
        if mix == Mix::Hostile {
            return hostile::step(theme, rng);
        }
        let write = |rng: &mut Rng| Write::random(mix, theme, rng);
        let few = |rng: &mut Rng| (0..1 + rng.below(3)).map(|_| write(rng)).collect::<Vec<_>>();
        let polls = |rng: &mut Rng| if rng.chance(50) { rng.below(6) } else { rng.below(150) };
        match rng.below(100) {
            0..=69 => Self::Alone(write(rng)),
            70..=79 => Self::Transaction(vec![Part::Write(write(rng))], End::Commit),
            80..=91 => {
                let end = rng.weighted(&[(50, End::Commit), (25, End::Rollback), (25, End::Drop)]);
                Self::Transaction(parts(mix, theme, 2, rng), end)
            }
            92..=94 => Self::Closure(few(rng), if rng.chance(60) { End::Commit } else { End::Rollback }),
            95..=97 => Self::Cancelled(write(rng), polls(rng)),
            _ => Self::CancelledCommit(few(rng), polls(rng)),
        }
    }

    /// What kind of write it is, if everything succeeds.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Alone(write) => write.kind,
            Self::Transaction(parts, End::Commit) => match parts.as_slice() {
                [Part::Write(write)] => write.kind,
                _ => Kind::Several,
            },
            Self::Closure(writes, End::Commit) if writes.len() == 1 => writes[0].kind,
            Self::Closure(_, End::Commit) => Kind::Several,
            Self::Transaction(..) | Self::Closure(..) => Kind::RolledBack,
            Self::Cancelled(..) | Self::CancelledCommit(..) => Kind::Cancelled,
            Self::Script(_) => Kind::Several,
            Self::Elsewhere(_) => Kind::Elsewhere,
        }
    }

    /// Runs the step and waits until whatever it left behind has settled.
    ///
    /// # Errors
    ///
    /// If a write that stood alone was refused; refusals inside of transactions are passed over.
    pub async fn run<C>(&self, db: &C, beside: &impl Beside) -> Result<(), DbErr>
    where
        C: ConnectionTrait + TransactionTrait<Transaction: 'static>,
    {
        match self {
            Self::Alone(write) => write.operation.run(db).await,
            Self::Transaction(parts, end) => {
                let transaction = db.begin().await?;
                let outcome = run_parts(parts, &transaction).await;
                finish(transaction, *end).await?;
                settle(db, *end).await?;
                if parts.len() == 1 { outcome } else { Ok(()) }
            }
            Self::Closure(writes, end) => {
                let (writes, end) = (writes.clone(), *end);
                let outcome = db.transaction::<_, (), DbErr>(move |transaction| {
                    Box::pin(run_closure(writes, end, transaction))
                });
                let _ = outcome.await;
                Ok(())
            }
            Self::Script(script) => script.run(db, beside).await,
            Self::Elsewhere(write) => beside.change(write).await,
            Self::Cancelled(write, polls) => {
                Gate::abandon(write.operation.run(db), *polls).await;
                settle(db, End::Drop).await
            }
            Self::CancelledCommit(writes, polls) => {
                let transaction = db.begin().await?;
                for write in writes {
                    let _ = write.operation.run(&transaction).await;
                }
                Gate::abandon(transaction.commit(), *polls).await;
                settle(db, End::Drop).await
            }
        }
    }
}

fn parts(mix: Mix, theme: &Theme, depth: usize, rng: &mut Rng) -> Vec<Part> {
    (0..1 + rng.below(3))
        .map(|_| {
            if depth > 0 && rng.chance(35) {
                let ends = [End::Commit, End::Rollback, End::Drop].map(Some);
                match rng.weighted(&[(55, ends[0]), (25, ends[1]), (12, ends[2]), (8, None)]) {
                    Some(end) => Part::Savepoint(parts(mix, theme, depth - 1, rng), end),
                    None if rng.chance(50) => Part::Interrupted(1 + rng.below(6)),
                    None => Part::Abandoned(parts(mix, theme, depth - 1, rng), rng.below(8)),
                }
            } else {
                Part::Write(Write::random(mix, theme, rng))
            }
        })
        .collect()
}

type Running<'a> = Pin<Box<dyn Future<Output = Result<(), DbErr>> + Send + 'a>>;

/// Runs all parts, and returns what the last write returned.
fn run_parts<'a, T>(parts: &'a [Part], transaction: &'a T) -> Running<'a>
where
    T: ConnectionTrait + TransactionTrait<Transaction = T> + TransactionSession + Send,
{
    Box::pin(async move {
        let mut last = Ok(());
        for part in parts {
            last = match part {
                Part::Write(write) => write.operation.run(transaction).await,
                Part::Control(text) => transaction.execute_unprepared(text).await.map(drop),
                Part::Savepoint(parts, end) => {
                    let savepoint = transaction.begin().await?;
                    let _ = run_parts(parts, &savepoint).await;
                    finish(savepoint, *end).await
                }
                Part::Abandoned(parts, polls) => {
                    let savepoint = transaction.begin().await?;
                    let _ = run_parts(parts, &savepoint).await;
                    Gate::abandon(savepoint.commit(), *polls).await;
                    Ok(())
                }
                Part::Interrupted(polls) => {
                    Gate::abandon(transaction.begin(), *polls).await;
                    Ok(())
                }
            };
        }
        last
    })
}

async fn run_closure<C: ConnectionTrait>(writes: Vec<Write>, end: End, transaction: &C) -> Result<(), DbErr> {
    for write in writes {
        let _ = write.operation.run(transaction).await;
    }
    if end == End::Commit { Ok(()) } else { Err(DbErr::Custom("rolled back on purpose".to_owned())) }
}

async fn finish<T: TransactionSession>(transaction: T, end: End) -> Result<(), DbErr> {
    match end {
        End::Commit => transaction.commit().await,
        End::Rollback => transaction.rollback().await,
        End::Drop => {
            drop(transaction);
            Ok(())
        }
    }
}

/// Whatever was left behind holds the pool's only connection: who gets it next comes after.
async fn settle<C: TransactionTrait>(db: &C, end: End) -> Result<(), DbErr> {
    if end == End::Drop { db.begin().await?.commit().await } else { Ok(()) }
}

/// The SQL of all its writes, and what is around them.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |writes: &[Write]| writes.iter().map(Write::to_string).collect::<Vec<_>>().join("; ");
        match self {
            Self::Alone(write) => write!(f, "{write}"),
            Self::Transaction(parts, end) => write!(f, "BEGIN; {}; {end:?}", Part::list(parts)),
            Self::Closure(writes, end) => write!(f, "closure: {}; {end:?}", list(writes)),
            Self::Script(script) => write!(f, "{script}"),
            Self::Elsewhere(write) => write!(f, "elsewhere: {write}"),
            Self::Cancelled(write, polls) => write!(f, "cancelled after {polls} polls: {write}"),
            Self::CancelledCommit(writes, polls) => {
                write!(f, "BEGIN; {}; COMMIT cancelled after {polls} polls", list(writes))
            }
        }
    }
}

impl Part {
    fn list(parts: &[Self]) -> String {
        let text = |part: &Self| match part {
            Self::Write(write) => write.to_string(),
            Self::Control(text) => (*text).to_owned(),
            Self::Savepoint(parts, end) => format!("SAVEPOINT; {}; {end:?}", Self::list(parts)),
            Self::Abandoned(parts, polls) => {
                format!("SAVEPOINT; {}; RELEASE cancelled after {polls} polls", Self::list(parts))
            }
            Self::Interrupted(polls) => format!("SAVEPOINT cancelled after {polls} polls"),
        };
        parts.iter().map(text).collect::<Vec<_>>().join("; ")
    }
}
