//! The answers to the catalog queries, of canonical values, as adapters read any rows.

use super::catalog::{
    Catalog, ColumnRow, FollowerRow, ForeignKeyRow, IndexRow, ParameterRow, Parent, RoutineRow, Settings,
    Sight, TableRow, TriggerRow, ViewRow,
};
use super::grants;
use crate::error::{Error, ErrorKind, Result};
use crate::schema::cells::Cells;
use crate::value::Value;

/// All rows that one query has returned.
type Answer = Vec<Vec<Value>>;

impl Catalog {
    /// The answers to [`CATALOG`](super::queries::CATALOG), in its order.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`] if they are not those.
    pub fn from_answers(answers: &[Vec<Vec<Value>>]) -> Result<Self> {
        let [
            place,
            triggers_granted,
            grants,
            settings,
            tables,
            columns,
            indexes,
            foreign_keys,
            followers,
            triggers,
            views,
            routines,
            parameters,
        ] = answers
        else {
            return Err(not_asked());
        };
        let (database, version) = all(place, pair)?.into_iter().next().unwrap_or_default();
        let may_see = all(triggers_granted, integer)?.first().is_some_and(|grants| *grants > 0);
        let references = grants::sight(&all(grants, text)?, &database);
        Ok(Self {
            database,
            settings: Settings::new(all(settings, pair)?),
            tables: all(tables, table)?,
            columns: all(columns, column)?,
            indexes: all(indexes, index)?,
            foreign_keys: all(foreign_keys, foreign_key)?,
            references,
            followers: all(followers, follower)?,
            sight: if version.contains("MariaDB") || may_see { Sight::All } else { Sight::Some },
            triggers: all(triggers, trigger)?,
            views: all(views, view)?,
            routines: all(routines, routine)?,
            parameters: all(parameters, parameter)?,
        })
    }
}

/// Which database it is, by whatever address, and what decides how its sessions see it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Origin {
    /// Its server and its own name.
    pub name: String,
    /// The user and the settings.
    pub seen_by: String,
}

impl Origin {
    /// The answers to [`ORIGIN`](super::queries::ORIGIN), in its order.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`] if they are not those.
    pub fn from_answers(answers: &[Vec<Vec<Value>>]) -> Result<Self> {
        let [place, server, user, session, settings] = answers else { return Err(not_asked()) };
        let (database, _) = all(place, pair)?.into_iter().next().unwrap_or_default();
        let server = Settings::new(all(server, pair)?);
        let server = match server.named("server_uuid") {
            "" => ["server_uid", "hostname", "port", "datadir"].map(|name| server.named(name)).join("|"),
            uuid => uuid.to_owned(),
        };
        let (user, session, settings) = (all(user, text)?, all(session, pair)?, all(settings, pair)?);
        let seen_by = format!("{user:?} {session:?} {settings:?}");
        Ok(Self { name: format!("mysql:{server}/{database}"), seen_by })
    }
}

/// The answer to [`FINGERPRINT`](super::queries::FINGERPRINT).
///
/// # Errors
/// [`ErrorKind::Schema`] if it is not that.
pub fn fingerprint(answer: &[Vec<Value>]) -> Result<u64> {
    let Some(row) = answer.first() else { return Ok(0) };
    let cells = Cells(row);
    let (count, checksum): (u64, u64) = (cells.integer(0)?, cells.integer(1)?);
    Ok(checksum ^ count.rotate_left(32))
}

fn all<T>(answer: &Answer, decode: fn(&Cells<'_>) -> Result<T>) -> Result<Vec<T>> {
    answer.iter().map(|row| decode(&Cells(row))).collect()
}

fn not_asked() -> Error {
    Error::new(ErrorKind::Schema, "there is not one answer to each of the catalog queries")
}

fn text(cells: &Cells<'_>) -> Result<String> {
    cells.text(0)
}

fn pair(cells: &Cells<'_>) -> Result<(String, String)> {
    Ok((cells.text(0)?, cells.text(1)?))
}

fn integer(cells: &Cells<'_>) -> Result<i64> {
    cells.integer(0)
}

fn table(cells: &Cells<'_>) -> Result<TableRow> {
    Ok(TableRow { name: cells.text(0)?, kind: cells.text(1)?, engine: cells.text(2)? })
}

fn column(cells: &Cells<'_>) -> Result<ColumnRow> {
    Ok(ColumnRow {
        table: cells.text(0)?,
        name: cells.text(1)?,
        declared: cells.text(2)?,
        length: cells.integer(3)?,
        collation: cells.text(4)?,
        nullable: cells.text(5)?,
        extra: cells.text(6)?,
        generated: cells.text(7)?,
    })
}

fn index(cells: &Cells<'_>) -> Result<IndexRow> {
    Ok(IndexRow { table: cells.text(0)?, index: cells.text(1)?, column: cells.optional(2)? })
}

fn foreign_key(cells: &Cells<'_>) -> Result<ForeignKeyRow> {
    let is_here = cells.integer::<i64>(3)? != 0;
    Ok(ForeignKeyRow {
        table: cells.text(0)?,
        name: cells.text(1)?,
        from: cells.text(2)?,
        place: if is_here { Parent::Here } else { Parent::Elsewhere },
        parent: cells.text(4)?,
        to: cells.text(5)?,
        on_delete: cells.text(6)?,
        on_update: cells.text(7)?,
    })
}

fn follower(cells: &Cells<'_>) -> Result<FollowerRow> {
    Ok(FollowerRow {
        parent: cells.text(0)?,
        column: cells.text(1)?,
        on_delete: cells.text(2)?,
        on_update: cells.text(3)?,
    })
}

fn trigger(cells: &Cells<'_>) -> Result<TriggerRow> {
    Ok(TriggerRow {
        table: cells.text(0)?,
        timing: cells.text(1)?,
        event: cells.text(2)?,
        statement: cells.optional(3)?,
        sql_mode: cells.text(4)?,
    })
}

fn view(cells: &Cells<'_>) -> Result<ViewRow> {
    Ok(ViewRow { name: cells.text(0)?, query: cells.text(1)? })
}

fn routine(cells: &Cells<'_>) -> Result<RoutineRow> {
    Ok(RoutineRow {
        name: cells.text(0)?,
        kind: cells.text(1)?,
        body: cells.optional(2)?,
        sql_mode: cells.text(3)?,
    })
}

fn parameter(cells: &Cells<'_>) -> Result<ParameterRow> {
    Ok(ParameterRow { routine: cells.text(0)?, kind: cells.text(1)?, name: cells.text(2)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::mysql::queries;

    fn texts(texts: &[&str]) -> Vec<Value> {
        texts.iter().map(|text| Value::from(*text)).collect()
    }

    fn answers(version: &str, grants: i64) -> Vec<Answer> {
        let mut answers = vec![Vec::new(); queries::CATALOG.len()];
        answers[0] = vec![texts(&["shop", version])];
        answers[1] = vec![vec![Value::from(grants)]];
        answers
    }

    #[test]
    fn rows_are_decoded_by_their_places() {
        let mut key = texts(&["book", "fk", "author", "", "author", "id", "CASCADE", "RESTRICT"]);
        key[3] = Value::Int(0);
        let mut trigger = texts(&["book", "AFTER", "INSERT", "", "STRICT_TRANS_TABLES"]);
        trigger[3] = Value::Null;
        let mut answers = answers("10.11.6-MariaDB", 0);
        answers[7].push(key);
        answers[9].push(trigger);
        let catalog = Catalog::from_answers(&answers).unwrap();
        assert_eq!((catalog.database.as_str(), catalog.sight), ("shop", Sight::All));
        assert_eq!(
            (catalog.foreign_keys[0].place, &*catalog.foreign_keys[0].on_delete),
            (Parent::Elsewhere, "CASCADE")
        );
        assert_eq!(catalog.triggers[0].statement, None);
    }

    #[test]
    fn who_may_not_see_triggers_is_known_of_mysql() {
        let sight = |version, grants| Catalog::from_answers(&answers(version, grants)).unwrap().sight;
        assert_eq!((sight("8.4.3", 0), sight("8.4.3", 2)), (Sight::Some, Sight::All));
    }

    #[test]
    fn another_catalog_than_expected_is_refused() {
        let mut opaque = answers("8.4.3", 1);
        opaque[4].push(vec![Value::from("book"), Value::Opaque, Value::Int(1)]);
        assert_eq!(Catalog::from_answers(&opaque).unwrap_err().kind(), ErrorKind::Schema);
        assert_eq!(Catalog::from_answers(&opaque[1..]).unwrap_err().kind(), ErrorKind::Schema);
        assert_eq!(fingerprint(&[vec![Value::Int(1)]]).unwrap_err().kind(), ErrorKind::Schema);
    }

    #[test]
    fn a_database_is_named_by_its_server_and_what_sees_it_is_no_part_of_the_name() {
        let origin = |server: &[Vec<Value>], user: &str, settings: &str| {
            let settings = vec![texts(&["autocommit", settings])];
            let answers =
                [vec![texts(&["shop", "8"])], server.to_vec(), vec![texts(&[user])], Vec::new(), settings];
            Origin::from_answers(&answers).unwrap()
        };
        let uuid = origin(&[texts(&["server_uuid", "a-b"]), texts(&["port", "3306"])], "ann@%", "ON");
        assert_eq!(uuid.name, "mysql:a-b/shop");
        assert_ne!(uuid.seen_by, origin(&[], "bob@%", "ON").seen_by);
        assert_ne!(uuid.seen_by, origin(&[], "ann@%", "OFF").seen_by);
        assert_eq!(origin(&[texts(&["port", "3306"])], "ann@%", "ON").name, "mysql:||3306|/shop");
    }

    #[test]
    fn the_fingerprint_depends_on_both_of_its_numbers() {
        let of = |count, checksum| fingerprint(&[vec![Value::Int(count), Value::Int(checksum)]]).unwrap();
        assert_eq!(of(3, u64::MAX.into()), of(3, u64::MAX.into()));
        assert_ne!(of(3, 7), of(4, 7));
        assert_ne!(of(3, 7), of(3, 8));
    }
}
