//! Which of the application's functions write nothing, by what is in them.
//!
//! That PostgreSQL calls a function stable does not say so: it may call one that is not. MySQL does not look whether
//! one that is said to read does only that.

use super::analyse::analyse;
use super::mysql;
use super::plan::Plan;
use crate::schema::{Dialect, Duration, Schema};

/// The same schema, which knows which functions only read, as far as their bodies are understood, and on MySQL which
/// names may set the session.
pub(crate) fn read_bodies(schema: Schema) -> Schema {
    let schema = with_readers(schema);
    let (Dialect::MySql, Some(routines)) = (schema.dialect(), schema.routines()) else { return schema };
    let mut routines = routines.clone();
    mysql::setters(&schema).into_iter().for_each(|name| routines.may_set(name, Duration::Session));
    schema.with_routines(routines)
}

fn with_readers(mut schema: Schema) -> Schema {
    loop {
        // In each round those that call none but what is known by then.
        let Some(routines) = schema.routines() else { return schema };
        let only_reads = |body: &String| match schema.dialect() {
            Dialect::MySql => mysql::effects(&schema, body).is_some_and(|effects| effects.is_empty()),
            _ => matches!(analyse(&schema, body), Plan::Read(plan) if !plan.may_write),
        };
        let reading = routines.bodies().filter(|(_, bodies)| bodies.iter().all(only_reads));
        let reading: Vec<String> = reading.map(|(name, _)| name.to_owned()).collect();
        if reading.is_empty() {
            return schema;
        }
        let mut routines = routines.clone();
        reading.iter().for_each(|name| routines.only_reads(name));
        schema = schema.with_routines(routines);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, Dialect, Routine, Routines, TableDefinition};

    #[test]
    fn a_function_of_mysql_reads_only_if_its_block_does() {
        let bodies = [
            ("reads", "BEGIN DECLARE `which` INT; RETURN (SELECT n FROM t WHERE id = which); END"),
            ("finds", "BEGIN DECLARE found INT; SELECT n INTO found FROM t; RETURN found; END"),
            ("calls", "BEGIN RETURN reads(1) + 1; END"),
            ("writes", "BEGIN UPDATE t SET n = 1; RETURN 1; END"),
            ("calls_a_writer", "BEGIN IF writes() THEN RETURN 1; END IF; END"),
            ("exports", "BEGIN SELECT n INTO OUTFILE 'x' FROM t; RETURN 1; END"),
            ("sets", "BEGIN SET time_zone = '+03:00'; RETURN 1; END"),
        ];
        let table = TableDefinition::new("t").column(Column::int("id")).column(Column::int("n"));
        let schema = Schema::new(Dialect::MySql, [table], []).unwrap();
        let mut routines = schema.routines().unwrap().clone();
        for (name, body) in bodies {
            routines.add(name, Routine::Unknown);
            routines.add_bodies(name, [body]);
        }
        let schema = read_bodies(schema.with_routines(routines));
        for (name, _) in bodies {
            let only_reads = ["reads", "finds", "calls", "exports"].contains(&name);
            let expected = if only_reads { Routine::Volatile } else { Routine::Unknown };
            assert_eq!(schema.routines().unwrap().named(name), expected, "{name}");
        }
    }

    #[test]
    fn a_function_reads_only_if_its_body_and_what_that_calls_do() {
        let bodies: &[(&str, &[&str])] = &[
            ("reads", &["SELECT n FROM t WHERE id = $1"]),
            ("calls", &["SELECT sum(reads(id)) FROM t", "SELECT reads(1); SELECT 2"]),
            ("writes", &["UPDATE t SET n = 1 RETURNING n"]),
            ("calls_a_writer", &["SELECT writes() FROM t"]),
            ("one_of_two_writes", &["SELECT 1", "DELETE FROM t"]),
            ("sets", &["SELECT set_config('search_path', 'a', false)"]),
            ("endless", &["SELECT endless()"]),
            ("makes_a_table", &["SELECT id INTO u FROM t"]),
        ];
        let mut routines = Routines::default();
        routines.add("sum", Routine::Aggregate);
        routines.add("set_config", Routine::Unknown);
        for (name, texts) in bodies {
            routines.add(name, Routine::Unknown);
            routines.add_bodies(name, texts.iter().copied());
        }
        let table = TableDefinition::new("t").column(Column::int("id")).column(Column::int("n"));
        let schema = Schema::new(Dialect::Postgres, [table], []).unwrap().with_routines(routines);
        let schema = read_bodies(schema);
        let known = |name| schema.routines().unwrap().named(name);
        for (name, _) in bodies {
            let expected =
                if ["reads", "calls"].contains(name) { Routine::Volatile } else { Routine::Unknown };
            assert_eq!(known(name), expected, "{name}");
        }
    }
}
