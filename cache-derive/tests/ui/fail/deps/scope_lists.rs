#[path = "../../../stand_in/mod.rs"]
mod stand_in;

mod twice {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, cache_derive::CacheDeps)]
    #[sea_orm(table_name = "twice")]
    #[cache(crate = "crate::stand_in")]
    #[cache(scope(published, category))]
    #[cache(scope(category, published))]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub title: String,
        pub published: bool,
        pub category: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod on_field {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, cache_derive::CacheDeps)]
    #[sea_orm(table_name = "on_field")]
    #[cache(crate = "crate::stand_in")]
    #[cache(scope(title))]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        #[cache(scope)]
        pub title: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod in_one {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, cache_derive::CacheDeps)]
    #[sea_orm(table_name = "in_one")]
    #[cache(crate = "crate::stand_in")]
    #[cache(scope(title, title))]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub title: String,
        pub published: bool,
        pub category: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod empty {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, cache_derive::CacheDeps)]
    #[sea_orm(table_name = "empty")]
    #[cache(crate = "crate::stand_in")]
    #[cache(scope())]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub title: String,
        pub published: bool,
        pub category: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod no_columns {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, cache_derive::CacheDeps)]
    #[sea_orm(table_name = "no_columns")]
    #[cache(crate = "crate::stand_in")]
    #[cache(scope)]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub title: String,
        pub published: bool,
        pub category: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod five {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, cache_derive::CacheDeps)]
    #[sea_orm(table_name = "five")]
    #[cache(crate = "crate::stand_in")]
    #[cache(scope(a, b, c, d, e))]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub a: i64,
        pub b: i64,
        pub c: i64,
        pub d: i64,
        pub e: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod key {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, cache_derive::CacheDeps)]
    #[sea_orm(table_name = "key")]
    #[cache(crate = "crate::stand_in")]
    #[cache(scope(id))]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub title: String,
        pub published: bool,
        pub category: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod composite_key {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, cache_derive::CacheDeps)]
    #[sea_orm(table_name = "composite_key")]
    #[cache(crate = "crate::stand_in", scope(left, right))]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub left: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub right: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

fn main() {}
