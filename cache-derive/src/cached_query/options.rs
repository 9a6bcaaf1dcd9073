//! The options in `#[cached_query(..)]`.

use std::time::Duration;

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Expr, LitInt, LitStr, Token, token};

use super::duration;
use crate::suggest;

const NAMES: [&str; 9] = [
    "ttl",
    "key",
    "version",
    "skip",
    "tags",
    "stale_while_revalidate",
    "stale_if_error",
    "early_refresh",
    "stale_after_write",
];

/// The options after which results are loaded anew in a task of its own.
const REFRESHING: [&str; 3] = ["stale_while_revalidate", "early_refresh", "stale_after_write"];

/// What the attribute says.
#[derive(Default)]
pub(super) struct Options {
    /// Those that are durations, by the name that the block's setting has too.
    pub(super) durations: Vec<(Ident, Duration)>,
    pub(super) key: Option<Expr>,
    pub(super) version: u32,
    /// Arguments to leave out of the key.
    pub(super) skip: Vec<Ident>,
    pub(super) tags: Vec<Expr>,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut options = Self::default();
        let mut seen: Vec<(String, Span)> = Vec::new();
        while !input.is_empty() {
            let name = input.call(Ident::parse_any)?;
            let word = name.to_string();
            if seen.iter().any(|(seen, _)| *seen == word) {
                return Err(syn::Error::new(
                    name.span(),
                    format!("`{word}` is already given: remove this one"),
                ));
            }
            options.set(&name, input)?;
            seen.push((word, name.span()));
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        let skip = seen.iter().find(|(name, _)| name == "skip");
        match skip {
            Some((_, span)) if options.key.is_some() => Err(syn::Error::new(
                *span,
                "`key` stands in place of all arguments, so there is none to skip: remove `skip`",
            )),
            _ => Ok(options),
        }
    }
}

impl Options {
    /// The option because of which the body may run in a task of its own.
    pub(super) fn refreshing(&self) -> Option<&Ident> {
        let names = self.durations.iter().map(|(name, _)| name);
        names.into_iter().find(|name| REFRESHING.iter().any(|refreshing| *name == refreshing))
    }

    /// The option that means nothing where nobody can be spared to load.
    pub(super) fn needs_a_task(&self) -> Option<&Ident> {
        self.durations.iter().map(|(name, _)| name).find(|name| *name == "early_refresh")
    }

    fn set(&mut self, name: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
        match name.to_string().as_str() {
            "ttl" | "stale_while_revalidate" | "stale_if_error" | "early_refresh" | "stale_after_write" => {
                self.durations.push((name.clone(), duration(name, input)?));
            }
            "key" => {
                expect_value(name, input, "`key = (category, page)`")?;
                self.key = Some(input.parse()?);
            }
            "version" => self.version = version(name, input)?,
            "skip" => self.skip = list(name, input, Ident::parse_any, "`skip(trace_id)`")?,
            "tags" => self.tags = list(name, input, Expr::parse, "`tags(\"front-page\")`")?,
            word => {
                let hint = suggest::did_you_mean(word, &NAMES);
                let names = suggest::list(&NAMES);
                let message = format!("unknown option `{word}`{hint}: `cached_query` takes {names}");
                return Err(syn::Error::new(name.span(), message));
            }
        }
        Ok(())
    }
}

fn duration(name: &Ident, input: ParseStream<'_>) -> syn::Result<Duration> {
    let example = format!("`{name} = \"60s\"`");
    expect_value(name, input, &example)?;
    let text: LitStr = input.parse().map_err(|error| {
        syn::Error::new(error.span(), format!("write the duration in quotes and with its unit: {example}"))
    })?;
    duration::parse(name, &text.value()).map_err(|message| syn::Error::new(text.span(), message))
}

fn version(name: &Ident, input: ParseStream<'_>) -> syn::Result<u32> {
    const EXAMPLE: &str = "`version = 2`";
    expect_value(name, input, EXAMPLE)?;
    let advice = |span| syn::Error::new(span, format!("a version is a whole number: {EXAMPLE}"));
    let number: LitInt = input.parse().map_err(|error| advice(error.span()))?;
    number.base10_parse().map_err(|_| advice(number.span()))
}

fn expect_value(name: &Ident, input: ParseStream<'_>, example: &str) -> syn::Result<()> {
    if !input.peek(Token![=]) {
        return Err(syn::Error::new(name.span(), format!("`{name}` needs a value: {example}")));
    }
    input.parse::<Token![=]>().map(|_| ())
}

fn list<T>(
    name: &Ident,
    input: ParseStream<'_>,
    parse: fn(ParseStream<'_>) -> syn::Result<T>,
    example: &str,
) -> syn::Result<Vec<T>> {
    let advice = || syn::Error::new(name.span(), format!("`{name}` needs a list: {example}"));
    if !input.peek(token::Paren) {
        return Err(advice());
    }
    let content;
    syn::parenthesized!(content in input);
    let items = Punctuated::<T, Token![,]>::parse_terminated_with(&content, parse)?;
    if items.is_empty() { Err(advice()) } else { Ok(items.into_iter().collect()) }
}
