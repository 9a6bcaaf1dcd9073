//! The catalog queries of MariaDB and MySQL, run and decoded: for connections that block and for those that do not.

use cache_core::schema::mysql::{
    self, Catalog, ColumnRow, ForeignKeyRow, IndexRow, ParameterRow, RoutineRow, Settings, Sight, TableRow,
    TriggerRow, ViewRow, integer, pair, queries, schema, text,
};
use cache_core::session::{Identity, Reading};
use cache_core::{Error, ErrorKind, Result};

use crate::backend::ask::{Ask, all};

/// The catalog has no snapshot: what changes while it is read has another fingerprint afterwards.
const ATTEMPTS: usize = 5;

/// A database is the same by whatever address. What its sessions see differs by user and settings.
pub(crate) async fn identity(db: &mut impl Ask) -> Result<Identity> {
    let (database, _) = place(db).await?;
    let server = Settings::new(all(db, queries::SERVER, pair).await?);
    let user = all(db, queries::USER, text).await?;
    let settings = all(db, queries::SESSION, pair).await?;
    let session = format!("{user:?} {settings:?}");
    Ok(Identity::named(mysql::name(&server, &database)).seen_by(session))
}

/// No transaction is needed, and none may be begun: it would commit one that is open.
pub(crate) async fn read(db: &mut impl Ask) -> Result<Reading> {
    for _ in 0..ATTEMPTS {
        let before = fingerprint(db).await?;
        let catalog = catalog(db).await?;
        if fingerprint(db).await? == before {
            return Ok(Reading { schema: schema(&catalog)?, fingerprint: before });
        }
    }
    Err(Error::new(ErrorKind::Schema, "the schema of the database does not stop changing; try again"))
}

pub(crate) async fn fingerprint(db: &mut impl Ask) -> Result<u64> {
    let found = all(db, queries::FINGERPRINT, mysql::fingerprint).await?;
    Ok(found.first().copied().unwrap_or_default())
}

async fn place(db: &mut impl Ask) -> Result<(String, String)> {
    Ok(all(db, queries::PLACE, pair).await?.into_iter().next().unwrap_or_default())
}

async fn catalog(db: &mut impl Ask) -> Result<Catalog> {
    let (database, version) = place(db).await?;
    let sight = if version.contains("MariaDB") { Sight::All } else { sight(db).await? };
    Ok(Catalog {
        database,
        settings: Settings::new(all(db, queries::SETTINGS, pair).await?),
        tables: all(db, queries::TABLES, TableRow::from_values).await?,
        columns: all(db, queries::COLUMNS, ColumnRow::from_values).await?,
        indexes: all(db, queries::INDEXES, IndexRow::from_values).await?,
        foreign_keys: all(db, queries::FOREIGN_KEYS, ForeignKeyRow::from_values).await?,
        sight,
        triggers: all(db, queries::TRIGGERS, TriggerRow::from_values).await?,
        views: all(db, queries::VIEWS, ViewRow::from_values).await?,
        routines: all(db, queries::ROUTINES, RoutineRow::from_values).await?,
        parameters: all(db, queries::PARAMETERS, ParameterRow::from_values).await?,
    })
}

async fn sight(db: &mut impl Ask) -> Result<Sight> {
    let grants = all(db, queries::MAY_SEE_TRIGGERS, integer).await?;
    Ok(if grants.first().is_some_and(|grants| *grants > 0) { Sight::All } else { Sight::Some })
}
