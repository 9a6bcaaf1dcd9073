//! What a publication was made for, in words.

use std::fmt;
use std::sync::Arc;

use crate::cache::{Cause, Origin};
use crate::deps::Catalog;
use crate::deps::model::Touch;
use crate::mark::Mark;

/// A long statement is cut here, in characters.
const MAX_SQL: usize = 200;
/// More touches than this are counted.
const MAX_TOUCHES: usize = 8;
/// More than this are not remembered.
const MAX_KEPT: usize = 32;

/// A statement and what it touched. Its words are made only when somebody asks.
pub(super) struct Statement {
    sql: Arc<str>,
    catalog: Arc<Catalog>,
    touches: Vec<Touch>,
    /// Touches that are not kept.
    more: usize,
}

impl Statement {
    pub(super) fn cause(sql: Arc<str>, catalog: Arc<Catalog>, mut touches: Vec<Touch>) -> Cause {
        let more = touches.len().saturating_sub(MAX_KEPT);
        touches.truncate(MAX_KEPT);
        touches.shrink_to_fit();
        // Enough of it to be cut where it is shown.
        let sql = sql
            .char_indices()
            .nth(MAX_SQL + 1)
            .map_or_else(|| Arc::clone(&sql), |(end, _)| Arc::from(&sql[..end]));
        Arc::new(Self { sql, catalog, touches, more })
    }
}

impl Origin for Statement {
    fn touch(&self, mark: Mark) -> Option<String> {
        let has_mark = |touch: &&Touch| self.catalog.touch_marks(std::slice::from_ref(touch)).contains(mark);
        let touch = self.touches.iter().find(has_mark)?;
        Some(format!("{}, by {}", self.catalog.describe_touch(touch), Cut(&self.sql)))
    }
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, which touched ", Cut(&self.sql))?;
        for (index, touch) in self.touches.iter().take(MAX_TOUCHES).enumerate() {
            write!(f, "{}{}", if index > 0 { "; " } else { "" }, self.catalog.describe_touch(touch))?;
        }
        match (self.touches.len() + self.more).checked_sub(MAX_TOUCHES) {
            Some(more) if more > 0 => write!(f, "; and {more} more"),
            _ if self.touches.is_empty() => f.write_str("nothing"),
            _ => Ok(()),
        }
    }
}

/// A statement as it is shown.
struct Cut<'s>(&'s str);

impl fmt::Display for Cut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(MAX_SQL) {
            Some((end, _)) => write!(f, "`{}...`", &self.0[..end]),
            None => write!(f, "`{}`", self.0),
        }
    }
}

/// The statements of one transaction.
pub(super) struct Transaction(pub(super) Vec<Cause>);

impl Origin for Transaction {
    fn touch(&self, mark: Mark) -> Option<String> {
        self.0.iter().find_map(|cause| cause.touch(mark))
    }
}

impl fmt::Display for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a transaction: ")?;
        for (index, cause) in self.0.iter().enumerate() {
            write!(f, "{}{cause}", if index > 0 { "; " } else { "" })?;
        }
        Ok(())
    }
}
