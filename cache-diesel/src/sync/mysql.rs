//! What only MariaDB and MySQL have.

use cache_core::session::{Identity, Reading};
use cache_core::{Result, Value, sync};
use diesel::{MysqlConnection, QueryResult, sql_query};

use super::cacheable::{Cacheable, rows};
use crate::backend::ask::Ask;
use crate::backend::mysql::catalog;

impl Cacheable for MysqlConnection {
    const BEGIN_EXCLUDING_WRITERS: &'static str = "START TRANSACTION";

    fn identity(&mut self, _url: Option<&str>) -> Result<Identity> {
        sync::wait(catalog::identity(&mut Asked(self)))
    }

    fn read_schema(&mut self) -> Result<Reading> {
        sync::wait(catalog::read(&mut Asked(self)))
    }

    fn schema_fingerprint(&mut self) -> Result<u64> {
        sync::wait(catalog::fingerprint(&mut Asked(self)))
    }
}

/// A connection that answers before it returns.
struct Asked<'a>(&'a mut MysqlConnection);

impl Ask for Asked<'_> {
    async fn rows(&mut self, query: &'static str) -> QueryResult<Vec<Vec<Value>>> {
        rows(self.0, sql_query(query))
    }
}
