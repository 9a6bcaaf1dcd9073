//! Why cached reads were no hits, as the cache itself tells it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use cache_seaorm::Cache;
use cache_seaorm::cache::{Event, MissReason, Source, Subscription};

/// Why a read was no hit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Miss {
    /// The kind of reason: the same for touches of one kind, whichever rows they are about.
    pub kind: String,
    /// The reason in full.
    pub reason: String,
}

/// Listens to a cache.
pub(crate) struct Misses {
    first: Arc<Mutex<Option<Miss>>>,
    _listening: Subscription,
}

impl Misses {
    /// Those of this cache from now on.
    pub(crate) fn of(cache: &Cache) -> Self {
        let first = Arc::<Mutex<Option<Miss>>>::default();
        let noted = Arc::clone(&first);
        let _listening = cache.on_event(move |event| {
            let Event::Read { source, .. } = event else { return };
            let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
            if noted.is_none() {
                *noted = miss(source);
            }
        });
        Self { first, _listening }
    }

    /// The first since the last call: a read that consists of several has several.
    pub(crate) fn take(&self) -> Option<Miss> {
        self.first.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl fmt::Debug for Misses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Misses").field(&self.first).finish()
    }
}

fn miss(source: &Source) -> Option<Miss> {
    let reason = match source {
        source if source.is_hit() => return None,
        Source::Miss(MissReason::Touched(touched)) => match touched.touch() {
            Some(touch) => return Some(Miss { kind: kind(&touch), reason: touch }),
            None => "a touch of which nothing is known".to_owned(),
        },
        source => source.to_string(),
    };
    Some(Miss { kind: reason.clone(), reason })
}

/// A touch without what it is about: `row article(7) born with .., by ..` is that of a row born.
fn kind(touch: &str) -> String {
    let touch = touch.split_once(", by `").map_or(touch, |(touch, _)| touch);
    let words = match touch.split(' ').next() {
        Some("row") => 1,
        Some("everything") => return touch.to_owned(),
        _ => 2,
    };
    let mut kind = touch.split(' ').take(words).collect::<Vec<_>>().join(" ");
    for what in [" born", " gone", " from", ", columns"] {
        if touch.contains(what) {
            kind.push_str(what);
        }
    }
    kind
}
