//! Values as the generators draw them, and SQL text with its bound values.

use std::fmt;

use sea_orm::{DbBackend, Statement, Value};

/// The kinds of columns that the world has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Type {
    /// A 64-bit number.
    Int,
    /// A text.
    Text,
    /// True or false.
    Bool,
}

/// A value of a column or a parameter.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Literal {
    /// NULL of any type.
    Null,
    /// A number.
    Int(i64),
    /// A text.
    Text(String),
    /// True or false.
    Bool(bool),
}

impl Literal {
    /// A text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

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

/// As SQL.
impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "'{}'", text.replace('\'', "''")),
            Self::Bool(flag) => f.write_str(if *flag { "TRUE" } else { "FALSE" }),
        }
    }
}

/// Where a statement has its values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Values {
    /// Bound, at `?`.
    Bound,
    /// Written into the text.
    Inline,
}

/// SQL text under construction.
#[derive(Clone, Debug)]
pub struct Sql {
    text: String,
    bound: Vec<Literal>,
    values: Values,
}

impl Sql {
    /// An empty text.
    #[must_use]
    pub fn new(values: Values) -> Self {
        Self { text: String::new(), bound: Vec::new(), values }
    }

    /// Appends text.
    pub fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Appends a value.
    pub fn literal(&mut self, literal: &Literal) -> &mut Self {
        match self.values {
            Values::Inline => self.text.push_str(&literal.to_string()),
            Values::Bound => {
                self.text.push('?');
                self.bound.push(literal.clone());
            }
        }
        self
    }

    /// Appends values with commas between them.
    pub fn literals<'a>(&mut self, literals: impl IntoIterator<Item = &'a Literal>) -> &mut Self {
        for (index, literal) in literals.into_iter().enumerate() {
            self.push(if index > 0 { ", " } else { "" }).literal(literal);
        }
        self
    }

    /// Appends names with commas between them.
    pub fn names<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) -> &mut Self {
        for (index, name) in names.into_iter().enumerate() {
            self.push(if index > 0 { ", " } else { "" }).push(name);
        }
        self
    }

    /// The text without its values.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The bound values.
    #[must_use]
    pub fn bound(&self) -> &[Literal] {
        &self.bound
    }

    /// The statement to run.
    #[must_use]
    pub fn statement(&self, backend: DbBackend) -> Statement {
        // Without parameters the values are left out, as user code does.
        if self.bound.is_empty() {
            return Statement::from_string(backend, &self.text);
        }
        let text = match backend {
            DbBackend::Postgres => numbered(&self.text),
            _ => self.text.clone(),
        };
        Statement::from_sql_and_values(
            backend,
            text,
            self.bound.iter().map(|literal| literal.bind(Type::Text)),
        )
    }
}

/// The text with PostgreSQL's placeholders.
fn numbered(text: &str) -> String {
    let mut parts = text.split('?');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.enumerate().fold(first, |text, (index, part)| format!("{text}${}{part}", index + 1))
}

/// The text with its values, for messages.
impl fmt::Display for Sql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        if !self.bound.is_empty() {
            f.write_str("  -- ")?;
            for (index, literal) in self.bound.iter().enumerate() {
                write!(f, "{}{literal}", if index > 0 { ", " } else { "" })?;
            }
        }
        Ok(())
    }
}
