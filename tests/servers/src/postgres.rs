//! A PostgreSQL cluster of one's own.

#[cfg(feature = "sea-orm")]
mod databases;
#[cfg(all(test, feature = "sea-orm"))]
mod tests;

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::AtomicU64;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::free_address;
use super::wait::{self, PATIENCE};

/// A running cluster. Its files are in a temporary folder, and it is killed when it is dropped.
#[derive(Debug)]
pub struct PostgresServer {
    process: Child,
    port: u16,
    /// How many databases were made.
    #[cfg_attr(not(feature = "sea-orm"), allow(dead_code, reason = "there is one"))]
    databases: AtomicU64,
    folder: TempDir,
}

impl PostgresServer {
    /// An empty cluster: the first of this process is made by `initdb`, later ones are copies.
    ///
    /// # Panics
    ///
    /// If PostgreSQL is not installed or cannot be started.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same, with these settings.
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    #[must_use]
    pub fn start_with(settings: &[&str]) -> Self {
        let template = template();
        let folder = folder();
        let data = folder.path().join("data");
        let copied = run(Command::new("cp").arg("-a").arg(template.path().join("data")).arg(&data));
        assert!(copied, "a cluster can be copied");
        Self::of(folder, settings)
    }

    /// A replica that knows what there is now, and hears nothing afterwards.
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    #[must_use]
    pub fn replica(&self) -> Self {
        let folder = folder();
        let data = folder.path().join("data");
        let mut command = program("pg_basebackup");
        command.args(["-h", "127.0.0.1", "-U", "postgres", "--checkpoint=fast", "--no-sync", "-p"]);
        assert!(run(command.arg(self.port.to_string()).arg("-D").arg(&data)), "a cluster can be copied");
        fs::write(data.join("standby.signal"), "").expect("a file can be written");
        Self::of(folder, &[])
    }

    /// Starts the cluster whose data is in this folder.
    fn of(folder: TempDir, settings: &[&str]) -> Self {
        let data = folder.path().join("data");
        // Between the choice of a port and its use another process may take it.
        for _ in 0..5 {
            let port = free_address().port();
            if let Some(process) = launch(&data, port, settings) {
                return Self { process, port, databases: AtomicU64::new(0), folder };
            }
        }
        let log = fs::read_to_string(folder.path().join("data/log")).unwrap_or_default();
        panic!("postgres does not start: {log}");
    }

    /// The cluster that the tests of this process share. It ends with the process.
    #[must_use]
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<PostgresServer> = OnceLock::new();
        SHARED.get_or_init(|| {
            let server = Self::start();
            // Nobody drops what is static; who is left behind by its parent ends by itself.
            guard(&server);
            server
        })
    }

    /// Where a database of this name is.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Halts it: connections stay, nothing answers.
    pub fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// Ends a [`pause`](Self::pause).
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    /// The folder of its files.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal)
            .expect("a process of one's own can be signalled");
    }
}

/// An immediate shutdown: what is in the folder is lost anyway, and its children end with it.
impl Drop for PostgresServer {
    fn drop(&mut self) {
        let pid = Pid::from_child(&self.process);
        // Who is gone already has nothing to be killed.
        let _ = kill_process(pid, Signal::CONT);
        let _ = kill_process(pid, Signal::QUIT);
        if wait::until_some(PATIENCE, || self.process.try_wait().ok().flatten()).is_none() {
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }
}

/// Kills the cluster and removes its folder when this process has ended, however it ends.
fn guard(server: &PostgresServer) {
    let script = "while kill -0 $1 2>/dev/null; do sleep 0.2; done; kill -QUIT $2 2>/dev/null; sleep 0.5; rm -rf \"$3\" \"$4\"";
    let me = std::process::id().to_string();
    let _ = Command::new("sh")
        .args(["-c", script, "guard", &me, &server.process.id().to_string()])
        .arg(server.folder.path())
        .arg(template().path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
}

/// A cluster that was made and never started.
fn template() -> &'static TempDir {
    static TEMPLATE: OnceLock<TempDir> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let folder = folder();
        let mut command = program("initdb");
        command.args(["--no-sync", "-E", "UTF8", "--locale=C.UTF-8", "-U", "postgres", "-A", "trust", "-D"]);
        assert!(run(command.arg(folder.path().join("data"))), "initdb works");
        folder
    })
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder can be made");
    if let Some((user, group)) = server_user() {
        chown(folder.path(), Some(user), Some(group)).expect("root may give a folder away");
    }
    folder
}

/// PostgreSQL refuses to run as root: whom it runs as then.
fn server_user() -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").expect("there are users");
    let entry = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    Some(entry("postgres").or_else(|| entry("nobody")).expect("there is a user who is not root"))
}

fn launch(data: &Path, port: u16, settings: &[&str]) -> Option<Child> {
    let log = fs::File::create(data.join("log")).expect("a log can be written");
    let mut command = program("postgres");
    command.arg("-D").arg(data).args(["-p", &port.to_string(), "-k", ""]);
    let fast = [
        "fsync=off",
        "synchronous_commit=off",
        "full_page_writes=off",
        "shared_buffers=16MB",
        "max_connections=200",
        "max_prepared_transactions=8",
        "listen_addresses=127.0.0.1",
        "autovacuum=off",
        "max_wal_size=4GB",
    ];
    for setting in fast.iter().chain(settings) {
        command.args(["-c", setting]);
    }
    let mut process = command
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a file has several handles"))
        .stderr(log)
        .spawn()
        .expect("postgres can be run");
    let ready = wait::until_some(PATIENCE, || {
        if process.try_wait().ok().flatten().is_some() {
            return Some(false);
        }
        let status = fs::read_to_string(data.join("postmaster.pid")).ok()?;
        status.lines().any(|line| line.trim() == "ready").then_some(true)
    });
    if ready == Some(true) {
        return Some(process);
    }
    let _ = process.kill();
    let _ = process.wait();
    None
}

/// One of PostgreSQL's programs, to be run as a user that it accepts.
fn program(name: &str) -> Command {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new(find(name));
    if let Some((user, group)) = server_user() {
        command.uid(user).gid(group);
    }
    command.current_dir("/");
    command
}

/// Where it is: on the path, or where Debian puts it, the newest first.
fn find(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|folder| folder.join(name));
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|version| Some(version.ok()?.path().join("bin").join(name)))
        .collect();
    versions.sort();
    let found = on_path.chain(versions.into_iter().rev()).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("{name} is not installed: ./test.sh installs PostgreSQL"))
}

fn run(command: &mut Command) -> bool {
    let output = command.stdin(Stdio::null()).output().expect("the program can be run");
    if !output.status.success() {
        eprintln!("{}", String::from_utf8_lossy(&output.stderr));
    }
    output.status.success()
}
