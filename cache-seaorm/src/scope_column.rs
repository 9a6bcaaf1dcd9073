//! Which types a scope's columns may have.

/// A type whose columns may be in a scope: SeaORM maps it, and its equality is exact.
///
/// `#[derive(CacheDeps)]` requires it of each column of each scope. It cannot be implemented by hand: every column
/// type that is `Eq` has it, an enum or a wrapper of your own too, once it derives `PartialEq` and `Eq`. Floats are
/// not `Eq`: two computations of one price may differ in the last bit, and then select no row.
///
/// ```
/// use cache_seaorm::ScopeColumn;
/// use sea_orm::DeriveValueType;
///
/// #[derive(Clone, Debug, PartialEq, Eq, DeriveValueType)]
/// struct AuthorId(i64);
///
/// fn in_a_scope<T: ScopeColumn>() {}
/// in_a_scope::<AuthorId>();
/// in_a_scope::<Option<String>>();
/// ```
///
/// ```compile_fail
/// # use cache_seaorm::ScopeColumn;
/// # fn in_a_scope<T: ScopeColumn>() {}
/// in_a_scope::<f64>();
/// ```
#[diagnostic::on_unimplemented(
    message = "a column of type `{Self}` cannot be in a scope",
    label = "no exact equality that Rust and the database agree on",
    note = "derive `PartialEq` and `Eq` on a type of your own; floats have no exact equality: take the column out of the scope"
)]
pub trait ScopeColumn {}

#[diagnostic::do_not_recommend]
impl<T: Eq + sea_orm::sea_query::ValueType> ScopeColumn for T {}
