//! What a failure means, in words that say what to do. No message repeats a password.

use redis::{ErrorKind as Kind, RedisError, ServerErrorKind};

use super::settings::Server;
use crate::error::{Error, ErrorKind};

/// Why a connection could not be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Cause {
    Login,
    Database,
    Certificate,
    SpeaksNoTls,
    ExpectsTls,
    NobodyListens,
    Slow,
    /// What the source says.
    Other,
}

/// By which words of the client or of the server a cause is known.
const WORDS: [(Cause, &[&str]); 4] = [
    (Cause::Login, &["NOAUTH", "WRONGPASS", "AuthenticationFailed"]),
    (Cause::Database, &["DB index", "select database", "SELECT"]),
    (Cause::Certificate, &["ertificate", "UnknownIssuer", "NotValidForName"]),
    (Cause::SpeaksNoTls, &["InvalidContentType", "corrupt message", "tls", "TLS"]),
];

impl Cause {
    fn of(server: &Server, error: &RedisError) -> Self {
        let text = error.to_string();
        let told = |(cause, words): &(Cause, &[&str])| {
            words.iter().any(|word| text.contains(word)).then_some(*cause)
        };
        let told = WORDS.iter().find_map(told);
        match (told, server.uses_tls()) {
            _ if error.kind() == Kind::AuthenticationFailed => Cause::Login,
            (Some(cause @ (Cause::Login | Cause::Database)), _) => cause,
            (Some(cause), true) => cause,
            // Who waits for a line and gets a TLS greeting goes on waiting.
            _ if error.is_timeout() && server.uses_tls() => Cause::SpeaksNoTls,
            _ if error.is_timeout() => Cause::Slow,
            _ if error.is_connection_refusal() => Cause::NobodyListens,
            (_, false) if error.is_connection_dropped() || error.kind() == Kind::Parse => Cause::ExpectsTls,
            _ => Cause::Other,
        }
    }

    /// What does not change by itself is a wrong configuration.
    fn kind(self) -> ErrorKind {
        match self {
            Cause::Login | Cause::Database | Cause::Certificate => ErrorKind::Configuration,
            _ => ErrorKind::Unavailable,
        }
    }

    fn message(self, server: &Server) -> String {
        match self {
            Cause::Login => format!(
                "the cache server at {server} refuses the login: check user and password in the cache URL"
            ),
            Cause::Database => format!(
                "the cache server at {server} has no database {}: check the number at the end of the cache URL",
                server.db()
            ),
            Cause::Certificate => format!(
                "the certificate of the cache server at {server} is not trusted: name the file of its authority by \
                 `ca=` in the cache URL, and the host as the certificate does"
            ),
            Cause::SpeaksNoTls => format!(
                "the cache server at {server} does not answer a TLS greeting: use `redis://` if it speaks no TLS"
            ),
            Cause::ExpectsTls => format!(
                "the cache server at {server} ends the connection at once: use `rediss://` if it expects TLS"
            ),
            Cause::NobodyListens => {
                format!("no cache server listens at {server}: start it, or correct the cache URL")
            }
            Cause::Slow => format!("the cache server at {server} does not answer in time"),
            Cause::Other => format!("the cache server at {server} cannot be used"),
        }
    }
}

/// A connection that could not be made.
pub(super) fn connecting(server: &Server, error: RedisError) -> Error {
    let cause = Cause::of(server, &error);
    Error::new(cause.kind(), cause.message(server)).with_source(error)
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
