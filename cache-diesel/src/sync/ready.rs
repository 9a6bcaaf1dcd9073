//! What a statement, a cached read or a block finds when it begins.

use std::sync::Arc;

use cache_core::session::{Explainer, Tracker};
use cache_core::{Error, ErrorKind, Result};
use diesel::QueryResult;

use super::attached::Attached;
use super::cacheable::Cacheable;
use super::watch::Watch;
use super::{CachedConnection, Link};
use crate::error::refused;

impl<C: Cacheable> CachedConnection<C> {
    pub(super) fn attached_mut(&mut self) -> Result<&mut Attached> {
        match &mut self.link {
            Link::Attached(attached) => Ok(attached),
            Link::Detached(_) => Err(never_attached()),
        }
    }

    /// What a statement needs, after what it has to wait for: another schema, and what ran around the wrapper.
    pub(super) fn ready(&mut self) -> QueryResult<(&mut C, &Watch, &mut Attached)> {
        match &mut self.link {
            Link::Attached(attached) => {
                if std::mem::take(&mut self.was_lent) && !self.watch.is_on(&mut self.inner) {
                    tracing::warn!(
                        "what is done on the connection inside cannot be seen: set its instrumentation on `CachedConnection`"
                    );
                    attached.session_mut().lose_sight();
                }
                attached.catch_up(self.watch.take());
                attached.keep_up(&mut self.inner, &self.watch);
                Ok((&mut self.inner, &self.watch, attached))
            }
            Link::Detached(_) => Err(refused(never_attached())),
        }
    }

    /// Reads the schema if a statement has just changed it.
    pub(super) fn follow_schema(&mut self) {
        if let Link::Attached(attached) = &mut self.link {
            attached.reread_if_changed(&mut self.inner, &self.watch);
        }
    }

    /// The same connection while another tracker, or none, notes what is read.
    pub(super) fn tracked<R>(
        &mut self,
        tracker: Option<Arc<Tracker>>,
        run: impl FnOnce(&mut Self) -> R,
    ) -> R {
        /// Puts the tracker back, after a panic too.
        struct Tracking<'a, C: Cacheable>(&'a mut CachedConnection<C>, Option<Arc<Tracker>>);
        impl<C: Cacheable> Drop for Tracking<'_, C> {
            fn drop(&mut self) {
                let before = self.1.take();
                if let Ok(attached) = self.0.attached_mut() {
                    attached.session_mut().track(before);
                }
            }
        }
        let before = self.attached_mut().ok().and_then(|attached| attached.session_mut().track(tracker));
        let tracking = Tracking(self, before);
        run(&mut *tracking.0)
    }

    pub(super) fn explained<R>(
        &mut self,
        explainer: Option<Arc<Explainer>>,
        run: impl FnOnce(&mut Self) -> R,
    ) -> R {
        let before = self.attached_mut().ok().and_then(|attached| attached.session_mut().explain(explainer));
        let result = run(self);
        if let Ok(attached) = self.attached_mut() {
            attached.session_mut().explain(before);
        }
        result
    }

    pub(super) fn has_transaction(&self) -> bool {
        match &self.link {
            Link::Attached(attached) => attached.session().session().is_in_transaction(),
            Link::Detached(_) => false,
        }
    }
}

pub(super) fn never_attached() -> Error {
    let message = "this connection was never attached to a cache: call `attach(cache)` on it; pools do with `AttachTo` as their customizer";
    Error::new(ErrorKind::Configuration, message)
}
