//! How a write reaches the database: as SeaORM's users write it.

use sea_orm::sea_query::{Alias, Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, IntoActiveModel, QueryFilter,
};

use super::operation::{Call, Change, Conflict, Operation, Row, Style};
use crate::literal::Literal;
use crate::read::{Entity, Filter};
use crate::with_entity;
use crate::world::{Column, Table};

impl Operation {
    /// Runs the write.
    ///
    /// # Errors
    ///
    /// If the database refuses it.
    pub async fn run<C: ConnectionTrait>(&self, db: &C) -> Result<(), DbErr> {
        match self.style() {
            Some(Style::Bound | Style::Inline) => return self.run_text(Call::Execute, db).await,
            Some(Style::InlineReturning) => return self.run_text(Call::QueryAll, db).await,
            Some(Style::FirstReturned) => return self.run_text(Call::QueryOne, db).await,
            _ => {}
        }
        // One future for all entities and styles would be larger than a stack.
        Box::pin(self.run_typed(db)).await
    }

    async fn run_text<C: ConnectionTrait>(&self, call: Call, db: &C) -> Result<(), DbErr> {
        let backend = db.get_database_backend();
        let sql = self.sql(backend.into());
        let statement = sql.statement(backend);
        match call {
            Call::Execute => db.execute_raw(statement).await.map(drop),
            Call::QueryAll => db.query_all_raw(statement).await.map(drop),
            Call::QueryOne => db.query_one_raw(statement).await.map(drop),
            Call::Unprepared => db.execute_unprepared(&statement.sql).await.map(drop),
        }
    }

    async fn run_typed<C: ConnectionTrait>(&self, db: &C) -> Result<(), DbErr> {
        match self {
            Self::Update { table, key, changes, style } => {
                with_entity!(*table, e => update::<e::Entity, C>(*table, key, changes, *style, db).await)
            }
            Self::Insert { table, rows, style } => {
                with_entity!(*table, e => insert::<e::Entity, C>(rows, *style, db).await)
            }
            Self::Upsert { row, table, target, conflict, style } => {
                with_entity!(*table, e => {
                    upsert::<e::Entity, C>(*table, row, target, conflict, *style, db).await
                })
            }
            Self::Delete { table, key, style } => {
                with_entity!(*table, e => delete::<e::Entity, C>(*table, key, *style, db).await)
            }
            Self::UpdateMany { table, filter, changes, style } => {
                with_entity!(*table, e => update_many::<e::Entity, C>(*table, filter, changes, *style, db).await)
            }
            Self::DeleteMany { table, filter, style } => {
                with_entity!(*table, e => delete_many::<e::Entity, C>(*table, filter, *style, db).await)
            }
            Self::Text { call, .. } => self.run_text(*call, db).await,
        }
    }
}

/// The entity's column of a name.
fn named<E: EntityTrait>(column: &Column) -> Result<E::Column, DbErr> {
    column.name.parse().map_err(|_| DbErr::Custom(format!("no column {}", column.name)))
}

/// A model with these columns set.
fn fill<E: Entity>(row: impl IntoIterator<Item = (Column, Literal)>) -> Result<E::ActiveModel, DbErr> {
    let mut model = <E::ActiveModel as ActiveModelTrait>::default();
    for (column, value) in row {
        model.try_set(named::<E>(&column)?, value.bind(column.of()))?;
    }
    Ok(model)
}

fn keyed(table: Table, key: &[Literal]) -> impl Iterator<Item = (Column, Literal)> {
    table.key().into_iter().zip(key.to_vec())
}

async fn update<E: Entity, C: ConnectionTrait>(
    table: Table,
    key: &[Literal],
    changes: &[Change],
    style: Style,
    db: &C,
) -> Result<(), DbErr> {
    let by_key = Filter::key(table, key);
    if matches!(style, Style::Many | Style::Returning) {
        return update_many::<E, C>(table, &by_key, changes, style, db).await;
    }
    // To add to a value one has to know it, and so does a user who changes a model that was read.
    let adds = changes.iter().any(|change| matches!(change, Change::Add(..)));
    let mut model = if style == Style::Active || adds {
        match E::find().filter(by_key.condition(table)).one(db).await? {
            Some(model) => model.into_active_model(),
            None => return Err(DbErr::RecordNotFound("no such row".to_owned())),
        }
    } else {
        fill::<E>(keyed(table, key))?
    };
    for change in changes {
        let (column, value) = match change {
            Change::To(column, value) => (column, value.bind(column.of())),
            Change::Add(column, number) => {
                let before = match model.get(named::<E>(column)?).into_value() {
                    Some(sea_orm::Value::BigInt(before)) => before,
                    _ => None,
                };
                (column, before.map(|before| before + number).into())
            }
        };
        model.try_set(named::<E>(column)?, value)?;
    }
    match style {
        Style::Silent => model.update_without_returning(db).await.map(drop),
        Style::Entity => E::update(model).exec(db).await.map(drop),
        _ => model.update(db).await.map(drop),
    }
}

async fn insert<E: Entity, C: ConnectionTrait>(rows: &[Row], style: Style, db: &C) -> Result<(), DbErr> {
    let mut models = Vec::with_capacity(rows.len());
    for row in rows {
        models.push(fill::<E>(row.iter().cloned())?);
    }
    if models.len() > 1 {
        return match style {
            Style::Returning => E::insert_many(models).exec_with_returning(db).await.map(drop),
            Style::Silent => E::insert_many(models).exec_without_returning(db).await.map(drop),
            _ => E::insert_many(models).exec(db).await.map(drop),
        };
    }
    for model in models {
        match style {
            Style::Returning => E::insert(model).exec_with_returning(db).await.map(drop)?,
            Style::Silent => E::insert(model).exec_without_returning(db).await.map(drop)?,
            Style::Entity | Style::Many => E::insert(model).exec(db).await.map(drop)?,
            _ => model.insert(db).await.map(drop)?,
        }
    }
    Ok(())
}

async fn upsert<E: Entity, C: ConnectionTrait>(
    table: Table,
    row: &Row,
    target: &[Column],
    conflict: &Conflict,
    style: Style,
    db: &C,
) -> Result<(), DbErr> {
    let model = fill::<E>(row.iter().cloned())?;
    let mut on = OnConflict::columns(target.iter().map(|column| Alias::new(column.name)));
    match conflict {
        // Where nothing names the target, that is a key of the row that stays as it is.
        Conflict::Nothing if db.get_database_backend() == DbBackend::MySql => {
            on.do_nothing_on(table.key().iter().map(|column| Alias::new(column.name)))
        }
        Conflict::Nothing => on.do_nothing(),
        Conflict::Update(columns) => on.update_columns(columns.iter().map(|column| Alias::new(column.name))),
        Conflict::Change(Change::To(column, value)) => {
            on.value(Alias::new(column.name), Expr::val(value.bind(column.of())))
        }
        Conflict::Change(Change::Add(column, number)) => {
            let before = (Alias::new(table.name()), Alias::new(column.name));
            on.value(Alias::new(column.name), Expr::col(before).add(*number))
        }
    };
    match style {
        Style::Returning => E::insert(model).on_conflict(on).exec_with_returning(db).await.map(drop),
        Style::Silent => E::insert(model).on_conflict(on).exec_without_returning(db).await.map(drop),
        Style::Many => E::insert_many([model]).on_conflict(on).exec(db).await.map(drop),
        _ => E::insert(model).on_conflict(on).exec(db).await.map(drop),
    }
}

async fn delete<E: Entity, C: ConnectionTrait>(
    table: Table,
    key: &[Literal],
    style: Style,
    db: &C,
) -> Result<(), DbErr> {
    let by_key = Filter::key(table, key);
    match style {
        Style::Active => match E::find().filter(by_key.condition(table)).one(db).await? {
            Some(model) => model.into_active_model().delete(db).await.map(drop),
            None => Ok(()),
        },
        Style::Blind => fill::<E>(keyed(table, key))?.delete(db).await.map(drop),
        Style::Entity => {
            let model = fill::<E>(keyed(table, key))?;
            E::delete(model).exec(db).await.map(drop)
        }
        _ => delete_many::<E, C>(table, &by_key, style, db).await,
    }
}

async fn update_many<E: Entity, C: ConnectionTrait>(
    table: Table,
    filter: &Filter,
    changes: &[Change],
    style: Style,
    db: &C,
) -> Result<(), DbErr> {
    let mut update = E::update_many().filter(filter.condition(table));
    for change in changes {
        update = match change {
            Change::To(column, value) => {
                update.col_expr(Alias::new(column.name), Expr::val(value.bind(column.of())))
            }
            Change::Add(column, number) => {
                update.col_expr(Alias::new(column.name), Expr::col(Alias::new(column.name)).add(*number))
            }
        };
    }
    match style {
        Style::Returning => update.exec_with_returning(db).await.map(drop),
        _ => update.exec(db).await.map(drop),
    }
}

async fn delete_many<E: Entity, C: ConnectionTrait>(
    table: Table,
    filter: &Filter,
    style: Style,
    db: &C,
) -> Result<(), DbErr> {
    let delete = E::delete_many().filter(filter.condition(table));
    match style {
        Style::Returning => delete.exec_with_returning(db).await.map(drop),
        _ => delete.exec(db).await.map(drop),
    }
}
