//! A `mariadbd` of one's own.

#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use rustix::fs::statvfs;
use rustix::process::{Pid, Signal, geteuid, kill_process};
use tempfile::TempDir;

use super::free_address;
use super::wait::{self, PATIENCE};

/// A running server, or one that was killed and can begin again at the same address.
#[derive(Debug)]
pub struct MariaDb {
    options: Vec<String>,
    address: SocketAddr,
    process: Option<Child>,
    databases: AtomicUsize,
    // The files live as long as this does.
    folder: TempDir,
}

/// A server that several share: it starts with the first that asks and ends with the last that holds it.
#[derive(Debug)]
struct Shared(Mutex<Weak<MariaDb>>);

/// The one that the tests of a process share.
static SHARED: Shared = Shared::new();

impl Shared {
    const fn new() -> Self {
        Self(Mutex::new(Weak::new()))
    }

    fn get(&self) -> Arc<MariaDb> {
        let mut shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let server = Arc::new(MariaDb::start());
            *shared = Arc::downgrade(&server);
            server
        })
    }
}

impl MariaDb {
    /// The server that the tests of this process share: it starts with the first that asks and ends with the last
    /// that holds it.
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    #[must_use]
    pub fn shared() -> Arc<Self> {
        SHARED.get()
    }

    /// An empty server that waits for no disk.
    ///
    /// # Panics
    ///
    /// If `mariadbd` cannot be started.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// A server with these further options of `mariadbd`: `"--lower-case-table-names=1"`.
    ///
    /// # Panics
    ///
    /// If `mariadbd` cannot be started.
    #[must_use]
    pub fn start_with(options: &[&str]) -> Self {
        let folder = folder().expect("a folder can be made");
        let mut server = Self {
            options: options.iter().map(ToString::to_string).collect(),
            address: free_address(),
            process: None,
            databases: AtomicUsize::new(0),
            folder,
        };
        server.install();
        // Between the choice of a port and its use another process may take it.
        for _ in 0..5 {
            match server.launch() {
                Ok(()) => return server,
                Err(_) => server.address = free_address(),
            }
        }
        server.launch().expect("mariadbd starts");
        server
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens too.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("mariadb.sock")
    }

    /// The URL of a database.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("mysql://root@{}/{database}", self.address)
    }

    /// Makes an empty database of a name that no other has; returns its name.
    ///
    /// # Panics
    ///
    /// If the server does not answer.
    #[must_use]
    pub fn database(&self) -> String {
        let name = format!("test{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql(&format!("CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci"));
        name
    }

    /// Runs statements as another program does; returns their rows, columns separated by tabs.
    ///
    /// # Panics
    ///
    /// If one fails.
    pub fn sql(&self, text: &str) -> String {
        let socket = self.socket().display().to_string();
        let arguments = ["--no-defaults", "--user=root", "--batch", "--skip-column-names"];
        let output = Command::new("mariadb")
            .args(arguments)
            .args(["--socket", &socket, "--execute", text])
            .output()
            .expect("the client `mariadb` starts");
        assert!(output.status.success(), "{text}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
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

    /// Begins again at the same address with its data; a running server is killed first.
    ///
    /// # Panics
    ///
    /// If the address is taken.
    pub fn restart(&mut self) {
        self.kill();
        let started = wait::until_some(PATIENCE, || self.launch().ok());
        assert!(started.is_some(), "mariadbd does not start again at {}", self.address);
    }

    fn signal(&self, signal: Signal) {
        if let Some(process) = &self.process {
            kill_process(Pid::from_child(process), signal).expect("a process of one's own can be signalled");
        }
    }

    /// Makes the system tables.
    fn install(&self) {
        std::fs::create_dir(temporary(self.folder.path())).expect("a folder can be made");
        let mut install = Command::new("mariadb-install-db");
        install.args(common(self.folder.path()));
        install.args(["--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"]);
        let output = install.output().expect("mariadb-install-db starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }

    /// Starts the process and waits until it answers.
    fn launch(&mut self) -> io::Result<()> {
        let log = File::create(self.folder.path().join("mariadb.log"))?;
        let _ = std::fs::remove_file(self.socket());
        let mut command = Command::new("mariadbd");
        command.args(common(self.folder.path())).args(&self.options);
        command.arg("--skip-name-resolve").arg(format!("--bind-address={}", self.address.ip()));
        command.arg(format!("--port={}", self.address.port()));
        command.arg(format!("--socket={}", self.socket().display()));
        self.process = Some(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn()?);
        if wait::until_some(PATIENCE, || self.readiness()) != Some(true) {
            self.kill();
            return Err(io::ErrorKind::AddrInUse.into());
        }
        Ok(())
    }

    /// Whether it answers: not known yet, or whether it lives.
    fn readiness(&mut self) -> Option<bool> {
        if self.process.as_mut()?.try_wait().ok()?.is_some() {
            return Some(false);
        }
        let mut stream = UnixStream::connect(self.socket()).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(1))).ok()?;
        // The server speaks first; the fifth byte is the version of its protocol.
        let mut greeting = [0; 5];
        stream.read_exact(&mut greeting).ok()?;
        (greeting[4] == 10).then_some(true)
    }
}

/// A paused process is killed all the same.
impl Drop for MariaDb {
    fn drop(&mut self) {
        self.kill();
    }
}

/// In memory, if there is room: a change of the schema waits for a disk several times, whatever the options say.
fn folder() -> io::Result<TempDir> {
    const MEMORY: &str = "/dev/shm";
    const ROOM: u64 = 4 << 30;
    match statvfs(MEMORY) {
        Ok(found) if found.f_bavail.saturating_mul(found.f_frsize) >= ROOM => tempfile::tempdir_in(MEMORY),
        _ => tempfile::tempdir(),
    }
}

/// Where its own temporary tables are. One that starts removes all that it finds there, those of a running server too,
/// which then crashes: no two may share it.
fn temporary(folder: &Path) -> PathBuf {
    folder.join("tmp")
}

/// What holds for the making of the system tables too.
fn common(folder: &Path) -> Vec<String> {
    let mut options = vec!["--no-defaults".to_owned()];
    options.push(format!("--datadir={}", folder.join("data").display()));
    options.push(format!("--tmpdir={}", temporary(folder).display()));
    // As root it insists on being told that this is meant.
    if geteuid().is_root() {
        options.push("--user=root".to_owned());
    }
    let small = [
        "--skip-log-bin",
        "--innodb-flush-method=nosync",
        "--innodb-flush-log-at-trx-commit=2",
        "--innodb-log-file-size=8M",
        "--innodb-buffer-pool-size=32M",
        "--aria-log-file-size=8M",
    ];
    options.extend(small.map(str::to_owned));
    options
}
