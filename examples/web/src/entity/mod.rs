//! The tables. Each `#[cache(scope(..))]` names the columns by which a page selects its rows.

pub mod article;
pub mod article_tag;
pub mod author;
pub mod comment;
pub mod tag;
