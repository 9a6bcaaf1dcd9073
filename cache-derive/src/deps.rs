//! `#[derive(CacheDeps)]`, on a SeaORM model or on a Diesel one.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields, FieldsNamed, Path};

use crate::errors::Errors;
use crate::field::{self, Field, Role};
use crate::hooks;
use crate::options::{self, ModelOptions};
use crate::scope::{self, Column, Scope};
use crate::{column_type, diesel};

pub(crate) fn expand(input: &DeriveInput) -> TokenStream {
    if diesel::is_model(input) {
        return diesel::expand(input);
    }
    let mut errors = Errors::default();
    let fields = errors.take(named_fields(input).map(Some));
    let expansion = match fields {
        // `#[sea_orm::model]` copies the derive and the attributes from `Model` onto it.
        Some(fields) if input.ident == "ModelEx" => {
            refuse_scopes_on_relations(fields, &mut errors);
            TokenStream::new()
        }
        Some(fields) => expand_model(input, fields, &mut errors),
        None => TokenStream::new(),
    };
    let errors = errors.into_compile_error();
    quote!(#errors #expansion)
}

fn named_fields(input: &DeriveInput) -> syn::Result<&FieldsNamed> {
    let error = |what: &str| {
        let message = format!(
            "`CacheDeps` goes on a SeaORM entity's `struct Model {{ .. }}` or on a Diesel model with \
             `#[diesel(table_name = ..)]`, not on {what}"
        );
        Err(syn::Error::new(input.ident.span(), message))
    };
    match &input.data {
        Data::Enum(_) => error("an enum"),
        Data::Union(_) => error("a union"),
        Data::Struct(_) if input.ident != "Model" && input.ident != "ModelEx" => {
            error(&format!("`{}`", input.ident))
        }
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Ok(fields),
            _ => error("a struct without named fields"),
        },
    }
}

fn expand_model(input: &DeriveInput, named: &FieldsNamed, errors: &mut Errors) -> TokenStream {
    let fields: Vec<Field> = named.named.iter().filter_map(Field::read).collect();
    let options = ModelOptions::read(&input.attrs, errors);
    let mut own_scopes = Vec::new();
    for (field, named) in fields.iter().zip(&named.named) {
        let spans = options::field_scopes(&named.attrs, errors);
        own_scopes.extend(spans.into_iter().map(|span| Scope::of_field(field, span)));
    }
    if field::is_entity_model(&input.attrs) && !fields.iter().any(|field| field.role == Role::Key) {
        errors.push(syn::Error::new(
            input.ident.span(),
            "the model has no primary key, by which the cache knows a row: \
             mark its columns with `#[sea_orm(primary_key)]`",
        ));
    }
    let Some(mut options) = options else { return TokenStream::new() };
    options.scopes.extend(own_scopes);
    let about_others = if field::is_split_model(&input.attrs) { " (relations are no columns)" } else { "" };
    let scopes = scope::resolve(&options.scopes, &fields, about_others, errors);
    let krate = options.krate("cache_seaorm");
    let declaration = declare(&krate, input, &scopes, errors);
    let hooks = options.hooks.map(|span| hooks::expand(&krate, span));
    quote!(#declaration #hooks)
}

fn declare(
    krate: &Path,
    input: &DeriveInput,
    scopes: &[Vec<Column<'_>>],
    errors: &mut Errors,
) -> TokenStream {
    let types = scopes.iter().flatten().map(|column| {
        let ty = &column.field.ty;
        quote_spanned!(ty.span()=> scope_column::<#ty>();)
    });
    let columns = scopes.iter().map(|scope| {
        let columns = scope.iter().filter_map(|column| match column.field.variant(column.span) {
            Ok(variant) => Some(quote!(<Self as #krate::__private::sea_orm::EntityTrait>::Column::#variant)),
            Err(error) => {
                errors.push(error);
                None
            }
        });
        let columns: Vec<TokenStream> = columns.collect();
        quote!(::std::vec![#(#columns),*])
    });
    let columns: Vec<TokenStream> = columns.collect();
    let entity = syn::Ident::new("Entity", input.ident.span());
    quote! {
        #[automatically_derived]
        impl #krate::CacheDeps for #entity {
            fn scopes() -> ::std::vec::Vec<::std::vec::Vec<Self::Column>> {
                ::std::vec![#(#columns),*]
            }
        }

        const _: () = {
            #krate::__private::inventory::submit! {
                #krate::__private::Registered::new(|_| #krate::declaration::<#entity>())
            }
        };

        const _: fn() = || {
            fn scope_column<T: #krate::ScopeColumn>() {}
            #(#types)*
        };
    }
}

fn refuse_scopes_on_relations(named: &FieldsNamed, errors: &mut Errors) {
    for field in &named.named {
        let Some(relation) = column_type::relation(&field.ty) else { continue };
        for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("cache")) {
            let message = format!(
                "a `{relation}` is no column and cannot be a scope: \
                 put `#[cache(scope)]` on the column that refers to the other table"
            );
            errors.push(syn::Error::new_spanned(attribute, message));
        }
    }
}
