//! Several values at once: one question to the server for all of them.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::cache::Cache;
use crate::cache::clock::Now;
use crate::cache::fill::{Kept, Started};
use crate::cache::patience::Patience;
use crate::cache::request::{Outcome, Request, Watched};
use crate::cache::resolve::key_mark;
use crate::cache::why::{MissReason, Source};
use crate::deps::Dep;
use crate::error::Result;
use crate::log::Position;
use crate::mark::Marks;
use crate::store::EntryKey;

impl Cache {
    /// The value of each key, as [`get`](Self::get) gives it. What is not in this process, and whether it is still
    /// true, takes one round trip together; another one if something here has ended that others have anew.
    ///
    /// ```
    /// # use cache_core::{Cache, Dep};
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let cache = Cache::from_url("memory://?private")?;
    /// cache.put_many([("one", 1), ("two", 2)], [Dep::tag("numbers")]).await?;
    /// let found = cache.get_many::<i32>(["one", "three", "two"]).await;
    /// assert_eq!(found.iter().map(|value| value.as_deref().copied()).collect::<Vec<_>>(), [Some(1), None, Some(2)]);
    /// # Ok::<(), cache_core::Error>(()) }).unwrap();
    /// ```
    pub async fn get_many<T>(
        &self,
        keys: impl IntoIterator<Item = impl Into<EntryKey>>,
    ) -> Vec<Option<Arc<T>>>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
    {
        let codec = self.codec::<T>();
        let request = |key: EntryKey| Request { key, policy: self.policy(), codec: &codec };
        let requests: Vec<_> = keys.into_iter().map(|key| request(key.into())).collect();
        let mut found: Vec<Result<Outcome<T>, Source>> = requests
            .iter()
            .map(|request| match self.bypass(request) {
                Some(bypass) => Err(Source::Bypass(bypass)),
                None => self.try_hit(request).ok_or(Source::Miss(MissReason::NeverFilled)),
            })
            .collect();
        let mut patience = Patience::new(&*self.shared().log);
        let is_open = |place: &usize| matches!(found[*place], Err(Source::Miss(_)));
        let is_here = |place: &usize| self.shared().values.peek(requests[*place].key).is_some();
        let open = (0..requests.len()).filter(is_open);
        let (here, elsewhere): (Vec<usize>, Vec<usize>) = open.partition(is_here);
        if let Some(head) = self.find_many(&requests, &elsewhere, &here, &mut found, &mut patience).await {
            // What has ended here others may have anew.
            for &place in &here {
                found[place] =
                    self.hit_value(&requests[place], head, &mut Now::default()).map_err(Source::Miss);
            }
            let ended: Vec<usize> = here.into_iter().filter(|place| found[*place].is_err()).collect();
            self.find_many(&requests, &ended, &[], &mut found, &mut patience).await;
        }
        let note = |(request, outcome): (&Request<'_, T>, Result<Outcome<T>, Source>)| {
            self.note_read(request, &outcome);
            outcome.ok().map(|outcome| outcome.value)
        };
        requests.iter().zip(found).map(note).collect()
    }

    /// Finds `places` below the first level; returns the head that was read along, if it is wanted for any place. If
    /// the cache cannot be asked, nothing is found.
    async fn find_many<T: Send + Sync + 'static>(
        &self,
        requests: &[Request<'_, T>],
        places: &[usize],
        others: &[usize],
        found: &mut [Result<Outcome<T>, Source>],
        patience: &mut Patience<'_>,
    ) -> Option<Position> {
        if places.is_empty() && others.is_empty() {
            return None;
        }
        let keys: Vec<EntryKey> = places.iter().map(|place| requests[*place].key).collect();
        match self.shared().fetch_many(&keys, patience).await {
            Ok((fetched, head)) => {
                for (&place, fetched) in places.iter().zip(&fetched) {
                    let hit = self.found(&requests[place], fetched, MissReason::NeverFilled);
                    found[place] =
                        hit.map(|(outcome, _)| outcome).map_err(|missing| Source::Miss(missing.reason));
                }
                Some(head)
            }
            Err(bypass) => {
                for &place in places.iter().chain(others) {
                    found[place] = Err(Source::Bypass(bypass.clone()));
                }
                None
            }
        }
    }

    /// Stores values that all depend on `deps`, valid from now on, as [`put`](Self::put) does; in one round trip to
    /// the server beside that for the position.
    ///
    /// # Errors
    /// Those of [`put`](Self::put).
    pub async fn put_many<K, T>(
        &self,
        entries: impl IntoIterator<Item = (K, T)>,
        deps: impl IntoIterator<Item = Dep>,
    ) -> Result<()>
    where
        K: Into<EntryKey>,
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
    {
        let (shared, codec) = (self.shared(), self.codec::<T>());
        let marks = self.watched_by_all(deps)?;
        let started =
            Started { position: self.position().await?, fences: Some(Vec::new()), at: shared.clock.now() };
        let (mut sealed, mut longest) = (Vec::new(), std::time::Duration::ZERO);
        for (key, value) in entries {
            let request = Request { key: key.into(), policy: self.policy(), codec: &codec };
            if self.bypass(&request).is_some() {
                return Ok(());
            }
            let value = Arc::new(value);
            let Ok(slot) = self.admit(&request, &started, &value, watched(&marks, request.key)) else {
                continue;
            };
            if self.keep(&request, &*value, &slot) == Kept::No {
                continue;
            }
            match shared.seal(&request, &*value, &slot) {
                Ok(Some(bytes)) => {
                    longest = longest.max(shared.stored_for(self.policy(), &slot));
                    sealed.push((request.key, bytes));
                }
                Ok(None) => {}
                Err(error) => shared.store_failed(&error),
            }
        }
        let mut patience = Patience::new(&*shared.log);
        if let Err(error) = patience.wait(shared.store.put_many(sealed, longest)).await {
            shared.store_failed(&error);
        }
        Ok(())
    }
}

/// Naming no dependency by hand is on purpose, so the key is one.
fn watched(all: &Marks, key: EntryKey) -> Watched {
    let mut marks = all.clone();
    marks.merge(&[key_mark(key)].into_iter().collect());
    Watched::from(marks)
}
