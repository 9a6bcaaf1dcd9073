//! The arguments of a cached function: which is the connection, and which are in the key.

use proc_macro2::{Ident, Span};
use quote::format_ident;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{FnArg, Pat, PatIdent, Receiver, ReceiverKind, Signature, Type};

use super::connection;
use super::options::Options;
use crate::errors::Errors;
use crate::suggest;

/// A function's arguments, told apart.
pub(super) struct Arguments {
    pub(super) connection: Argument,
    /// The arguments that are in the key, in order.
    pub(super) key: Vec<Ident>,
    /// All beside the connection.
    pub(super) others: Vec<Argument>,
    /// Patterns that the body binds, with the arguments that took their place in the signature.
    pub(super) rebound: Vec<(Pat, Ident)>,
}

/// An argument other than `self`, after its pattern became a name.
#[derive(Clone)]
pub(super) struct Argument {
    pub(super) name: Ident,
    pub(super) ty: Type,
}

impl Argument {
    /// Its type where a block lends it: for as long as the block takes.
    pub(super) fn lent_anew(&self) -> Type {
        let mut ty = self.ty.clone();
        if let Type::Reference(reference) = &mut ty {
            reference.lifetime = None;
        }
        ty
    }
}

impl Arguments {
    /// Tells the arguments apart and gives each a plain name in the signature; `None` if there is no connection.
    pub(super) fn take(sig: &mut Signature, options: &Options, errors: &mut Errors) -> Option<Self> {
        let mut rebound = Vec::new();
        let mut arguments = Vec::new();
        let mut skippable = Vec::new();
        for (position, input) in sig.inputs.iter_mut().enumerate() {
            match input {
                FnArg::Receiver(receiver) => {
                    skippable.push("self".to_owned());
                    errors.take(check_receiver(receiver, options));
                    if sig.asyncness.is_some() {
                        errors.take(check_detachable(receiver, options));
                    }
                }
                FnArg::Typed(argument) => {
                    let name = plain_name(&mut argument.pat, position, &mut rebound);
                    arguments.push(Argument { name, ty: (*argument.ty).clone() });
                }
            }
        }
        let connection = errors.take(connection::find(&arguments, sig).map(Some))?.clone();
        arguments.retain(|argument| argument.name != connection.name);
        for argument in &arguments {
            errors.take(connection::check_other(argument));
            skippable.push(argument.name.unraw().to_string());
        }
        check_skips(&options.skip, &skippable, &connection.name, errors);
        let others = arguments.clone();
        arguments.retain(|argument| !options.skip.iter().any(|name| name.unraw() == argument.name.unraw()));
        Some(Self {
            connection,
            key: arguments.into_iter().map(|argument| argument.name).collect(),
            others,
            rebound,
        })
    }
}

fn check_receiver(receiver: &Receiver, options: &Options) -> syn::Result<()> {
    let skipped = options.skip.iter().any(|name| name == "self");
    let message = if matches!(receiver.kind, ReceiverKind::Reference(_, _, Some(_))) {
        "a hit runs nothing and would not change `self`: take `&self`, and return what is new"
    } else if options.key.is_none() && !skipped {
        "`self` is not in the key, so different values of it would share one result: name what the result \
         depends on, such as `key = (self.tenant, id)`, or add `skip(self)` if it depends on nothing in it"
    } else {
        return Ok(());
    };
    Err(syn::Error::new_spanned(receiver, message))
}

fn check_detachable(receiver: &Receiver, options: &Options) -> syn::Result<()> {
    let Some(option) = options.refreshing() else { return Ok(()) };
    let message = format!(
        "`{option}` runs the body in a task of its own, which cannot borrow `self`: put it on a function that takes \
         what it needs as arguments"
    );
    Err(syn::Error::new_spanned(receiver, message))
}

fn check_skips(skip: &[Ident], known: &[String], connection: &Ident, errors: &mut Errors) {
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    for (position, name) in skip.iter().enumerate() {
        let word = name.unraw().to_string();
        let message = if *name == *connection {
            format!("`{word}` is the connection, which is never in the key: remove it")
        } else if skip[..position].contains(name) {
            format!("`{word}` is already skipped: remove it")
        } else if known.contains(&word.as_str()) {
            continue;
        } else if known.is_empty() {
            format!("no argument `{word}`: the connection is the only one, so remove `skip`")
        } else {
            let hint = suggest::did_you_mean(&word, &known);
            format!("no argument `{word}`{hint}: those beside the connection are {}", suggest::list(&known))
        };
        errors.push(syn::Error::new(name.span(), message));
    }
}

/// Puts a plain name in the place of a pattern, for the key to name; the body then binds the pattern.
fn plain_name(pattern: &mut Pat, position: usize, rebound: &mut Vec<(Pat, Ident)>) -> Ident {
    let name = match &*pattern {
        Pat::Ident(PatIdent { by_ref: None, mutability: None, subpat: None, ident, .. }) => {
            return ident.clone();
        }
        Pat::Ident(PatIdent { ident, .. }) => ident.clone(),
        _ => format_ident!("argument_{position}", span = Span::mixed_site().located_at(pattern.span())),
    };
    let plain =
        PatIdent { attrs: Vec::new(), by_ref: None, mutability: None, ident: name.clone(), subpat: None };
    rebound.push((std::mem::replace(pattern, Pat::Ident(plain)), name.clone()));
    name
}
