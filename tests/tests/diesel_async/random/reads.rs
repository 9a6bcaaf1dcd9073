//! Reads, each in forms that are one query: through the cache as values and as rows, and on a bare connection.

use cache_diesel::AsyncCacheExt;
use cache_tests::rng::Rng;
use diesel::dsl;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::CATEGORIES;
use crate::database::{Bare, viewed};
use crate::shop::{Article, Conn, article};

/// A read and its parameters.
#[derive(Clone, Debug)]
pub(super) struct Read {
    kind: usize,
    id: i64,
    category: &'static str,
    number: i32,
}

pub(super) fn pick(rng: &mut Rng) -> Read {
    Read {
        kind: rng.below(KINDS),
        id: rng.within(1..9),
        category: rng.pick(&CATEGORIES),
        number: i32::try_from(rng.within(0..4)).unwrap_or_default(),
    }
}

macro_rules! reads {
    ($read:ident; $($kind:literal: $row:ty = $query:expr,)*) => {
        const KINDS: usize = [$($kind),*].len();

        impl Read {
            pub(super) async fn cached(&self, conn: &mut Conn) -> String {
                let $read = self;
                match self.kind {
                    $($kind => format!("{:?}", $query.cached().load::<$row>(conn).await.unwrap()),)*
                    _ => unreachable!(),
                }
            }

            pub(super) async fn viewed(&self, conn: &mut Conn) -> String {
                let $read = self;
                match self.kind {
                    $($kind => format!("{:?}", viewed!($query, $row, conn).await.unwrap()),)*
                    _ => unreachable!(),
                }
            }

            pub(super) async fn plain(&self, conn: &mut Bare) -> String {
                let $read = self;
                match self.kind {
                    $($kind => format!("{:?}", $query.load::<$row>(conn).await.unwrap()),)*
                    _ => unreachable!(),
                }
            }
        }
    };
}

reads! { read;
    0: Article = article::table.find(read.id),
    1: Article = article::table.filter(article::category.eq(read.category)).order(article::id),
    2: i64 = article::table.filter(article::category.eq(read.category)).count(),
    3: (i64, i32) = article::table.select((article::id, article::views)).order((article::views.desc(), article::id)).limit(2),
    4: String = article::table.filter(article::views.ge(read.number)).select(article::title).order((article::title, article::id)),
    5: (String, Option<i64>) = article::table.group_by(article::category).select((article::category, dsl::sum(article::views))).order(article::category),
    6: Article = article::table.filter(article::title.like("%1%")).order(article::id),
    7: Article = article::table.filter(article::id.eq_any([read.id, read.id + 2])).order(article::id),
    8: bool = diesel::select(dsl::exists(article::table.filter(article::category.eq(read.category)).filter(article::views.gt(read.number)))),
    9: i64 = article::table.filter(article::category.eq(read.category)).order(article::id.desc()).select(article::id).limit(1).offset(1),
    10: (String, i32) = article::table.select((article::category, article::views)).distinct().order((article::category, article::views)),
    11: Option<i32> = article::table.select(dsl::max(article::views)),
}
