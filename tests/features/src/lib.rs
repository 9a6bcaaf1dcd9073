//! What the checks of single features share.
//!
//! Which features of a crate are built depends on all that is built beside it. Those of `syn`, on which all macros rest
//! and so nearly everything else, would be others for each combination of ours: with this crate beside them they are
//! those of the whole workspace, and little is built anew.
