//! `#[derive(CacheDeps)]` on a Diesel model.

use heck::ToSnakeCase;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Fields, FieldsNamed, Path, Token};

use crate::errors::Errors;
use crate::field::{Field, skip_value};
use crate::options::{self, ModelOptions};
use crate::scope::{self, Column, Scope};

/// Whether the struct says anything to Diesel's derives.
pub(crate) fn is_model(input: &DeriveInput) -> bool {
    let Data::Struct(data) = &input.data else { return false };
    let on_fields = data.fields.iter().flat_map(|field| &field.attrs);
    input.attrs.iter().chain(on_fields).any(|attribute| attribute.path().is_ident("diesel"))
}

pub(crate) fn expand(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let fields = errors.take(named_fields(input).map(Some));
    let expansion = fields.map(|fields| expand_model(input, fields, &mut errors));
    let errors = errors.into_compile_error();
    quote!(#errors #expansion)
}

fn named_fields(input: &DeriveInput) -> syn::Result<&FieldsNamed> {
    if let Some(parameter) = input.generics.params.first() {
        let message = "`CacheDeps` goes on the model that owns its fields, since a table has its scopes whatever \
                       borrows its values";
        return Err(syn::Error::new_spanned(parameter, message));
    }
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Ok(fields),
            _ => Err(syn::Error::new(
                input.ident.span(),
                "`CacheDeps` goes on a model with named fields, by which scopes name columns",
            )),
        },
        _ => Err(syn::Error::new(input.ident.span(), "`CacheDeps` goes on a model's struct")),
    }
}

fn expand_model(input: &DeriveInput, named: &FieldsNamed, errors: &mut Errors) -> TokenStream {
    let model = Model::read(input);
    let fields: Vec<Field> =
        named.named.iter().filter_map(|field| Field::read_diesel(field, &model.primary_key)).collect();
    let options = ModelOptions::read(&input.attrs, errors);
    let mut own_scopes = Vec::new();
    for (field, named) in fields.iter().zip(&named.named) {
        let spans = options::field_scopes(&named.attrs, errors);
        own_scopes.extend(spans.into_iter().map(|span| Scope::of_field(field, span)));
    }
    let Some(mut options) = options else { return TokenStream::new() };
    if let Some(span) = options.hooks {
        let message = "`hooks` is for SeaORM, whose active models have them: wrap the connection instead";
        errors.push(syn::Error::new(span, message));
    }
    options.scopes.extend(own_scopes);
    let scopes = scope::resolve(&options.scopes, &fields, "", errors);
    declare(&options.krate("cache_diesel"), &input.ident, &model.table, &scopes)
}

/// What `#[diesel(..)]` says of the table.
struct Model {
    table: Path,
    primary_key: Vec<String>,
}

impl Model {
    fn read(input: &DeriveInput) -> Self {
        // What Diesel's own derives take a model's table to be.
        let name = format!("{}s", input.ident.unraw().to_string().to_snake_case());
        let table = Ident::new(&name, input.ident.span());
        let mut model = Self { table: table.into(), primary_key: vec!["id".to_owned()] };
        for attribute in input.attrs.iter().filter(|attribute| attribute.path().is_ident("diesel")) {
            // Diesel's own derives report what is wrong with their attribute.
            let _ = model.read_attribute(attribute);
        }
        model
    }

    fn read_attribute(&mut self, attribute: &Attribute) -> syn::Result<()> {
        attribute.parse_nested_meta(|option| {
            if option.path.is_ident("table_name") {
                self.table = option.value()?.parse()?;
            } else if option.path.is_ident("primary_key") {
                let columns;
                syn::parenthesized!(columns in option.input);
                let columns =
                    Punctuated::<Ident, Token![,]>::parse_terminated_with(&columns, Ident::parse_any)?;
                self.primary_key = columns.iter().map(|column| column.unraw().to_string()).collect();
            } else {
                skip_value(&option)?;
            }
            Ok(())
        })
    }
}

fn declare(krate: &Path, model: &Ident, table: &Path, scopes: &[Vec<Column<'_>>]) -> TokenStream {
    let types = scopes.iter().flatten().map(|column| {
        let ty = &column.field.ty;
        quote_spanned!(ty.span()=> scope_column::<#ty>();)
    });
    let names = scopes.iter().map(|scope| {
        let names = scope.iter().map(|column| {
            let name = column.field.column(column.span);
            quote!(<#table::#name as #krate::__private::diesel::Column>::NAME)
        });
        quote!([#(#names),*])
    });
    let table_itself = format_ident!("table", span = last(table));
    quote! {
        #[automatically_derived]
        impl #krate::CacheDeps for #model {
            fn declaration() -> #krate::Declaration {
                #krate::Declaration::new(#krate::__private::table_name(&#table::#table_itself))
                    #(.scope(#names))*
            }
        }

        const _: () = {
            #krate::__private::inventory::submit! {
                #krate::__private::Registered::new(|_| <#model as #krate::CacheDeps>::declaration())
            }
        };

        const _: fn() = || {
            fn scope_column<T: #krate::ScopeColumn>() {}
            #(#types)*
        };
    }
}

fn last(path: &Path) -> Span {
    path.segments.last().map_or_else(Span::call_site, |segment| segment.ident.span())
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    #[test]
    fn a_table_is_named_or_follows_from_the_model() {
        let named = Model::read(&parse_quote! {
            #[diesel(table_name = crate::schema::seats, primary_key(row, r#type))]
            #[diesel(check_for_backend(diesel::sqlite::Sqlite))]
            struct Place { row: i32 }
        });
        let path = &named.table;
        assert_eq!(quote!(#path).to_string(), "crate :: schema :: seats");
        assert_eq!(named.primary_key, ["row", "type"]);
        let inferred = Model::read(&parse_quote!(
            struct BlogPost {
                id: i32,
            }
        ));
        let path = &inferred.table;
        assert_eq!(quote!(#path).to_string(), "blog_posts");
        assert_eq!(inferred.primary_key, ["id"]);
    }

    #[test]
    fn a_model_of_diesel_is_told_by_its_attributes() {
        assert!(is_model(&parse_quote!(
            #[diesel(table_name = a)]
            struct Model {
                id: i32,
            }
        )));
        assert!(is_model(&parse_quote!(
            struct A {
                #[diesel(column_name = b)]
                id: i32,
            }
        )));
        assert!(!is_model(&parse_quote!(
            #[sea_orm(table_name = "a")]
            struct Model {
                id: i32,
            }
        )));
    }
}
