#[path = "../../../stand_in/mod.rs"]
mod stand_in;

mod float {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, cache_derive::CacheDeps)]
    #[sea_orm(table_name = "float")]
    #[cache(crate = "crate::stand_in")]
    #[cache(scope(rating))]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub rating: f64,
        #[cache(scope)]
        pub weight: Option<f32>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod json {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, cache_derive::CacheDeps)]
    #[sea_orm(table_name = "json")]
    #[cache(crate = "crate::stand_in")]
    #[cache(scope(extra))]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub extra: Json,
        #[cache(scope)]
        #[sea_orm(column_type = "JsonBinary")]
        pub raw: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

fn main() {}
