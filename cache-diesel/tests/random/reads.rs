//! Reads, each in two forms that are one query: through the cache, and on a bare connection.

use std::fmt;

use cache_diesel::CacheExt;
use diesel::dsl;
use diesel::prelude::*;

use crate::database::Bare;
use crate::rng::Rng;
use crate::shop::{Article, Author, Conn, article, author};

pub(super) const CATEGORIES: [&str; 3] = ["rust", "sql", "new"];

/// A read and its parameters.
#[derive(Clone, Debug)]
pub(super) struct Read {
    kind: usize,
    id: i64,
    category: &'static str,
    number: i32,
}

impl fmt::Display for Read {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

pub(super) fn pick(rng: &mut Rng) -> Read {
    Read {
        kind: rng.below(KINDS),
        id: rng.within(1..9),
        category: rng.pick(&CATEGORIES),
        number: i32::try_from(rng.within(0..4)).unwrap_or_default(),
    }
}

/// The same loads for wrapped and bare connections.
macro_rules! reads {
    ($read:ident; $($kind:literal: $row:ty = $query:expr,)*) => {
        const KINDS: usize = [$($kind),*].len();

        impl Read {
            pub(super) fn cached(&self, conn: &mut Conn) -> String {
                let $read = self;
                match self.kind {
                    $($kind => format!("{:?}", $query.cached().load::<$row, _>(conn).unwrap()),)*
                    _ => unreachable!(),
                }
            }

            pub(super) fn plain(&self, conn: &mut Bare) -> String {
                let $read = self;
                match self.kind {
                    $($kind => format!("{:?}", $query.load::<$row>(conn).unwrap()),)*
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
    3: i64 = article::table.filter(article::published.eq(true)).filter(article::category.eq(read.category)).count(),
    4: (i64, i32) = article::table.select((article::id, article::views)).order((article::views.desc(), article::id)).limit(2),
    5: String = article::table.filter(article::views.ge(read.number)).select(article::title).order(article::title),
    6: (Article, Author) = article::table.inner_join(author::table).filter(article::category.eq(read.category)).order(article::id).select((Article::as_select(), Author::as_select())),
    7: (Author, Option<Article>) = author::table.left_join(article::table).filter(author::id.eq(read.id)).order(article::id).select((Author::as_select(), Option::<Article>::as_select())),
    8: (String, Option<i64>) = article::table.group_by(article::category).select((article::category, dsl::sum(article::views))).order(article::category),
    9: String = author::table.filter(author::id.eq_any(article::table.filter(article::views.gt(read.number)).select(article::author_id))).select(author::name).order(author::name),
    10: Article = article::table.filter(article::author_id.eq(read.id)).filter(article::title.like("%1%")).order(article::id),
    11: Article = article::table.filter(article::id.eq_any([read.id, read.id + 2])).order(article::id),
    12: bool = diesel::select(dsl::exists(article::table.filter(article::category.eq(read.category)).filter(article::views.gt(read.number)))),
    13: i64 = article::table.filter(article::category.eq(read.category)).order(article::id.desc()).select(article::id).limit(1).offset(1),
    14: (String, Option<i32>) = article::table.select((article::category, article::views.nullable())).distinct().order((article::category, article::views)),
    15: i64 = author::table.left_join(article::table).filter(article::id.is_null()).select(author::id).order(author::id),
}
