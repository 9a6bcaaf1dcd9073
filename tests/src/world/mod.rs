//! The database under test: a real SQLite file whose tables are fixed and whose details a seed decides.

mod ddl;
pub mod entity;
mod fill;
mod layout;
mod state;
mod table;
mod theme;
mod triggers;

pub use layout::{Layout, Rows};
pub use state::State;
pub use table::{ARTICLES, AUTHORS, CATEGORIES, COMMENTS, Column, Domain, Role, TAGS, Table};
pub use theme::Theme;

use cache_seaorm::Policy;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr};
use tempfile::TempDir;

use crate::rng::Rng;
pub use crate::subject::Caches;
use crate::subject::Subject;

/// How many connections the pool has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pool {
    /// One: whoever gets it knows that everybody before has finished with it.
    One,
    /// Several, which lock each other out as SQLite does.
    Several(u32),
}

/// One seed's database, with the cache over it.
#[derive(Debug)]
pub struct World {
    layout: Layout,
    subject: Subject,
    // The file lives as long as this does.
    _folder: TempDir,
}

impl World {
    /// Makes the file, its schema and its first rows, and wraps the connection.
    ///
    /// # Errors
    ///
    /// If the layout's own statements fail; a row that its constraints refuse is left out.
    pub async fn open(layout: Layout, pool: Pool, caches: Caches, rng: &mut Rng) -> Result<Self, DbErr> {
        let (folder, connection) = file(pool).await?;
        for statement in layout.statements() {
            connection.execute_unprepared(statement).await?;
        }
        fill::fill(&connection, layout.theme().rows(), rng).await?;
        let subject = Subject::wrap(connection, layout.declarations(), caches).await?;
        Ok(Self { layout, subject, _folder: folder })
    }

    /// The same, whose reads have this policy.
    #[must_use]
    pub fn reading_as(self, policy: Policy) -> Self {
        Self { subject: self.subject.reading_as(policy), ..self }
    }

    /// The schema and the declarations.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// What is tested.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The rows of all base tables, read around the cache.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn state(&self) -> Result<State, DbErr> {
        State::read(self.subject.untracked()).await
    }
}

/// A connection to a new SQLite file that lives as long as the folder.
///
/// # Errors
///
/// If the file cannot be made.
pub async fn file(pool: Pool) -> Result<(TempDir, DatabaseConnection), DbErr> {
    let folder = tempfile::tempdir().map_err(|error| DbErr::Custom(error.to_string()))?;
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("world.sqlite").display());
    let mut options = ConnectOptions::new(url);
    let connections = match pool {
        Pool::One => 1,
        Pool::Several(count) => count,
    };
    options.min_connections(1).max_connections(connections).sqlx_logging(false);
    options.map_sqlx_sqlite_opts(|options| options.busy_timeout(std::time::Duration::from_millis(300)));
    let connection = Database::connect(options).await?;
    // What a crash of the machine would lose is no part of these tests.
    let journal = if connections > 1 { "WAL" } else { "MEMORY" };
    connection
        .execute_unprepared(&format!("PRAGMA journal_mode = {journal}; PRAGMA synchronous = OFF"))
        .await?;
    Ok((folder, connection))
}
