//! `#[cached_query]`: what the key is made of, what the block is told, and that bodies read unchanged.

mod stand_in;

use std::time::Duration;

use cache_derive::cached_query;
use sea_orm::DbErr;
use serde::Serialize;
use stand_in::{CachedConnection, Policy, now};

type Counted = Result<usize, DbErr>;

#[cached_query]
async fn by_category(db: &CachedConnection, category: &str, page: u64) -> Result<String, DbErr> {
    let load = db.query().await?;
    Ok(format!("{category} {page} {load}"))
}

#[test]
fn equal_arguments_share_a_result_and_others_do_not() {
    let db = CachedConnection::default();
    now(async {
        assert_eq!(by_category(&db, "rust", 1).await, Ok("rust 1 1".to_owned()));
        assert_eq!(by_category(&db, "rust", 1).await, Ok("rust 1 1".to_owned()));
        assert_eq!(by_category(&db, "rust", 2).await, Ok("rust 2 2".to_owned()));
        assert_eq!(by_category(&db, "go", 1).await, Ok("go 1 3".to_owned()));
    });
}

#[cached_query(ttl = "1m30s", tags("front-page", format!("author-{author_id}")))]
async fn tagged(db: &CachedConnection, author_id: i64) -> Counted {
    db.query().await.map(|load| load + usize::try_from(author_id).unwrap_or(0))
}

#[test]
fn ttl_and_tags_reach_the_block() {
    let db = CachedConnection::default();
    assert_eq!(now(tagged(&db, 7)), Ok(8));
    let policy = Policy {
        ttl: Some(Duration::from_secs(90)),
        tags: vec!["front-page".into(), "author-7".into()],
        ..Policy::default()
    };
    assert_eq!(db.policies(), [policy]);
}

#[cached_query(stale_while_revalidate = "10s", stale_if_error = "1h")]
async fn stretched(
    db: &CachedConnection,
    category: &str,
    ids: &[i64],
    filter: &Option<String>,
    (page, mut size): (u64, u64),
) -> Result<String, DbErr> {
    if ids.is_empty() {
        return Ok("nothing".to_owned());
    }
    size += 1;
    let load = db.query().await?;
    Ok(format!("{category} {ids:?} {filter:?} {page} {size} {load}"))
}

#[test]
fn a_body_that_may_outlive_its_caller_has_arguments_of_its_own() {
    let db = CachedConnection::default();
    let text = now(async { stretched(&db, &String::from("rust"), &[1, 2], &None, (3, 4)).await });
    assert_eq!(text, Ok("rust [1, 2] None 3 5 1".to_owned()));
    assert_eq!(now(stretched(&db, "rust", &[], &None, (3, 4))), Ok("nothing".to_owned()));
    let stretches =
        vec![("while revalidate", Duration::from_secs(10)), ("if error", Duration::from_secs(3600))];
    assert_eq!(db.policies()[0], Policy { stretches, ..Policy::default() });
}

#[cached_query(skip(trace_id))]
async fn skipping(db: &CachedConnection, id: i64, trace_id: &str) -> Counted {
    assert!(!trace_id.is_empty() && id > 0);
    db.query().await
}

#[test]
fn skipped_arguments_are_not_in_the_key() {
    let db = CachedConnection::default();
    assert_eq!(now(skipping(&db, 1, "a")), Ok(1));
    assert_eq!(now(skipping(&db, 1, "b")), Ok(1));
    assert_eq!(now(skipping(&db, 2, "b")), Ok(2));
}

mod outer {
    use super::*;

    pub(crate) mod inner {
        use super::*;
        #[cached_query(key = id % 10)]
        pub(crate) async fn read(db: &CachedConnection, id: i64) -> Counted {
            let _ = id;
            db.query().await
        }
    }

    #[cached_query(key = id % 10)]
    pub(crate) async fn read(db: &CachedConnection, id: i64) -> Counted {
        let _ = id;
        db.query().await
    }
}

#[test]
fn an_explicit_key_stands_for_the_arguments_within_the_function() {
    let db = CachedConnection::default();
    assert_eq!(now(outer::read(&db, 3)), Ok(1));
    assert_eq!(now(outer::read(&db, 13)), Ok(1));
    assert_eq!(now(outer::read(&db, 4)), Ok(2));
    assert_eq!(now(outer::inner::read(&db, 3)), Ok(3));
}

macro_rules! versioned {
    ($version:literal, $db:expr) => {{
        #[cached_query(version = $version)]
        async fn read(db: &CachedConnection) -> Counted {
            db.query().await
        }
        now(read($db))
    }};
}

#[test]
fn a_new_version_has_a_key_of_its_own() {
    let db = CachedConnection::default();
    assert_eq!((versioned!(1, &db), versioned!(2, &db), versioned!(1, &db)), (Ok(1), Ok(2), Ok(1)));
}

trait Named {
    const NAME: &'static str;
}

struct A;
struct B;

impl Named for A {
    const NAME: &'static str = "a";
}

impl Named for B {
    const NAME: &'static str = "b";
}

#[cached_query]
async fn generic<T: Named, const N: usize>(
    db: &CachedConnection,
    id: impl Serialize + Send + Sync,
) -> Result<String, DbErr> {
    let _ = id;
    Ok(format!("{} {N} {}", T::NAME, db.query().await?))
}

impl A {
    #[cached_query]
    async fn all(db: &CachedConnection) -> Counted {
        db.query().await
    }
}

impl B {
    #[cached_query]
    async fn all(db: &CachedConnection) -> Counted {
        db.query().await
    }
}

struct Repository<T>(std::marker::PhantomData<fn() -> T>);

impl<T: Named> Repository<T> {
    #[cached_query]
    async fn all(db: &CachedConnection) -> Result<String, &'static str>
    where
        Self: Sized,
    {
        db.query().await.map(|_| T::NAME.to_owned()).map_err(|_| "no database")
    }
}

#[test]
fn instances_of_generic_functions_and_of_impls_have_keys_of_their_own() {
    let db = CachedConnection::default();
    now(async {
        assert_eq!(generic::<A, 1>(&db, 1_u8).await, Ok("a 1 1".to_owned()));
        assert_eq!(generic::<B, 1>(&db, 1_u8).await, Ok("b 1 2".to_owned()));
        assert_eq!(generic::<A, 2>(&db, 1_u8).await, Ok("a 2 3".to_owned()));
        assert_eq!(generic::<A, 1>(&db, 1_u16).await, Ok("a 1 4".to_owned()));
        assert_eq!(generic::<A, 1>(&db, 1_u8).await, Ok("a 1 1".to_owned()));
        assert_eq!((A::all(&db).await, B::all(&db).await), (Ok(5), Ok(6)));
        assert_eq!(Repository::<A>::all(&db).await, Ok("a".to_owned()));
        assert_eq!(Repository::<B>::all(&db).await, Ok("b".to_owned()));
    });
}

trait Articles {
    fn titles(&self, db: &CachedConnection) -> impl Future<Output = Result<String, DbErr>> + Send;
}

impl Articles for A {
    #[cached_query(skip(self))]
    async fn titles(&self, db: &CachedConnection) -> Result<String, DbErr> {
        Ok(format!("{} {}", Self::NAME, db.query().await?))
    }
}

impl Articles for B {
    #[cached_query(skip(self))]
    async fn titles(&self, db: &CachedConnection) -> Result<String, DbErr> {
        Ok(format!("{} {}", Self::NAME, db.query().await?))
    }
}

#[test]
fn functions_of_traits_have_a_key_for_each_type() {
    let db = CachedConnection::default();
    now(async {
        assert_eq!(A.titles(&db).await, Ok("a 1".to_owned()));
        assert_eq!(B.titles(&db).await, Ok("b 2".to_owned()));
        assert_eq!(A.titles(&db).await, Ok("a 1".to_owned()));
    });
}

struct Tenant {
    name: String,
    suffix: &'static str,
}

impl Tenant {
    #[cached_query(key = (&self.name, id))]
    async fn keyed(&self, db: &CachedConnection, id: i64) -> Result<String, DbErr> {
        Ok(format!("{}{} {id} {}", self.name, self.suffix, db.query().await?))
    }

    #[cached_query(skip(self))]
    async fn skipped(self, db: &CachedConnection, id: i64) -> Result<String, DbErr> {
        Ok(format!("{} {id} {}", self.name, db.query().await?))
    }
}

#[test]
fn methods_name_what_of_self_is_in_the_key() {
    let db = CachedConnection::default();
    let tenant = |name: &str| Tenant { name: name.to_owned(), suffix: "!" };
    now(async {
        assert_eq!(tenant("x").keyed(&db, 1).await, Ok("x! 1 1".to_owned()));
        assert_eq!(tenant("y").keyed(&db, 1).await, Ok("y! 1 2".to_owned()));
        assert_eq!(tenant("x").keyed(&db, 1).await, Ok("x! 1 1".to_owned()));
        assert_eq!(tenant("x").skipped(&db, 1).await, Ok("x 1 3".to_owned()));
        assert_eq!(tenant("y").skipped(&db, 1).await, Ok("x 1 3".to_owned()));
    });
}

/// Every kind of argument and of body that an `async fn` may have.
#[cached_query]
#[allow(clippy::too_many_arguments, clippy::mixed_attributes_style, reason = "one of each")]
pub(crate) async fn everything<'a, 'b: 'a>(
    db: &'a CachedConnection,
    (first, second): (u32, String),
    mut count: usize,
    _: u8,
    [x, y]: [i32; 2],
    r#type: &'b str,
    owned: Vec<String>,
    nested: Option<&'a [i64]>,
) -> Result<(usize, Vec<String>), Box<dyn std::error::Error + Send + Sync>> {
    #![allow(clippy::needless_return, reason = "returns leave the block, not the program")]
    if nested.is_none() {
        return Err("none".into());
    }
    for _ in 0..first {
        count += db.query().await?;
    }
    let mut owned = owned;
    owned.push(second);
    owned.push(format!("{type}{x}{y}", type = r#type));
    return Ok((count, owned));
}

#[test]
fn bodies_see_their_arguments_as_written() {
    let db = CachedConnection::default();
    let call = |nested| everything(&db, (2, "b".into()), 10, 0, [1, 2], "t", vec!["a".into()], nested);
    now(async {
        let expected = (13, vec!["a".to_owned(), "b".to_owned(), "t12".to_owned()]);
        assert_eq!(call(Some(&[1])).await.ok(), Some(expected.clone()));
        assert_eq!(call(Some(&[1])).await.ok(), Some(expected));
        assert_eq!(db.loads(), 2);
        assert!(call(None).await.is_err());
        assert_eq!(db.keys(), 1);
    });
}

/// The return type decides what the body's values are, as in the function itself.
#[cached_query]
async fn inferred(db: &CachedConnection) -> Result<Vec<String>, DbErr> {
    let load = db.query().await?;
    Ok((0..load).map(|n| n.to_string()).collect())
}

async fn helper(db: &CachedConnection) -> Counted {
    db.query().await
}

#[cached_query]
async fn through_a_helper(connection: &CachedConnection) -> Counted {
    let first = helper(connection).await?;
    let second = by_category(connection, "nested", 0).await?;
    Ok(first + second.len())
}

#[test]
fn helpers_and_other_cached_functions_run_inside() {
    let db = CachedConnection::default();
    assert_eq!(now(inferred(&db)).map(|names| names.len()), Ok(1));
    assert_eq!(now(through_a_helper(&db)), Ok(2 + "nested 0 3".len()));
}
