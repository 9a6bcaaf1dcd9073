//! Results page by page.

use std::fmt;
use std::marker::PhantomData;

use cache_core::EntryKey;
use sea_orm::{DbErr, ItemsAndPagesNumber, Paginator, PaginatorTrait};

use super::ask::{Answer, Ask, Count, List};
use super::cached::{Cached, Form, Options};
use super::connection::CacheConnection;
use super::probe::{Probe, statement_of};
use super::read::fetch;
use super::select::CacheRows;

/// A cached query page by page. Each page is an entry of its own, and so is the number of items.
pub struct CachedPaginator<'db, C, Q: CacheRows<Selector: 'static>, F> {
    db: &'db C,
    paginator: Paginator<'static, Probe, Q::Selector>,
    page_size: u64,
    options: Options,
    form: PhantomData<fn() -> F>,
}

impl<'db, C, Q, F> CachedPaginator<'db, C, Q, F>
where
    C: CacheConnection,
    Q: CacheRows<Selector: 'static>,
    F: Form,
{
    pub(super) fn new(query: Cached<Q, F>, db: &'db C, page_size: u64) -> Self
    where
        Q: PaginatorTrait<'static, Probe, Selector = <Q as CacheRows>::Selector>,
    {
        let paginator = query.query.paginate(Probe::of(db.get_database_backend()), page_size);
        Self { db, paginator, page_size, options: query.options, form: PhantomData }
    }

    /// The items of a page, counted from zero.
    ///
    /// # Errors
    /// What the query itself returns.
    pub async fn fetch_page(&self, page: u64) -> Result<F::Of<Vec<Q::Item>>, DbErr> {
        let statement = statement_of(self.paginator.fetch_page(page))?;
        let list = Ask::<(), List<Q::Selector, Q::Encoding>>::statement(statement);
        self.fetch_as(&("page", self.page_size, page), list).await
    }

    /// The items of the current page.
    ///
    /// # Errors
    /// What the query itself returns.
    pub async fn fetch(&self) -> Result<F::Of<Vec<Q::Item>>, DbErr> {
        self.fetch_page(self.paginator.cur_page()).await
    }

    /// The items of the current page, if it has any; the next page becomes the current one.
    ///
    /// # Errors
    /// What the query itself returns.
    pub async fn fetch_and_next(&mut self) -> Result<Option<Vec<Q::Item>>, DbErr>
    where
        F: Form<Of<Vec<Q::Item>> = Vec<Q::Item>>,
    {
        let items = self.fetch().await?;
        self.next();
        Ok(Some(items).filter(|items| !items.is_empty()))
    }

    /// How many items all pages have together.
    ///
    /// # Errors
    /// What the query itself returns.
    pub async fn num_items(&self) -> Result<u64, DbErr> {
        let count = Ask::<(), Count>::statement(statement_of(self.paginator.num_items())?);
        let options = self.options_of(&"items")?;
        fetch(self.db, options, count).await.map(|count| *count)
    }

    /// How many pages there are.
    ///
    /// # Errors
    /// What the query itself returns.
    pub async fn num_pages(&self) -> Result<u64, DbErr> {
        Ok(self.num_items().await?.div_ceil(self.page_size))
    }

    /// How many items and pages there are.
    ///
    /// # Errors
    /// What the query itself returns.
    pub async fn num_items_and_pages(&self) -> Result<ItemsAndPagesNumber, DbErr> {
        let number_of_items = self.num_items().await?;
        let number_of_pages = number_of_items.div_ceil(self.page_size);
        Ok(ItemsAndPagesNumber { number_of_items, number_of_pages })
    }

    /// Makes the next page the current one.
    pub fn next(&mut self) {
        self.paginator.next();
    }

    /// Makes this page, counted from zero, the current one.
    pub fn set_page(&mut self, page: u64) {
        self.paginator.set_page(page);
    }

    /// The current page, counted from zero.
    #[must_use]
    pub fn cur_page(&self) -> u64 {
        self.paginator.cur_page()
    }

    async fn fetch_as<A: Answer>(
        &self,
        part: &impl serde::Serialize,
        ask: Ask<(), A>,
    ) -> Result<F::Of<A::Output>, DbErr> {
        fetch(self.db, self.options_of(part)?, ask).await.map(F::give)
    }

    /// Pages of one named query are entries of different names.
    fn options_of(&self, part: &impl serde::Serialize) -> Result<Options, DbErr> {
        let key = self.options.key.map(|key| EntryKey::of("paginator", &(key.bits(), part))).transpose();
        let key = key.map_err(|error| DbErr::Custom(error.to_string()))?;
        Ok(Options { policy: self.options.policy.clone(), key })
    }
}

impl<C, Q: CacheRows<Selector: 'static>, F> fmt::Debug for CachedPaginator<'_, C, Q, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedPaginator")
            .field("page_size", &self.page_size)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
