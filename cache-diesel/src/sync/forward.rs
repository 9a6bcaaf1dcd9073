//! Diesel's smaller traits.

use std::any::Any;

use diesel::QueryResult;
use diesel::connection::{Connection, MultiConnectionHelper, WithMetadataLookup};
use diesel::migration::{CREATE_MIGRATIONS_TABLE, MigrationConnection};
use diesel::sql_types::TypeMetadata;

use super::{Cacheable, CachedConnection};
use crate::observe::Text;

/// The lookup of a backend's types.
type Lookup<C> = <<C as Connection>::Backend as TypeMetadata>::MetadataLookup;

impl<C: Cacheable + MigrationConnection> MigrationConnection for CachedConnection<C> {
    fn setup(&mut self) -> QueryResult<usize> {
        self.execute_returning_count(&Text(CREATE_MIGRATIONS_TABLE))
    }
}

impl<C: Cacheable + MultiConnectionHelper> MultiConnectionHelper for CachedConnection<C> {
    fn to_any<'a>(lookup: &mut Lookup<C>) -> &mut (dyn Any + 'a) {
        C::to_any(lookup)
    }

    fn from_any(lookup: &mut dyn Any) -> Option<&mut Lookup<C>> {
        C::from_any(lookup)
    }
}

impl<C: Cacheable + WithMetadataLookup> WithMetadataLookup for CachedConnection<C> {
    fn metadata_lookup(&mut self) -> &mut Lookup<C> {
        self.inner.metadata_lookup()
    }
}

#[cfg(feature = "r2d2")]
impl<C: Cacheable + diesel::r2d2::R2D2Connection> diesel::r2d2::R2D2Connection for CachedConnection<C> {
    fn ping(&mut self) -> QueryResult<()> {
        let _announced = self.watch.announce();
        self.inner.ping()
    }

    fn is_broken(&mut self) -> bool {
        self.inner.is_broken()
    }
}
