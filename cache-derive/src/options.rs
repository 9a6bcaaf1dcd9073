//! The options in `#[cache(..)]`, on a model and on its fields.

use proc_macro2::{Ident, Span};
use syn::meta::ParseNestedMeta;
use syn::{Attribute, LitStr, Meta, Path, Token};

use crate::errors::Errors;
use crate::scope::Scope;
use crate::suggest;

const ON_MODEL: [&str; 3] = ["scope", "hooks", "crate"];

/// What stands in `#[cache(..)]` on the model.
#[derive(Default)]
pub(crate) struct ModelOptions {
    pub(crate) scopes: Vec<Scope>,
    pub(crate) hooks: Option<Span>,
    path: Option<Path>,
}

impl ModelOptions {
    /// `None` beside an error, behind which the rest of an attribute is unread.
    pub(crate) fn read(attributes: &[Attribute], errors: &mut Errors) -> Option<Self> {
        let mut options = Self::default();
        let mut complete = true;
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("cache")) {
            let read = expect_list(attribute, "`#[cache(scope(published, category))]`")
                .and_then(|()| attribute.parse_nested_meta(|option| options.set(&option)));
            complete &= read.is_ok();
            errors.take(read);
        }
        complete.then_some(options)
    }

    fn set(&mut self, option: &ParseNestedMeta<'_>) -> syn::Result<()> {
        let name = option_name(option);
        match name.as_str() {
            "scope" => self.scopes.push(Scope::parse(option)?),
            "hooks" if self.hooks.is_some() => {
                return Err(option.error("`hooks` is already given: remove this one"));
            }
            "hooks" => self.hooks = Some(syn::spanned::Spanned::span(&option.path)),
            "crate" if self.path.is_some() => {
                return Err(option.error("`crate` is already given: remove this one"));
            }
            "crate" => self.path = Some(crate_path(option)?),
            _ => {
                let hint = suggest::did_you_mean(&name, &ON_MODEL);
                return Err(option.error(format!(
                    "unknown option `{name}`{hint}: a model takes `scope(..)`, `hooks` and `crate = \"..\"`"
                )));
            }
        }
        Ok(())
    }

    /// The path of the adapter crate, which is at this name unless the model says otherwise.
    pub(crate) fn krate(&self, name: &str) -> Path {
        let name = Ident::new(name, Span::call_site());
        self.path.clone().unwrap_or_else(|| syn::parse_quote!(::#name))
    }
}

/// The spans of `#[cache(scope)]` on a field.
pub(crate) fn field_scopes(attributes: &[Attribute], errors: &mut Errors) -> Vec<Span> {
    let mut scopes = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("cache")) {
        let read = expect_list(attribute, "`#[cache(scope)]`").and_then(|()| {
            attribute.parse_nested_meta(|option| {
                scopes.push(field_scope(&option)?);
                Ok(())
            })
        });
        errors.take(read);
    }
    scopes
}

fn field_scope(option: &ParseNestedMeta<'_>) -> syn::Result<Span> {
    let name = option_name(option);
    match name.as_str() {
        "scope" if option.input.peek(syn::token::Paren) => Err(option.error(
            "on a field, `scope` takes no columns: it is the scope of this column alone; \
             write `#[cache(scope(..))]` on the model for a scope of several columns",
        )),
        "scope" => Ok(syn::spanned::Spanned::span(&option.path)),
        "hooks" | "crate" => Err(option.error(format!("`{name}` goes on the model, not on a field"))),
        _ => {
            let hint = suggest::did_you_mean(&name, &["scope"]);
            Err(option.error(format!("unknown option `{name}`{hint}: a field takes `scope`")))
        }
    }
}

fn expect_list(attribute: &Attribute, example: &str) -> syn::Result<()> {
    match &attribute.meta {
        Meta::List(list) if !list.tokens.is_empty() => Ok(()),
        _ => Err(syn::Error::new_spanned(attribute, format!("`cache` needs an option, such as {example}"))),
    }
}

fn option_name(option: &ParseNestedMeta<'_>) -> String {
    option.path.get_ident().map_or_else(|| "..".to_owned(), ToString::to_string)
}

fn crate_path(option: &ParseNestedMeta<'_>) -> syn::Result<Path> {
    const ADVICE: &str =
        "write the path of the adapter crate in quotes, such as `crate = \"my_crate::cache_seaorm\"`";
    if !option.input.peek(Token![=]) {
        return Err(option.error(ADVICE));
    }
    let text: LitStr = option.value()?.parse().map_err(|error| syn::Error::new(error.span(), ADVICE))?;
    text.parse().map_err(|_| syn::Error::new(text.span(), ADVICE))
}
