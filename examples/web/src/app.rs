//! The routes, and what serves them.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use cache_seaorm::cache::Subscription;
use cache_seaorm::{Cache, CachedConnection};
use sea_orm::{ConnectOptions, Database};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::monitor::{self, Monitor};
use crate::{Result, database, pages, writes};

/// The cache URL of a service without a cache.
pub const OFF: &str = "off";

/// What handlers work with.
#[derive(Clone, Debug)]
pub struct App {
    pub db: CachedConnection,
    pub monitor: Arc<Monitor>,
}

fn routes(app: App) -> Router {
    Router::new()
        .route("/", get(pages::front::show))
        .route("/category/{category}", get(pages::list::show))
        .route("/article/{id}", get(pages::article::show))
        .route("/article/{id}/comment", post(writes::comment))
        .route("/article/{id}/view", post(writes::view))
        .route("/article/{id}/edit", post(writes::edit))
        .route("/article/{id}/move", post(writes::put))
        .route("/article", post(writes::draft))
        .route("/category/{category}/publish", post(writes::publish))
        .route_layer(from_fn_with_state(Arc::clone(&app.monitor), monitor::observe))
        .route("/status", get(pages::status::show))
        .with_state(app)
}

/// A service that listens on loopback.
#[derive(Debug)]
pub struct Service {
    address: SocketAddr,
    db: CachedConnection,
    ask_to_stop: oneshot::Sender<()>,
    serving: JoinHandle<std::io::Result<()>>,
    _events: Subscription,
}

impl Service {
    /// Serves on this port, or on a free one if it is zero. The database gets its tables and articles if it has none.
    pub async fn start(database_url: &str, cache_url: &str, port: u16) -> Result<Self> {
        let mut options = ConnectOptions::new(database_url);
        options.max_connections(16).sqlx_logging(false);
        let inner = Database::connect(options).await?;
        database::prepare(&inner).await?;

        let cache = if cache_url == OFF { Cache::disabled() } else { Cache::from_url(cache_url)? };
        let db = CachedConnection::new(inner, cache).await?;

        let monitor = Arc::new(Monitor::new(database_url).await?);
        let events = monitor.listen(db.cache());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let (ask_to_stop, asked) = oneshot::channel();
        let server = axum::serve(listener, routes(App { db: db.clone(), monitor }));
        let server = server.with_graceful_shutdown(async {
            // A service that is dropped stops too.
            let _ = asked.await;
        });
        Ok(Self { address, db, ask_to_stop, serving: tokio::spawn(async { server.await }), _events: events })
    }

    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers what was asked, delivers what other processes must know, and ends.
    pub async fn stop(self) -> Result<()> {
        let _ = self.ask_to_stop.send(());
        self.serving.await??;
        self.db.cache().close().await?;
        Ok(self.db.close().await?)
    }
}
