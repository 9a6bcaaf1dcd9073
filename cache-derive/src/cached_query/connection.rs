//! Which argument is the connection.

use syn::{Signature, Type};

use super::arguments::Argument;

/// How a function has its connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Lending {
    /// By `&`: a block may take it along into a task.
    Shared,
    /// By `&mut`: nobody else can use it until the function returns.
    Exclusive,
}

impl Lending {
    pub(super) fn of(connection: &Argument) -> Self {
        if is_mutable(&connection.ty) { Self::Exclusive } else { Self::Shared }
    }
}

/// The first argument that is a reference: SeaORM's is shared and waited for, Diesel's is `mut` and waited for if it is
/// diesel-async's.
pub(super) fn find<'a>(arguments: &'a [Argument], sig: &Signature) -> syn::Result<&'a Argument> {
    let example = match &sig.asyncness {
        Some(_) => "`db: &CachedConnection`",
        None => "`conn: &mut CachedConnection<SqliteConnection>`",
    };
    let Some(first) = arguments.iter().find(|argument| matches!(argument.ty, Type::Reference(_))) else {
        let message = format!(
            "no connection among the arguments (it is the first one that is a reference): add {example}"
        );
        return Err(syn::Error::new(sig.ident.span(), message));
    };
    let error = |what: String| {
        let message = format!("the first argument that is a reference is the connection, {what}");
        Err(syn::Error::new_spanned(&first.ty, message))
    };
    match &sig.asyncness {
        Some(_) if is_connection(&first.ty) && is_mutable(&first.ty) != is_asynchronous_diesel(&first.ty) => {
            return error(match is_asynchronous_diesel(&first.ty) {
                true => "which is `&mut AsyncCachedConnection<..>`".to_owned(),
                false => "which is `&CachedConnection` without `mut`".to_owned(),
            });
        }
        None if is_connection(&first.ty) && !is_mutable(&first.ty) => {
            let message = "SeaORM's connection waits for the database: make this an `async fn` \
                           (Diesel's is `&mut CachedConnection<..>`)";
            return Err(syn::Error::new(sig.fn_token.span, message));
        }
        _ => {}
    }
    match arguments.iter().find(|argument| is_connection(&argument.ty)) {
        Some(later) if later.name != first.name => error(format!("so move `{}` to the front", later.name)),
        None if is_data(&first.ty) => error(format!("and this is none: put {example} before it")),
        _ => Ok(first),
    }
}

/// Whether an argument beside the connection could read around it, or change where a hit would not.
pub(super) fn check_other(argument: &Argument) -> syn::Result<()> {
    let message = if is_connection(&argument.ty) {
        "what is read through a second connection is not tracked: read through the first alone"
    } else if is_mutable(&argument.ty) {
        "a hit runs nothing and would not change this: take it by value or by `&`, and return what is new"
    } else {
        return Ok(());
    };
    Err(syn::Error::new_spanned(&argument.ty, message))
}

/// Whether the source calls it a connection; an alias may hide one.
fn is_connection(ty: &Type) -> bool {
    const CONNECTIONS: [&str; 3] = ["CachedConnection", "CachedTransaction", ASYNCHRONOUS_DIESEL];
    target(ty).is_some_and(|name| CONNECTIONS.contains(&name.as_str()))
}

const ASYNCHRONOUS_DIESEL: &str = "AsyncCachedConnection";

fn is_asynchronous_diesel(ty: &Type) -> bool {
    target(ty).is_some_and(|name| name == ASYNCHRONOUS_DIESEL)
}

/// Whether a reference refers to what can be no connection under any alias.
fn is_data(ty: &Type) -> bool {
    const DATA: [&str; 10] = ["str", "String", "Vec", "Option", "bool", "i32", "i64", "u32", "u64", "Uuid"];
    let slice = matches!(ty, Type::Reference(reference) if matches!(*reference.elem, Type::Slice(_)));
    slice || target(ty).is_some_and(|name| DATA.contains(&name.as_str()))
}

fn is_mutable(ty: &Type) -> bool {
    matches!(ty, Type::Reference(reference) if reference.mutability.is_some())
}

/// The last name in the type that a reference refers to.
fn target(ty: &Type) -> Option<String> {
    let Type::Reference(reference) = ty else { return None };
    let Type::Path(path) = &*reference.elem else { return None };
    path.path.segments.last().map(|segment| segment.ident.to_string())
}
