//! Diesel's own traits: statements that return no rows.

use cache_core::session::TextSession;
use diesel::connection::{AnsiTransactionManager, CacheSize, Connection, Instrumentation, SimpleConnection};
use diesel::internal::derives::multiconnection::ConnectionSealed;
use diesel::query_builder::{QueryFragment, QueryId};
use diesel::{ConnectionResult, QueryResult};

use super::run::{self, Bound, Extent};
use super::{Cacheable, CachedConnection, watch};
use crate::known::Id;
use crate::observe::{Observed, Sink, Text};

impl<C: Cacheable> SimpleConnection for CachedConnection<C> {
    fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        let (inner, watch, attached) = self.ready()?;
        let step = attached.session().step(query);
        if TextSession::wants_transaction(&step) {
            let _announced = watch.announce();
            let number = inner.transaction_number();
            number.inspect(|number| TextSession::note_transaction(&step, number));
        }
        let step = run::announce(attached, step)?;
        run::execute((inner, watch, attached), (step, Extent::All), &Text(query), |inner, _| {
            inner.batch_execute(query).map(|()| None)
        })?;
        self.follow_schema();
        Ok(())
    }
}

impl<C: Cacheable> ConnectionSealed for CachedConnection<C> {}

impl<C: Cacheable> Connection for CachedConnection<C> {
    type Backend = C::Backend;
    type TransactionManager = AnsiTransactionManager;

    /// The connection refuses statements until it is [attached](CachedConnection::attach).
    fn establish(database_url: &str) -> ConnectionResult<Self> {
        let inner = C::establish(database_url)?;
        Ok(Self::detached(inner, Some(database_url.to_owned())))
    }

    fn execute_returning_count<T>(&mut self, source: &T) -> QueryResult<usize>
    where
        T: QueryFragment<Self::Backend> + QueryId,
    {
        let (inner, watch, attached) = self.ready()?;
        let id = Id::of::<_, C::Backend>(source);
        let sql = attached.known.text::<C::Backend>(id, source)?;
        let mut step = attached.session().step(&sql);
        let text = attached.known.prepared_text::<C::Backend>(id, &sql, step.writes_rows());
        let bound = run::bind_early(&mut step, attached, source)?;
        let step = run::announce(attached, step)?;
        let mut count = 0;
        run::execute((inner, watch, attached), (step, Extent::One), source, |inner, step| {
            let sink = (bound == Bound::WhenRun).then(Sink::default);
            let observed = Observed::new(source, sink.clone()).prepared_as(text);
            let result = inner.execute_returning_count(&observed);
            run::bind_late(step, sink);
            count = result?;
            Ok(u64::try_from(count).ok())
        })?;
        self.follow_schema();
        Ok(count)
    }

    fn transaction_state(&mut self) -> &mut AnsiTransactionManager {
        self.inner.transaction_state()
    }

    fn instrumentation(&mut self) -> &mut dyn Instrumentation {
        watch::instrumentation(&mut self.inner)
    }

    fn set_instrumentation(&mut self, instrumentation: impl Instrumentation) {
        watch::set_instrumentation(&mut self.inner, instrumentation);
    }

    fn set_prepared_statement_cache_size(&mut self, size: CacheSize) {
        self.inner.set_prepared_statement_cache_size(size);
    }
}
