//! The pages that people read.

pub mod article;
pub mod front;
pub mod layout;
pub mod list;
pub mod status;
