//! An article with its author, tags and comments, and forms to change them.

use axum::extract::{Path, State};
use maud::{Markup, html};

use super::layout::{self, day};
use crate::app::App;
use crate::failure::Failure;
use crate::reads::{self, Detail};

pub async fn show(State(app): State<App>, Path(id): Path<i64>) -> Result<Markup, Failure> {
    let Detail { article, author, tags, comments, by_author } =
        reads::detail(&app.db, id).await?.ok_or(Failure::Missing)?;
    Ok(layout::page(
        &article.title,
        &html! {
            p {
                "by " (author.name) " (" (by_author) " articles) · "
                @if article.published { (day(article.published_at)) } @else { "draft" }
                " in " a id="category" href={ "/category/" (article.category) } { (article.category) }
                " · read " b id="views" { (article.views) } " times"
            }
            p.tags { @for tag in &tags { span { (tag.label) } " " } }
            p { (article.body) }
            h2 { "Comments (" b id="comments" { (comments.len()) } ")" }
            @for comment in &comments {
                p { b { (comment.name) } " " small { (day(comment.created_at)) } br; (comment.text) }
            }
            (forms(id, &article.title))
        },
    ))
}

fn forms(id: i64, title: &str) -> Markup {
    html! {
        section {
            form method="post" action={ "/article/" (id) "/comment" } {
                input name="name" placeholder="your name" required;
                input name="text" placeholder="your comment" required;
                button { "Comment" }
            }
            form method="post" action={ "/article/" (id) "/edit" } {
                input name="title" value=(title) required;
                button { "Rename" }
            }
            form method="post" action={ "/article/" (id) "/move" } {
                input name="category" placeholder="category" required;
                button { "Move" }
            }
            form method="post" action={ "/article/" (id) "/view" } { button { "Count a reader" } }
        }
    }
}
