//! What misleads a reader of texts, through Diesel: reads and writes of the same grammar, each read compared with a
//! connection that nobody wrapped.

use diesel::QueryResult;
use diesel::result::Error;

use super::{Cells, Sql, Wrapped};
use crate::backend::{Backend, block_until_another_second};
use crate::hostile;
use crate::read::{Answer, Order, Read};
use crate::rng::Rng;
use crate::world::Theme;
use crate::write::{Call, Operation, Write};

/// How many reads are kept warm.
const READS: usize = 40;

/// What a seed has shown.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Reads that were compared.
    pub compared: u64,
    /// The first that was stale, with the step before it.
    pub stale: Option<String>,
}

/// Runs so many steps on a database of a hostile layout.
pub fn run(theme: &Theme, steps: usize, conn: &mut dyn Wrapped, bare: &mut dyn Sql, rng: &mut Rng) -> Seen {
    let mut reads: Vec<(Read, String, Order)> = Vec::new();
    while reads.len() < READS {
        let read = hostile::read(theme, rng);
        if let Read::Text { order, sql, .. } = &read
            && sql.bound().is_empty()
        {
            let (text, order) = (sql.text(theme.backend()), *order);
            reads.push((read, text, order));
        }
    }
    let mut seen = Seen::default();
    let mut step = "nothing yet".to_owned();
    for _ in 0..=steps {
        for (read, text, order) in &reads {
            seen.compared += 1;
            let (got, truth) = (answer(conn.cached(text), *order), answer(bare.read(text), *order));
            if !read.agrees(theme.backend(), &got, &truth) {
                seen.stale = Some(format!("after {step}\n{text}\ncached   {got}\ndatabase {truth}"));
                return seen;
            }
        }
        step = take(theme, conn, bare, rng);
    }
    seen
}

/// Errors differ in nothing that matters: that there is one is the answer.
fn answer(rows: QueryResult<Vec<Cells>>, order: Order) -> Answer {
    match rows {
        Ok(rows) => Answer::of(rows.iter().map(Cells::to_string), order),
        Err(_) => Answer::Failed("refused".to_owned()),
    }
}

/// One step: a write, several in a transaction, a change of the schema elsewhere.
fn take(theme: &Theme, conn: &mut dyn Wrapped, bare: &mut dyn Sql, rng: &mut Rng) -> String {
    match rng.below(20) {
        0 => {
            let change = inline(theme, rng, hostile::change);
            block_until_another_second(theme.backend(), bare);
            let outcome = send(bare, &change);
            conn.refresh_schema();
            format!("elsewhere {outcome:?}: {change}")
        }
        1 => {
            let change = inline(theme, rng, hostile::change);
            let outcome = send(conn, &change);
            format!("{outcome:?}: {change}")
        }
        2..=6 => {
            let writes: Vec<Write> =
                (0..1 + rng.below(3)).map(|_| inline(theme, rng, hostile::write)).collect();
            let commits = rng.chance(60);
            let outcome = conn.transaction(&mut |conn| {
                // PostgreSQL refuses everything after a refusal.
                writes.iter().for_each(|write| drop(send(conn, write)));
                if commits { Ok(()) } else { Err(Error::RollbackTransaction) }
            });
            let texts: Vec<String> = writes.iter().map(Write::to_string).collect();
            format!("a transaction ({}) that ended with {outcome:?}", texts.join("; "))
        }
        _ => {
            let write = inline(theme, rng, hostile::write);
            let outcome = send(conn, &write);
            format!("{outcome:?}: {write}")
        }
    }
}

/// A write whose values are all in its text, and that leaves no transaction open.
fn inline(theme: &Theme, rng: &mut Rng, write: fn(&Theme, &mut Rng) -> Write) -> Write {
    loop {
        let write = write(theme, rng);
        if write.operation.sql(theme.backend()).bound().is_empty() {
            return write;
        }
    }
}

fn send<S: Sql + ?Sized>(conn: &mut S, write: &Write) -> QueryResult<()> {
    let text = write.operation.sql(write.backend).text(write.backend);
    match &write.operation {
        Operation::Text { call: Call::Unprepared, .. } => conn.batch(&text),
        Operation::Text { call: Call::QueryAll | Call::QueryOne, .. } => conn.read(&text).map(drop),
        // What a table may return is returned.
        _ if text.ends_with("RETURNING *") => conn.read(&text).map(drop),
        _ => conn.write(&text).map(drop),
    }
}

/// What a connection has to be told before anything else.
#[must_use]
pub fn settings(backend: Backend) -> &'static str {
    match backend {
        Backend::Sqlite => "PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 10000",
        Backend::Postgres | Backend::MariaDb => "SELECT 1",
    }
}
