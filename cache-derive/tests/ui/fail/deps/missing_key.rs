#[path = "../../../stand_in/mod.rs"]
mod stand_in;

/// With `DeriveEntityModel` in place of the hand-written entity, SeaORM complains too.
mod article {
    use sea_orm::entity::prelude::*;

    #[derive(Copy, Clone, Default, Debug, DeriveEntity)]
    pub struct Entity;

    impl EntityName for Entity {
        fn table_name(&self) -> &'static str {
            "article"
        }
    }

    #[derive(Clone, Debug, PartialEq, Eq, DeriveModel, DeriveActiveModel, cache_derive::CacheDeps)]
    #[sea_orm(table_name = "article")]
    #[cache(crate = "crate::stand_in", scope(category))]
    pub struct Model {
        pub id: i32,
        pub category: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveColumn)]
    pub enum Column {
        Id,
        Category,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DerivePrimaryKey)]
    pub enum PrimaryKey {
        Id,
    }

    impl PrimaryKeyTrait for PrimaryKey {
        type ValueType = i32;
        fn auto_increment() -> bool {
            true
        }
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ColumnTrait for Column {
        type EntityName = Entity;
        fn def(&self) -> ColumnDef {
            ColumnType::Integer.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

fn main() {}
