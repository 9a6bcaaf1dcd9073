//! The front door.

mod causes;
mod clock;
mod policy;
mod publish;
mod read;
mod request;
mod resolve;
mod shared;
mod values;
mod why;

use std::sync::Arc;
use std::time::Duration;

pub use clock::{Clock, ManualClock};
pub use policy::{Enabled, Policy, Skip};
pub use request::{LoadStart, Loaded, Outcome, Request, Watched};
pub use resolve::Resolve;
pub use why::{Bypass, Cause, Level, MissReason, Reason, Source, Touched};

use self::shared::Shared;
use crate::codec::{Format, Serde};
use crate::error::{Error, ErrorKind, Result};
use crate::log::{Index, Log, MemoryLog};

/// A cache; clones are handles of the same one.
#[derive(Clone)]
pub struct Cache {
    shared: Arc<Shared>,
}

impl Cache {
    /// The cache of this URL; equal URLs in one process are one cache.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if the URL is not understood.
    pub fn from_url(url: &str) -> Result<Self> {
        if !url.starts_with("memory://") {
            return Err(Error::new(ErrorKind::Configuration, "unknown scheme; accepted: memory"));
        }
        let log = MemoryLog::new();
        let start = log.try_head().ok_or_else(|| Error::new(ErrorKind::Unavailable, "no head"))?;
        Ok(Self {
            shared: Arc::new(Shared {
                log: Arc::new(log),
                index: Index::new(start),
                values: values::Values::new(64 << 20),
                causes: Default::default(),
                resolvers: Default::default(),
                clock: Clock::system(),
                ttl: Duration::from_secs(600),
                format: Format::default(),
            }),
        })
    }

    /// Lets a database answer for dependencies on its rows, scopes and tables. The cache does not keep it alive.
    pub fn attach_resolver(&self, resolver: Arc<dyn Resolve>) {
        self.shared.resolvers.attach(&resolver);
    }

    /// The databases that are attached and alive.
    #[must_use]
    pub fn resolvers(&self) -> Vec<Arc<dyn Resolve>> {
        self.shared.resolvers.attached()
    }

    /// The codec of every type that serde knows, in this cache's format.
    #[must_use]
    pub fn codec<T>(&self) -> Serde<T> {
        Serde::new(self.shared.format)
    }

    fn shared(&self) -> &Shared {
        &self.shared
    }
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache").field("log", &self.shared.log).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
