//! The fixed part of the world: which tables and columns there are, and what values their columns take.

use super::layout::Rows;
use crate::literal::{Literal, Type};
use crate::rng::Rng;

/// A table or view of the world.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs, reason = "the names say it; `entity` describes the columns")]
pub enum Table {
    Author,
    Category,
    Article,
    Comment,
    Tag,
    ArticleTag,
    Setting,
    Audit,
    Slot,
    Stock,
}

/// What a column is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Part of the primary key.
    Key,
    /// Changed by moves: scopes are made of these.
    Scope,
    /// Changed by edits.
    Edit,
    /// Changed by counters.
    Counter,
    /// Part of a unique key beside the primary key.
    Unique,
    /// Computed by the database.
    Generated,
}

/// The values that a column takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Domain {
    /// `1..=n`.
    Numbers(i64),
    /// Keys `1..=n`, and more where there are more rows.
    Ids(i64),
    /// One of these.
    Texts(&'static [&'static str]),
    /// True or false.
    Flags,
}

/// A column of a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub role: Role,
    /// Whether it takes NULL.
    pub nullable: bool,
    /// The values it takes.
    pub domain: Domain,
}

impl Column {
    pub(crate) const fn new(name: &'static str, role: Role, domain: Domain) -> Self {
        Self { name, role, nullable: false, domain }
    }

    pub(crate) const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// Its type.
    #[must_use]
    pub fn of(&self) -> Type {
        match self.domain {
            Domain::Numbers(_) | Domain::Ids(_) => Type::Int,
            Domain::Texts(_) => Type::Text,
            Domain::Flags => Type::Bool,
        }
    }

    /// Whether every database compares it with patterns, under every layout.
    #[must_use]
    pub fn takes_patterns(&self) -> bool {
        self.of() == Type::Text && self.role == Role::Edit
    }

    /// A value that it may have, now and then NULL if it is nullable.
    pub fn draw(&self, rng: &mut Rng, rows: Rows) -> Literal {
        if self.nullable && rng.chance(15) {
            return Literal::Null;
        }
        match self.domain {
            Domain::Numbers(count) => Literal::Int(rng.within(1..count + 1)),
            Domain::Ids(count) => {
                // Mostly rows that the world begins with, now and then one that is not there (yet).
                let known = if rows == Rows::Few { 85 } else { 97 };
                let count = if rng.chance(known) { count * 3 / 4 } else { count };
                Literal::Int(rng.within(1..count * rows.scale() + 1))
            }
            Domain::Texts(texts) => Literal::text(rng.pick(texts)),
            Domain::Flags => Literal::Bool(rng.chance(50)),
        }
    }
}

/// Names and categories differ in case and trailing blanks, so that collations have something to do.
pub const CATEGORIES: &[&str] = &["x", "y", "z", "X", "q"];
const NAMES: &[&str] = &["ann", "bob", "Ann", "eve", "d'arc"];
const TITLES: &[&str] = &["t0", "t1", "t2", "T2", "t%", "3"];
const TEXTS: &[&str] = &["lorem", "ipsum", "dolor", "Lorem"];
const REGIONS: &[&str] = &["n", "s", "N", "5"];
const ROOMS: &[&str] = &["r1", "r2"];

/// The largest key that the generators name, per table: small, so that reads and writes meet.
pub const AUTHORS: i64 = 7;
/// As [`AUTHORS`].
pub const ARTICLES: i64 = 14;
/// As [`AUTHORS`].
pub const COMMENTS: i64 = 18;
/// As [`AUTHORS`].
pub const TAGS: i64 = 5;

macro_rules! columns {
    ($($name:literal $role:ident $domain:expr $(, $null:ident)?;)*) => {
        &[$(Column::new($name, Role::$role, $domain)$(.$null())?),*]
    };
}

use Domain::{Flags, Ids, Numbers, Texts};

const AUTHOR: &[Column] = columns! {
    "id" Key Ids(AUTHORS);
    "name" Edit Texts(NAMES);
    "region" Scope Texts(REGIONS), nullable;
    "score" Counter Numbers(5);
    "boss_id" Scope Ids(AUTHORS), nullable;
};
const CATEGORY: &[Column] = columns! {
    "slug" Key Texts(CATEGORIES);
    "label" Edit Texts(TITLES);
    "hidden" Scope Flags;
    "total" Counter Numbers(5);
};
const ARTICLE: &[Column] = columns! {
    "id" Key Ids(ARTICLES);
    "author_id" Scope Ids(AUTHORS), nullable;
    "category" Scope Texts(CATEGORIES), nullable;
    "published" Scope Flags;
    "title" Edit Texts(TITLES);
    "body" Edit Texts(TEXTS), nullable;
    "views" Counter Numbers(9);
    "slug" Unique Texts(&["s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8"]), nullable;
    "edits" Counter Numbers(3);
    "bucket" Generated Numbers(3);
};
const COMMENT: &[Column] = columns! {
    "id" Key Ids(COMMENTS);
    "article_id" Scope Ids(ARTICLES);
    "author_id" Scope Ids(AUTHORS), nullable;
    "body" Edit Texts(TEXTS);
    "approved" Scope Flags;
    "stars" Counter Numbers(5), nullable;
};
const TAG: &[Column] = columns! {
    "id" Key Ids(TAGS);
    "name" Unique Texts(&["red", "Red", "blue", "GREEN", "grey"]);
    "uses" Counter Numbers(5);
};
const ARTICLE_TAG: &[Column] = columns! {
    "article_id" Key Ids(ARTICLES);
    "tag_id" Key Ids(TAGS);
    "weight" Counter Numbers(5);
};
const SETTING: &[Column] = columns! {
    "code" Key Texts(&["a", "b", "c", "d", "A"]);
    "value" Edit Texts(TEXTS), nullable;
    "area" Scope Texts(REGIONS);
};
const AUDIT: &[Column] = columns! {
    "id" Key Ids(9);
    "subject" Scope Texts(&["article", "comment", "hand"]);
    "row_id" Scope Ids(ARTICLES), nullable;
    "note" Edit Texts(TEXTS);
};
const SLOT: &[Column] = columns! {
    "id" Key Ids(10);
    "room" Unique Texts(ROOMS);
    "day" Unique Numbers(4);
    "guest" Edit Texts(NAMES), nullable;
    "seats" Counter Numbers(4);
};
const STOCK: &[Column] = columns! {
    "shop" Key Texts(ROOMS);
    "sku" Key Texts(TITLES);
    "shelf" Scope Texts(REGIONS), nullable;
    "units" Counter Numbers(6);
};

impl Table {
    /// All base tables, parents before children.
    pub const ALL: &'static [Self] = &[
        Self::Author,
        Self::Category,
        Self::Article,
        Self::Comment,
        Self::Tag,
        Self::ArticleTag,
        Self::Setting,
        Self::Audit,
        Self::Slot,
        Self::Stock,
    ];

    /// Its name in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Author => "author",
            Self::Category => "category",
            Self::Article => "article",
            Self::Comment => "comment",
            Self::Tag => "tag",
            Self::ArticleTag => "article_tag",
            Self::Setting => "setting",
            Self::Audit => "audit",
            Self::Slot => "slot",
            Self::Stock => "stock",
        }
    }

    /// Its columns.
    #[must_use]
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::Author => AUTHOR,
            Self::Category => CATEGORY,
            Self::Article => ARTICLE,
            Self::Comment => COMMENT,
            Self::Tag => TAG,
            Self::ArticleTag => ARTICLE_TAG,
            Self::Setting => SETTING,
            Self::Audit => AUDIT,
            Self::Slot => SLOT,
            Self::Stock => STOCK,
        }
    }

    /// The columns of a role.
    #[must_use]
    pub fn with_role(self, role: Role) -> Vec<Column> {
        self.columns().iter().filter(|column| column.role == role).copied().collect()
    }

    /// The columns of its primary key.
    #[must_use]
    pub fn key(self) -> Vec<Column> {
        self.with_role(Role::Key)
    }

    /// Whether the database gives a key to rows that come without.
    #[must_use]
    pub fn gives_keys(self) -> bool {
        matches!(self.key().as_slice(), [only] if only.of() == Type::Int)
    }

    /// A column of this table by name.
    ///
    /// # Panics
    ///
    /// If there is none: a mistake in a generator.
    #[must_use]
    pub fn column(self, name: &str) -> Column {
        let found = self.columns().iter().find(|column| column.name == name);
        *found.unwrap_or_else(|| panic!("{self:?} has no column {name}"))
    }
}
