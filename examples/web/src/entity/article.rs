//! Articles: drafts until they are published.

use cache_seaorm::CacheDeps;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, CacheDeps, Serialize, Deserialize)]
#[sea_orm(table_name = "article")]
#[cache(scope(published), scope(published, category))]
#[allow(clippy::duplicated_attributes, reason = "`published` is in two scopes")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    #[cache(scope)]
    pub author_id: i64,
    pub category: String,
    pub title: String,
    pub body: String,
    pub published: bool,
    pub published_at: DateTimeUtc,
    pub views: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::author::Entity",
        from = "Column::AuthorId",
        to = "super::author::Column::Id"
    )]
    Author,
    #[sea_orm(has_many = "super::comment::Entity")]
    Comment,
}

impl Related<super::author::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Author.def()
    }
}

impl Related<super::comment::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Comment.def()
    }
}

impl Related<super::tag::Entity> for Entity {
    fn to() -> RelationDef {
        super::article_tag::Relation::Tag.def()
    }

    fn via() -> Option<RelationDef> {
        Some(super::article_tag::Relation::Article.def().rev())
    }
}

impl ActiveModelBehavior for ActiveModel {}
