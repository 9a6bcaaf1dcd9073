//! How what a session has written is published.

use super::commit::Committed;
use super::step::Aftermath;
use crate::cache::{Announcement, Cache, Cause};
use crate::error::Result;
use crate::mark::Marks;

/// Publishes what was announced and then written.
///
/// # Cancel safety
/// That of [`Cache::publish`], from the first poll on.
pub(super) async fn publish(
    cache: &Cache,
    marks: Marks,
    cause: Option<Cause>,
    announcement: Announcement,
    aftermath: Aftermath,
) {
    note_owed(match aftermath {
        Aftermath::Nothing => cache.publish_behind(marks, cause, announcement).await,
        // What is read of the schema next belongs to what is behind it in the log.
        Aftermath::SchemaChanged => cache.publish_announced(marks, cause, announcement).await.map(drop),
    });
}

/// What a publication may lift. A fence that were lifted before a late COMMIT would leave what was loaded in between for
/// good.
pub(super) fn lifted_after(committed: Committed, announcement: Announcement) -> Announcement {
    match committed {
        Committed::Yes => announcement,
        Committed::Unknown => Announcement::default(),
    }
}

/// Notes that a publication has failed: it is owed.
pub(super) fn note_owed(published: Result<()>) {
    if let Err(error) = published {
        tracing::debug!(%error, "a publication is owed");
    }
}
