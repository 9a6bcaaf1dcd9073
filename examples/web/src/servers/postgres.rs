//! A `postgres` of one's own.

use std::env;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use sea_orm::{ConnectionTrait, Database};
use tempfile::TempDir;
use tokio::task::spawn_blocking;

use super::free_address;
use crate::Result;

/// The server refuses to run as root, and runs as this user instead, whom Debian's package makes.
const USER: &str = "postgres";
const LIBRARY: &str = "/usr/lib/postgresql";
const COUNT_STATEMENTS: &str = "CREATE EXTENSION pg_stat_statements";

/// It counts the statements that it runs.
#[derive(Debug)]
pub struct Postgres {
    cluster: Cluster,
}

impl Postgres {
    /// A server with one empty database, `postgres`.
    pub async fn start() -> Result<Self> {
        let cluster = spawn_blocking(|| {
            let cluster = Cluster::new()?;
            cluster.start()?;
            Result::Ok(cluster)
        });
        let server = Self { cluster: cluster.await?? };
        server.sql("postgres", COUNT_STATEMENTS).await?;
        Ok(server)
    }

    /// Makes another.
    pub async fn create(&self, database: &str) -> Result<()> {
        self.sql("postgres", &format!("CREATE DATABASE {database}")).await?;
        self.sql(database, COUNT_STATEMENTS).await
    }

    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@{}/{database}", self.cluster.address)
    }

    async fn sql(&self, database: &str, sql: &str) -> Result<()> {
        let db = Database::connect(self.url(database)).await?;
        db.execute_unprepared(sql).await?;
        Ok(db.close().await?)
    }
}

/// A folder with its files, and the programs that start and stop it.
#[derive(Debug)]
struct Cluster {
    programs: PathBuf,
    address: SocketAddr,
    folder: TempDir,
}

impl Cluster {
    fn new() -> Result<Self> {
        let cluster = Self { programs: programs()?, address: free_address()?, folder: tempfile::tempdir()? };
        if is_root()? {
            run(Command::new("chown").arg(USER).arg(cluster.folder.path()))?;
        }
        let mut initdb = cluster.command("initdb")?;
        initdb.args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-locale", "--no-sync"]);
        run(&mut initdb)?;
        Ok(cluster)
    }

    fn start(&self) -> Result<()> {
        let folder = self.folder.path().display();
        let (host, port) = (self.address.ip(), self.address.port());
        let options =
            format!("-h {host} -p {port} -k {folder} -c shared_preload_libraries=pg_stat_statements");
        let mut start = self.command("pg_ctl")?;
        start.args(["start", "--wait", "--silent", "--options", &options]);
        run(start.arg("--log").arg(self.folder.path().join("log")))
    }

    /// A program of the server on its files, as the user who may run it.
    fn command(&self, program: &str) -> Result<Command> {
        let program = self.programs.join(program);
        let mut command = if is_root()? {
            let mut command = Command::new("setpriv");
            command
                .arg(format!("--reuid={USER}"))
                .arg(format!("--regid={USER}"))
                .arg("--init-groups")
                .arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(self.folder.path()).env("PGDATA", self.folder.path().join("data"));
        Ok(command)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Ok(mut stop) = self.command("pg_ctl") {
            // One that has ended already has nothing to be stopped.
            let _ = run(stop.args(["stop", "--mode=immediate", "--silent"]));
        }
    }
}

/// Where `initdb` and `pg_ctl` are: on the path, or where Debian puts the newest.
fn programs() -> Result<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    if let Some(folder) = env::split_paths(&path).find(|folder| folder.join("pg_ctl").exists()) {
        return Ok(folder);
    }
    let versions =
        fs::read_dir(LIBRARY).into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let newest = versions.filter(|folder| folder.join("pg_ctl").exists()).max();
    newest.ok_or_else(|| "PostgreSQL is not installed; name a database in DATABASE_URL instead".into())
}

fn is_root() -> Result<bool> {
    Ok(fs::metadata("/proc/self")?.uid() == 0)
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).stdout(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let program = command.get_program().display();
    Err(format!("{program}: {}: {}", output.status, String::from_utf8_lossy(&output.stderr)).into())
}
