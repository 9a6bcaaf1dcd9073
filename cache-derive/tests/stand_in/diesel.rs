//! What the derive's output expects of `cache_diesel` and of Diesel's `table!`, and no more.
#![allow(
    dead_code,
    non_camel_case_types,
    unused_imports,
    unreachable_pub,
    missing_debug_implementations,
    reason = "tests use parts of it"
)]

pub trait CacheDeps {
    fn declaration() -> Declaration;
}

pub trait ScopeColumn {}

impl<T: Eq> ScopeColumn for T {}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Declaration {
    pub table: &'static str,
    pub scopes: Vec<Vec<&'static str>>,
}

impl Declaration {
    pub fn new(table: &'static str) -> Self {
        Self { table, scopes: Vec::new() }
    }

    pub fn scope(mut self, columns: impl IntoIterator<Item = &'static str>) -> Self {
        self.scopes.push(columns.into_iter().collect());
        self
    }
}

pub mod article {
    pub struct table;

    macro_rules! columns {
        ($($column:ident $name:literal),*) => {$(
            pub struct $column;
            impl super::__private::diesel::Column for $column {
                const NAME: &'static str = $name;
            }
        )*};
    }

    columns!(id "id", title "title", published "published", category "cat", rating "rating");
}

pub mod __private {
    pub use inventory;

    pub fn table_name(_: &super::article::table) -> &'static str {
        "article"
    }

    pub mod diesel {
        pub trait Column {
            const NAME: &'static str;
        }
    }

    pub struct Registered {
        pub declare: fn(()) -> super::Declaration,
    }

    impl Registered {
        pub const fn new(declare: fn(()) -> super::Declaration) -> Self {
            Self { declare }
        }
    }

    inventory::collect!(Registered);
}
