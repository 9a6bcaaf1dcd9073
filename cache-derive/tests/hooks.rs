//! `#[cache(hooks)]`: saves and deletes through the active model call the adapter.
#![allow(unreachable_pub, reason = "entities look as users write them")]

mod stand_in;

use sea_orm::{ActiveModelTrait, ActiveValue::Set, DbBackend, MockDatabase, MockExecResult, ModelTrait};
use stand_in::__private::HOOKED;

mod note {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, cache_derive::CacheDeps)]
    #[sea_orm(table_name = "note")]
    #[cache(crate = "crate::stand_in", hooks, scope(topic))]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub topic: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
}

mod task {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, cache_derive::CacheDeps)]
    #[sea_orm(table_name = "task")]
    #[cache(crate = "crate::stand_in", hooks)]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
    }
}

fn hooked() -> Vec<String> {
    HOOKED.take()
}

#[test]
fn saves_and_deletes_reach_the_adapter() {
    let model = note::Model { id: 7, topic: "rust".into() };
    let db = MockDatabase::new(DbBackend::Postgres)
        .append_query_results([[model.clone()], [model.clone()]])
        .append_exec_results([MockExecResult { last_insert_id: 0, rows_affected: 1 }])
        .into_connection();
    stand_in::now(async {
        let new = note::ActiveModel { topic: Set("rust".into()), ..Default::default() };
        new.insert(&db).await.expect("inserted");
        assert_eq!(hooked(), [r#"note insert=true Model { id: 7, topic: "rust" }"#]);

        let changed = note::ActiveModel { id: Set(7), topic: Set("rust".into()) };
        changed.update(&db).await.expect("updated");
        assert_eq!(hooked(), [r#"note insert=false Model { id: 7, topic: "rust" }"#]);

        model.delete(&db).await.expect("deleted");
        assert_eq!(hooked().len(), 1);
    });
}

#[test]
fn the_two_struct_format_has_hooks_too() {
    let db = MockDatabase::new(DbBackend::Postgres)
        .append_query_results([[task::Model { id: 1 }]])
        .into_connection();
    stand_in::now(async {
        task::ActiveModel { id: Set(1) }.insert(&db).await.expect("inserted");
    });
    assert_eq!(hooked(), ["task insert=true Model { id: 1 }"]);
}
