//! Plans, values and rows to watches and touches, and those to marks.
//!
//! Two layers, tested apart: the [`model`] says when a touch must hit a watch; the encoding turns both into
//! marks, and a property test holds it to the model.
//!
//! | module | what it is for |
//! |---|---|
//! | `narrowing` | which columns of a table narrow |
//! | [`model`] | images, touches, watches, and when they hit |
//! | `encode` | both as marks |
//! | `watches` | a read to what it watches |
//! | `touches` | a write to what it touches |
//! | `before` | the rows that a write is about to change |
//! | `closure` | foreign-key actions and triggers |
//! | `catalog` | all that is known of one database |
//! | `dep` | dependencies as a user names them |
//! | `words` | touches and watches as a person reads them |

mod before;
mod catalog;
mod closure;
mod dep;
mod encode;
pub mod model;
mod named;
mod narrowing;
mod rows;
mod touches;
mod watches;
mod words;

#[cfg(test)]
mod adversary;
#[cfg(test)]
mod tests;

pub use before::{Before, BeforeImages, BeforeQuery, before_query};
pub use catalog::{Catalog, DatabaseId, Planned};
pub use dep::Dep;
pub(crate) use dep::DepKind;
pub use narrowing::{Narrowing, Scope};
pub use rows::Rows;
pub use touches::{Ran, any_row_touches, row_touches, touches};
pub use watches::watches;
