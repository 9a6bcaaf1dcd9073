//! What writers do: typed, raw, in transactions, rolled back, abandoned.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, TransactionSession, TransactionTrait,
};

use super::counter::Counter;
use super::tally::{Column, Entity, MOVING, PAIRED, PARTIES, partner};
use crate::gate::Gate;
use crate::rng::Rng;
use crate::write::End;

/// One thing that a writer does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Act {
    /// Changes a row that moves.
    Move(i64, Style),
    /// The same, and goes away after so many polls.
    Abandon(i64, usize),
    /// Changes a row and its partner in a transaction.
    Pair(i64, End),
    /// The same, and goes away in COMMIT after so many polls.
    AbandonCommit(i64, usize),
}

/// How a change is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// With SeaORM's builders.
    Typed,
    /// As text.
    Text,
}

impl Act {
    /// A random one.
    pub fn random(rng: &mut Rng) -> Self {
        let moving = rng.within(MOVING);
        // The lower one first, or two writers would wait for each other.
        let paired = rng.within(PAIRED);
        let paired = Ord::min(paired, partner(paired));
        match rng.below(20) {
            0..9 => Self::Move(moving, rng.pick(&[Style::Typed, Style::Text])),
            9 => Self::Abandon(moving, rng.below(40)),
            10..16 => Self::Pair(paired, End::Commit),
            16 => Self::Pair(paired, End::Rollback),
            17 => Self::Pair(paired, End::Drop),
            _ => Self::AbandonCommit(paired, rng.below(40)),
        }
    }

    /// Does it; what is refused has not happened.
    ///
    /// # Errors
    ///
    /// If it is refused.
    pub async fn run<C>(self, db: &C, counters: &[Counter]) -> Result<(), DbErr>
    where
        C: ConnectionTrait + TransactionTrait,
    {
        let counter = |id: i64| &counters[id as usize];
        match self {
            Self::Move(id, style) => {
                counter(id).begin();
                match change(id, style, db).await {
                    Ok(()) => counter(id).end(),
                    Err(error) => {
                        counter(id).refuse();
                        return Err(error);
                    }
                }
            }
            Self::Abandon(id, polls) => {
                counter(id).begin();
                Gate::abandon(change(id, Style::Text, db), polls).await;
            }
            Self::Pair(id, end) => {
                let both = [counter(id), counter(partner(id))];
                let transaction = pair(id, db).await?;
                match end {
                    End::Commit => {
                        both.iter().for_each(|counter| counter.begin());
                        // A COMMIT that fails may have happened.
                        transaction.commit().await?;
                        both.iter().for_each(|counter| counter.end());
                    }
                    End::Rollback => transaction.rollback().await?,
                    End::Drop => drop(transaction),
                }
            }
            Self::AbandonCommit(id, polls) => {
                let transaction = pair(id, db).await?;
                [counter(id), counter(partner(id))].iter().for_each(|counter| counter.begin());
                Gate::abandon(transaction.commit(), polls).await;
            }
        }
        Ok(())
    }
}

async fn pair<C: TransactionTrait>(id: i64, db: &C) -> Result<C::Transaction, DbErr> {
    let transaction = db.begin().await?;
    for id in [id, partner(id)] {
        let sql = format!("UPDATE tally SET version = version + 1 WHERE id = {id}");
        transaction.execute_unprepared(&sql).await?;
    }
    Ok(transaction)
}

/// The party before the version: MariaDB assigns from left to right.
async fn change<C: ConnectionTrait>(id: i64, style: Style, db: &C) -> Result<(), DbErr> {
    match style {
        Style::Typed => {
            let next = Expr::col(Column::Version).add(1_i64);
            let update = Entity::update_many()
                .col_expr(Column::Party, next.clone().modulo(PARTIES))
                .col_expr(Column::Version, next)
                .filter(Column::Id.eq(id));
            update.exec(db).await.map(drop)
        }
        Style::Text => {
            let set = format!("party = (version + 1) % {PARTIES}, version = version + 1");
            db.execute_unprepared(&format!("UPDATE tally SET {set} WHERE id = {id}")).await.map(drop)
        }
    }
}
