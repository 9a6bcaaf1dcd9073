//! Values as the generators draw them, and SQL text with its bound values.

use std::fmt;

use crate::backend::Backend;

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

    /// Its type, if it has one of its own.
    fn of(&self) -> Option<Type> {
        match self {
            Self::Null => None,
            Self::Int(_) => Some(Type::Int),
            Self::Text(_) => Some(Type::Text),
            Self::Bool(_) => Some(Type::Bool),
        }
    }
}

/// As SQL, in every backend.
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
    /// Bound, at placeholders.
    Bound,
    /// Written into the text.
    Inline,
}

/// SQL text under construction. How a placeholder looks is decided when it is done.
#[derive(Clone, Debug)]
pub struct Sql {
    /// The text before each bound value.
    before: Vec<String>,
    text: String,
    bound: Vec<(Literal, Type)>,
    values: Values,
}

impl Sql {
    /// An empty text.
    #[must_use]
    pub fn new(values: Values) -> Self {
        Self { before: Vec::new(), text: String::new(), bound: Vec::new(), values }
    }

    /// Appends text.
    pub fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Appends a value; a bound NULL is one of text.
    pub fn literal(&mut self, literal: &Literal) -> &mut Self {
        self.value(literal, Type::Text)
    }

    /// Appends a value; a bound NULL is one of this type.
    pub fn value(&mut self, literal: &Literal, of: Type) -> &mut Self {
        match self.values {
            Values::Inline => self.text.push_str(&literal.to_string()),
            Values::Bound => {
                self.before.push(std::mem::take(&mut self.text));
                self.bound.push((literal.clone(), literal.of().unwrap_or(of)));
            }
        }
        self
    }

    /// Appends values of one type with commas between them.
    pub fn list<'a>(&mut self, literals: impl IntoIterator<Item = &'a Literal>, of: Type) -> &mut Self {
        for (index, literal) in literals.into_iter().enumerate() {
            self.push(if index > 0 { ", " } else { "" }).value(literal, of);
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

    /// The text, with placeholders for bound values.
    #[must_use]
    pub fn text(&self, backend: Backend) -> String {
        let mut text = String::new();
        for (index, before) in self.before.iter().enumerate() {
            text.push_str(before);
            text.push_str(&backend.placeholder(index + 1));
        }
        text + &self.text
    }

    /// The bound values and their types.
    #[must_use]
    pub fn bound(&self) -> &[(Literal, Type)] {
        &self.bound
    }
}

/// The text with its values, for messages.
impl fmt::Display for Sql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Backend::Sqlite))?;
        if !self.bound.is_empty() {
            f.write_str("  -- ")?;
            for (index, (literal, _)) in self.bound.iter().enumerate() {
                write!(f, "{}{literal}", if index > 0 { ", " } else { "" })?;
            }
        }
        Ok(())
    }
}
