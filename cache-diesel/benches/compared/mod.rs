//! What the benchmarks share: a blog, what is asked of it, and calls that are timed in turn.

use std::hint::black_box;
use std::time::{Duration, Instant};

use cache_diesel::CacheDeps;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

diesel::table! {
    article (id) {
        id -> BigInt,
        category -> Text,
        title -> Text,
        views -> BigInt,
    }
}

/// A row of the blog.
#[derive(Clone, Debug, Queryable, Serialize, Deserialize, CacheDeps)]
#[diesel(table_name = article)]
#[allow(dead_code, reason = "only read as a whole")]
pub(crate) struct Article {
    id: i64,
    #[cache(scope)]
    category: String,
    title: String,
    views: i64,
}

/// One row.
pub(crate) fn by_key() -> diesel::dsl::Find<article::table, i64> {
    article::table.find(black_box(7))
}

/// 100 rows.
#[diesel::dsl::auto_type]
pub(crate) fn by_category() -> _ {
    article::table.filter(article::category.eq("c3"))
}

/// Compares a call on the first of two connections with the same on the second.
macro_rules! compare {
    ($turns:expr, $both:expr, $name:expr, $bound:expr, |$conn:ident| $call:expr) => {
        $turns.compare(
            $name,
            $bound,
            $both,
            |both| {
                let $conn = &mut both.0;
                $call;
            },
            |both| {
                let $conn = &mut both.1;
                $call;
            },
        )
    };
}

pub(crate) use compare;

/// How often each call is made in one turn, and how many turns there are.
#[derive(Clone, Copy)]
pub(crate) struct Turns {
    pub(crate) calls: u32,
    pub(crate) turns: usize,
}

impl Turns {
    /// Names the columns of what is printed.
    pub(crate) fn head() {
        println!("{:<44} {:>10} {:>10} {:>7} {:>7}", "", "bare", "wrapped", "ratio", "bound");
    }

    /// Times both in turns, so that both meet the machine in the same mood.
    pub(crate) fn compare<S>(
        self,
        name: &str,
        bound: &str,
        subject: &mut S,
        mut bare: impl FnMut(&mut S),
        mut wrapped: impl FnMut(&mut S),
    ) {
        let mut times = (Vec::new(), Vec::new());
        for turn in 0..self.turns {
            // Who is first is not always first.
            if turn % 2 == 0 {
                times.0.push(self.turn(|| bare(subject)));
                times.1.push(self.turn(|| wrapped(subject)));
            } else {
                times.1.push(self.turn(|| wrapped(subject)));
                times.0.push(self.turn(|| bare(subject)));
            }
        }
        let (bare, wrapped) = (median(times.0), median(times.1));
        let ratio = wrapped.as_secs_f64() / bare.as_secs_f64();
        println!("{name:<44} {bare:>10.2?} {wrapped:>10.2?} {ratio:>7.3} {bound:>7}");
    }

    /// Times what has nothing to be compared with.
    pub(crate) fn alone(self, name: &str, bound: &str, mut call: impl FnMut()) {
        let time = median((0..self.turns).map(|_| self.turn(&mut call)).collect());
        println!("{name:<44} {:>10} {time:>10.2?} {:>7} {bound:>7}", "", "");
    }

    /// The time of one call, over those of one turn.
    fn turn(self, mut call: impl FnMut()) -> Duration {
        let start = Instant::now();
        (0..self.calls).for_each(|_| call());
        start.elapsed() / self.calls
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
