//! The front page: the newest articles, and how many each category has.

use axum::extract::State;
use maud::{Markup, html};

use super::layout;
use crate::app::App;
use crate::failure::Failure;
use crate::reads;

pub async fn show(State(app): State<App>) -> Result<Markup, Failure> {
    let (newest, categories) = tokio::try_join!(reads::newest(&app.db), reads::categories(&app.db))?;
    let published: i64 = categories.iter().map(|category| category.articles).sum();
    Ok(layout::page(
        "Newest articles",
        &html! {
            (layout::teasers(&newest))
            h2 { "Categories" }
            ul.categories {
                @for category in &*categories {
                    li { a href={ "/category/" (category.category) } { (category.category) } " " small { (category.articles) } }
                }
            }
            p { b id="published" { (published) } " articles in all." }
        },
    ))
}
