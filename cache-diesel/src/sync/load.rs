//! Diesel's own traits: statements that return rows.

use std::{fmt, vec};

use cache_core::session::{Outcome, Session, Step, TextStep};
use cache_core::sync;
use diesel::QueryResult;
use diesel::connection::LoadConnection;
use diesel::expression::QueryMetadata;
use diesel::query_builder::{Query, QueryFragment, QueryId};
use diesel::result::Error;

use super::run::{self, Bound};
use super::{Cacheable, CachedConnection};
use crate::error::failure;
use crate::known::Id;
use crate::observe::{Observed, Sink};
use crate::rows::Seen;

impl<C, B> LoadConnection<B> for CachedConnection<C>
where
    C: Cacheable + LoadConnection<B>,
{
    type Cursor<'conn, 'query> =
        Cursor<<C as LoadConnection<B>>::Cursor<'conn, 'query>, <C as LoadConnection<B>>::Row<'conn, 'query>>;
    type Row<'conn, 'query> = <C as LoadConnection<B>>::Row<'conn, 'query>;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> QueryResult<Self::Cursor<'conn, 'query>>
    where
        T: Query + QueryFragment<Self::Backend> + QueryId + 'query,
        Self::Backend: QueryMetadata<T::SqlType>,
    {
        let (inner, watch, attached) = self.ready()?;
        let _announced = watch.announce();
        let catalog = attached.session().session().database().catalog();
        let id = Id::of::<_, C::Backend>(&source);
        if attached.session().session().tracker().is_none() && attached.known.is_read(id, &catalog) {
            return passed(LoadConnection::<B>::load(inner, source), attached.session().session());
        }
        let sql = attached.known.text::<C::Backend>(id, &source)?;
        let mut step = attached.session().step(&sql);
        step = match step {
            TextStep::Statement(step) if step.is_tracked() => {
                let sink = Sink::default();
                let mut noting = Noting::new(step, sink.clone());
                let rows = match LoadConnection::<B>::load(inner, Observed::new(source, Some(sink))) {
                    Ok(rows) => rows,
                    Err(error) => return Err(noting.failed(error)),
                };
                return Ok(Cursor(Kind::Noted {
                    rows,
                    noting: Box::new(noting),
                    see: Seen::see::<C::Backend, _>,
                }));
            }
            TextStep::Statement(step) if !step.is_write() => {
                if step.is_read() {
                    attached.known.only_reads(id, &catalog);
                }
                step.give_up();
                return passed(LoadConnection::<B>::load(inner, source), attached.session().session());
            }
            step => step,
        };
        let bound = run::bind_early(&mut step, attached, &source)?;
        let mut step = run::announce(attached, step)?;
        if let Err(error) = run::look_before_in_transaction(inner, attached, &mut step, &source) {
            attached.finish(step, Outcome::Failed);
            return Err(error);
        }
        let sink = (bound == Bound::WhenRun).then(Sink::default);
        let text = attached.known.prepared_text::<C::Backend>(id, &sql, step.writes_rows());
        let observed = Observed::new(source, sink.clone()).prepared_as(text);
        let rows = LoadConnection::<B>::load(inner, observed);
        let mut seen = Seen::new(run::places(&step));
        // All at once: a result that is half read, or forgotten, could otherwise be committed at a moment that nobody
        // sees.
        let rows: QueryResult<Vec<QueryResult<Self::Row<'conn, 'query>>>> = rows.map(|rows| {
            let rows = rows.inspect(|row| row.iter().for_each(|row| seen.see::<C::Backend, _>(row)));
            rows.collect()
        });
        run::bind_late(&mut step, sink);
        let outcome = match rows.as_ref().map(|rows| rows.iter().find_map(|row| row.as_ref().err())) {
            Ok(None) => Outcome::Rows(&seen),
            Ok(Some(error)) | Err(error) => failure::<C::Backend>(error),
        };
        attached.finish_one(step, outcome);
        Ok(Cursor(Kind::Held(rows?.into_iter())))
    }
}

/// The rows of what only reads. A transaction may end with a read that fails, so in one somebody looks.
fn passed<I, R>(rows: QueryResult<I>, session: &Session) -> QueryResult<Cursor<I, R>> {
    if !session.is_in_transaction() {
        return rows.map(|rows| Cursor(Kind::Passed(rows)));
    }
    match rows {
        Ok(rows) => Ok(Cursor(Kind::Followed(rows, session.clone()))),
        Err(error) => {
            session.note_failed_read();
            Err(error)
        }
    }
}

/// The rows of one result.
pub struct Cursor<I, R>(Kind<I, R>);

enum Kind<I, R> {
    /// Nobody else looks at them.
    Passed(I),
    /// They are read in a transaction, which may end with them.
    Followed(I, Session),
    /// A tracked block depends on them.
    Noted { rows: I, noting: Box<Noting>, see: fn(&mut Seen, &R) },
    /// Those of a write, which has been run to its end.
    Held(vec::IntoIter<QueryResult<R>>),
}

impl<I: Iterator<Item = QueryResult<R>>, R> Iterator for Cursor<I, R> {
    type Item = QueryResult<R>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Kind::Passed(rows) => rows.next(),
            Kind::Followed(rows, session) => {
                let row = rows.next();
                if let Some(Err(_)) = row {
                    session.note_failed_read();
                }
                row
            }
            Kind::Noted { rows, noting, see } => {
                let row = rows.next();
                noting.note(row.as_ref(), *see);
                row
            }
            Kind::Held(rows) => rows.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.0 {
            Kind::Passed(rows) | Kind::Followed(rows, _) | Kind::Noted { rows, .. } => rows.size_hint(),
            Kind::Held(rows) => rows.size_hint(),
        }
    }
}

impl<I: ExactSizeIterator<Item = QueryResult<R>>, R> ExactSizeIterator for Cursor<I, R> {}

impl<I, R> fmt::Debug for Cursor<I, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cursor")
    }
}

/// What a tracked block has seen of a result. It tells the tracker when the result has been read, or is dropped.
struct Noting {
    step: Option<Step>,
    sink: Sink,
    seen: Seen,
    reading: Reading,
}

enum Reading {
    NotBegun,
    UnderWay,
    Failed,
}

impl Noting {
    fn new(step: Step, sink: Sink) -> Self {
        let seen = Seen::new(step.places());
        Self { step: Some(step), sink, seen, reading: Reading::NotBegun }
    }

    fn failed(&mut self, error: Error) -> Error {
        self.reading = Reading::Failed;
        error
    }

    fn note<R>(&mut self, row: Option<&QueryResult<R>>, see: fn(&mut Seen, &R)) {
        match (row, &self.reading) {
            (_, Reading::Failed) => {}
            (Some(Ok(row)), _) => {
                self.reading = Reading::UnderWay;
                see(&mut self.seen, row);
            }
            (Some(Err(_)), _) => self.reading = Reading::Failed,
            (None, _) => {
                if let Some(step) = self.step.take() {
                    finish(step, &self.sink, Outcome::Rows(&self.seen));
                }
            }
        }
    }
}

impl Drop for Noting {
    fn drop(&mut self) {
        let Some(step) = self.step.take() else { return };
        let outcome = match self.reading {
            Reading::UnderWay => Outcome::First(&self.seen),
            Reading::NotBegun => run::done(None),
            Reading::Failed => Outcome::Failed,
        };
        finish(step, &self.sink, outcome);
    }
}

fn finish(mut step: Step, sink: &Sink, outcome: Outcome<'_>) {
    step.bind(sink.take());
    // A read changes nothing, and its end needs no waiting.
    let _ = sync::wait(step.finish(outcome));
}
