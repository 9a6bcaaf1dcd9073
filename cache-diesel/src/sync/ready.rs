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
        self.take_back();
        match &mut self.link {
            Link::Attached(attached) => Ok(attached),
            Link::Detached => Err(never_attached()),
        }
    }

    /// What a statement needs, after what it has to wait for: another schema, and what ran around the wrapper.
    pub(super) fn ready(&mut self) -> QueryResult<(&mut C, &Watch, &mut Attached)> {
        self.take_back();
        match &mut self.link {
            Link::Attached(attached) => {
                attached.keep_up(&mut self.inner, &self.watch);
                Ok((&mut self.inner, &self.watch, attached))
            }
            Link::Detached => Err(refused(never_attached())),
        }
    }

    /// Lends the connection inside, and with it the session: what is run there belongs to the same transaction.
    pub(super) fn lend(&mut self) -> &mut C {
        if let (Link::Attached(attached), false) = (&mut self.link, self.is_lent) {
            if let Some(tracker) = attached.session().session().tracker() {
                tracker.refuse("it uses the connection inside, where nobody sees what is read");
            }
            self.watch.lend(attached.session_mut());
            self.is_lent = true;
        }
        &mut self.inner
    }

    /// The connection inside is lent no more.
    pub(super) fn take_back(&mut self) {
        if let (Link::Attached(attached), true) = (&mut self.link, std::mem::take(&mut self.is_lent)) {
            let sight = self.watch.take_back(&mut self.inner, attached.session_mut());
            attached.catch_up(sight);
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
        /// Puts the explainer back, after a panic too.
        struct Explaining<'a, C: Cacheable>(&'a mut CachedConnection<C>, Option<Arc<Explainer>>);
        impl<C: Cacheable> Drop for Explaining<'_, C> {
            fn drop(&mut self) {
                let before = self.1.take();
                if let Ok(attached) = self.0.attached_mut() {
                    attached.session_mut().explain(before);
                }
            }
        }
        let before = self.attached_mut().ok().and_then(|attached| attached.session_mut().explain(explainer));
        let explaining = Explaining(self, before);
        run(&mut *explaining.0)
    }
}

pub(super) fn never_attached() -> Error {
    let message = "this connection was never attached to a cache: call `attach(cache)` on it; pools do with `AttachTo` as their customizer";
    Error::new(ErrorKind::Configuration, message)
}
