//! Which columns cannot be in a scope, as far as the source shows it.
//!
//! What it does not show (an alias, a type of the user's own) fails the bound `ScopeColumn` instead.

use syn::{GenericArgument, PathArguments, PathSegment, Type};

/// Why a column of this type selects no rows by equality; `None` if nothing speaks against it.
pub(crate) fn unsuitable(ty: &Type, column_type: Option<&str>) -> Option<&'static str> {
    column_type.and_then(unsuitable_in_database).or_else(|| unsuitable_in_rust(ty))
}

const FLOAT: &str = "floats have no exact equality";
const JSON: &str = "databases disagree on when two JSON values are equal";
const FLOATS: &str = "vectors of floats have no exact equality";

/// The first word of `#[sea_orm(column_type = "..")]`.
fn unsuitable_in_database(column_type: &str) -> Option<&'static str> {
    let end = column_type.find(|c: char| !c.is_alphanumeric()).unwrap_or(column_type.len());
    match &column_type[..end] {
        "Float" | "Double" => Some(FLOAT),
        "Json" | "JsonBinary" => Some(JSON),
        "Vector" => Some(FLOATS),
        _ => None,
    }
}

fn unsuitable_in_rust(ty: &Type) -> Option<&'static str> {
    let path = match ty {
        Type::Path(ty) => &ty.path,
        Type::Group(ty) => return unsuitable_in_rust(&ty.elem),
        Type::Paren(ty) => return unsuitable_in_rust(&ty.elem),
        _ => return None,
    };
    let last = path.segments.last()?;
    let parent = path.segments.iter().rev().nth(1).map(|segment| segment.ident.to_string());
    match (parent.as_deref(), last.ident.to_string().as_str()) {
        (_, "f32" | "f64") => Some(FLOAT),
        (_, "Json" | "JsonValue") | (Some("serde_json"), "Value") => Some(JSON),
        (_, "PgVector") => Some(FLOATS),
        (_, "Vec") => {
            argument(last).and_then(unsuitable_in_rust).map(|why| if why == FLOAT { FLOATS } else { why })
        }
        (_, "Option") => argument(last).and_then(unsuitable_in_rust),
        _ => None,
    }
}

/// The relation that a field of this type loads; such a field is no column.
pub(crate) fn relation(ty: &Type) -> Option<&'static str> {
    let Type::Path(ty) = ty else { return None };
    let name = &ty.path.segments.last()?.ident;
    ["HasMany", "HasOne", "BelongsTo"].into_iter().find(|relation| name == relation)
}

fn argument(segment: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    #[test]
    fn floats_json_and_vectors_are_unsuitable_also_inside_options() {
        for ty in [
            parse_quote!(f64),
            parse_quote!(Option<f32>),
            parse_quote!(Json),
            parse_quote!(Option<serde_json::Value>),
            parse_quote!(sea_orm::JsonValue),
            parse_quote!(Vec<f32>),
            parse_quote!(::std::option::Option<Vec<f64>>),
            parse_quote!(PgVector),
        ] {
            assert!(unsuitable(&ty, None).is_some(), "{}", quote::quote!(#ty));
        }
    }

    #[test]
    fn what_compares_exactly_is_suitable() {
        for ty in
            [parse_quote!(i64), parse_quote!(Option<String>), parse_quote!(Vec<u8>), parse_quote!(Value)]
        {
            assert_eq!(unsuitable(&ty, None), None);
        }
        assert_eq!(unsuitable(&parse_quote!(Price), Some("Decimal(Some((16, 4)))")), None);
    }

    #[test]
    fn the_declared_column_type_counts_too() {
        for column_type in ["Double", "Json", "JsonBinary", "Vector(Some(3))"] {
            assert!(unsuitable(&parse_quote!(Meta), Some(column_type)).is_some());
        }
    }

    #[test]
    fn relation_fields_are_recognised_under_any_path() {
        assert_eq!(relation(&parse_quote!(HasMany<super::post::Entity>)), Some("HasMany"));
        assert_eq!(relation(&parse_quote!(sea_orm::entity::BelongsTo<Entity>)), Some("BelongsTo"));
        assert_eq!(relation(&parse_quote!(i64)), None);
    }
}
