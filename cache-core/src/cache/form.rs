//! How results are handed out.

use std::sync::Arc;

/// How results are handed out: copied, or as the cache holds them.
pub trait Form: 'static {
    /// A result in this form.
    type Of<T>;

    /// Hands out a result.
    fn give<T: Clone>(result: Arc<T>) -> Self::Of<T>;
}

/// Results of the caller's own, copied out of the cache.
#[derive(Clone, Copy, Debug)]
pub enum Owned {}

/// Results as the cache holds them.
#[derive(Clone, Copy, Debug)]
pub enum Shared {}

impl Form for Owned {
    type Of<T> = T;

    fn give<T: Clone>(result: Arc<T>) -> T {
        Arc::unwrap_or_clone(result)
    }
}

impl Form for Shared {
    type Of<T> = Arc<T>;

    fn give<T: Clone>(result: Arc<T>) -> Arc<T> {
        result
    }
}
