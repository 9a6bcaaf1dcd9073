//! Where a value came from, and why not from the cache.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::mark::Mark;

/// What a publication was made for: a statement, a transaction, a call by hand. Displayed, it is a few words.
pub type Cause = Arc<dyn Origin>;

/// What a [`Cause`] can tell.
pub trait Origin: fmt::Display + Send + Sync {
    /// In words, what of it has this mark, if that is known.
    fn touch(&self, mark: Mark) -> Option<String> {
        let _ = mark;
        None
    }
}

impl Origin for String {}

impl Origin for &'static str {}

/// Where a value came from.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Source {
    /// An entry.
    Hit(Level),
    /// A load that another caller of the same key had started, and that is still valid for this one.
    Joined,
    /// An entry beyond its time to live, or beyond a write, as the policy says.
    Stale(Stale),
    /// The caller's own load.
    Miss(MissReason),
    /// The caller's own load; the cache was not asked.
    Bypass(Bypass),
}

impl Source {
    /// Whether the caller was spared its load.
    #[must_use]
    pub fn is_hit(&self) -> bool {
        matches!(self, Source::Hit(_) | Source::Joined | Source::Stale(_))
    }
}

/// Which level had the entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Level {
    /// Typed values in this process.
    Values,
    /// Bytes in the store.
    Store,
}

/// What let an entry be served that is no hit.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Stale {
    /// `stale_while_revalidate`: its time to live is over, no write has touched it, and it is loaded anew.
    Expired,
    /// `stale_if_error`: the load failed, and no write has touched it.
    LoadFailed,
    /// `stale_after_write`: for this reason it would be a miss, and it is loaded anew.
    Touched(MissReason),
}

/// Why there was no entry to serve.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum MissReason {
    /// No level has an entry: it was never filled, or evicted, or the cache was cleared.
    NeverFilled,
    /// Its time to live is over.
    Expired,
    /// A later publication has one of its marks.
    Touched(Touched),
    /// Records that matter were not seen, or are forgotten.
    Unverifiable,
    /// The log has begun a new epoch.
    OldEpoch,
    /// The stored bytes are not an entry of this key and type.
    Unreadable,
    /// A commit that may change it is under way, or its publication.
    Fenced,
    /// A process that declares other scopes, or knows another schema, has filled it.
    Foreign,
    /// A read without one of the tags that this one has, has filled it.
    Untagged,
    /// The last load of this key could not be stored.
    Unstorable(Reason),
    /// The policy says to load anew.
    Refresh,
}

/// The publication that ended an entry.
#[derive(Clone)]
#[non_exhaustive]
pub struct Touched {
    /// The mark that both have.
    pub mark: Mark,
    /// The publication's sequence number.
    pub seq: u64,
    /// What the publication was made for, if it is recent and was made in this process.
    pub cause: Option<Cause>,
}

/// Why the cache was not asked.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Bypass {
    /// The cache is disabled or closed.
    Disabled,
    /// The policy says so.
    Policy,
    /// The time to live is zero.
    ZeroTtl,
    /// A publication of this process has not reached the log yet.
    Owed,
    /// The log does not answer.
    Unavailable,
}

/// Why a result cannot be stored, in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reason(Cow<'static, str>);

impl Reason {
    /// A reason: lower case, without a full stop.
    #[must_use]
    pub fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Hit(Level::Values) => f.write_str("hit"),
            Source::Hit(Level::Store) => f.write_str("hit in the store"),
            Source::Joined => f.write_str("hit, joined the load of another caller"),
            Source::Stale(stale) => write!(f, "stale hit: {stale}"),
            Source::Miss(reason) => write!(f, "miss: {reason}"),
            Source::Bypass(bypass) => write!(f, "bypass: {bypass}"),
        }
    }
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stale::Expired => f.write_str("expired and not touched, served while it is loaded anew"),
            Stale::LoadFailed => f.write_str("the load failed, and no write has touched it"),
            Stale::Touched(reason) => write!(f, "{reason}, served all the same as the policy says"),
        }
    }
}

impl fmt::Display for MissReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MissReason::NeverFilled => f.write_str("never filled"),
            MissReason::Expired => f.write_str("expired"),
            MissReason::Touched(touched) => write!(f, "{touched}"),
            MissReason::Unverifiable => {
                f.write_str("unverifiable, older than what this process knows of the log")
            }
            MissReason::OldEpoch => f.write_str("from an older epoch of the log"),
            MissReason::Fenced => f.write_str("a commit that may change it is under way"),
            MissReason::Untagged => f.write_str("filled by a read without a tag of this one"),
            MissReason::Foreign => f.write_str("filled by a process with other declarations"),
            MissReason::Unreadable => f.write_str("the stored bytes are not an entry of this key and type"),
            MissReason::Unstorable(reason) => write!(f, "cannot be stored: {reason}"),
            MissReason::Refresh => f.write_str("the policy says to load anew"),
        }
    }
}

impl Touched {
    /// In words, what of the publication has met the entry, if it is recent and was made in this process.
    #[must_use]
    pub fn touch(&self) -> Option<String> {
        self.cause.as_ref()?.touch(self.mark)
    }
}

impl fmt::Display for Touched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "touched by publication {}", self.seq)?;
        self.cause.iter().try_for_each(|cause| write!(f, " of {cause}"))
    }
}

impl fmt::Debug for Touched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Touched")
            .field("mark", &self.mark)
            .field("seq", &self.seq)
            .field("cause", &self.cause.as_ref().map(ToString::to_string))
            .finish()
    }
}

impl fmt::Display for Bypass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Bypass::Disabled => "the cache is disabled or closed",
            Bypass::Policy => "the policy says so",
            Bypass::ZeroTtl => "the time to live is zero",
            Bypass::Owed => "a publication of this process has not reached the log yet",
            Bypass::Unavailable => "the log does not answer",
        })
    }
}
