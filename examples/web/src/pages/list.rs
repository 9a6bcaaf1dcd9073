//! The articles of a category, page by page.

use axum::extract::{Path, Query, State};
use maud::{Markup, html};
use serde::Deserialize;

use super::layout;
use crate::app::App;
use crate::failure::Failure;
use crate::reads::{self, Listed};

#[derive(Debug, Deserialize)]
pub struct Place {
    /// Counted from one.
    page: Option<u64>,
}

pub async fn show(
    State(app): State<App>,
    Path(category): Path<String>,
    Query(place): Query<Place>,
) -> Result<Markup, Failure> {
    let page = place.page.unwrap_or(1).max(1);
    let Listed { teasers, articles, pages } = reads::list(&app.db, &category, page - 1).await?;
    if articles == 0 {
        return Err(Failure::Missing);
    }
    Ok(layout::page(
        &category,
        &html! {
            p { (articles) " articles, page " (page) " of " (pages) }
            (layout::teasers(&teasers))
            nav.pages {
                @if page > 1 { a href={ "?page=" (page - 1) } { "newer" } }
                @if page < pages { a href={ "?page=" (page + 1) } { "older" } }
            }
            form method="post" action={ "/category/" (category) "/publish" } {
                button { "Publish all drafts of " (category) }
            }
        },
    ))
}
