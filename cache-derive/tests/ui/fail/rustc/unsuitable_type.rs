#[path = "../../../stand_in/mod.rs"]
mod stand_in;

mod alias {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, cache_derive::CacheDeps)]
    #[sea_orm(table_name = "alias")]
    #[cache(crate = "crate::stand_in")]
    #[cache(scope(price, id))]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub price: super::Price,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

type Price = f64;

mod own_type {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveValueType)]
    pub struct Kind(pub i64);

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, cache_derive::CacheDeps)]
    #[sea_orm(table_name = "own_type")]
    #[cache(crate = "crate::stand_in")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        #[cache(scope)]
        pub kind: Option<Kind>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

fn main() {}
