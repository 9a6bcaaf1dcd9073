//! Which server, and how it is used.

use std::sync::Arc;
use std::time::Duration;

use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo};
use xxhash_rust::xxh3::xxh3_128;

use crate::error::{Error, ErrorKind, Result};

/// What the log holds by default: at 100 bytes a record some 1.6 MB.
const DEFAULT_RECORDS: usize = 16_384;
const DEFAULT_TIMEOUT: Duration = Duration::from_millis(500);
const DEFAULT_PREFIX: &str = "cache";

/// Which server, and how it is used.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Settings {
    pub(super) server: Server,
    /// What the names of all keys begin with.
    pub(super) prefix: String,
    /// The bound of each command, and of what one statement waits for the cache in all.
    pub(super) timeout: Duration,
    /// How many records the log keeps.
    pub(super) records: usize,
    pub(super) identity: IdentityCheck,
    /// How often the tail confirms where the log is.
    pub(super) heartbeat: Duration,
}

/// Where a server is and how to log in. It shows neither user nor password.
#[derive(Clone)]
pub(super) struct Server {
    info: ConnectionInfo,
    /// The certificates, as PEM, that it is trusted by, in place of those that the system trusts.
    roots: Option<Arc<[u8]>>,
    /// Stands for all of it, password included.
    fingerprint: u128,
}

impl PartialEq for Server {
    fn eq(&self, other: &Self) -> bool {
        self.fingerprint == other.fingerprint
    }
}

/// Whether a head is accepted only from the server incarnation that made it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum IdentityCheck {
    #[default]
    Checked,
    /// The server does not tell who it is, and the user vouches for it.
    Trusted,
}

impl Settings {
    /// The settings of a URL without options of ours.
    pub(crate) fn new(url: &str) -> Result<Self> {
        Ok(Self {
            server: Server::parse(url)?,
            prefix: DEFAULT_PREFIX.to_owned(),
            timeout: DEFAULT_TIMEOUT,
            records: DEFAULT_RECORDS,
            identity: IdentityCheck::default(),
            heartbeat: Duration::from_secs(1),
        })
    }

    pub(crate) fn set_prefix(&mut self, prefix: &str) {
        prefix.clone_into(&mut self.prefix);
    }

    pub(crate) fn set_timeout(&mut self, timeout: Duration) {
        self.timeout = timeout;
    }

    pub(crate) fn set_records(&mut self, records: usize) {
        self.records = records;
    }

    /// Trusts the certificates in this PEM file, and no others.
    pub(crate) fn trust(&mut self, file: &str) -> Result<()> {
        self.server.trust(file)
    }

    pub(crate) fn trust_identity(&mut self) {
        self.identity = IdentityCheck::Trusted;
    }

    /// Bounded reads rely on a confirmation that is no older than `bound`; several may fail before it is.
    pub(crate) fn confirm_within(&mut self, bound: Duration) {
        self.heartbeat = (bound / 3).clamp(Duration::from_millis(5), Duration::from_secs(1));
    }
}

impl Server {
    fn parse(url: &str) -> Result<Self> {
        if !cfg!(feature = "redis-tls") && (url.starts_with("rediss:") || url.starts_with("valkeys:")) {
            let message = "cache URL asks for TLS, which needs the feature `redis-tls`";
            return Err(Error::new(ErrorKind::Configuration, message));
        }
        #[cfg(feature = "redis-tls")]
        // Without a default, and with two providers in the program, rustls would panic. One that is there stays.
        drop(rustls::crypto::ring::default_provider().install_default());
        // The parser's own message may repeat the URL, and with it the password.
        let info = redis::parse_redis_url(url)
            .and_then(|url| url.into_connection_info().ok())
            .ok_or_else(|| Error::new(ErrorKind::Configuration, USAGE))?;
        Ok(Self { info, roots: None, fingerprint: xxh3_128(url.as_bytes()) })
    }

    fn trust(&mut self, file: &str) -> Result<()> {
        if !self.uses_tls() {
            let message = "option `ca` is for TLS: use `rediss://` or `valkeys://`";
            return Err(Error::new(ErrorKind::Configuration, message));
        }
        let roots = std::fs::read(file).map_err(|error| {
            let message = format!("the file of option `ca` cannot be read: {file}");
            Error::new(ErrorKind::Configuration, message).with_source(error)
        })?;
        self.fingerprint ^= xxh3_128(&roots);
        self.roots = Some(Arc::from(roots));
        Ok(())
    }

    pub(super) fn roots(&self) -> Option<&[u8]> {
        self.roots.as_deref()
    }

    pub(super) fn info(&self) -> ConnectionInfo {
        self.info.clone()
    }

    pub(super) fn db(&self) -> i64 {
        self.info.redis_settings().db()
    }

    pub(super) fn uses_tls(&self) -> bool {
        matches!(self.info.addr(), ConnectionAddr::TcpTls { .. })
    }
}

const USAGE: &str = "cache URL is not one of a Redis server; accepted: \
    redis://[user:password@]host[:port][/database], rediss://.. for TLS, redis+unix:///path?db=0, \
    and the same with valkey";

impl std::fmt::Display for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.info.addr())
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Server({self})")
    }
}
