//! `#[derive(CacheDeps)]` on every shape of entity that SeaORM knows.
#![allow(unused_imports, unreachable_pub, reason = "entities look as users write them")]

mod stand_in;

use stand_in::{CacheDeps as _, Declaration, declaration, registered};

mod article {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, cache_derive::CacheDeps)]
    #[sea_orm(table_name = "article")]
    #[cache(crate = "crate::stand_in")]
    #[cache(scope(published, category))]
    #[cache(scope(r#type), scope(category))]
    #[allow(clippy::duplicated_attributes, reason = "clippy takes a column in two scopes for a repetition")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub title: String,
        pub published: bool,
        #[sea_orm(column_name = "cat", column_type = "Text", nullable)]
        pub category: Option<String>,
        pub r#type: i16,
        #[cache(scope)]
        pub author_id: i64,
        #[cache(scope)]
        #[sea_orm(enum_name = "Language", column_type = "Char(Some(2))")]
        pub lang: String,
        pub rating: f64,
        pub extra: Json,
        #[sea_orm(ignore)]
        pub note: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

#[test]
fn scopes_name_the_columns_of_the_table() {
    let declared = declaration::<article::Entity>();
    assert_eq!(declared.table, "article");
    assert_eq!(
        declared.scopes,
        [vec!["published", "cat"], vec!["type"], vec!["cat"], vec!["author_id"], vec!["language"]]
    );
    assert!(matches!(article::Entity::scopes()[4][..], [article::Column::Language]));
}

#[test]
fn a_derive_registers_its_declaration_once() {
    assert_eq!(registered("article"), [declaration::<article::Entity>()]);
}

/// Scopes of types that only the database maps: enums, the user's own types.
mod order {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
    #[sea_orm(rs_type = "String", db_type = "String(StringLen::N(1))")]
    pub enum Status {
        #[sea_orm(string_value = "O")]
        Open,
        #[sea_orm(string_value = "S")]
        Sent,
    }

    #[derive(Clone, Debug, PartialEq, Eq, DeriveValueType)]
    pub struct CustomerId(pub i64);

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, cache_derive::CacheDeps)]
    #[sea_orm(table_name = "order", schema_name = "shop", rename_all = "camelCase")]
    #[cache(crate = "crate::stand_in", scope(customer_id, status))]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub region: String,
        #[sea_orm(primary_key, auto_increment = false)]
        #[cache(scope)]
        pub number: i32,
        pub customer_id: CustomerId,
        pub status: Option<Status>,
        #[cache(scope)]
        pub digest: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

#[test]
fn composite_keys_enums_and_own_types_can_be_scoped() {
    let scopes = declaration::<order::Entity>().scopes;
    assert_eq!(scopes, [vec!["customerId", "status"], vec!["number"], vec!["digest"]]);
}

/// SeaORM's two-struct format, which expands every derive on `Model` and on `ModelEx`.
mod user {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, cache_derive::CacheDeps)]
    #[sea_orm(table_name = "user")]
    #[cache(crate = "crate::stand_in", scope(name, email))]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub name: String,
        #[sea_orm(unique)]
        #[cache(scope)]
        pub email: String,
        #[sea_orm(has_many)]
        pub posts: HasMany<super::post::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod post {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, cache_derive::CacheDeps)]
    #[sea_orm(table_name = "post")]
    #[cache(crate = "crate::stand_in")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        #[cache(scope)]
        pub user_id: i32,
        #[sea_orm(belongs_to, from = "user_id", to = "id")]
        pub author: BelongsTo<super::user::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

#[test]
fn the_two_struct_format_declares_once_and_without_relations() {
    let user = Declaration { table: "user", scopes: vec![vec!["name", "email"], vec!["email"]] };
    assert_eq!(registered("user"), [user]);
    assert_eq!(declaration::<post::Entity>().scopes, [["user_id"]]);
}

mod compact {
    use sea_orm::entity::prelude::*;

    #[sea_orm::compact_model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, cache_derive::CacheDeps)]
    #[sea_orm(table_name = "compact")]
    #[cache(crate = "crate::stand_in", scope(user_id))]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub user_id: i32,
        pub user: BelongsTo<super::user::Entity>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::user::Entity",
            from = "Column::UserId",
            to = "super::user::Column::Id"
        )]
        User,
    }

    impl Related<super::user::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::User.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The derive on `Model` alone.
mod model_only {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "model_only")]
    #[sea_orm(model_attrs(
        derive(cache_derive::CacheDeps),
        cache(crate = "crate::stand_in", scope(user_id))
    ))]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub user_id: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

#[test]
fn compact_models_and_derives_on_the_model_alone_declare_too() {
    assert_eq!(registered("compact").len(), 1);
    assert_eq!(declaration::<compact::Entity>().scopes, [["user_id"]]);
    assert_eq!(registered("model_only").len(), 1);
    assert_eq!(declaration::<model_only::Entity>().scopes, [["user_id"]]);
}

/// SeaORM's expanded format: the key is on an enum that the derive does not see.
mod expanded {
    use sea_orm::entity::prelude::*;

    #[derive(Copy, Clone, Default, Debug, DeriveEntity)]
    pub struct Entity;

    impl EntityName for Entity {
        fn table_name(&self) -> &'static str {
            "expanded"
        }
    }

    #[derive(Clone, Debug, PartialEq, Eq, DeriveModel, DeriveActiveModel, cache_derive::CacheDeps)]
    #[cache(crate = "crate::stand_in", scope(parent_id))]
    pub struct Model {
        pub id: i32,
        pub parent_id: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveColumn)]
    pub enum Column {
        Id,
        ParentId,
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

    #[derive(Copy, Clone, Debug, EnumIter)]
    pub enum Relation {}

    impl ColumnTrait for Column {
        type EntityName = Entity;
        fn def(&self) -> ColumnDef {
            ColumnType::Integer.def()
        }
    }

    impl RelationTrait for Relation {
        fn def(&self) -> RelationDef {
            panic!("no relations")
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// No attribute at all: rows are tracked by their key.
mod plain {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, cache_derive::CacheDeps)]
    #[sea_orm(table_name = "plain")]
    #[cache(crate = "crate::stand_in")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

#[test]
fn entities_in_the_expanded_format_and_without_scopes_declare_too() {
    assert_eq!(declaration::<expanded::Entity>().scopes, [["parent_id"]]);
    assert_eq!(registered("expanded").len(), 1);
    assert!(declaration::<plain::Entity>().scopes.is_empty());
    assert_eq!(registered("plain").len(), 1);
}
