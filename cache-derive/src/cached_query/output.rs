//! What a cached function may return.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{ReturnType, Signature, Type};

/// The return type, if it can be that of a cached function as far as the source shows it.
pub(super) fn check(sig: &Signature) -> syn::Result<&Type> {
    let ReturnType::Type(_, output) = &sig.output else {
        return Err(syn::Error::new(
            sig.ident.span(),
            "this returns nothing to cache: return a `Result`, such as `Result<Vec<article::Model>, DbErr>`",
        ));
    };
    if is_no_result(output) {
        let message = "a cached function returns a `Result`, since a query may fail";
        return Err(syn::Error::new_spanned(output, message));
    }
    match find_unstorable(output.to_token_stream()) {
        Some((span, message)) => Err(syn::Error::new(span, message)),
        None => Ok(output),
    }
}

/// Whether no alias can make it a `Result`.
fn is_no_result(ty: &Type) -> bool {
    const NO_RESULTS: [&str; 12] = [
        "Vec", "Option", "String", "Model", "bool", "i32", "i64", "u32", "u64", "usize", "HashMap",
        "BTreeMap",
    ];
    match ty {
        Type::Path(ty) => {
            ty.path.segments.last().is_some_and(|name| NO_RESULTS.contains(&name.ident.to_string().as_str()))
        }
        Type::Tuple(_) | Type::Array(_) => true,
        _ => false,
    }
}

const BORROWED: &str =
    "a cached value outlives the call: return it owned (`String` for `&str`, `Vec<T>` for `&[T]`)";
const OPAQUE: &str = "a cached value is stored by its type: name it in place of `impl ..`";

/// What does not outlive the call or has no name. (An error type may be `&'static str`.)
fn find_unstorable(tokens: TokenStream) -> Option<(Span, &'static str)> {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let found = match &token {
            TokenTree::Group(group) => find_unstorable(group.stream()),
            TokenTree::Punct(punct) if punct.as_char() == '&' => {
                let quote =
                    tokens.next_if(|next| matches!(next, TokenTree::Punct(next) if next.as_char() == '\''));
                let lifetime = quote.and_then(|_| tokens.next());
                (!is_static(lifetime)).then(|| (punct.span(), BORROWED))
            }
            TokenTree::Punct(punct) if punct.as_char() == '\'' => {
                (!is_static(tokens.next())).then(|| (punct.span(), BORROWED))
            }
            TokenTree::Ident(ident) if ident == "impl" => Some((ident.span(), OPAQUE)),
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

fn is_static(lifetime: Option<TokenTree>) -> bool {
    matches!(lifetime, Some(TokenTree::Ident(name)) if name == "static")
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    #[test]
    fn owned_results_are_accepted_under_any_name() {
        for sig in [
            parse_quote!(async fn f() -> Result<Vec<Model>, DbErr>),
            parse_quote!(async fn f() -> Result<Cow<'static, str>, &'static str>),
            parse_quote!(async fn f() -> anyhow::Result<()>),
            parse_quote!(async fn f() -> Fallible<[u8; 4]>),
        ] {
            assert!(check(&sig).is_ok(), "{}", sig.to_token_stream());
        }
    }

    #[test]
    fn what_cannot_be_stored_is_refused() {
        for sig in [
            parse_quote!(async fn f()),
            parse_quote!(async fn f() -> Vec<Model>),
            parse_quote!(async fn f() -> (u64, u64)),
            parse_quote!(async fn f() -> Result<&str, DbErr>),
            parse_quote!(async fn f() -> Result<(Cow<'a, str>, u64), DbErr>),
            parse_quote!(async fn f() -> Result<Box<impl Debug>, DbErr>),
        ] {
            assert!(check(&sig).is_err(), "{}", sig.to_token_stream());
        }
    }
}
