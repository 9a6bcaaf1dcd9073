//! Scopes: which columns, and whether they can be one.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{LitStr, Token, token};

use crate::column_type;
use crate::errors::Errors;
use crate::field::{Field, Role};
use crate::suggest;

/// A reader hashes every generalisation of its pattern, `2^n` of them, so a pattern has at most this many columns.
const MAX_COLUMNS: usize = 4;

/// A declared scope: names of fields, not yet looked up.
pub(crate) struct Scope {
    columns: Vec<Ident>,
    span: Span,
}

impl Scope {
    /// The scope of one column, from `#[cache(scope)]` on its field.
    pub(crate) fn of_field(field: &Field, span: Span) -> Self {
        let mut column = field.ident.clone();
        column.set_span(span);
        Self { columns: vec![column], span }
    }

    /// `scope(published, category)`
    pub(crate) fn parse(option: &ParseNestedMeta<'_>) -> syn::Result<Self> {
        if !option.input.peek(token::Paren) {
            return Err(option.error(
                "on a model, `scope` needs its columns: `scope(published, category)`; \
                 `#[cache(scope)]` on a field is the scope of that column alone",
            ));
        }
        let content;
        syn::parenthesized!(content in option.input);
        let columns: Vec<Ident> = content.parse_terminated(parse_column, Token![,])?.into_iter().collect();
        let span = option.path.span();
        if columns.is_empty() {
            return Err(syn::Error::new(
                span,
                "a scope needs at least one column: `scope(published, category)`",
            ));
        }
        if let Some(extra) = columns.get(MAX_COLUMNS) {
            let message = format!(
                "a scope has at most {MAX_COLUMNS} columns and this one has {}: \
                 keep those that select the fewest rows",
                columns.len()
            );
            return Err(syn::Error::new(extra.span(), message));
        }
        Ok(Self { columns, span })
    }

    fn resolve<'a>(&self, fields: &'a [Field], about_others: &str, errors: &mut Errors) -> Vec<Column<'a>> {
        let mut columns: Vec<Column<'a>> = Vec::new();
        for name in &self.columns {
            match find(name, fields, about_others) {
                Ok(field) if columns.iter().any(|column| column.field.name == field.name) => {
                    let message = format!("`{}` is already in this scope: remove it", field.name);
                    errors.push(syn::Error::new(name.span(), message));
                }
                Ok(field) => columns.push(Column { field, span: name.span() }),
                Err(error) => errors.push(error),
            }
        }
        columns
    }
}

/// A column of a scope, and where the scope names it.
#[derive(Clone, Copy)]
pub(crate) struct Column<'a> {
    pub(crate) field: &'a Field,
    pub(crate) span: Span,
}

/// Looks the scopes' columns up. `about_others` ends the message about a name that is no column.
pub(crate) fn resolve<'a>(
    scopes: &[Scope],
    fields: &'a [Field],
    about_others: &str,
    errors: &mut Errors,
) -> Vec<Vec<Column<'a>>> {
    let key: BTreeSet<&str> = names(fields.iter().filter(|field| field.role == Role::Key));
    let mut seen: Vec<BTreeSet<&str>> = Vec::new();
    let mut resolved = Vec::new();
    for scope in scopes {
        let columns = scope.resolve(fields, about_others, errors);
        let set = names(columns.iter().map(|column| column.field));
        if columns.len() < scope.columns.len() {
            continue;
        }
        if set == key {
            errors.push(syn::Error::new(
                scope.span,
                "this is the primary key, by which rows are tracked without a scope: remove it",
            ));
        } else if seen.contains(&set) {
            let list = suggest::list(&set.iter().copied().collect::<Vec<_>>());
            let message = format!("the scope of {list} is already declared: remove this one");
            errors.push(syn::Error::new(scope.span, message));
        } else {
            seen.push(set);
            resolved.push(columns);
        }
    }
    resolved
}

fn names<'a>(fields: impl Iterator<Item = &'a Field>) -> BTreeSet<&'a str> {
    fields.map(|field| field.name.as_str()).collect()
}

fn find<'a>(column: &Ident, fields: &'a [Field], about_others: &str) -> syn::Result<&'a Field> {
    let name = column.unraw().to_string();
    let error = |message: String| Err(syn::Error::new(column.span(), message));
    let Some(field) = fields.iter().find(|field| field.name == name) else {
        let columns: Vec<&str> =
            fields.iter().filter(|field| field.is_column()).map(|field| field.name.as_str()).collect();
        let hint = suggest::did_you_mean(&name, &columns);
        let columns = suggest::list(&columns);
        return error(format!("no column `{name}`{hint}: the columns are {columns}{about_others}"));
    };
    match field.role {
        Role::Ignored => error(format!(
            "`{name}` is no column, since it is `#[sea_orm(ignore)]`: take it out of the scope"
        )),
        Role::Embedded => error(format!(
            "`{name}` is embedded and no column: declare the scope by hand, with `CachedConnection::declare`"
        )),
        Role::Relation => error(format!(
            "`{name}` is a relation and no column: name the column that refers to the other table"
        )),
        Role::Key | Role::Column => match column_type::unsuitable(&field.ty, field.column_type.as_deref()) {
            Some(why) => error(format!("`{name}` cannot be in a scope: {why}; take it out of the scope")),
            None => Ok(field),
        },
    }
}

fn parse_column(input: ParseStream<'_>) -> syn::Result<Ident> {
    if input.peek(LitStr) {
        let text: LitStr = input.parse()?;
        let message = format!("a scope names fields, without quotes: `{}`", text.value());
        return Err(syn::Error::new(text.span(), message));
    }
    let column = input.call(Ident::parse_any)?;
    if input.peek(Token![::]) {
        return Err(syn::Error::new(column.span(), "a scope names fields of the model, such as `author_id`"));
    }
    Ok(column)
}
