//! Values that the user puts and gets by hand.

mod life;
mod many;

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Cache;
use super::fill::Started;
use super::patience::Patience;
use super::read::Looked;
use super::request::{Evidence, Loaded, Outcome, Request, Watched};
use super::resolve::key_mark;
use super::why::{Bypass, Reason, Source};
use crate::deps::Dep;
use crate::error::{Error, ErrorKind, Result};
use crate::log::Position;
use crate::mark::Marks;
use crate::store::EntryKey;

impl Cache {
    /// The value of this key, if it is there and nothing that it depends on has changed.
    ///
    /// A value of another type is not there. When the cache fails, nothing is there.
    pub async fn get<T>(&self, key: impl Into<EntryKey>) -> Option<Arc<T>>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
    {
        let request = Request { key: key.into(), policy: self.policy(), codec: &self.codec::<T>() };
        let outcome = self.find(&request).await;
        self.note_read(&request, &outcome);
        outcome.ok().map(|outcome| outcome.value)
    }

    fn note_read<T>(&self, request: &Request<'_, T>, outcome: &Result<Outcome<T>, Source>) {
        self.note(request.key, outcome.as_ref().map_or_else(|source| source, |outcome| &outcome.source));
    }

    async fn find<T: Send + Sync + 'static>(&self, request: &Request<'_, T>) -> Result<Outcome<T>, Source> {
        if let Some(bypass) = self.bypass(request) {
            return Err(Source::Bypass(bypass));
        }
        if let Some(outcome) = self.try_hit(request) {
            return Ok(outcome);
        }
        let mut patience = Patience::new(&*self.shared().log);
        let reason = match self.look(request, &mut patience).await.map_err(Source::Bypass)? {
            Looked::Hit(outcome) => return Ok(outcome),
            Looked::Miss(_, reason) => reason,
        };
        self.find_stored(request, reason, &mut patience).await
    }

    /// Where a read of the database that starts now starts, for [`put_read_at`](Self::put_read_at).
    ///
    /// # Errors
    /// If the log does not answer.
    pub async fn position(&self) -> Result<Position> {
        let shared = self.shared();
        let head = shared.follow().await?;
        // What is read from here on may be older than a commit that is under way.
        match shared.index.fences(head) {
            Some(_) => Ok(shared.index.before_fences(head)),
            None => Ok(Position { seq: 0, ..head }),
        }
    }

    /// Stores a value that depends on `deps`, valid from now on. One that depends on nothing is served until its
    /// time to live is over.
    ///
    /// What other processes have of this key they keep for its time to live: [end it](Self::invalidate_entry) first, if it is
    /// replaced by another.
    ///
    /// The value must not be older than this call. For one that was read from the database before, a write may
    /// have come in between: use [`put_read_at`](Self::put_read_at), or better [`get_or_load`](Self::get_or_load).
    ///
    /// ```
    /// # use cache_core::{Cache, Dep};
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let cache = Cache::from_url("memory://?private")?;
    /// cache.put("motd", "hello".to_owned(), [Dep::tag("texts")]).await?;
    /// assert_eq!(cache.get::<String>("motd").await.as_deref().map(String::as_str), Some("hello"));
    /// # Ok::<(), cache_core::Error>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    /// [`UnknownDependency`](crate::ErrorKind::UnknownDependency) if no attached database knows one of the
    /// dependencies, and [`Unavailable`](crate::ErrorKind::Unavailable) if the log does not answer.
    pub async fn put<T>(
        &self,
        key: impl Into<EntryKey>,
        value: T,
        deps: impl IntoIterator<Item = Dep>,
    ) -> Result<()>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
    {
        let key = key.into();
        let marks = self.watched(key, deps)?;
        let position = self.position().await?;
        self.put_marks(position, key, value, marks).await;
        Ok(())
    }

    /// Stores a value that was read from the database after [`position`](Self::position) was asked.
    ///
    /// If a write has touched `deps` since, the entry is dead on arrival.
    ///
    /// # Errors
    /// Those of [`put`](Self::put).
    pub async fn put_read_at<T>(
        &self,
        position: Position,
        key: impl Into<EntryKey>,
        value: T,
        deps: impl IntoIterator<Item = Dep>,
    ) -> Result<()>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
    {
        let key = key.into();
        let marks = self.watched(key, deps)?;
        self.put_marks(position, key, value, marks).await;
        Ok(())
    }

    /// Stores a value that depends on `deps`, valid from now on, unless there is one for this key; returns whether it
    /// did. Of several callers, in whichever processes, one does. A value that a write has ended is not there.
    ///
    /// ```
    /// # use cache_core::{Cache, Dep};
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let cache = Cache::from_url("memory://?private")?;
    /// assert!(cache.put_if_absent("leader", 1, [Dep::tag("term")]).await?);
    /// assert!(!cache.put_if_absent("leader", 2, [Dep::tag("term")]).await?);
    /// cache.invalidate(Dep::tag("term")).await?;
    /// assert!(cache.put_if_absent("leader", 3, [Dep::tag("term")]).await?);
    /// # Ok::<(), cache_core::Error>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    /// Those of [`put`](Self::put).
    pub async fn put_if_absent<T>(
        &self,
        key: impl Into<EntryKey>,
        value: T,
        deps: impl IntoIterator<Item = Dep>,
    ) -> Result<bool>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
    {
        let key = key.into();
        let watched = Watched::from(self.watched(key, deps)?);
        let request = Request { key, policy: self.policy(), codec: &self.codec::<T>() };
        // Whoever leads the flight and has the claim puts: nobody does without one.
        self.shared().unshared.forget(key);
        let outcome = self.load(&request, async |_| Ok::<_, Error>(Loaded { value, watched })).await?;
        match (&outcome.source, &outcome.evidence) {
            (Source::Bypass(bypass @ (Bypass::Owed | Bypass::Unavailable)), _) => Err(unavailable(bypass)),
            (Source::Miss(_), Evidence::Slot(..)) => Ok(true),
            _ => Ok(false),
        }
    }

    async fn put_marks<T>(&self, position: Position, key: EntryKey, value: T, marks: Marks)
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
    {
        let request = Request { key, policy: self.policy(), codec: &self.codec::<T>() };
        if self.bypass(&request).is_none() {
            // What cannot be stored is an event, as for every other value.
            let mut patience = Patience::new(&*self.shared().log);
            let started = Started { position, fences: Some(Vec::new()), at: self.shared().clock.now() };
            let filled = self.fill(&request, &started, Arc::new(value), marks.into(), None, &mut patience);
            let _ = filled.await;
        }
    }

    /// The value of this key, or else what `load` gives, stored with `deps` for the next caller.
    ///
    /// ```
    /// # use cache_core::{Cache, Dep, Error};
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let cache = Cache::from_url("memory://?private")?;
    /// for _ in 0..2 {
    ///     let motd = cache.get_or_load("motd", [Dep::tag("texts")], async || Ok::<_, Error>(42)).await?;
    ///     assert_eq!(*motd, 42);
    /// }
    /// assert_eq!((cache.stats().misses, cache.stats().hits), (1, 1));
    /// # Ok::<(), Error>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    /// What `load` returns, and nothing else. If no attached database knows one of the dependencies, the value is
    /// loaded but not stored, which is logged.
    ///
    /// # Cancel safety
    /// As for [`load`](Self::load).
    pub async fn get_or_load<T, E, F>(
        &self,
        key: impl Into<EntryKey>,
        deps: impl IntoIterator<Item = Dep>,
        load: F,
    ) -> Result<Arc<T>, E>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        F: AsyncFnOnce() -> Result<T, E>,
    {
        let key = key.into();
        let watched = self.watched(key, deps).map_or_else(|error| self.unknown(key, &error), Watched::from);
        let request = Request { key, policy: self.policy(), codec: &self.codec::<T>() };
        let load = async |_| load().await.map(|value| Loaded { value, watched });
        let outcome = self.load(&request, load).await?;
        Ok(outcome.value)
    }

    /// The marks that a value with these dependencies watches; its own key is among them, since naming no
    /// dependency by hand is on purpose.
    fn watched(&self, key: EntryKey, deps: impl IntoIterator<Item = Dep>) -> Result<Marks> {
        let mut marks = self.watched_by_all(deps)?;
        marks.merge(&[key_mark(key)].into_iter().collect());
        Ok(marks)
    }

    fn watched_by_all(&self, deps: impl IntoIterator<Item = Dep>) -> Result<Marks> {
        let mut marks = Marks::default();
        if !self.shared().is_serving() {
            return Ok(marks);
        }
        for dep in deps {
            marks.merge(&self.shared().resolvers.watched(&dep)?);
        }
        Ok(marks)
    }

    fn unknown(&self, key: EntryKey, error: &Error) -> Watched {
        if self.shared().unstorables.reason(key).is_none() {
            tracing::warn!(%error, %key, "a value cannot be stored");
        }
        Watched::Unstorable(Reason::new(error.to_string()))
    }
}

fn unavailable(bypass: &Bypass) -> Error {
    Error::new(ErrorKind::Unavailable, format!("the cache was not asked: {bypass}"))
}
