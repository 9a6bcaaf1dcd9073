//! The entities, as a user of SeaORM writes them.

#![allow(missing_docs, reason = "columns are described where the tables are, in `table`")]

use sea_orm::entity::prelude::*;

macro_rules! entity {
    ($(#[$doc:meta])* $module:ident $table:literal { $($(#[$attr:meta])* $field:ident: $of:ty,)* } $($relation:tt)*) => {
        $(#[$doc])*
        pub mod $module {
            use sea_orm::entity::prelude::*;
            use serde::{Deserialize, Serialize};

            #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
            #[sea_orm(table_name = $table)]
            pub struct Model {
                $($(#[$attr])* pub $field: $of,)*
            }

            entity!(@relations $($relation)*);

            impl ActiveModelBehavior for ActiveModel {}
        }
    };
    (@relations) => {
        #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
        pub enum Relation {}
    };
    (@relations $($relation:item)*) => { $($relation)* };
}

entity! {
    /// Authors; `boss_id` refers to another author.
    author "author" {
        #[sea_orm(primary_key)] id: i64,
        name: String,
        region: Option<String>,
        score: i64,
        boss_id: Option<i64>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(has_many = "super::article::Entity")]
        Article,
        #[sea_orm(has_many = "super::comment::Entity")]
        Comment,
    }
}

entity! {
    /// Categories, by text.
    category "category" {
        #[sea_orm(primary_key, auto_increment = false)] slug: String,
        label: String,
        hidden: bool,
        total: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(has_many = "super::article::Entity")]
        Article,
    }
}

entity! {
    /// Articles; the database computes `bucket`.
    article "article" {
        #[sea_orm(primary_key)] id: i64,
        author_id: Option<i64>,
        category: Option<String>,
        published: bool,
        title: String,
        body: Option<String>,
        views: i64,
        slug: Option<String>,
        edits: i64,
        bucket: Option<i64>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(belongs_to = "super::author::Entity", from = "Column::AuthorId", to = "super::author::Column::Id")]
        Author,
        #[sea_orm(belongs_to = "super::category::Entity", from = "Column::Category", to = "super::category::Column::Slug")]
        Category,
        #[sea_orm(has_many = "super::comment::Entity")]
        Comment,
    }
}

entity! {
    /// Comments: the second level below authors.
    comment "comment" {
        #[sea_orm(primary_key)] id: i64,
        article_id: i64,
        author_id: Option<i64>,
        body: String,
        approved: bool,
        stars: Option<i64>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(belongs_to = "super::article::Entity", from = "Column::ArticleId", to = "super::article::Column::Id")]
        Article,
        #[sea_orm(belongs_to = "super::author::Entity", from = "Column::AuthorId", to = "super::author::Column::Id")]
        Author,
    }
}

entity! {
    /// Tags, with a unique name.
    tag "tag" {
        #[sea_orm(primary_key)] id: i64,
        name: String,
        uses: i64,
    }
}

entity! {
    /// Which article has which tag: a composite key.
    article_tag "article_tag" {
        #[sea_orm(primary_key, auto_increment = false)] article_id: i64,
        #[sea_orm(primary_key, auto_increment = false)] tag_id: i64,
        weight: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(belongs_to = "super::article::Entity", from = "Column::ArticleId", to = "super::article::Column::Id")]
        Article,
        #[sea_orm(belongs_to = "super::tag::Entity", from = "Column::TagId", to = "super::tag::Column::Id")]
        Tag,
    }
}

entity! {
    /// Settings, by text.
    setting "setting" {
        #[sea_orm(primary_key, auto_increment = false)] code: String,
        value: Option<String>,
        area: String,
    }
}

entity! {
    /// What triggers write.
    audit "audit" {
        #[sea_orm(primary_key)] id: i64,
        subject: String,
        row_id: Option<i64>,
        note: String,
    }
}

entity! {
    /// A room on a day, once: the table may say `ON CONFLICT REPLACE`.
    slot "slot" {
        #[sea_orm(primary_key)] id: i64,
        room: String,
        day: i64,
        guest: Option<String>,
        seats: i64,
    }
}

entity! {
    /// Units in a shop: a composite text key.
    stock "stock" {
        #[sea_orm(primary_key, auto_increment = false)] shop: String,
        #[sea_orm(primary_key, auto_increment = false)] sku: String,
        shelf: Option<String>,
        units: i64,
    }
}

entity! {
    /// A view of the published articles.
    front "front" {
        #[sea_orm(primary_key, auto_increment = false)] id: i64,
        title: String,
        category: Option<String>,
        author_id: Option<i64>,
        views: i64,
    }
}

macro_rules! related {
    ($($from:ident -> $to:ident by $relation:ident;)*) => {
        $(impl Related<$to::Entity> for $from::Entity {
            fn to() -> RelationDef {
                $from::Relation::$relation.def()
            }
        })*
    };
}

related! {
    author -> article by Article;
    author -> comment by Comment;
    category -> article by Article;
    article -> author by Author;
    article -> category by Category;
    article -> comment by Comment;
    comment -> article by Article;
    comment -> author by Author;
    article_tag -> article by Article;
    article_tag -> tag by Tag;
}

impl Related<tag::Entity> for article::Entity {
    fn to() -> RelationDef {
        article_tag::Relation::Tag.def()
    }

    fn via() -> Option<RelationDef> {
        Some(article_tag::Relation::Article.def().rev())
    }
}

/// Runs `$body` with `$entity` naming the entity module of a [`Table`](super::Table).
#[macro_export]
macro_rules! with_entity {
    ($table:expr, $entity:ident => $body:expr) => {{
        use $crate::world::entity as all;
        match $table {
            $crate::world::Table::Author => {
                use all::author as $entity;
                $body
            }
            $crate::world::Table::Category => {
                use all::category as $entity;
                $body
            }
            $crate::world::Table::Article => {
                use all::article as $entity;
                $body
            }
            $crate::world::Table::Comment => {
                use all::comment as $entity;
                $body
            }
            $crate::world::Table::Tag => {
                use all::tag as $entity;
                $body
            }
            $crate::world::Table::ArticleTag => {
                use all::article_tag as $entity;
                $body
            }
            $crate::world::Table::Setting => {
                use all::setting as $entity;
                $body
            }
            $crate::world::Table::Audit => {
                use all::audit as $entity;
                $body
            }
            $crate::world::Table::Slot => {
                use all::slot as $entity;
                $body
            }
            $crate::world::Table::Stock => {
                use all::stock as $entity;
                $body
            }
        }
    }};
}
