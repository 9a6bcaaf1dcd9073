//! What visitors ask for: 95 % reads.

use super::rng::{Rng, Zipf};
use crate::database::ARTICLES;

pub const CATEGORIES: [&str; 8] =
    ["databases", "hardware", "languages", "networks", "operations", "science", "security", "web"];
/// How many pages of a list anybody turns.
const DEEPEST_PAGE: usize = 12;

/// One request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    Front,
    List { category: &'static str, page: usize },
    Detail(i64),
    View(i64),
    Comment(i64),
    Edit(i64),
    Move { article: i64, to: &'static str },
    Draft(&'static str),
    Publish(&'static str),
}

/// Which line of the table an action counts for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    Front,
    List,
    Detail,
    Write,
}

impl Action {
    pub fn kind(self) -> Kind {
        match self {
            Action::Front => Kind::Front,
            Action::List { .. } => Kind::List,
            Action::Detail(_) => Kind::Detail,
            _ => Kind::Write,
        }
    }
}

/// How often what is wanted: new articles more than old ones, first pages more than later ones.
#[derive(Debug)]
pub struct Mix {
    articles: Zipf,
    categories: Zipf,
    pages: Zipf,
}

impl Mix {
    pub fn new() -> Self {
        Self {
            articles: Zipf::new(ARTICLES as usize),
            categories: Zipf::new(CATEGORIES.len()),
            pages: Zipf::new(DEEPEST_PAGE),
        }
    }

    pub fn next(&self, rng: &mut Rng) -> Action {
        let category = CATEGORIES[self.categories.rank(rng)];
        let article = ARTICLES - self.articles.rank(rng) as i64;
        match rng.below(1000) {
            0..400 => Action::Front,
            400..700 => Action::List { category, page: 1 + self.pages.rank(rng) },
            700..950 => Action::Detail(article),
            950..970 => Action::View(article),
            970..982 => Action::Comment(article),
            982..990 => Action::Edit(article),
            990..994 => Action::Move { article, to: CATEGORIES[rng.below(CATEGORIES.len())] },
            994..998 => Action::Draft(category),
            _ => Action::Publish(category),
        }
    }
}
