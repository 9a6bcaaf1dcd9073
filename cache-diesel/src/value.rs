//! What can be cached.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A value that can be cached: a model, a tuple of models, a column, what a block returns.
///
/// In a store that processes share it is what serde makes of it: a field that serde skips comes back as its default, so give
/// a value that is cached no `#[serde(skip)]`. What serde reads otherwise than it writes (`skip_deserializing`), and a
/// `Some(None)`, is kept in this process only.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be cached",
    note = "derive `Clone`, `serde::Serialize` and `serde::Deserialize` for it; it must own what it holds"
)]
pub trait CacheValue: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {}

impl<T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static> CacheValue for T {}
