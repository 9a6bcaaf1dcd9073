//! The part of the world that a seed decides: the details of the schema and the declared scopes.

use std::fmt;

use cache_core::Declaration;

use super::table::{Column, Role, Table};
use super::theme::Theme;
use super::{ddl, triggers};
use crate::backend::Backend;
use crate::hostile;
use crate::rng::Rng;

/// One schema with its declarations.
#[derive(Clone, Debug)]
pub struct Layout {
    statements: Vec<String>,
    declarations: Vec<Declaration>,
    theme: Theme,
}

/// How many rows there are in the beginning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rows {
    /// About as many as the generators have keys, so that reads and writes meet.
    Few,
    /// As many as make a small shop.
    Many,
}

impl Rows {
    /// How many times as many keys there are.
    #[must_use]
    pub fn scale(self) -> i64 {
        match self {
            Self::Few => 1,
            Self::Many => 4,
        }
    }
}

impl Layout {
    /// A random schema with random declarations.
    #[must_use]
    pub fn random(backend: Backend, rng: &mut Rng) -> Self {
        let mut statements = ddl::random(backend, rng);
        statements.extend(triggers::random(backend, rng));
        let declarations: Vec<Declaration> =
            Table::ALL.iter().filter_map(|table| declare(*table, rng)).collect();
        Self::new(statements, declarations, Theme::random(backend, rng))
    }

    /// The same, with what misleads a reader of texts.
    #[must_use]
    pub fn hostile(backend: Backend, rng: &mut Rng) -> Self {
        let mut statements = ddl::random(backend, rng);
        let mut declarations: Vec<Declaration> =
            Table::ALL.iter().filter_map(|table| declare(*table, rng)).collect();
        let (more, scopes) = hostile::around(backend, rng);
        statements.extend(more);
        declarations.extend(scopes);
        Self::new(statements, declarations, Theme::random(backend, rng))
    }

    /// A plain blog and shop, declared as its author would.
    #[must_use]
    pub fn shop(backend: Backend) -> Self {
        let declarations = vec![
            Declaration::new("article")
                .scope(["published", "category"])
                .scope(["category"])
                .scope(["author_id"]),
            Declaration::new("comment").scope(["article_id"]).scope(["article_id", "approved"]),
            Declaration::new("article_tag").scope(["article_id"]).scope(["tag_id"]),
            Declaration::new("stock").scope(["shop"]),
            Declaration::new("author").scope(["region"]),
        ];
        Self::new(ddl::plain(backend), declarations, Theme::shop(backend))
    }

    fn new(statements: Vec<String>, declarations: Vec<Declaration>, mut theme: Theme) -> Self {
        for declaration in &declarations {
            for table in Table::ALL.iter().filter(|table| table.name() == declaration.table()) {
                for scope in declaration.scopes() {
                    theme.declare(*table, scope.iter().map(|name| table.column(name)).collect());
                }
            }
        }
        Self { statements, declarations, theme }
    }

    /// The statements that make the schema.
    #[must_use]
    pub fn statements(&self) -> &[String] {
        &self.statements
    }

    /// The declared scopes.
    #[must_use]
    pub fn declarations(&self) -> &[Declaration] {
        &self.declarations
    }

    /// What reads and writes are about.
    #[must_use]
    pub fn theme(&self) -> &Theme {
        &self.theme
    }
}

/// No scope, one, several that overlap; of the columns that moves change, now and then of any.
fn declare(table: Table, rng: &mut Rng) -> Option<Declaration> {
    let any = rng.chance(15);
    let candidates: Vec<Column> = table
        .columns()
        .iter()
        .filter(|column| any || !matches!(column.role, Role::Edit | Role::Counter))
        .copied()
        .collect();
    let count = rng.weighted(&[(20, 0), (35, 1), (30, 2), (15, 3)]);
    let mut declaration = Declaration::new(table.name());
    for _ in 0..count {
        let mut columns: Vec<&str> = Vec::new();
        for _ in 0..rng.weighted(&[(55, 1), (35, 2), (10, 3)]) {
            let column = rng.pick(&candidates).name;
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
        // The same columns twice, or the key itself, are for the declarations' own tests.
        let mut sorted = columns.clone();
        sorted.sort_unstable();
        let known = declaration.scopes().iter().any(|scope| {
            let mut scope: Vec<&str> = scope.iter().map(String::as_str).collect();
            scope.sort_unstable();
            scope == sorted
        });
        let key: Vec<&str> = table.key().iter().map(|column| column.name).collect();
        if !known && columns != key {
            declaration = declaration.scope(columns);
        }
    }
    (count > 0).then_some(declaration)
}

/// As a failing seed prints it.
impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for statement in &self.statements {
            writeln!(f, "  {statement};")?;
        }
        for declaration in &self.declarations {
            let scopes: Vec<String> =
                declaration.scopes().iter().map(|scope| format!("({})", scope.join(", "))).collect();
            writeln!(f, "  scopes of {}: {}", declaration.table(), scopes.join(" "))?;
        }
        Ok(())
    }
}
