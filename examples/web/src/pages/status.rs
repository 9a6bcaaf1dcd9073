//! What the cache has done: hit rates by page, why entries ended, and what has just happened.

use std::time::{Duration, Instant};

use axum::extract::State;
use maud::{Markup, html};

use super::layout;
use crate::app::App;
use crate::monitor::{Figures, Monitor};

/// The browser asks again after two seconds.
pub async fn show(State(app): State<App>) -> ([(&'static str, &'static str); 1], Markup) {
    let page = layout::page(
        "Status",
        &html! {
            (database(&app))
            (pages(&app.monitor))
            (endings(&app.monitor))
            (recent(&app.monitor))
        },
    );
    ([("refresh", "2")], page)
}

fn database(app: &App) -> Markup {
    let stats = app.db.cache().stats();
    html! {
        p {
            @match app.monitor.statements.rates() {
                Some(rates) => {
                    "The database ran " b { (format!("{:.0}", rates.last_second)) } " statements in the last second, "
                    (format!("{:.0}", rates.last_minute)) " a second in the last minute. "
                }
                None => { "How many statements the database runs is not known; it needs " code { "pg_stat_statements" } ". " }
            }
            @if app.db.cache().is_disabled() {
                "There is no cache."
            } @else {
                "The cache holds " (stats.entries) " results in " (stats.bytes / 1024) " KiB of this process; it has stored "
                (stats.fills) " since it started, and published " (stats.publications) " times what writes had touched."
            }
        }
    }
}

fn pages(monitor: &Monitor) -> Markup {
    html! {
        table {
            tr {
                th { "page" } th { "requests" } th { "reads" } th { "hits" } th { "hit rate" }
                th { "from the cache alone" } th { "time" } th { "otherwise" } th { "time" }
            }
            @for (page, figures) in monitor.pages() { (line(&page, &figures)) }
        }
    }
}

fn line(page: &str, figures: &Figures) -> Markup {
    html! {
        tr {
            td.name { code { (page) } }
            td { (figures.requests()) }
            td { (figures.hits + figures.loads) }
            td { (figures.hits) }
            td { @if let Some(rate) = figures.hit_rate() { (format!("{:.1} %", rate * 100.0)) } }
            td { (figures.from_cache.count) }
            td { (time(figures.from_cache.mean())) }
            td { (figures.from_database.count) }
            td { (time(figures.from_database.mean())) }
        }
    }
}

fn endings(monitor: &Monitor) -> Markup {
    html! {
        h2 { "Why pages read anew" }
        table {
            tr { th { "page" } th.text { "what ended the result" } th { "times" } }
            @for (ending, count) in monitor.endings().iter().take(25) {
                tr { td.name { code { (ending.page) } } td.text { code { (ending.why) } } td { (count) } }
            }
        }
    }
}

fn recent(monitor: &Monitor) -> Markup {
    let now = Instant::now();
    html! {
        h2 { "Recently" }
        table {
            tr { th { "ago" } th.text { "page" } th.text { "what happened" } }
            @for happening in monitor.recent() {
                tr {
                    td.name { (format!("{:.1} s", now.duration_since(happening.at).as_secs_f64())) }
                    td.name { code { (happening.page) } }
                    td.text { code { (happening.what) } }
                }
            }
        }
    }
}

fn time(mean: Option<Duration>) -> String {
    mean.map_or_else(String::new, |mean| format!("{:.2} ms", mean.as_secs_f64() * 1000.0))
}
