//! What a publication was made for, in words.

use std::fmt;
use std::sync::Arc;

use crate::cache::Cause;
use crate::deps::Catalog;
use crate::deps::model::Touch;

/// A long statement is cut here, in characters.
const MAX_SQL: usize = 200;
/// More touches than this are counted.
const MAX_TOUCHES: usize = 8;

/// A statement and what it touched. Its words are made only when somebody asks.
pub(super) struct Statement {
    sql: Arc<str>,
    catalog: Arc<Catalog>,
    touches: Vec<Touch>,
}

impl Statement {
    pub(super) fn cause(sql: Arc<str>, catalog: Arc<Catalog>, touches: Vec<Touch>) -> Cause {
        Arc::new(Self { sql, catalog, touches })
    }
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.sql.char_indices().nth(MAX_SQL) {
            Some((end, _)) => write!(f, "`{}...`", &self.sql[..end])?,
            None => write!(f, "`{}`", self.sql)?,
        }
        f.write_str(", which touched ")?;
        for (index, touch) in self.touches.iter().take(MAX_TOUCHES).enumerate() {
            write!(f, "{}{}", if index > 0 { "; " } else { "" }, self.catalog.describe_touch(touch))?;
        }
        match self.touches.len().checked_sub(MAX_TOUCHES) {
            Some(more) if more > 0 => write!(f, "; and {more} more"),
            _ if self.touches.is_empty() => f.write_str("nothing"),
            _ => Ok(()),
        }
    }
}

/// The statements of one transaction.
pub(super) struct Transaction(pub(super) Vec<Cause>);

impl fmt::Display for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a transaction: ")?;
        for (index, cause) in self.0.iter().enumerate() {
            write!(f, "{}{cause}", if index > 0 { "; " } else { "" })?;
        }
        Ok(())
    }
}
