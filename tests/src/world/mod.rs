//! The database under test: a real one, whose tables are fixed and whose details a seed decides.

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
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr};

use crate::backend::Home;
pub use crate::backend::Pool;
use crate::rng::Rng;
pub use crate::subject::Caches;
use crate::subject::Subject;

/// One seed's database, without a cache.
#[derive(Debug)]
pub struct Bare {
    layout: Layout,
    connection: DatabaseConnection,
    home: Home,
}

impl Bare {
    /// Makes the database, its schema and its first rows.
    ///
    /// # Errors
    ///
    /// If the layout's own statements fail; a row that its constraints refuse is left out.
    pub async fn open(layout: Layout, pool: Pool, rng: &mut Rng) -> Result<Self, DbErr> {
        let (home, connection) = layout.theme().backend().open(pool).await?;
        for statement in layout.statements() {
            connection.execute_unprepared(statement).await?;
        }
        fill::fill(&connection, layout.theme().rows(), rng).await?;
        Ok(Self { layout, connection, home })
    }

    /// The schema and the declarations.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// A connection to it.
    #[must_use]
    pub fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }
}

/// One seed's database, with the cache over it.
#[derive(Debug)]
pub struct World {
    layout: Layout,
    subject: Subject,
    // The database lives as long as this does.
    _home: Home,
}

impl World {
    /// Makes the database, and wraps its connection.
    ///
    /// # Errors
    ///
    /// As [`Bare::open`], or if the schema cannot be read.
    pub async fn open(layout: Layout, pool: Pool, caches: Caches, rng: &mut Rng) -> Result<Self, DbErr> {
        let Bare { layout, connection, home } = Bare::open(layout, pool, rng).await?;
        let subject = Subject::wrap(connection, layout.declarations(), caches).await?;
        Ok(Self { layout, subject, _home: home })
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
