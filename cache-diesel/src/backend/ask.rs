//! Catalog queries, run by connections that block and by those that do not.

use std::future::Future;

use cache_core::{Error, ErrorKind, Result, Value};
use diesel::result::Error as DieselError;

/// A connection that can be asked.
pub(crate) trait Ask: Send {
    /// All rows of a query.
    fn rows(
        &mut self,
        query: &'static str,
    ) -> impl Future<Output = Result<Vec<Vec<Value>>, DieselError>> + Send;
}

/// All rows of a query, decoded.
#[cfg(feature = "postgres-backend")]
pub(super) async fn all<T>(
    db: &mut impl Ask,
    query: &'static str,
    decode: fn(&[Value]) -> Result<T>,
) -> Result<Vec<T>> {
    let rows = db.rows(query).await.map_err(failed)?;
    rows.iter().map(|row| decode(row)).collect()
}

pub(super) fn failed(error: DieselError) -> Error {
    Error::new(ErrorKind::Schema, "the schema of the database could not be read").with_source(error)
}
