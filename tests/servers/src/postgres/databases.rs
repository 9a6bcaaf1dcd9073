//! Databases of a cluster, and connections to them.

use std::sync::atomic::Ordering;

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr};

use super::PostgresServer;

impl PostgresServer {
    /// A new, empty database, and a pool of connections to it.
    ///
    /// # Errors
    ///
    /// If the server does not answer.
    pub async fn database(&self, connections: u32) -> Result<DatabaseConnection, DbErr> {
        let name = self.create().await?;
        self.connect(&name, connections).await
    }

    /// A new, empty database; its name.
    ///
    /// # Errors
    ///
    /// If the server does not answer.
    pub async fn create(&self) -> Result<String, DbErr> {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("test{number}");
        let admin = self.connect("postgres", 1).await?;
        admin.execute_unprepared(&format!("CREATE DATABASE {name} STRATEGY file_copy")).await?;
        admin.close().await?;
        Ok(name)
    }

    /// A pool of connections to a database that exists.
    ///
    /// # Errors
    ///
    /// If the server does not answer.
    pub async fn connect(&self, database: &str, connections: u32) -> Result<DatabaseConnection, DbErr> {
        let mut options = ConnectOptions::new(self.url(database));
        options.min_connections(1).max_connections(connections).sqlx_logging(false);
        Database::connect(options).await
    }
}
