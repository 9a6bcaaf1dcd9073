//! What a failure means, in words that say what to do. No message repeats a password.

use redis::{ErrorKind as Kind, RedisError, ServerErrorKind};

use super::settings::Server;
use crate::error::{Error, ErrorKind};

/// A connection that could not be made.
pub(super) fn connecting(server: &Server, error: RedisError) -> Error {
    let text = error.to_string();
    let (kind, message) = if error.kind() == Kind::AuthenticationFailed
        || names(&text, &["NOAUTH", "WRONGPASS"])
    {
        let message = format!(
            "the cache server at {server} refuses the login: check user and password in the cache URL"
        );
        (ErrorKind::Configuration, message)
    } else if text.contains("DB index") || text.contains("select database") || text.contains("SELECT") {
        let message = format!(
            "the cache server at {server} has no database {}: check the number at the end of the cache URL",
            server.db()
        );
        (ErrorKind::Configuration, message)
    } else if server.uses_tls() && (names(&text, &["InvalidContentType", "tls", "TLS", "ertificate"])) {
        let message = format!(
            "the cache server at {server} does not speak TLS as expected: use `redis://` if it speaks none, or a \
             certificate that this system trusts"
        );
        (ErrorKind::Configuration, message)
    } else if error.is_timeout() && server.uses_tls() {
        let message = format!(
            "the cache server at {server} does not answer a TLS greeting in time: use `redis://` if it speaks no TLS"
        );
        (ErrorKind::Unavailable, message)
    } else if error.is_timeout() {
        (ErrorKind::Unavailable, format!("the cache server at {server} does not answer in time"))
    } else if error.is_connection_refusal() {
        (
            ErrorKind::Unavailable,
            format!("no cache server listens at {server}: start it, or correct the cache URL"),
        )
    } else if error.is_connection_dropped() || error.kind() == Kind::Parse {
        let message = format!(
            "the cache server at {server} ends the connection at once: use `rediss://` if it expects TLS"
        );
        (ErrorKind::Unavailable, message)
    } else {
        (ErrorKind::Unavailable, format!("the cache server at {server} cannot be used"))
    };
    Error::new(kind, message).with_source(error)
}

fn names(text: &str, any: &[&str]) -> bool {
    any.iter().any(|word| text.contains(word))
}

/// A command that failed.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) error: Error,
    /// Whether nothing more may be asked over the link.
    pub(super) ends_link: bool,
}

impl Failure {
    pub(super) fn of(error: RedisError) -> Self {
        let (ends_link, message) = match error.kind() {
            _ if error.is_timeout() => return Self::timed_out(),
            Kind::Server(ServerErrorKind::NoPerm) => (
                false,
                "the cache server does not permit a command: extend the rights of the user in the cache URL",
            ),
            Kind::Server(ServerErrorKind::BusyLoading) => {
                (true, "the cache server is still loading its data")
            }
            Kind::Server(ServerErrorKind::ReadOnly) => (true, REPLICA),
            Kind::Server(ServerErrorKind::NoScript) => (true, "the cache server has forgotten its scripts"),
            Kind::Server(_) | Kind::Extension => (false, "the cache server refuses a command"),
            _ => (true, BROKEN),
        };
        Self { error: Error::new(ErrorKind::Unavailable, message).with_source(error), ends_link }
    }

    pub(super) fn timed_out() -> Self {
        let message = "the cache server does not answer in time";
        Self { error: Error::new(ErrorKind::Unavailable, message), ends_link: true }
    }

    pub(super) fn broken() -> Self {
        Self { error: Error::new(ErrorKind::Unavailable, BROKEN), ends_link: true }
    }

    pub(super) fn unknown_answer() -> Self {
        let message = "the cache server answers in an unknown way";
        Self { error: Error::new(ErrorKind::Unavailable, message), ends_link: true }
    }

    pub(super) fn another_server() -> Self {
        let message = "the cache server has changed its role or was replaced";
        Self { error: Error::new(ErrorKind::Unavailable, message), ends_link: true }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, ends_link: true }
    }
}

pub(super) fn unknown_answer() -> Error {
    Failure::unknown_answer().error
}

const BROKEN: &str = "the connection to the cache server broke";

const REPLICA: &str = "the cache server is a replica: use the address of the master";

pub(super) fn replica() -> Error {
    Error::new(ErrorKind::Unavailable, REPLICA)
}

pub(super) fn hidden_identity() -> Error {
    let message = "the cache server does not tell who it is (INFO without run_id or master_replid, as behind a \
        proxy or without the permission), so a failover could serve stale entries unseen: permit INFO, or say \
        `identity=trust` in the cache URL if its data never goes back in time";
    Error::new(ErrorKind::Configuration, message)
}
