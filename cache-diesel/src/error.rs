//! The cache's refusals in Diesel's terms.

use cache_core::Error;
use diesel::result::Error as DieselError;

/// What a caller is told whose statement was not run because of the cache.
pub(crate) fn refused(error: Error) -> DieselError {
    DieselError::QueryBuilderError(Box::new(error))
}
