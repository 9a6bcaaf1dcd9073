//! What all pages have in common.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use sea_orm::prelude::DateTimeUtc;

use crate::monitor::Trace;
use crate::reads::Teaser;

const STYLE: &str = include_str!("style.css");

/// A page; its last line says how many of its reads were hits.
pub fn page(title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header { a href="/" { "The Quarterly" } nav { a href="/status" { "status" } } }
                main { h1 { (title) } (content) }
                @if let Some(trace) = Trace::now() {
                    footer { "reads: " (trace.hits) " from the cache, " (trace.loads) " from the database" }
                }
            }
        }
    }
}

/// A list of articles.
pub fn teasers(teasers: &[Teaser]) -> Markup {
    html! {
        ol.teasers {
            @for teaser in teasers {
                li {
                    a href={ "/article/" (teaser.id) } { (teaser.title) }
                    small {
                        (teaser.author.name) " · " (day(teaser.published_at)) " · "
                        a href={ "/category/" (teaser.category) } { (teaser.category) }
                    }
                }
            }
        }
    }
}

pub fn day(time: DateTimeUtc) -> String {
    time.format("%-d %B %Y").to_string()
}
