//! A `redis-server` of one's own.

#[cfg(test)]
mod tests;

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::free_address;
use super::resp::{Client, Reply};
use super::wait::{self, PATIENCE};

/// What outlives the process.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Persistence {
    /// Nothing, unless it is [stopped with a snapshot](RedisServer::stop_with_snapshot).
    #[default]
    None,
    /// Every write, as soon as it is answered.
    AppendOnly,
}

/// How a server is started.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// Clients must say it.
    pub password: Option<String>,
    /// What outlives the process.
    pub persistence: Persistence,
    /// The bound of its memory, and what it does there: `("16mb", "allkeys-lru")`.
    pub max_memory: Option<(String, String)>,
    /// Whose replica it is.
    pub replica_of: Option<SocketAddr>,
    /// Whether it speaks TLS, at an address of its own.
    pub tls: Tls,
}

/// Whether a server speaks TLS too.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Tls {
    /// It does not.
    #[default]
    No,
    /// With a certificate of a throw-away authority for `127.0.0.1`.
    Yes,
}

/// With what a server begins again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Restart {
    /// With what it has written to its folder.
    WithData,
    /// Empty.
    Empty,
}

/// A running server, or one that was stopped and can begin again at the same address.
#[derive(Debug)]
pub struct RedisServer {
    options: Options,
    address: SocketAddr,
    tls_address: SocketAddr,
    process: Option<Child>,
    // The files live as long as this does.
    folder: TempDir,
}

impl RedisServer {
    /// An empty server that keeps nothing on disk.
    ///
    /// # Panics
    ///
    /// If `redis-server` cannot be started.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(Options::default())
    }

    /// A server with these options.
    ///
    /// # Panics
    ///
    /// If `redis-server` cannot be started.
    #[must_use]
    pub fn start_with(options: Options) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let (address, tls_address) = (free_address(), free_address());
        let mut server = Self { options, address, tls_address, process: None, folder };
        if server.options.tls == Tls::Yes {
            certify(server.folder.path());
        }
        // Between the choice of a port and its use another process may take it.
        for _ in 0..5 {
            match server.launch() {
                Ok(()) => return server,
                Err(_) => (server.address, server.tls_address) = (free_address(), free_address()),
            }
        }
        server.launch().expect("redis-server starts");
        server
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens for TLS, if it [speaks it](Options::tls).
    #[must_use]
    pub fn tls_address(&self) -> SocketAddr {
        self.tls_address
    }

    /// The certificate of the authority that has certified it, if it speaks TLS.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join(AUTHORITY)
    }

    /// Where it listens too.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }

    /// A connection to it.
    ///
    /// # Errors
    ///
    /// If it does not answer.
    pub fn client(&self) -> io::Result<Client> {
        let mut client = Client::connect(self.address, PATIENCE)?;
        if let Some(password) = &self.options.password {
            client.call(&["AUTH", password])?;
        }
        Ok(client)
    }

    /// Asks one question on a connection of its own.
    ///
    /// # Panics
    ///
    /// If it does not answer, or answers with an error.
    pub fn call(&self, command: &[&str]) -> Reply {
        match self.client().and_then(|mut client| client.call(command)) {
            Ok(Reply::Error(error)) => panic!("{command:?}: {error}"),
            Ok(reply) => reply,
            Err(error) => panic!("{command:?}: {error}"),
        }
    }

    /// One line of `INFO`.
    #[must_use]
    pub fn info(&self, name: &str) -> Option<String> {
        info(&mut self.client().ok()?, name)
    }

    /// How often it has been asked to do this, by the command's name in lower case.
    #[must_use]
    pub fn calls(&self, command: &str) -> u64 {
        let prefix = format!("cmdstat_{command}:calls=");
        let stats = self.call(&["INFO", "commandstats"]).text().unwrap_or_default();
        let calls = |line: &str| line.strip_prefix(&prefix)?.split(',').next()?.parse().ok();
        stats.lines().find_map(calls).unwrap_or_default()
    }

    /// Stops it in order, without a snapshot.
    pub fn stop(&mut self) {
        self.shut_down("NOSAVE");
    }

    /// Stops it in order, with a snapshot.
    pub fn stop_with_snapshot(&mut self) {
        self.shut_down("SAVE");
    }

    /// Ends it where it stands.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            // Who is gone already has nothing to be killed.
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// Halts it: connections stay, nothing answers.
    pub fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// Ends a [`pause`](Self::pause).
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    /// Begins again at the same address; a running server is killed first.
    ///
    /// # Panics
    ///
    /// If the address is taken.
    pub fn restart(&mut self, restart: Restart) {
        self.kill();
        if restart == Restart::Empty {
            self.forget();
        }
        let started = wait::until_some(PATIENCE, || self.launch().ok());
        assert!(started.is_some(), "redis-server does not start again at {}", self.address);
    }

    /// Makes a replica a master.
    pub fn promote(&mut self) {
        self.options.replica_of = None;
        self.call(&["REPLICAOF", "NO", "ONE"]);
    }

    /// Waits until a replica has all that its master had when this was called.
    ///
    /// # Panics
    ///
    /// If it does not catch up.
    pub fn wait_for_replication(&self, master: &Self) {
        let offset = |server: &Self, name| server.info(name)?.parse::<u64>().ok();
        let goal = wait::until("the master's offset", || offset(master, "master_repl_offset"));
        wait::until("the replica's link", || {
            let up = self.info("master_link_status")? == "up";
            (up && offset(self, "slave_repl_offset")? >= goal).then_some(())
        });
    }

    fn shut_down(&mut self, how: &str) {
        if let Ok(mut client) = self.client() {
            // The answer is the end of the connection.
            let _ = client.call(&["SHUTDOWN", how]);
        }
        if let Some(process) = &mut self.process {
            wait::until_some(PATIENCE, || process.try_wait().ok().flatten());
        }
        self.kill();
    }

    fn forget(&self) {
        let _ = fs::remove_file(self.folder.path().join("dump.rdb"));
        let _ = fs::remove_dir_all(self.folder.path().join("appendonlydir"));
    }

    fn signal(&self, signal: Signal) {
        if let Some(process) = &self.process {
            kill_process(Pid::from_child(process), signal).expect("a process of one's own can be signalled");
        }
    }

    /// Starts the process and waits until it answers.
    fn launch(&mut self) -> io::Result<()> {
        let log = fs::File::create(self.folder.path().join("redis.log"))?;
        let process = command(&self.options, self.address, self.tls_address, self.folder.path())
            .stdout(log)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let pid = process.id().to_string();
        self.process = Some(process);
        let ready = wait::until_some(PATIENCE, || self.readiness(&pid));
        if ready != Some(true) {
            self.kill();
            return Err(io::ErrorKind::AddrInUse.into());
        }
        Ok(())
    }

    /// Whether it answers: not known yet, or whether it is this very process.
    fn readiness(&mut self, pid: &str) -> Option<bool> {
        if self.process.as_mut()?.try_wait().ok()?.is_some() {
            return Some(false);
        }
        let mut client = self.client().ok()?;
        match client.call(&["PING"]).ok()? {
            Reply::Status(pong) if pong == "PONG" => Some(info(&mut client, "process_id")? == pid),
            _ => None,
        }
    }
}

/// A paused process is killed all the same.
impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

const AUTHORITY: &str = "authority.pem";
const CERTIFICATE: &str = "server.pem";
const KEY: &str = "server.key";

/// Makes an authority and a certificate of it for servers on this machine.
fn certify(folder: &Path) {
    let certify = || {
        let mut authority = CertificateParams::new(Vec::new())?;
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority_key = KeyPair::generate()?;
        let authority_certificate = authority.self_signed(&authority_key)?;
        let key = KeyPair::generate()?;
        let server = CertificateParams::new(vec!["127.0.0.1".to_owned()])?;
        let certificate = server.signed_by(&key, &Issuer::new(authority, authority_key))?;
        Ok::<_, rcgen::Error>([
            (AUTHORITY, authority_certificate.pem()),
            (CERTIFICATE, certificate.pem()),
            (KEY, key.serialize_pem()),
        ])
    };
    for (name, pem) in certify().expect("a certificate can be made") {
        fs::write(folder.join(name), pem).expect("a file can be written");
    }
}

fn command(options: &Options, address: SocketAddr, tls_address: SocketAddr, folder: &Path) -> Command {
    let mut command = Command::new("redis-server");
    let mut set = |name: &str, values: &[&str]| {
        command.arg(format!("--{name}")).args(values);
    };
    set("port", &[&address.port().to_string()]);
    set("bind", &[&address.ip().to_string()]);
    set("dir", &[&folder.display().to_string()]);
    set("unixsocket", &[&folder.join("redis.sock").display().to_string()]);
    set("save", &[""]);
    // Replicas of tests are far younger than the five seconds that a master collects them for.
    set("repl-diskless-sync-delay", &["0"]);
    if options.persistence == Persistence::AppendOnly {
        set("appendonly", &["yes"]);
        set("appendfsync", &["always"]);
    }
    if let Some(password) = &options.password {
        set("requirepass", &[password]);
        set("masterauth", &[password]);
    }
    if let Some((bytes, policy)) = &options.max_memory {
        set("maxmemory", &[bytes]);
        set("maxmemory-policy", &[policy]);
    }
    if let Some(master) = options.replica_of {
        set("replicaof", &[&master.ip().to_string(), &master.port().to_string()]);
    }
    if options.tls == Tls::Yes {
        set("tls-port", &[&tls_address.port().to_string()]);
        set("tls-auth-clients", &["no"]);
        for (name, file) in [("ca-cert", AUTHORITY), ("cert", CERTIFICATE), ("key", KEY)] {
            set(&format!("tls-{name}-file"), &[&folder.join(file).display().to_string()]);
        }
    }
    command
}

fn info(client: &mut Client, name: &str) -> Option<String> {
    let text = client.call(&["INFO"]).ok()?.text()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    Some(line.to_owned())
}
