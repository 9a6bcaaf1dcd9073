//! What `/status` knows.
//!
//! | part | what it is for |
//! |---|---|
//! | [`Trace`], [`observe`] | one request: its page, and what became of its reads |
//! | [`Figures`] | all requests of one page |
//! | [`Statements`] | statements a second at the database |
//!
//! The cache calls `Monitor::hear` in the middle of reads and writes. A hit costs it two additions; words are made
//! only of misses and publications.

mod figures;
mod statements;
mod trace;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use cache_seaorm::Cache;
use cache_seaorm::cache::{Event, MissReason, Source, Subscription};

pub use figures::Figures;
pub use statements::{Rates, Statements};
pub use trace::{Trace, observe};

use crate::Result;

const RECENT: usize = 40;
/// Texts of statements are few, but nobody promises it.
const MAX_ENDINGS: usize = 200;

/// What has happened in this process since it started.
#[derive(Debug)]
pub struct Monitor {
    pages: Mutex<BTreeMap<String, Figures>>,
    endings: Mutex<BTreeMap<Ending, u64>>,
    recent: Mutex<VecDeque<Happening>>,
    pub statements: Arc<Statements>,
}

/// Why a page had to read anew.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Ending {
    pub page: String,
    pub why: String,
}

#[derive(Clone, Debug)]
pub struct Happening {
    pub at: Instant,
    /// The page that was asked for, if one was.
    pub page: String,
    pub what: String,
}

impl Monitor {
    pub async fn new(database_url: &str) -> Result<Self> {
        let statements = Statements::follow(database_url).await?;
        Ok(Self { pages: Mutex::default(), endings: Mutex::default(), recent: Mutex::default(), statements })
    }

    /// Listens to a cache until the subscription is dropped.
    pub fn listen(self: &Arc<Self>, cache: &Cache) -> Subscription {
        let monitor = Arc::clone(self);
        cache.on_event(move |event| monitor.hear(event))
    }

    fn hear(&self, event: &Event<'_>) {
        match event {
            Event::Read { source, .. } => {
                Trace::count(source);
                if let Source::Miss(reason) = source {
                    self.missed(reason);
                }
            }
            Event::Filled { .. } => {}
            event => self.happened(event.to_string()),
        }
    }

    fn missed(&self, reason: &MissReason) {
        if let Some(why) = why_it_ended(reason) {
            let ending = Ending { page: Trace::page(), why };
            let mut endings = self.endings.lock().unwrap_or_else(PoisonError::into_inner);
            if endings.len() < MAX_ENDINGS || endings.contains_key(&ending) {
                *endings.entry(ending).or_default() += 1;
            }
        }
        self.happened(format!("miss: {reason}"));
    }

    fn happened(&self, what: String) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.len() == RECENT {
            recent.pop_front();
        }
        recent.push_back(Happening { at: Instant::now(), page: Trace::page(), what });
    }

    /// By page.
    pub fn pages(&self) -> BTreeMap<String, Figures> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The most frequent first.
    pub fn endings(&self) -> Vec<(Ending, u64)> {
        let endings = self.endings.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut endings: Vec<_> = endings.into_iter().collect();
        endings.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        endings
    }

    /// The newest first.
    pub fn recent(&self) -> Vec<Happening> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.iter().rev().cloned().collect()
    }
}

/// The write that ended an entry, without the values that it touched; none if there was no entry.
fn why_it_ended(reason: &MissReason) -> Option<String> {
    match reason {
        MissReason::NeverFilled => None,
        MissReason::Touched(touched) => Some(match touched.cause.as_ref().map(ToString::to_string) {
            None => "a write of another process".to_owned(),
            Some(causes) if causes.starts_with("one of: ") => "one of several writes at once".to_owned(),
            Some(cause) => statement(&cause).to_owned(),
        }),
        reason => Some(reason.to_string()),
    }
}

/// The statement in a cause, as far as it says what it writes.
fn statement(cause: &str) -> &str {
    let ends = [" RETURNING ", ", which touched "].iter().filter_map(|end| cause.find(end));
    ends.min().map_or(cause, |end| &cause[..end]).trim_matches('`')
}
