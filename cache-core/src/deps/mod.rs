//! Plans, values and rows to watches and touches, and those to marks.

mod dep;

pub use dep::Dep;
pub(crate) use dep::DepKind;
