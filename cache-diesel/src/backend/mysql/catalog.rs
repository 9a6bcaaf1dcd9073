//! The catalog queries of MariaDB and MySQL, for connections that block and for those that do not.

use cache_core::schema::mysql::{self, Catalog, Origin, queries, schema};
use cache_core::session::{Identity, Reading};
use cache_core::{Error, ErrorKind, Result, Value};

use crate::backend::ask::{Ask, failed};

/// The catalog has no snapshot: what changes while it is read has another fingerprint afterwards.
const ATTEMPTS: usize = 5;

pub(crate) async fn identity(db: &mut impl Ask) -> Result<Identity> {
    let origin = Origin::from_answers(&answers(db, &queries::ORIGIN).await?)?;
    Ok(Identity::named(origin.name).seen_by(origin.seen_by))
}

/// No transaction is needed, and none may be begun: it would commit one that is open.
pub(crate) async fn read(db: &mut impl Ask) -> Result<Reading> {
    for _ in 0..ATTEMPTS {
        let before = fingerprint(db).await?;
        let catalog = Catalog::from_answers(&answers(db, &queries::CATALOG).await?)?;
        if fingerprint(db).await? == before {
            return Ok(Reading { schema: schema(&catalog)?, fingerprint: before });
        }
    }
    Err(Error::new(ErrorKind::Schema, "the schema of the database does not stop changing; try again"))
}

pub(crate) async fn fingerprint(db: &mut impl Ask) -> Result<u64> {
    mysql::fingerprint(&db.rows(queries::FINGERPRINT).await.map_err(failed)?)
}

async fn answers(db: &mut impl Ask, queries: &[&'static str]) -> Result<Vec<Vec<Vec<Value>>>> {
    let mut answers = Vec::with_capacity(queries.len());
    for query in queries {
        answers.push(db.rows(query).await.map_err(failed)?);
    }
    Ok(answers)
}
