//! `#[cached_query]`.

mod arguments;
mod connection;
mod duration;
mod options;
mod output;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{AttrStyle, ItemFn, Pat, ReturnType, Signature, Type};

use self::arguments::{Argument, Arguments};
use self::connection::Lending;
use self::options::Options;
use crate::errors::Errors;

/// The function with its body in a cached block; beside errors, the function as it was, so that its callers compile.
pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let options = errors.take(syn::parse2::<Options>(attribute).map(Some));
    let function = errors.take(parse_function(item.clone()).map(Some));
    let expansion = match (options, function) {
        (Some(options), Some(function)) => expand_function(&options, function, &mut errors),
        _ => None,
    };
    match expansion {
        Some(expansion) if errors.is_empty() => expansion,
        _ => {
            let errors = errors.into_compile_error();
            quote!(#errors #item)
        }
    }
}

fn parse_function(item: TokenStream) -> syn::Result<ItemFn> {
    let function: ItemFn = syn::parse2(item.clone()).map_err(|error| {
        if syn::parse2::<syn::TraitItemFn>(item.clone()).is_ok() {
            syn::Error::new_spanned(
                &item,
                "`cached_query` needs a body: put it on the function that implements this",
            )
        } else if syn::parse2::<syn::Item>(item.clone()).is_ok() {
            syn::Error::new_spanned(&item, "`cached_query` goes on a function")
        } else {
            error
        }
    })?;
    if function.sig.asyncness.is_none() && returns_boxed_future(&function.sig) {
        let advice = "`async_trait` has rewritten this function already: put `cached_query` on a free `async fn` \
                      and call that";
        return Err(syn::Error::new(function.sig.fn_token.span(), advice));
    }
    Ok(function)
}

fn returns_boxed_future(sig: &Signature) -> bool {
    let ReturnType::Type(_, output) = &sig.output else { return false };
    matches!(&**output, Type::Path(ty) if ty.path.segments.last().is_some_and(|name| name.ident == "Pin"))
}

fn expand_function(options: &Options, function: ItemFn, errors: &mut Errors) -> Option<TokenStream> {
    let ItemFn { attrs, vis, mut sig, block, .. } = function;
    let output = errors.take(output::check(&sig).map(|output| Some(output.clone())));
    let Arguments { connection, key, others, rebound } = Arguments::take(&mut sig, options, errors)?;
    let output = output?;
    let lending = Lending::of(&connection);
    if let Some(option) = options.needs_a_task() {
        let obstacle = match (&sig.asyncness, lending) {
            (None, _) => Some("which a function that blocks has not"),
            (Some(_), Lending::Exclusive) => Some("which cannot take along a connection that is lent"),
            (Some(_), Lending::Shared) => None,
        };
        if let Some(obstacle) = obstacle {
            let message =
                format!("`{option}` loads in a task of its own, {obstacle}: use `stale_while_revalidate`");
            errors.push(syn::Error::new(option.span(), message));
        }
    }

    let key = key_expression(options, &sig.ident, &key);
    let settings = settings(options);
    let bindings = rebound.iter().filter(|(pattern, _)| !matches!(pattern, Pat::Wild(_)));
    let bindings = bindings.map(|(pattern, name)| quote!(let #pattern = #name;));
    let statements = &block.stmts;
    let (outer, inner): (Vec<_>, Vec<_>) =
        attrs.iter().partition(|attribute| matches!(attribute.style, AttrStyle::Outer));

    // Spans decide where rustc reports a type that is no connection and a value that cannot be stored.
    let db = &connection.name;
    let open = quote_spanned!(connection.ty.span()=> #db.cached_query);
    let block = format_ident!("block", span = Span::mixed_site());
    // A connection that is lent cannot be taken along into a task.
    let taken = options
        .refreshing()
        .filter(|_| sig.asyncness.is_some() && lending == Lending::Shared)
        .map(|_| others.iter().filter_map(Taken::of).collect::<Vec<_>>());
    let (owned, run) = match taken {
        None => {
            let body = quote!({ #(#bindings)* #(#statements)* });
            let lent = connection.lent_anew();
            let run = match (&sig.asyncness, lending) {
                (Some(_), Lending::Shared) => {
                    quote_spanned!(output.span()=> #block.run(async move |#db| -> #output #body).await)
                }
                (Some(_), Lending::Exclusive) => {
                    quote_spanned!(output.span()=> #block.run(async move |#db: #lent| -> #output #body).await)
                }
                (None, _) => quote_spanned!(output.span()=> #block.run(move |#db| -> #output #body)),
            };
            (Vec::new(), run)
        }
        Some(taken) => {
            let lent = taken.iter().map(Taken::lend);
            let body = quote!({ let #db = &#db; #(#lent)* #(#bindings)* #(#statements)* });
            let run =
                quote_spanned!(output.span()=> #block.run_owned(async move |#db| -> #output #body).await);
            (taken.iter().map(Taken::take).collect(), run)
        }
    };
    Some(quote! {
        #(#outer)* #vis #sig {
            #(#inner)*
            let #block = #open(#key) #settings;
            #(#owned)*
            #run
        }
    })
}

/// A borrowed argument of a body that may outlive the call: it is cloned, and the body borrows the clone.
struct Taken<'a> {
    name: &'a Ident,
    referent: &'a Type,
}

impl<'a> Taken<'a> {
    fn of(argument: &'a Argument) -> Option<Self> {
        let Type::Reference(reference) = &argument.ty else { return None };
        Some(Self { name: &argument.name, referent: &reference.elem })
    }

    fn take(&self) -> TokenStream {
        let Self { name, referent } = self;
        quote_spanned!(referent.span()=> let #name = <#referent as ::std::borrow::ToOwned>::to_owned(#name);)
    }

    fn lend(&self) -> TokenStream {
        let Self { name, referent } = self;
        quote_spanned!(referent.span()=> let #name: &#referent = ::core::borrow::Borrow::borrow(&#name);)
    }
}

/// The path of the function, its instance, the version, and the arguments.
///
/// A macro sees neither the impl around a method nor what a type parameter stands for; the type of a closure inside
/// the function has both in its name.
fn key_expression(options: &Options, function: &Ident, arguments: &[Ident]) -> TokenStream {
    let name = function.to_string();
    let version = options.version;
    let arguments = match &options.key {
        Some(key) => quote!(&(#key)),
        None => quote!((#(&#arguments,)*)),
    };
    quote! {(
        ::core::concat!(::core::module_path!(), "::", #name),
        ::core::any::type_name_of_val(&|| ()),
        #version,
        #arguments,
    )}
}

fn settings(options: &Options) -> TokenStream {
    let durations = options.durations.iter().map(|(name, duration)| {
        let (seconds, nanoseconds) = (duration.as_secs(), duration.subsec_nanos());
        quote!(.#name(::core::time::Duration::new(#seconds, #nanoseconds)))
    });
    let tags = &options.tags;
    quote!(#(#durations)* #(.tag(#tags))*)
}
