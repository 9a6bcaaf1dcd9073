//! `cargo run -p web` serves; `cargo run -p web --release -- load` measures.

#![allow(missing_docs, reason = "an application")]

use std::env;

use tokio::signal::unix::{SignalKind, signal};
use web::app::Service;
use web::servers::Servers;
use web::{Result, load};

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    match arguments.next().as_deref() {
        None => serve().await,
        Some("load") => {
            let options = load::Options::parse(arguments)?;
            tokio::select! {
                done = load::run(options) => done,
                asked = asked_to_stop() => asked,
            }
        }
        Some(other) => {
            Err(format!("unknown command `{other}`; there is `load`, and serving without any").into())
        }
    }
}

async fn serve() -> Result<()> {
    let servers = Servers::from_environment().await?;
    let port = env::var("PORT").ok().map_or(Ok(0), |port| port.parse())?;
    let service = Service::start(&servers.database_url, &servers.cache_url, port).await?;
    println!("http://{}", service.address());
    asked_to_stop().await?;
    service.stop().await
}

/// Ctrl-C, or a polite kill: both leave no server behind.
async fn asked_to_stop() -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
    }
    Ok(())
}
