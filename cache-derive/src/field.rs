//! A model's field as SeaORM or Diesel reads it.

use heck::ToUpperCamelCase;
use proc_macro2::{Ident, Span, TokenStream};
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, LitStr, Token, Type};

use crate::column_type;

/// What a field is to the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// A column of the primary key.
    Key,
    /// Another column.
    Column,
    /// `#[sea_orm(ignore)]`: no column.
    Ignored,
    /// `HasMany`, `HasOne` or `BelongsTo`: no column.
    Relation,
    /// `#[diesel(embed)]`: columns of another struct.
    Embedded,
}

/// A field of the model.
pub(crate) struct Field {
    /// Without `r#`.
    pub(crate) name: String,
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    pub(crate) role: Role,
    /// `#[sea_orm(column_type = "..")]`
    pub(crate) column_type: Option<String>,
    /// `#[sea_orm(enum_name = "..")]`
    enum_name: Option<String>,
    /// `#[diesel(column_name = ..)]`
    column_name: Option<Ident>,
}

impl Field {
    /// Reads a named field; `None` for a field without a name.
    pub(crate) fn read(field: &syn::Field) -> Option<Self> {
        let ident = field.ident.clone()?;
        let relation = column_type::relation(&field.ty);
        let mut read = Self {
            name: ident.unraw().to_string(),
            ident,
            ty: field.ty.clone(),
            role: if relation.is_some() { Role::Relation } else { Role::Column },
            column_type: None,
            enum_name: None,
            column_name: None,
        };
        for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("sea_orm")) {
            // SeaORM's own derive reports what is wrong with its attribute.
            let _ = attribute.parse_nested_meta(|option| read.set(&option));
        }
        Some(read)
    }

    /// Reads a named field of a Diesel model whose key has these columns.
    pub(crate) fn read_diesel(field: &syn::Field, key: &[String]) -> Option<Self> {
        let ident = field.ident.clone()?;
        let mut read = Self {
            name: ident.unraw().to_string(),
            ident,
            ty: field.ty.clone(),
            role: Role::Column,
            column_type: None,
            enum_name: None,
            column_name: None,
        };
        for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("diesel")) {
            // Diesel's own derives report what is wrong with their attribute.
            let _ = attribute.parse_nested_meta(|option| {
                if option.path.is_ident("column_name") {
                    read.column_name = Some(option.value()?.call(Ident::parse_any)?);
                } else if option.path.is_ident("embed") {
                    read.role = Role::Embedded;
                } else {
                    skip_value(&option)?;
                }
                Ok(())
            });
        }
        let column = read.column_name.as_ref().unwrap_or(&read.ident).unraw().to_string();
        if read.role == Role::Column && key.contains(&column) {
            read.role = Role::Key;
        }
        Some(read)
    }

    /// Its column in Diesel's `table!`.
    pub(crate) fn column(&self, span: Span) -> Ident {
        let mut column = self.column_name.as_ref().unwrap_or(&self.ident).clone();
        column.set_span(span);
        column
    }

    fn set(&mut self, option: &ParseNestedMeta<'_>) -> syn::Result<()> {
        if option.path.is_ident("enum_name") {
            self.enum_name = Some(option.value()?.parse::<LitStr>()?.value());
        } else if option.path.is_ident("column_type") {
            self.column_type = Some(option.value()?.parse::<LitStr>()?.value());
        } else {
            match self.role {
                Role::Column if option.path.is_ident("primary_key") => self.role = Role::Key,
                Role::Column | Role::Key if option.path.is_ident("ignore") => self.role = Role::Ignored,
                _ => {}
            }
            skip_value(option)?;
        }
        Ok(())
    }

    /// Whether the table has it.
    pub(crate) fn is_column(&self) -> bool {
        matches!(self.role, Role::Key | Role::Column)
    }

    /// Its variant of `Column`, as `DeriveEntityModel` names it.
    pub(crate) fn variant(&self, span: Span) -> syn::Result<Ident> {
        let name = self.enum_name.clone().unwrap_or_else(|| self.name.to_upper_camel_case());
        let name = match name.as_str() {
            "crate" | "self" | "Self" => format!("{name}_"),
            _ => name,
        };
        let variant = syn::parse_str(&name).or_else(|_| syn::parse_str(&format!("r#{name}")));
        let mut variant: Ident = variant.map_err(|_| {
            syn::Error::new(self.ident.span(), format!("`{name}` cannot be the name of a column's variant"))
        })?;
        variant.set_span(span);
        Ok(variant)
    }
}

/// Whether the model's own attributes say that `DeriveEntityModel` made its entity: then the key is marked on the fields.
pub(crate) fn is_entity_model(attributes: &[Attribute]) -> bool {
    has_option(attributes, |name| matches!(name, "table_name" | "table_iden" | "model_ex" | "schema_name"))
}

/// Whether `#[sea_orm::model]` split the relation fields off into `ModelEx`.
pub(crate) fn is_split_model(attributes: &[Attribute]) -> bool {
    has_option(attributes, |name| name == "model_ex")
}

fn has_option(attributes: &[Attribute], wanted: impl Fn(&str) -> bool) -> bool {
    let mut found = false;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("sea_orm")) {
        let _ = attribute.parse_nested_meta(|option| {
            found |= option.path.get_ident().is_some_and(|name| wanted(&name.to_string()));
            skip_value(&option)
        });
    }
    found
}

/// Steps over `= value` or `(..)`, whatever it is.
pub(crate) fn skip_value(option: &ParseNestedMeta<'_>) -> syn::Result<()> {
    if option.input.peek(Token![=]) {
        option.value()?.parse::<syn::Expr>()?;
    } else if option.input.peek(syn::token::Paren) {
        let content;
        syn::parenthesized!(content in option.input);
        content.parse::<TokenStream>()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    fn read(field: &syn::Field) -> Field {
        Field::read(field).expect("a named field")
    }

    #[test]
    fn variants_are_named_as_sea_orm_names_them() {
        let cases: [(syn::Field, &str); 8] = [
            (parse_quote!(author_id: i64), "AuthorId"),
            (parse_quote!(r#type: String), "Type"),
            (parse_quote!(self_: i64), "Self_"),
            (parse_quote!(utf8_name2: String), "Utf8Name2"),
            (parse_quote!(_hidden: i64), "Hidden"),
            (parse_quote!(#[sea_orm(enum_name = "Kind", column_name = "k")] kind_of: i64), "Kind"),
            (parse_quote!(#[sea_orm(column_name = "k")] kind_of: i64), "KindOf"),
            (parse_quote!(#[sea_orm(enum_name = "type")] kind: i64), "r#type"),
        ];
        for (field, variant) in cases {
            let named = read(&field).variant(Span::call_site()).expect("a name");
            assert_eq!(named.to_string(), variant);
        }
    }

    #[test]
    fn roles_come_from_attributes_and_types() {
        let cases: [(syn::Field, Role); 5] = [
            (parse_quote!(#[sea_orm(primary_key, auto_increment = false)] id: i64), Role::Key),
            (
                parse_quote!(#[sea_orm(column_type = "Decimal(Some((9, 2)))", nullable)] price: Decimal),
                Role::Column,
            ),
            (parse_quote!(#[sea_orm(ignore)] note: String), Role::Ignored),
            (parse_quote!(#[sea_orm(has_many)] posts: HasMany<super::post::Entity>), Role::Relation),
            (parse_quote!(#[sea_orm(belongs_to(a = "b"), primary_key)] id: i64), Role::Key),
        ];
        for (field, role) in cases {
            assert_eq!(read(&field).role, role);
        }
    }
}
