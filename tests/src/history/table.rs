//! The two tables: rows with a version, in groups.

use std::sync::OnceLock;

use cache_core::Declaration;
use cache_core::entity::Registered;
use sea_orm::{ActiveValue::Set, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr};
use serde::{Deserialize, Serialize};

use super::event::{Image, Row};
use crate::read::Entity;

/// A table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Table {
    /// Items, by category.
    Item,
    /// Notes, by item.
    Note,
}

/// Items are born with these keys.
pub const ITEMS: std::ops::Range<i64> = 1..9;
/// Notes are born with these keys.
pub const NOTES: std::ops::Range<i64> = 1..13;
/// Items are in these categories.
pub const CATEGORIES: std::ops::Range<i64> = 1..4;

impl Table {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Item, Self::Note];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Item => "item",
            Self::Note => "note",
        }
    }

    /// The column by which its rows are listed.
    #[must_use]
    pub fn group(self) -> &'static str {
        match self {
            Self::Item => "category",
            Self::Note => "item_id",
        }
    }

    /// The keys that its rows have.
    #[must_use]
    pub fn ids(self) -> std::ops::Range<i64> {
        match self {
            Self::Item => ITEMS,
            Self::Note => NOTES,
        }
    }

    /// The groups that its rows are in.
    #[must_use]
    pub fn groups(self) -> std::ops::Range<i64> {
        match self {
            Self::Item => CATEGORIES,
            Self::Note => ITEMS,
        }
    }
}

/// Which scopes a process declares: those of another release are others.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Scopes {
    /// The column by which each table is listed.
    Groups,
    /// That of one table only.
    NotesOnly,
}

/// What this process declares; nothing where it is no worker.
static SCOPES: OnceLock<Scopes> = OnceLock::new();

impl Scopes {
    /// Declares them, before the first connection is made: as the derive does, whose declarations are there when a
    /// process begins.
    pub fn declare(self) {
        SCOPES.set(self).expect("a process declares its scopes once");
    }
}

fn declared(table: Table) -> Declaration {
    let declaration = Declaration::new(table.name());
    match (SCOPES.get(), table) {
        (Some(Scopes::Groups), _) | (Some(Scopes::NotesOnly), Table::Note) => {
            declaration.scope([table.group()])
        }
        _ => declaration,
    }
}

inventory::submit! { Registered::new(|_| declared(Table::Item)) }
inventory::submit! { Registered::new(|_| declared(Table::Note)) }

/// An entity of one of the tables.
pub trait Kept: Entity {
    /// Its table.
    const TABLE: Table;
    /// The primary key.
    const ID: Self::Column;
    /// The column by which rows are listed.
    const GROUP: Self::Column;
    /// The version.
    const VERSION: Self::Column;
    /// The stamp.
    const STAMP: Self::Column;

    /// What a model says.
    fn image(model: &Self::Model) -> (Row, Image);
    /// A row to insert.
    fn born(id: i64, image: Image) -> Self::ActiveModel;
}

macro_rules! kept {
    ($(#[$doc:meta])* $module:ident $table:literal $variant:ident by $group:ident $column:ident; $($relation:item)*) => {
        $(#[$doc])*
        #[allow(missing_docs, reason = "the columns are described in `Image`")]
        pub mod $module {
            use sea_orm::entity::prelude::*;
            use serde::{Deserialize, Serialize};

            #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
            #[sea_orm(table_name = $table)]
            pub struct Model {
                #[sea_orm(primary_key, auto_increment = false)]
                pub id: i64,
                pub $group: i64,
                pub version: i64,
                pub stamp: i64,
            }

            $($relation)*

            impl ActiveModelBehavior for ActiveModel {}
        }

        impl Kept for $module::Entity {
            const TABLE: Table = Table::$variant;
            const ID: Self::Column = $module::Column::Id;
            const GROUP: Self::Column = $module::Column::$column;
            const VERSION: Self::Column = $module::Column::Version;
            const STAMP: Self::Column = $module::Column::Stamp;

            fn image(model: &Self::Model) -> (Row, Image) {
                let image = Image { version: model.version, stamp: model.stamp, group: model.$group };
                (Row(Self::TABLE, model.id), image)
            }

            fn born(id: i64, image: Image) -> Self::ActiveModel {
                let Image { version, stamp, group } = image;
                $module::ActiveModel { id: Set(id), $group: Set(group), version: Set(version), stamp: Set(stamp) }
            }
        }
    };
}

kept! {
    /// Items.
    item "item" Item by category Category;

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(has_many = "super::note::Entity")]
        Note,
    }

    impl Related<super::note::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Note.def()
        }
    }
}

kept! {
    /// Notes.
    note "note" Note by item_id ItemId;

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(belongs_to = "super::item::Entity", from = "Column::ItemId", to = "super::item::Column::Id")]
        Item,
    }

    impl Related<super::item::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Item.def()
        }
    }
}

/// A connection to a file, as each process has one. How long it waits for another writer is longer than any
/// write takes.
///
/// # Errors
///
/// If the file cannot be opened.
pub async fn connect(path: &std::path::Path) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(format!("sqlite://{}?mode=rwc", path.display()));
    options.min_connections(1).max_connections(4).sqlx_logging(false);
    // What a crash of the machine would lose is no part of these tests.
    options.map_sqlx_sqlite_opts(|options| {
        let options = options.busy_timeout(std::time::Duration::from_secs(2));
        options.pragma("journal_mode", "WAL").pragma("synchronous", "OFF")
    });
    Database::connect(options).await
}

/// Makes the tables, without rows.
///
/// # Errors
///
/// If the database refuses.
pub async fn create(db: &DatabaseConnection) -> Result<(), DbErr> {
    for table in Table::ALL {
        let (name, group) = (table.name(), table.group());
        let columns = format!("{group} INTEGER NOT NULL, version INTEGER NOT NULL, stamp INTEGER NOT NULL");
        db.execute_unprepared(&format!("CREATE TABLE {name} (id INTEGER PRIMARY KEY, {columns})")).await?;
    }
    Ok(())
}
