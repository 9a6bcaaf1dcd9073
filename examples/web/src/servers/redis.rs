//! A `redis-server` of one's own.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::sleep;

use super::free_address;
use crate::Result;

const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub struct Redis {
    address: SocketAddr,
    // Killed when it is dropped, before its folder goes.
    _process: Child,
    _folder: TempDir,
}

impl Redis {
    pub async fn start() -> Result<Self> {
        let (address, folder) = (free_address()?, tempfile::tempdir()?);
        let mut command = Command::new("redis-server");
        command.args(["--bind", &address.ip().to_string(), "--port", &address.port().to_string()]);
        command.args(["--save", "", "--maxmemory", "256mb", "--maxmemory-policy", "volatile-lru"]);
        command.arg("--dir").arg(folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
        let mut process =
            command.spawn().map_err(|error| format!("redis-server cannot be started: {error}"))?;
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(address).await.is_err() {
            if let Some(status) = process.try_wait()? {
                return Err(format!("redis-server has ended: {status}").into());
            }
            if Instant::now() > deadline {
                return Err("redis-server does not answer".into());
            }
            sleep(Duration::from_millis(5)).await;
        }
        Ok(Self { address, _process: process, _folder: folder })
    }

    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://{}/0?prefix=web", self.address)
    }
}
