//! What can be cached.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A value that can be cached: a model, a tuple of models, a column, what a block returns.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be cached",
    note = "derive `Clone`, `serde::Serialize` and `serde::Deserialize` for it; it must own what it holds"
)]
pub trait CacheValue: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {}

impl<T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static> CacheValue for T {}
