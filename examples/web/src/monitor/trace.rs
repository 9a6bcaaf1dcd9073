//! One request.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use cache_seaorm::cache::Source;

use super::Monitor;

tokio::task_local! {
    static TRACE: Trace;
}

/// A page, and what became of the cached reads that it has made so far.
///
/// A cached read runs in the task that asks for it, so whoever hears of it knows the request by the task.
#[derive(Clone, Debug)]
pub struct Trace {
    page: Arc<str>,
    reads: Cell<Reads>,
}

/// What became of cached reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Reads {
    pub hits: u32,
    pub loads: u32,
}

impl Reads {
    /// Whether the database was not asked, though it could have been.
    #[must_use]
    pub fn are_hits(self) -> bool {
        self.loads == 0 && self.hits > 0
    }
}

impl Trace {
    /// What became of the reads of the request that runs in this task, if one does.
    pub fn now() -> Option<Reads> {
        TRACE.try_with(|trace| trace.reads.get()).ok()
    }

    pub(super) fn page() -> String {
        TRACE.try_with(|trace| trace.page.to_string()).unwrap_or_default()
    }

    pub(super) fn count(source: &Source) {
        let _ = TRACE.try_with(|trace| {
            let mut reads = trace.reads.get();
            if source.is_hit() {
                reads.hits += 1;
            } else {
                reads.loads += 1;
            }
            trace.reads.set(reads);
        });
    }
}

/// Notes what each request read and how long it took. Its answer says `x-cache: hit` if the cache had all of it.
pub async fn observe(
    State(monitor): State<Arc<Monitor>>,
    path: MatchedPath,
    request: Request,
    next: Next,
) -> Response {
    let start = Instant::now();
    let name = match *request.method() {
        Method::GET => path.as_str().to_owned(),
        _ => format!("{} {}", request.method(), path.as_str()),
    };
    let trace = Trace { page: name.as_str().into(), reads: Cell::default() };
    let traced = TRACE.scope(trace, async {
        let response = next.run(request).await;
        (response, Trace::now().unwrap_or_default())
    });
    let (mut response, reads) = traced.await;
    if reads != Reads::default() {
        let all = HeaderValue::from_static(if reads.are_hits() { "hit" } else { "miss" });
        response.headers_mut().insert("x-cache", all);
    }
    let mut pages = monitor.pages.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    pages.entry(name).or_default().add(reads, start.elapsed());
    response
}
