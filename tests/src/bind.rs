//! Texts and values as SeaORM takes them.

use sea_orm::{DbBackend, Statement, Value};

use crate::backend::Backend;
use crate::literal::{Literal, Sql, Type};

impl Backend {
    /// SeaORM's name of it.
    #[must_use]
    pub fn db_backend(self) -> DbBackend {
        match self {
            Self::Sqlite => DbBackend::Sqlite,
            Self::Postgres => DbBackend::Postgres,
            Self::MariaDb => DbBackend::MySql,
        }
    }
}

impl From<DbBackend> for Backend {
    fn from(backend: DbBackend) -> Self {
        match backend {
            DbBackend::Postgres => Self::Postgres,
            DbBackend::MySql => Self::MariaDb,
            _ => Self::Sqlite,
        }
    }
}

impl Literal {
    /// The value that SeaORM binds; NULL takes the column's type.
    #[must_use]
    pub fn bind(&self, of: Type) -> Value {
        match (self, of) {
            (Self::Null, Type::Int) => Value::BigInt(None),
            (Self::Null, Type::Text) => Value::String(None),
            (Self::Null, Type::Bool) => Value::Bool(None),
            (Self::Int(number), _) => (*number).into(),
            (Self::Text(text), _) => text.clone().into(),
            (Self::Bool(flag), _) => (*flag).into(),
        }
    }
}

impl Sql {
    /// The statement to run.
    #[must_use]
    pub fn statement(&self, backend: DbBackend) -> Statement {
        let text = self.text(backend.into());
        // Without parameters the values are left out, as user code does.
        if self.bound().is_empty() {
            return Statement::from_string(backend, text);
        }
        let values = self.bound().iter().map(|(literal, of)| literal.bind(*of));
        Statement::from_sql_and_values(backend, text, values)
    }
}
