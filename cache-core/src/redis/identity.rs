//! Who the server is.

use std::time::{Duration, Instant};

use redis::{Pipeline, Value};

use super::failure::{self, Failure};
use super::settings::IdentityCheck;
use super::wire::{Identity, bulk};
use crate::error::Result;

/// How long a server is believed to be the incarnation that was greeted.
pub(super) const IDENTIFIED_FOR: Duration = Duration::from_secs(1);

/// The incarnation that was greeted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Identified {
    pub(super) identity: Identity,
    check: IdentityCheck,
    pub(super) since: Instant,
}

impl Identified {
    /// By the answers to what was [asked](ask) at `since`.
    pub(super) fn new(
        server: &Value,
        replication: &Value,
        check: IdentityCheck,
        since: Instant,
    ) -> Result<Self> {
        Ok(Self { identity: identify(server, replication, check)?, check, since })
    }

    pub(super) fn is_checked(&self) -> bool {
        self.check == IdentityCheck::Checked
    }

    /// Whether the server is still the same, by its answers to what was [asked](ask).
    pub(super) fn confirm(&self, server: &Value, replication: &Value) -> Result<(), Failure> {
        let identity = identify(server, replication, self.check)?;
        if identity == self.identity { Ok(()) } else { Err(Failure::another_server()) }
    }
}

/// What a server is asked to know who it is: two commands.
pub(super) fn ask(commands: &mut Pipeline) {
    commands.cmd("INFO").arg("server").cmd("INFO").arg("replication");
}

/// Who the server says that it is.
fn identify(server: &Value, replication: &Value, check: IdentityCheck) -> Result<Identity> {
    if check == IdentityCheck::Trusted {
        return Ok(Identity::TRUSTED);
    }
    let (Some(server), Some(replication)) = (text(server), text(replication)) else {
        return Err(failure::hidden_identity());
    };
    let (Some(run), Some(life)) = (field(&server, "run_id"), field(&replication, "master_replid")) else {
        return Err(failure::hidden_identity());
    };
    match field(&replication, "role") {
        Some("master") => Ok(Identity::new(run, life)),
        _ => Err(failure::replica()),
    }
}

pub(super) fn text(value: &Value) -> Option<String> {
    bulk(value).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
}

pub(super) fn field<'t>(info: &'t str, name: &str) -> Option<&'t str> {
    info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}
