//! A service under load: its processes, its database, and what was measured.

use std::env;
use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sea_orm::{ConnectOptions, Database, DatabaseConnection};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use super::action::Mix;
use super::ledger::Ledger;
use super::rng::Rng;
use super::visitor::{Sample, Visitor};
use crate::{Result, database};

#[derive(Debug)]
pub struct Subject {
    name: &'static str,
    processes: Vec<Process>,
    db: DatabaseConnection,
    ledger: Arc<Ledger>,
    mix: Arc<Mix>,
    turns: u64,
    pub measured: Measured,
}

/// What all turns together have shown.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    pub samples: Vec<Sample>,
    pub time: Duration,
    pub statements: u64,
}

#[derive(Debug)]
struct Process {
    address: SocketAddr,
    // Killed when it is dropped.
    _child: Child,
}

impl Subject {
    /// Starts processes of this program.
    pub async fn start(
        name: &'static str,
        database_url: &str,
        cache_url: &str,
        processes: usize,
    ) -> Result<Self> {
        let mut options = ConnectOptions::new(database_url);
        options.max_connections(1).sqlx_logging(false);
        let mut started = Vec::new();
        for _ in 0..processes {
            started.push(Process::start(database_url, cache_url).await?);
        }
        Ok(Self {
            name,
            processes: started,
            db: Database::connect(options).await?,
            ledger: Arc::default(),
            mix: Arc::new(Mix::new()),
            turns: 0,
            measured: Measured::default(),
        })
    }

    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Where the first process listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.processes[0].address
    }

    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Forgets what was measured, not what was written.
    pub fn forget(&mut self) {
        self.measured = Measured::default();
    }

    /// One turn: so many visitors, each with a connection of its own to one of the processes.
    pub async fn load(&mut self, connections: usize, time: Duration) -> Result<()> {
        let (statements, start) = (self.statements().await?, Instant::now());
        let mut visitors = JoinSet::new();
        for (number, process) in (0..connections).zip(self.processes.iter().cycle()) {
            let seed = self.turns * connections as u64 + number as u64;
            let visitor = Visitor {
                address: process.address,
                ledger: Arc::clone(&self.ledger),
                mix: Arc::clone(&self.mix),
                rng: Rng::new(seed),
            };
            visitors.spawn(visitor.visit(start + time));
        }
        self.turns += 1;
        while let Some(samples) = visitors.join_next().await {
            self.measured.samples.extend(samples??);
        }
        self.measured.time += start.elapsed();
        self.measured.statements += self.statements().await?.saturating_sub(statements);
        Ok(())
    }

    async fn statements(&self) -> Result<u64> {
        let statements = database::statements(&self.db).await;
        statements.ok_or_else(|| "the database does not count its statements".into())
    }
}

impl Process {
    async fn start(database_url: &str, cache_url: &str) -> Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        command.env("DATABASE_URL", database_url).env("CACHE_URL", cache_url).env_remove("PORT");
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let output = child.stdout.take().ok_or("the service has no output")?;
        let line = BufReader::new(output).lines().next_line().await?;
        let line = line.ok_or("the service has ended before it listened")?;
        let address =
            line.strip_prefix("http://").ok_or("the service does not say where it listens")?.parse()?;
        Ok(Self { address, _child: child })
    }
}
