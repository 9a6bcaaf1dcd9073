//! What has been written, so that no answer may be older.
//!
//! A write counts once its answer has arrived; a page must show what counted before it was asked for. Edits and moves of
//! one article are made one after the other, so that the last one that counted is the one to be seen. Everything else
//! only grows.

use std::collections::HashMap;
use std::fmt::Display;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::action::Action;
use super::markup;

/// More would say nothing new.
const MAX_VIOLATIONS: usize = 20;

#[derive(Debug, Default)]
pub struct Ledger {
    articles: Mutex<HashMap<i64, Arc<Article>>>,
    published: Grown,
    violations: Mutex<Vec<String>>,
}

/// What has been written of one article.
#[derive(Debug, Default)]
pub struct Article {
    pub edits: Grown,
    pub views: Grown,
    pub comments: Grown,
    pub places: Mutex<Vec<Place>>,
    /// Whose turn it is to edit or to move.
    pub turn: tokio::sync::Mutex<()>,
}

/// A number that only grows, and when it did.
#[derive(Debug, Default)]
pub struct Grown(Mutex<Vec<Instant>>);

/// A category that an article was moved to.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    category: &'static str,
    asked: Instant,
    answered: Option<Instant>,
}

impl Grown {
    pub fn grow(&self, by: u64) {
        let mut times = lock(&self.0);
        let now = Instant::now();
        times.extend((0..by).map(|_| now));
    }

    /// What it was at a time; since then it has not become less.
    pub fn at(&self, time: Instant) -> u64 {
        lock(&self.0).partition_point(|grown| *grown < time) as u64
    }

    pub fn now(&self) -> u64 {
        lock(&self.0).len() as u64
    }
}

impl Article {
    pub fn move_begins(&self, category: &'static str) {
        lock(&self.places).push(Place { category, asked: Instant::now(), answered: None });
    }

    pub fn move_ends(&self) {
        if let Some(place) = lock(&self.places).last_mut() {
            place.answered = Some(Instant::now());
        }
    }

    /// Whether it may have been seen in this category by a page that was asked for and answered at these times.
    pub fn may_be_in(&self, category: &str, asked: Instant, answered: Instant) -> bool {
        let places = lock(&self.places);
        let settled = places.iter().rposition(|place| place.answered.is_some_and(|time| time < asked));
        // Before its first move it is where it was in the beginning, which is not written here.
        let Some(settled) = settled else { return true };
        let possible = places[settled..].iter().take_while(|place| place.asked <= answered);
        possible.into_iter().any(|place| place.category == category)
    }
}

impl Ledger {
    pub fn article(&self, key: i64) -> Arc<Article> {
        Arc::clone(lock(&self.articles).entry(key).or_default())
    }

    /// Articles of the beginning that were not published then do not exist: what grows is what was published since.
    pub fn published(&self, articles: u64) {
        self.published.grow(articles);
    }

    /// Judges a page that was asked for at this time and has just arrived.
    pub fn judge(&self, action: Action, body: &str, asked: Instant) {
        match action {
            Action::Front => {
                let shown = markup::number(body, "published").unwrap_or_default();
                let floor = crate::database::ARTICLES.cast_unsigned() + self.published.at(asked);
                self.at_least(action, "published articles", shown, floor);
                self.judge_titles(action, body, asked);
            }
            Action::List { category, .. } => {
                self.judge_titles(action, body, asked);
                for (key, _) in markup::teasers(body) {
                    self.judge_place(action, key, category, asked);
                }
            }
            Action::Detail(key) => {
                let article = self.article(key);
                let title = markup::heading(body).unwrap_or_default();
                self.at_least(action, "edits", markup::edits(title), article.edits.at(asked));
                let views = markup::number(body, "views").unwrap_or_default();
                self.at_least(action, "views", views, article.views.at(asked));
                let comments = markup::number(body, "comments").unwrap_or_default();
                self.at_least(
                    action,
                    "comments",
                    comments,
                    seeded_comments(key) + article.comments.at(asked),
                );
                self.judge_place(action, key, markup::element(body, "category").unwrap_or_default(), asked);
            }
            _ => {}
        }
    }

    fn judge_titles(&self, action: Action, body: &str, asked: Instant) {
        for (key, title) in markup::teasers(body) {
            let floor = self.article(key).edits.at(asked);
            self.at_least(action, format_args!("edits of article {key}"), markup::edits(title), floor);
        }
    }

    fn judge_place(&self, action: Action, key: i64, category: &str, asked: Instant) {
        if !self.article(key).may_be_in(category, asked, Instant::now()) {
            self.violated(format!("{action:?}: article {key} is shown in {category}, which it has left"));
        }
    }

    fn at_least(&self, action: Action, what: impl Display, shown: u64, floor: u64) {
        if shown < floor {
            self.violated(format!("{action:?}: {shown} {what} are shown, {floor} were written before"));
        }
    }

    fn violated(&self, violation: String) {
        let mut violations = lock(&self.violations);
        if violations.len() < MAX_VIOLATIONS {
            violations.push(violation);
        }
    }

    /// The first of them.
    pub fn violations(&self) -> Vec<String> {
        lock(&self.violations).clone()
    }
}

/// As `seed.sql` makes them.
fn seeded_comments(article: i64) -> u64 {
    (article % 7).unsigned_abs()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEASER: &str = "<a href=\"/article/9\">Article 9 (edit 1)</a>";

    #[test]
    fn a_page_that_is_older_than_a_write_is_found() {
        let ledger = Ledger::default();
        let before = Instant::now();
        ledger.article(9).edits.grow(2);
        ledger.published(1);
        let front = format!("{TEASER}<b id=\"published\">5000</b>");
        ledger.judge(Action::Front, &front, before);
        assert_eq!(ledger.violations(), [""; 0]);
        ledger.judge(Action::Front, &front, Instant::now());
        assert_eq!(ledger.violations().len(), 2);
    }

    #[test]
    fn a_list_of_a_category_that_an_article_has_left_is_found() {
        let ledger = Ledger::default();
        let list = Action::List { category: "web", page: 1 };
        let article = ledger.article(9);
        article.move_begins("web");
        article.move_ends();
        article.move_begins("science");
        ledger.judge(list, TEASER, Instant::now());
        assert_eq!(ledger.violations(), [""; 0], "the second move may not have happened yet");
        article.move_ends();
        ledger.judge(list, TEASER, Instant::now());
        assert_eq!(ledger.violations().len(), 1);
    }

    #[test]
    fn an_article_page_shows_all_that_was_written_to_it() {
        let ledger = Ledger::default();
        let article = ledger.article(9);
        article.views.grow(3);
        article.comments.grow(1);
        let page = |views: u64, comments: u64| {
            format!("<h1>x</h1><b id=\"views\">{views}</b><b id=\"comments\">{comments}</b>")
        };
        ledger.judge(Action::Detail(9), &page(3, 3), Instant::now());
        assert_eq!(ledger.violations(), [""; 0]);
        ledger.judge(Action::Detail(9), &page(2, 2), Instant::now());
        assert_eq!(ledger.violations().len(), 2);
    }
}
