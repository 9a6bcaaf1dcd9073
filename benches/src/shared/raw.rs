//! The bare client, and what is written by hand with it.

use std::net::SocketAddr;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue, IntoConnectionInfo, cmd};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{mpsc, oneshot};

const TTL: u64 = 600;

/// One multiplexed connection, set up as the cache sets up its own.
#[derive(Clone, Debug)]
pub struct Raw(MultiplexedConnection);

impl Raw {
    /// A connection to this server.
    pub async fn connect(address: SocketAddr) -> Self {
        let config = AsyncConnectionConfig::new()
            .set_response_timeout(Some(Duration::from_secs(10)))
            .set_pipeline_buffer_size(1024);
        let info = format!("redis://{address}/0").into_connection_info().unwrap();
        let info = info.set_tcp_settings(TcpSettings::default().set_nodelay(true));
        let client = Client::open(info).unwrap();
        Self(client.get_multiplexed_async_connection_with_config(&config).await.unwrap())
    }

    /// The answer of one command.
    pub async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> T {
        command.query_async(&mut self.0.clone()).await.unwrap()
    }

    /// The bytes of this key.
    pub async fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.ask(cmd("GET").arg(key)).await
    }

    /// Puts bytes for as long as an entry lives.
    pub async fn set(&self, key: &str, bytes: &[u8]) {
        self.ask(cmd("SET").arg(key).arg(bytes).arg("EX").arg(TTL)).await
    }

    /// Deletes these keys.
    pub async fn delete(&self, keys: &[String]) {
        self.ask(cmd("DEL").arg(keys)).await
    }

    /// A hit, as it is written by hand.
    pub async fn get_json<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        let bytes = self.get(key).await?;
        Some(serde_json::from_slice(&bytes).unwrap())
    }

    /// A fill, as it is written by hand.
    pub async fn set_json<T: Serialize>(&self, key: &str, value: &T) {
        self.set(key, &serde_json::to_vec(value).unwrap()).await;
    }
}

/// A key that many ask for: whoever asks while a GET is on its way shares the next one.
#[derive(Clone, Debug)]
pub struct SharedGet(mpsc::UnboundedSender<Asker>);

type Asker = oneshot::Sender<Option<Vec<u8>>>;

impl SharedGet {
    /// Starts the task that asks. It ends when nobody can ask any more.
    pub(super) fn start(raw: Raw, key: &'static str) -> Self {
        let (send, mut receive) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut askers = Vec::new();
            while receive.recv_many(&mut askers, usize::MAX).await > 0 {
                let bytes = raw.get(key).await;
                askers.drain(..).for_each(|asker: Asker| drop(asker.send(bytes.clone())));
            }
        });
        Self(send)
    }

    /// The bytes, asked for after this call.
    pub async fn get(&self) -> Option<Vec<u8>> {
        let (send, receive) = oneshot::channel();
        self.0.send(send).unwrap();
        receive.await.unwrap()
    }
}
