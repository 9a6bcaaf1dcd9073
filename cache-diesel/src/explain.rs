//! What reads depend on and would find, what writes touch, and why.

use std::fmt;

use cache_core::session::Explanation;

/// What ran, and its explanation. Displayed, it is a paragraph for each read and write.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Explained<T> {
    /// What the block returned.
    pub value: T,
    /// One for each cached read and each write, in their order.
    pub explanations: Vec<Explanation>,
}

impl<T> fmt::Display for Explained<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, explanation) in self.explanations.iter().enumerate() {
            write!(f, "{}{explanation}", if index > 0 { "\n" } else { "" })?;
        }
        Ok(())
    }
}
