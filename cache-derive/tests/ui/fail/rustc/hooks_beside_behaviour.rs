#[path = "../../../stand_in/mod.rs"]
mod stand_in;

mod article {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, cache_derive::CacheDeps)]
    #[sea_orm(table_name = "article")]
    #[cache(crate = "crate::stand_in", hooks)]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

fn main() {}
