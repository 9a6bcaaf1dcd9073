//! `save_changes` where Diesel reads back what it has written.

use diesel::associations::{HasTable, Identifiable};
use diesel::dsl::{Find, Update};
use diesel::expression::{MixedAggregates, ValidGrouping, is_aggregate};
use diesel::query_builder::{AsChangeset, IntoUpdateTarget};
use diesel::query_dsl::methods::{ExecuteDsl, FindDsl};
use diesel::query_dsl::{LoadQuery, UpdateAndFetchResults};
use diesel::{QueryResult, RunQueryDsl, Table};

use super::{Cacheable, CachedConnection};

/// A connection whose updates return no rows to Diesel.
pub trait ReadsBack: Cacheable {}

#[cfg(feature = "mysql")]
impl ReadsBack for diesel::MysqlConnection {}
#[cfg(feature = "sqlite")]
impl ReadsBack for diesel::SqliteConnection {}

/// To forward it would run the statements on the connection inside.
impl<'b, C, Changes, Output> UpdateAndFetchResults<Changes, Output> for CachedConnection<C>
where
    C: ReadsBack,
    Changes: Copy + Identifiable,
    Changes: AsChangeset<Target = <Changes as HasTable>::Table> + IntoUpdateTarget,
    Changes::Table: FindDsl<Changes::Id>,
    Update<Changes, Changes>: ExecuteDsl<Self>,
    Find<Changes::Table, Changes::Id>: LoadQuery<'b, Self, Output>,
    <Changes::Table as Table>::AllColumns: ValidGrouping<()>,
    <<Changes::Table as Table>::AllColumns as ValidGrouping<()>>::IsAggregate:
        MixedAggregates<is_aggregate::No, Output = is_aggregate::No>,
{
    fn update_and_fetch(&mut self, changeset: Changes) -> QueryResult<Output> {
        diesel::update(changeset).set(changeset).execute(self)?;
        Changes::table().find(changeset.id()).get_result(self)
    }
}
