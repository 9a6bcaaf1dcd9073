//! What must be possible, so that a protocol that never serves a hit is not taken for a safe one.

use crate::explore::Report;

macro_rules! goals {
    ($($(#[doc = $doc:literal])* $name:ident,)*) => {
        /// Something that a scene has to be able to reach.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Goal {
            $($(#[doc = $doc])* $name,)*
        }
    };
}

goals! {
    /// A hit in the shared store that shows what a write has changed.
    StoreHit,
    /// The same in the first level.
    ValueHit,
    /// The same on a block.
    BlockHit,
    /// A bounded read that is served without asking.
    BoundedHit,
    /// A joiner that takes what landed.
    Joined,
    /// The same because the load began after it arrived: what landed is not valid at its head.
    JoinedLater,
    /// An entry that gets a newer position.
    Restamped,
    /// A hit in an epoch that began during the scene.
    HitInNewEpoch,
    /// A hit on an entry that is older than a fence on its marks, which was lifted.
    HitBehindFence,
    /// A hit that shows what a writer committed who died before it published.
    HitAfterCrash,
    /// A write that returns before its publication.
    ReturnedFirst,
    /// A write that goes on under the fence of the one before.
    WentOn,
}

impl Goal {
    pub(crate) const fn bit(self) -> u32 {
        1 << self as u32
    }

    /// Those of `goals` that an exploration has not reached.
    #[must_use]
    pub fn missing(report: &Report, goals: &[Goal]) -> Vec<Goal> {
        goals.iter().copied().filter(|goal| report.reached & goal.bit() == 0).collect()
    }
}
