//! The same load on a service without a cache and on one with it, in turns, each with a database of its own.
//!
//! | part | what it is for |
//! |---|---|
//! | [`Options`] | how long, and from how many connections |
//! | [`Client`] | one keep-alive connection of HTTP/1.1 |
//! | [`Action`] | what is asked for how often |
//! | [`Ledger`] | what has been written, so that no answer may be older |
//! | [`Subject`] | a service under load |
//! | `visitor`, `report` | who asks; what is printed |

mod action;
mod client;
mod ledger;
mod markup;
mod options;
mod report;
mod rng;
mod subject;
mod visitor;

use std::time::Duration;

pub use action::Action;
pub use client::{Answer, Client};
pub use ledger::Ledger;
pub use options::Options;
pub use subject::Subject;

use crate::Result;
use crate::app::OFF;
use crate::servers::{Postgres, Redis};

/// Noise of the machine that lasts longer than this meets both.
const TURN: Duration = Duration::from_millis(2500);
/// Empty caches fill, here and in the database.
const WARM_UP: Duration = Duration::from_secs(3);

/// Runs the load and prints what came of it.
///
/// # Errors
/// If a server or a service does not start or does not answer, and if an answer was older than a write.
pub async fn run(options: Options) -> Result<()> {
    let (postgres, redis) = tokio::try_join!(Postgres::start(), Redis::start())?;
    let mut subjects = Vec::new();
    for (name, cache_url) in [("without", OFF.to_owned()), ("with", options.cache_url(&redis.url()))] {
        let database = format!("web_{name}");
        postgres.create(&database).await?;
        let subject = Subject::start(name, &postgres.url(&database), &cache_url, options.processes).await?;
        println!("{name:<8} http://{}/status", subject.address());
        subjects.push(subject);
    }
    for subject in &mut subjects {
        subject.load(options.connections, WARM_UP.min(options.time)).await?;
        subject.forget();
    }
    let turns = (options.time.as_secs_f64() / TURN.as_secs_f64()).ceil().max(1.0);
    for _ in 0..turns as usize {
        for subject in &mut subjects {
            subject.load(options.connections, options.time.div_f64(turns)).await?;
        }
    }
    let [without, with] = &subjects[..] else { return Err("two services are compared".into()) };
    print!("{}", report::table(without, with));
    let violations = subjects.iter().flat_map(|subject| subject.ledger().violations()).collect::<Vec<_>>();
    if violations.is_empty() { Ok(()) } else { Err(violations.join("\n").into()) }
}
