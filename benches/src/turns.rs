//! Calls that are timed in turn, so that all of them meet the machine in the same mood.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::{BoxFuture, FutureExt};

/// How often one caller has a run of each call.
const LONE_ROUNDS: usize = 600;
/// What a call leaves to be done after it has returned is paid by the next one: by one of its own kind. So the first calls
/// of a run are not timed.
const UNTIMED: usize = 3;
const TIMED: usize = 5;
/// How often many callers, each with as many calls as [`CALLS`], are set going.
const CROWDED_ROUNDS: usize = 60;
const CALLS: usize = 10;

/// Something to time. It is told which of the concurrent callers it is.
#[derive(Clone)]
pub struct Call(Arc<dyn Fn(usize) -> BoxFuture<'static, ()> + Send + Sync>);

impl Call {
    /// A call that makes this future.
    pub fn new<F>(make: impl Fn(usize) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self(Arc::new(move |caller| make(caller).boxed()))
    }

    async fn time(&self, caller: usize) -> Duration {
        let start = Instant::now();
        (self.0)(caller).await;
        start.elapsed()
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Call")
    }
}

/// What the rounds of several calls took, in nanoseconds.
#[derive(Clone, Debug)]
pub struct Times<const N: usize>(Vec<[f64; N]>);

/// The median of a ratio, and the quartiles of the rounds' own ratios: the wider apart they are, the less it says.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Ratio {
    /// Of the medians.
    pub median: f64,
    /// A quarter of the rounds is below.
    pub low: f64,
    /// A quarter of the rounds is above.
    pub high: f64,
}

impl<const N: usize> Times<N> {
    /// Of these rounds.
    #[must_use]
    pub fn new(rounds: Vec<[f64; N]>) -> Self {
        Self(rounds)
    }

    /// The median of one call.
    #[must_use]
    pub fn median(&self, call: usize) -> f64 {
        quantile(self.0.iter().map(|round| round[call]), 2)
    }

    /// One call's time as a multiple of another's.
    #[must_use]
    pub fn ratio(&self, call: usize, to: usize) -> Ratio {
        let ratios = || self.0.iter().map(|round| round[call] / round[to]);
        let median = self.median(call) / self.median(to);
        Ratio { median, low: quantile(ratios(), 1), high: quantile(ratios(), 3) }
    }

    /// How much longer one call takes than another, in nanoseconds: the median of the rounds.
    #[must_use]
    pub fn added(&self, call: usize, to: usize) -> f64 {
        quantile(self.0.iter().map(|round| round[call] - round[to]), 2)
    }
}

/// That many quarters of the values are below.
fn quantile(values: impl Iterator<Item = f64>, quarters: usize) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() * quarters / 4).copied().unwrap_or(f64::NAN)
}

/// Times the calls in turn, made by this many callers at once. With several, the time of one call is what all of
/// them took, divided by their calls.
pub async fn take<const N: usize>(callers: usize, calls: &[Call; N]) -> Times<N> {
    for call in calls {
        crowd(callers, call).await;
    }
    if callers == 1 {
        let calls = calls.clone();
        // As a task, so that it runs where the connections' tasks do.
        return tokio::spawn(async move { alone(LONE_ROUNDS, &calls).await }).await.unwrap();
    }
    let mut rounds = Vec::with_capacity(CROWDED_ROUNDS);
    for round in 0..CROWDED_ROUNDS {
        let mut times = [0.0; N];
        for turn in 0..N {
            let call = (round + turn) % N;
            times[call] = nanoseconds(crowd(callers, &calls[call]).await) / (callers * CALLS) as f64;
        }
        rounds.push(times);
    }
    Times(rounds)
}

async fn alone<const N: usize>(rounds: usize, calls: &[Call; N]) -> Times<N> {
    let mut times = vec![[0.0; N]; rounds * TIMED];
    for (round, times) in times.chunks_mut(TIMED).enumerate() {
        for turn in 0..N {
            let call = (round + turn) % N;
            for _ in 0..UNTIMED {
                calls[call].time(0).await;
            }
            for times in &mut *times {
                times[call] = nanoseconds(calls[call].time(0).await);
            }
        }
    }
    Times(times)
}

async fn crowd(callers: usize, call: &Call) -> Duration {
    let start = Instant::now();
    let tasks: Vec<_> = (0..callers)
        .map(|caller| {
            let call = call.clone();
            tokio::spawn(async move {
                for _ in 0..CALLS {
                    (call.0)(caller).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    start.elapsed()
}

pub(crate) fn nanoseconds(time: Duration) -> f64 {
    time.as_nanos() as f64
}
