//! Random writes, whose changes are known row by row.

use std::fs::File;
use std::path::{Path, PathBuf};

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, ExprTrait, QueryFilter, QueryResult, Statement,
};

use super::event::{Change, Effect, Image, Row, now};
use super::read::Style;
use super::table::{Kept, Table, item, note};
use crate::rng::Rng;

/// What one statement does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Changes a row in its place.
    Touch(i64),
    /// Puts a row into a group.
    Move(i64, i64),
    /// Changes all rows of a group.
    TouchGroup(i64),
    /// Inserts a row into a group.
    Birth(i64, i64),
    /// Inserts a row into a group, or puts it there.
    Upsert(i64, i64),
    /// Deletes a row.
    Death(i64),
}

/// Lets one process after the other insert rows, so that whoever is born later has the later version.
#[derive(Clone, Debug)]
pub struct Births(PathBuf);

impl Births {
    /// The processes that are given the same file share it.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// The right to insert until it is dropped, if nobody has it: who waited here while the database's lock is
    /// held could wait for somebody who waits for that.
    fn claim(&self) -> Option<File> {
        let file = File::options().create(true).append(true).open(&self.0).ok()?;
        file.try_lock().ok().map(|()| file)
    }
}

/// A statement that writes.
#[derive(Debug)]
pub struct Write {
    /// The table.
    pub table: Table,
    /// What it does there.
    pub kind: Kind,
    /// How it is written.
    pub style: Style,
    /// The name of what it does.
    pub stamp: i64,
    /// The version of a row that it inserts: later than all that a row of this key has had.
    birth: i64,
    _claim: Option<File>,
}

impl Write {
    /// A random one; it inserts only if it may.
    pub fn random(stamp: i64, births: Option<&Births>, rng: &mut Rng) -> Self {
        let table = rng.pick(&Table::ALL);
        let (id, group) = (rng.within(table.ids()), rng.within(table.groups()));
        let kind = rng.weighted(&[
            (40, Kind::Touch(id)),
            (20, Kind::Move(id, group)),
            (5, Kind::TouchGroup(group)),
            (12, Kind::Birth(id, group)),
            (8, Kind::Upsert(id, group)),
            (8, Kind::Death(id)),
        ]);
        let style = rng.pick(&[Style::Typed, Style::Text]);
        let inserts = matches!(kind, Kind::Birth(..) | Kind::Upsert(..));
        let claim = births.filter(|_| inserts).and_then(Births::claim);
        let kind = if inserts && claim.is_none() { Kind::Touch(id) } else { kind };
        Self { table, kind, style, stamp, birth: now() as i64, _claim: claim }
    }

    /// What it may do, as far as that is known before it has run.
    #[must_use]
    pub fn planned(&self) -> Vec<Change> {
        let change =
            |id, effect, version| Change { row: Row(self.table, id), stamp: self.stamp, effect, version };
        match self.kind {
            Kind::Touch(id) => vec![change(id, Effect::Kept, None)],
            Kind::Move(id, group) | Kind::Upsert(id, group) => vec![change(id, Effect::Group(group), None)],
            Kind::TouchGroup(_) => self.table.ids().map(|id| change(id, Effect::Kept, None)).collect(),
            Kind::Birth(id, group) => vec![change(id, Effect::Group(group), Some(self.birth))],
            Kind::Death(id) => vec![change(id, Effect::Gone, None)],
        }
    }

    /// Runs it, and says what it did.
    ///
    /// # Errors
    ///
    /// If the database refuses.
    pub async fn run<C: ConnectionTrait>(&self, db: &C) -> Result<Vec<Change>, DbErr> {
        let images = match (self.style, self.table) {
            (Style::Text, _) => self.run_text(db).await?,
            (Style::Typed, Table::Item) => self.run_typed::<item::Entity, C>(db).await?,
            (Style::Typed, Table::Note) => self.run_typed::<note::Entity, C>(db).await?,
        };
        Ok(images.into_iter().map(|(row, image)| self.done(row, image)).collect())
    }

    fn done(&self, row: Row, Image { version, group, .. }: Image) -> Change {
        let effect = if matches!(self.kind, Kind::Death(_)) { Effect::Gone } else { Effect::Group(group) };
        Change { row, stamp: self.stamp, effect, version: Some(version) }
    }

    async fn run_typed<E: Kept, C: ConnectionTrait>(&self, db: &C) -> Result<Vec<(Row, Image)>, DbErr> {
        let update = E::update_many()
            .col_expr(E::VERSION, Expr::col(E::VERSION).add(1))
            .col_expr(E::STAMP, Expr::value(self.stamp));
        let models = match self.kind {
            Kind::Touch(id) => update.filter(E::ID.eq(id)).exec_with_returning(db).await?,
            Kind::TouchGroup(group) => update.filter(E::GROUP.eq(group)).exec_with_returning(db).await?,
            Kind::Move(id, group) => {
                let update = update.col_expr(E::GROUP, Expr::value(group));
                update.filter(E::ID.eq(id)).exec_with_returning(db).await?
            }
            Kind::Birth(id, group) => {
                let image = Image { version: self.birth, stamp: self.stamp, group };
                vec![E::born(id, image).insert(db).await?]
            }
            Kind::Death(id) => E::delete_many().filter(E::ID.eq(id)).exec_with_returning(db).await?,
            Kind::Upsert(..) => return self.run_text(db).await,
        };
        Ok(models.iter().map(E::image).collect())
    }

    async fn run_text<C: ConnectionTrait>(&self, db: &C) -> Result<Vec<(Row, Image)>, DbErr> {
        let (sql, values) = self.text();
        let values = values.into_iter().map(sea_orm::Value::from);
        let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
        let rows = db.query_all_raw(statement).await?;
        rows.iter().map(|row| self.image(row)).collect()
    }

    fn text(&self) -> (String, Vec<i64>) {
        let (table, group) = (self.table.name(), self.table.group());
        let returning = format!("RETURNING id, {group}, version, stamp");
        let update = format!("UPDATE {table} SET version = version + 1, stamp = ?");
        let insert = format!("INSERT INTO {table} (id, {group}, version, stamp) VALUES (?, ?, ?, ?)");
        let (stamp, birth) = (self.stamp, self.birth);
        match self.kind {
            Kind::Touch(id) => (format!("{update} WHERE id = ? {returning}"), vec![stamp, id]),
            Kind::TouchGroup(of) => (format!("{update} WHERE {group} = ? {returning}"), vec![stamp, of]),
            Kind::Move(id, to) => {
                (format!("{update}, {group} = ? WHERE id = ? {returning}"), vec![stamp, to, id])
            }
            Kind::Birth(id, to) => (format!("{insert} {returning}"), vec![id, to, birth, stamp]),
            Kind::Upsert(id, to) => {
                let instead =
                    format!("version = version + 1, stamp = excluded.stamp, {group} = excluded.{group}");
                let upsert = format!("{insert} ON CONFLICT (id) DO UPDATE SET {instead} {returning}");
                (upsert, vec![id, to, birth, stamp])
            }
            Kind::Death(id) => (format!("DELETE FROM {table} WHERE id = ? {returning}"), vec![id]),
        }
    }

    fn image(&self, row: &QueryResult) -> Result<(Row, Image), DbErr> {
        let image = Image {
            version: row.try_get("", "version")?,
            stamp: row.try_get("", "stamp")?,
            group: row.try_get("", self.table.group())?,
        };
        Ok((Row(self.table, row.try_get("", "id")?), image))
    }
}
