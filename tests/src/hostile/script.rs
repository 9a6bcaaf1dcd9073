//! Transactions that statements begin and end, which no handle follows.

use std::fmt;

use sea_orm::{ConnectionTrait, DbErr};

use crate::backend::Backend;
use crate::rng::Rng;
use crate::world::Theme;
use crate::write::{Beside, Write};

/// A line of a script.
#[derive(Clone, Debug)]
pub enum Line {
    /// Transaction control as a statement.
    Control(&'static str),
    /// A write.
    Write(Write),
    /// Others read meanwhile.
    Look,
}

/// The statements from the beginning of a transaction to its end.
#[derive(Clone, Debug)]
pub struct Script(Vec<Line>);

impl Script {
    /// Any script; whatever its lines do, it leaves no transaction behind.
    pub(super) fn random(theme: &Theme, rng: &mut Rng) -> Self {
        let backend = theme.backend();
        let mut lines = vec![Line::Control(rng.pick(begins(backend)))];
        for _ in 0..2 + rng.below(4) {
            lines.push(match rng.below(10) {
                0..=3 => Line::Write(super::write(theme, rng)),
                4..=6 => Line::Look,
                _ => Line::Control(rng.pick(within(backend))),
            });
        }
        lines.push(Line::Control(rng.pick(ends(backend))));
        lines.push(Line::Look);
        lines.push(Line::Control("ROLLBACK"));
        Self(lines)
    }

    /// Runs all lines, whatever becomes of each.
    ///
    /// # Errors
    ///
    /// Never: a refusal is part of the script.
    pub(crate) async fn run<C: ConnectionTrait>(&self, db: &C, beside: &impl Beside) -> Result<(), DbErr> {
        for line in &self.0 {
            let _ = match line {
                Line::Control(text) => db.execute_unprepared(text).await.map(drop),
                Line::Write(write) => write.operation.run(db).await,
                Line::Look => {
                    beside.look().await;
                    Ok(())
                }
            };
        }
        Ok(())
    }
}

fn begins(backend: Backend) -> &'static [&'static str] {
    match backend {
        Backend::Sqlite => {
            &["BEGIN", "BEGIN IMMEDIATE", "SAVEPOINT s", "begin exclusive transaction", "SAVEPOINT \"S\""]
        }
        Backend::Postgres => &[
            "BEGIN",
            "START TRANSACTION ISOLATION LEVEL REPEATABLE READ",
            "begin work",
            "/* COMMIT */ BEGIN; SELECT 1",
        ],
        Backend::MariaDb => &[
            "BEGIN",
            "START TRANSACTION",
            "START TRANSACTION WITH CONSISTENT SNAPSHOT",
            "begin work",
            "/*! START TRANSACTION */",
        ],
    }
}

/// Control in the midst of a transaction, typed or not.
pub(super) fn within(backend: Backend) -> &'static [&'static str] {
    match backend {
        Backend::Sqlite => {
            &["SAVEPOINT s", "ROLLBACK TO s", "RELEASE s", "SAVEPOINT t", "RELEASE t", "COMMIT; BEGIN"]
        }
        Backend::Postgres => &[
            "SAVEPOINT s",
            "ROLLBACK TO SAVEPOINT s",
            "RELEASE s",
            "COMMIT AND CHAIN",
            "ROLLBACK AND CHAIN",
            "COMMIT; BEGIN",
            "SET CONSTRAINTS ALL IMMEDIATE",
        ],
        Backend::MariaDb => &[
            "SAVEPOINT s",
            "ROLLBACK TO s",
            "RELEASE SAVEPOINT s",
            "COMMIT AND CHAIN",
            "ROLLBACK AND CHAIN",
            "START TRANSACTION",
            "CREATE TABLE IF NOT EXISTS other (id INT)",
        ],
    }
}

/// What ends a transaction.
pub(super) fn ends(backend: Backend) -> &'static [&'static str] {
    match backend {
        Backend::Sqlite => {
            &["COMMIT", "END", "ROLLBACK", "RELEASE s", "commit transaction", "/* ROLLBACK */ COMMIT"]
        }
        Backend::Postgres => &["COMMIT", "END", "ROLLBACK", "ABORT", "commit work", "COMMIT AND NO CHAIN"],
        Backend::MariaDb => {
            &["COMMIT", "ROLLBACK", "COMMIT WORK", "COMMIT AND NO CHAIN", "/*! COMMIT */", "BEGIN"]
        }
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, line) in self.0.iter().enumerate() {
            f.write_str(if number > 0 { "; " } else { "by hand: " })?;
            match line {
                Line::Control(text) => f.write_str(text)?,
                Line::Write(write) => write!(f, "{write}")?,
                Line::Look => f.write_str("(others read)")?,
            }
        }
        Ok(())
    }
}
