//! Models as the values of their columns.

use std::marker::PhantomData;

use sea_orm::{ActiveModelTrait, DbErr, EntityTrait, IdenStatic, Iterable, ModelTrait};
use sea_orm::{TryIntoModel, Value};

use super::shape::Shape;

/// An entity whose models can be cached: every entity that derives `DeriveEntityModel`.
pub trait CacheEntity: EntityTrait<Model: Sync + 'static, ActiveModel: IntoModelOf<Self>> {}

impl<E: EntityTrait<Model: Sync + 'static, ActiveModel: IntoModelOf<Self>>> CacheEntity for E {}

/// An active model that can become a model of the entity.
#[doc(hidden)]
pub trait IntoModelOf<E: EntityTrait> {
    /// The model.
    ///
    /// # Errors
    /// If a column is not set.
    fn into_model_of(self) -> Result<E::Model, DbErr>;
}

impl<E: EntityTrait, A: TryIntoModel<E::Model>> IntoModelOf<E> for A {
    fn into_model_of(self) -> Result<E::Model, DbErr> {
        self.try_into_model()
    }
}

/// A model of this entity.
#[derive(Debug)]
pub struct Of<E>(PhantomData<fn() -> E>);

impl<E: CacheEntity> Shape for Of<E> {
    type Value = E::Model;
    /// The `null` of JSON is none: as a value it is written as NULL is.
    type Wire = Vec<Option<Value>>;

    fn wire(model: &E::Model) -> Self::Wire {
        E::Column::iter().map(|column| Some(model.get(column)).filter(|value| !is_json_null(value))).collect()
    }

    fn value(values: Self::Wire) -> Result<E::Model, DbErr> {
        let mut model = <E::ActiveModel as ActiveModelTrait>::default();
        for (column, value) in E::Column::iter().zip(values) {
            model.try_set(column, value.unwrap_or_else(json_null))?;
        }
        model.into_model_of()
    }

    fn heap(model: &E::Model) -> usize {
        E::Column::iter().map(|column| heap(&model.get(column))).sum()
    }

    fn describe(description: &mut String) {
        description.push_str(E::default().table_name());
        for column in E::Column::iter() {
            let value = E::Model::get_value_type(column);
            description.push_str(&format!(" {}:{value:?}", column.as_str()));
        }
        description.push(';');
    }
}

fn json_null() -> Value {
    Value::Json(Some(Box::default()))
}

fn is_json_null(value: &Value) -> bool {
    matches!(value, Value::Json(Some(json)) if json.is_null())
}

fn heap(value: &Value) -> usize {
    match value {
        Value::String(Some(text)) => text.capacity(),
        Value::Bytes(Some(bytes)) => bytes.capacity(),
        // Its tree takes about twice as much as its text, and measuring it exactly is not worth a walk.
        Value::Json(Some(json)) => json.to_string().len() * 2,
        _ => 0,
    }
}

#[cfg(test)]
#[allow(unreachable_pub, reason = "entities look as users write them")]
mod tests {
    use cache_core::codec::Codec;
    use cache_core::{Cache, ErrorKind};
    use sea_orm::entity::prelude::*;
    use serde_json::json;

    use super::super::{Many, Maybe, ShapeCodec};
    use super::*;

    mod article {
        use sea_orm::entity::prelude::*;

        #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
        #[sea_orm(table_name = "article")]
        pub struct Model {
            #[sea_orm(primary_key)]
            pub id: i64,
            #[sea_orm(column_name = "headline")]
            pub title: String,
            pub score: f64,
            pub cover: Option<Vec<u8>>,
            pub meta: Json,
            pub more: Option<Json>,
            #[sea_orm(ignore)]
            pub seen: bool,
        }

        #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
        pub enum Relation {}

        impl ActiveModelBehavior for ActiveModel {}
    }

    mod other {
        use sea_orm::entity::prelude::*;

        #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
        #[sea_orm(table_name = "other")]
        pub struct Model {
            #[sea_orm(primary_key, auto_increment = false)]
            pub id: Uuid,
            pub name: Option<String>,
        }

        #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
        pub enum Relation {}

        impl ActiveModelBehavior for ActiveModel {}
    }

    fn article() -> article::Model {
        let (title, cover) = ("a \0 ß".to_owned(), Some(vec![0, 255]));
        article::Model {
            id: i64::MIN,
            title,
            score: f64::INFINITY,
            cover,
            meta: json!({"a": [1]}),
            more: None,
            seen: false,
        }
    }

    fn cache() -> Cache {
        Cache::from_url("memory://?private").unwrap()
    }

    type Row = (Of<article::Entity>, Maybe<Of<other::Entity>>);

    #[test]
    fn what_is_encoded_is_decoded_unchanged() {
        let codec = ShapeCodec::<Many<Row>>::new(&cache());
        let other = other::Model { id: Uuid::from_bytes([9; 16]), name: None };
        let rows = vec![(article(), Some(other)), (article(), None)];
        assert_eq!(codec.decode(&codec.encode(&rows).unwrap()).unwrap(), rows);
    }

    #[test]
    fn null_of_json_is_not_null() {
        let codec = ShapeCodec::<Of<article::Entity>>::new(&cache());
        for more in [None, Some(json!(null)), Some(json!([null]))] {
            let model = article::Model { meta: json!(null), more, ..article() };
            assert_eq!(codec.decode(&codec.encode(&model).unwrap()).unwrap(), model);
        }
    }

    #[test]
    fn what_is_not_a_number_stays_so() {
        let codec = ShapeCodec::<Of<article::Entity>>::new(&cache());
        let mut model = article();
        model.score = f64::NAN;
        assert!(codec.decode(&codec.encode(&model).unwrap()).unwrap().score.is_nan());
    }

    #[test]
    fn bytes_of_another_shape_are_an_error() {
        let one = ShapeCodec::<Of<article::Entity>>::new(&cache());
        let other = ShapeCodec::<Of<other::Entity>>::new(&cache());
        let error = other.decode(&one.encode(&article()).unwrap()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Codec);
        assert_ne!(one.fingerprint(), other.fingerprint());
        assert_ne!(one.fingerprint(), ShapeCodec::<Maybe<Of<article::Entity>>>::new(&cache()).fingerprint());
    }

    #[test]
    fn a_longer_text_weighs_more() {
        let codec = ShapeCodec::<Of<article::Entity>>::new(&cache());
        let mut long = article();
        long.title = "x".repeat(1000);
        assert!(codec.weight(&long) > codec.weight(&article()) + 900);
    }
}
