//! The encoding against the model, and the model against small histories.

use std::sync::Arc;

use proptest::prelude::*;

use super::model::{Exactness, Image, Pattern, Presence, Touch, Touched, Watch, hits};
use super::*;
use crate::entity::Declaration;
use crate::schema::{
    Column, ColumnId, ColumnSet, Columns, Dialect, ReferentialAction, Schema, TableDefinition, TableId,
};
use crate::value::Value;

/// With a scope of both columns together, or without: then rows name them together all the same.
fn catalog(together: bool) -> Catalog {
    let table = TableDefinition::new("t")
        .column(Column::int("id"))
        .column(Column::int("a"))
        .column(Column::int("b"))
        .column(Column::text("c"))
        .column(Column::other("d"))
        .column(Column::other("e"))
        .column(Column::other("f"))
        .column(Column::other("g"))
        .primary_key(["id"]);
    let schema = Schema::new(Dialect::Sqlite, [table], []).unwrap();
    let scopes = Declaration::new("t").scope(["b"]).scope(["a"]);
    let scopes = if together { scopes.scope(["a", "b"]) } else { scopes };
    Catalog::new(&DatabaseId::new("test"), schema, &[scopes])
}

/// A bulk INSERT is run again and again.
#[test]
fn a_long_text_is_analysed_once() {
    let catalog = catalog(true);
    let insert = |rows: usize| format!("INSERT INTO t (id) VALUES {}(0)", "(1), ".repeat(rows));
    let (one, other) = (insert(20_000), insert(20_001));
    assert!(one.len() > crate::sql::MAX_PARSED);
    assert!(Arc::ptr_eq(&catalog.plan(&one), &catalog.plan(&one)));
    assert!(!Arc::ptr_eq(&catalog.plan(&one), &catalog.plan(&other)));
    assert_eq!(*catalog.planned(&one).sql, *one);
}

/// A user who may not write, or who does not see all tables.
#[test]
fn what_a_session_may_do_and_sees_beside_is_nothing_that_marks_depend_on() {
    let table = |name| TableDefinition::new(name).column(Column::int("id")).primary_key(["id"]);
    let cascade = ReferentialAction::Cascade;
    let child = || table("child").foreign_key(["id"], "parent", ["id"], cascade, cascade);
    let declared = |tables: Vec<TableDefinition>| {
        let schema = Schema::new(Dialect::Postgres, tables, []).unwrap();
        let catalog = Catalog::new(&DatabaseId::new("test"), schema, &[]);
        catalog.declared()[catalog.schema().table_named("child").unwrap().id().index()]
    };
    let worker = declared(vec![child(), table("parent")]);
    assert_eq!(worker, declared(vec![table("before"), child().without_locks(), table("parent")]));
    assert_ne!(worker, declared(vec![child().column(Column::int("more")), table("parent")]));
    assert_ne!(worker, declared(vec![table("child"), table("parent")]));
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![Just(Value::Null), (0..2_i64).prop_map(Value::from)]
}

fn image() -> impl Strategy<Value = Image> {
    prop::collection::vec(prop::option::of(value()), 3).prop_map(Image)
}

fn columns() -> impl Strategy<Value = Columns> {
    prop_oneof![
        Just(Columns::All),
        prop::collection::vec(0..8_usize, 0..8).prop_map(|columns| {
            Columns::Some(columns.into_iter().map(ColumnId::from_index).collect::<ColumnSet>())
        }),
    ]
}

fn key() -> impl Strategy<Value = Vec<Value>> {
    (0..2_i64).prop_map(|key| vec![Value::from(key)])
}

const TABLE: TableId = TableId::from_index(0);

fn touch() -> impl Strategy<Value = Touch> {
    let rows = prop_oneof![key().prop_map(Touched::Row), Just(Touched::Births), Just(Touched::Unknown)];
    prop_oneof![
        1 => Just(Touch::Table(TABLE)),
        1 => Just(Touch::Everything),
        20 => (rows, prop::option::of(image()), prop::option::of(image()), columns()).prop_map(
            |(rows, old, new, columns)| Touch::Rows { table: TABLE, rows, old, new, columns }
        ),
    ]
}

fn watch() -> impl Strategy<Value = Watch> {
    let pattern = prop_oneof![
        (value(), value()).prop_map(|(a, b)| Pattern { scope: 2, values: vec![a, b] }),
        value().prop_map(|a| Pattern { scope: 0, values: vec![a] }),
        value().prop_map(|b| Pattern { scope: 1, values: vec![b] }),
    ];
    let exactness = prop_oneof![Just(Exactness::Exact), Just(Exactness::Inexact)];
    let presence = prop_oneof![Just(Presence::Seen), Just(Presence::Unseen)];
    prop_oneof![
        1 => Just(Watch::Births { table: TABLE }),
        10 => (prop::option::of(pattern), columns(), exactness).prop_map(|(pattern, columns, exactness)| {
            Watch::Scope { table: TABLE, pattern, columns, exactness }
        }),
        10 => (key(), image(), columns(), presence, prop::option::of(0..3_usize)).prop_map(|(key, image, columns, presence, scope)| {
            Watch::Row { table: TABLE, key, image, columns, presence, scope }
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whenever_a_touch_hits_a_watch_their_marks_meet(
        touch in touch(), watch in watch(), together in any::<bool>(),
    ) {
        let needs_both = match &watch {
            Watch::Scope { pattern, .. } => pattern.as_ref().is_some_and(|pattern| pattern.scope == 2),
            Watch::Row { scope, .. } => *scope == Some(2),
            Watch::Births { .. } => false,
        };
        let catalog = catalog(together || needs_both);
        let mut watched = catalog.watch_marks(std::slice::from_ref(&watch));
        watched.merge(&crate::mark::Marks::everything());
        let touched = catalog.touch_marks(std::slice::from_ref(&touch));
        if hits(&touch, &watch, catalog.narrowing(TABLE)) {
            prop_assert!(touched.meets(&watched), "{touch:?}\n{watch:?}");
        }
    }
}

#[test]
fn other_rows_scopes_and_columns_do_not_meet() {
    let catalog = catalog(true);
    let column = |name: &str| {
        let table = catalog.table(TABLE);
        Columns::Some(table.column_named(name).into_iter().collect())
    };
    let list = Watch::Scope {
        table: TABLE,
        pattern: Some(Pattern { scope: 0, values: vec![Value::from(1)] }),
        columns: column("a"),
        exactness: Exactness::Exact,
    };
    let touch = |key: i64, a: Option<i64>, columns| Touch::Rows {
        table: TABLE,
        rows: Touched::Row(vec![Value::from(key)]),
        old: Some(Image(vec![Some(Value::from(key)), a.map(Value::from), None])),
        new: Some(Image(vec![Some(Value::from(key)), a.map(Value::from), None])),
        columns,
    };
    let meets =
        |touch: Touch| catalog.touch_marks(&[touch]).meets(&catalog.watch_marks(std::slice::from_ref(&list)));
    assert!(!meets(touch(1, None, column("d"))), "another column");
    assert!(!meets(touch(1, Some(2), column("a"))), "another scope");
    assert!(meets(touch(1, Some(1), column("a"))));
    assert!(meets(touch(1, None, column("a"))));
}
