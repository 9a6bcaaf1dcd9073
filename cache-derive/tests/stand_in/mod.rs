//! The smallest adapter that the macros' output runs against: what they expect of `cache_seaorm`, and no more.
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    missing_debug_implementations,
    reason = "each test uses a part of it"
)]

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sea_orm::{EntityName, EntityTrait, IdenStatic};
use serde::Serialize;

pub trait CacheDeps: EntityTrait {
    fn scopes() -> Vec<Vec<Self::Column>>;
}

#[diagnostic::on_unimplemented(
    message = "a column of type `{Self}` cannot be in a scope",
    label = "no exact equality that Rust and the database agree on",
    note = "derive `PartialEq` and `Eq` on a type of your own; floats have no exact equality: take the column out of the scope"
)]
pub trait ScopeColumn {}

#[diagnostic::do_not_recommend]
impl<T: Eq + sea_orm::sea_query::ValueType> ScopeColumn for T {}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Declaration {
    pub table: &'static str,
    pub scopes: Vec<Vec<&'static str>>,
}

pub fn declaration<E: CacheDeps + Default>() -> Declaration {
    let scopes =
        E::scopes().into_iter().map(|scope| scope.iter().map(IdenStatic::as_str).collect()).collect();
    Declaration { table: EntityName::table_name(&E::default()), scopes }
}

/// All declarations that derives registered, of one table.
pub fn registered(table: &str) -> Vec<Declaration> {
    let all = inventory::iter::<__private::Registered>.into_iter().map(|registered| (registered.declare)(()));
    all.filter(|declaration| declaration.table == table).collect()
}

/// Remembers each block's value by its key, forever.
#[derive(Clone, Default)]
pub struct CachedConnection {
    values: Arc<Mutex<HashMap<String, Box<dyn Any + Send + Sync>>>>,
    blocks: Arc<Mutex<Vec<Policy>>>,
    loads: Arc<Mutex<usize>>,
}

#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Policy {
    pub ttl: Option<Duration>,
    pub tags: Vec<String>,
    pub stretches: Vec<(&'static str, Duration)>,
}

impl CachedConnection {
    pub fn cached_query(&self, key: impl Serialize) -> CachedBlock {
        let key = serde_json::to_string(&key).expect("a key");
        CachedBlock { db: self.clone(), key, policy: Policy::default() }
    }

    /// Stands for a query.
    pub async fn query(&self) -> Result<usize, sea_orm::DbErr> {
        let mut loads = lock(&self.loads);
        *loads += 1;
        Ok(*loads)
    }

    pub fn loads(&self) -> usize {
        *lock(&self.loads)
    }

    pub fn keys(&self) -> usize {
        lock(&self.values).len()
    }

    pub fn policies(&self) -> Vec<Policy> {
        lock(&self.blocks).clone()
    }
}

pub struct CachedBlock {
    db: CachedConnection,
    key: String,
    policy: Policy,
}

impl CachedBlock {
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.policy.ttl = Some(ttl);
        self
    }

    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.policy.tags.push(tag.into());
        self
    }

    pub fn stale_while_revalidate(mut self, longer: Duration) -> Self {
        self.policy.stretches.push(("while revalidate", longer));
        self
    }

    pub fn stale_if_error(mut self, longer: Duration) -> Self {
        self.policy.stretches.push(("if error", longer));
        self
    }

    pub async fn run_owned<T, E, F, Fut>(self, load: F) -> Result<T, E>
    where
        T: Serialize + serde::de::DeserializeOwned + Clone + Send + Sync + 'static,
        F: FnOnce(CachedConnection) -> Fut + Send + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
    {
        let db = self.db.clone();
        self.run(async |_| load(db).await).await
    }

    pub async fn run<T, E, F>(self, load: F) -> Result<T, E>
    where
        T: Serialize + serde::de::DeserializeOwned + Clone + Send + Sync + 'static,
        F: for<'c> AsyncFnOnce(&'c CachedConnection) -> Result<T, E>,
    {
        lock(&self.db.blocks).push(self.policy);
        let hit = lock(&self.db.values).get(&self.key).and_then(|value| value.downcast_ref::<T>().cloned());
        if let Some(value) = hit {
            return Ok(value);
        }
        let value = load(&self.db).await?;
        lock(&self.db.values).insert(self.key, Box::new(value.clone()));
        Ok(value)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a future that never waits, and requires that it could be spawned.
pub fn now<F: Future + Send>(future: F) -> F::Output {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).as_mut().poll(&mut context) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("the future waits"),
    }
}

pub mod __private {
    pub use {async_trait, inventory, sea_orm};

    use sea_orm::{ActiveModelTrait, ConnectionTrait, DbErr, EntityName};
    use std::cell::RefCell;

    pub struct Registered {
        pub(super) declare: fn(()) -> super::Declaration,
    }

    impl Registered {
        pub const fn new(declare: fn(()) -> super::Declaration) -> Self {
            Self { declare }
        }
    }

    inventory::collect!(Registered);

    thread_local! {
        pub static HOOKED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    }

    pub async fn after_save<C: ConnectionTrait, E: super::CacheDeps + Default>(
        _db: &C,
        model: &E::Model,
        insert: bool,
    ) -> Result<(), DbErr> {
        let table = E::default().table_name();
        HOOKED.with_borrow_mut(|hooked| hooked.push(format!("{table} insert={insert} {model:?}")));
        Ok(())
    }

    pub async fn after_delete<C, A>(_db: &C, row: &A) -> Result<(), DbErr>
    where
        C: ConnectionTrait,
        A: ActiveModelTrait<Entity: super::CacheDeps + Default>,
    {
        let table = A::Entity::default().table_name();
        let key = row.get_primary_key_value();
        HOOKED.with_borrow_mut(|hooked| hooked.push(format!("{table} delete {key:?}")));
        Ok(())
    }
}
