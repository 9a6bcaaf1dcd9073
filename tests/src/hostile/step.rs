//! How hostile writes are framed.

use super::script::{Script, ends, within};
use super::texts::{SCHEMA, SETTERS};
use super::{statement, trigger};
use crate::backend::Backend;
use crate::literal::{Sql, Values};
use crate::rng::Rng;
use crate::world::Theme;
use crate::write::{Call, End, Kind, Mix, Operation, Part, Step, Write};

/// Any step.
pub fn step(theme: &Theme, rng: &mut Rng) -> Step {
    match rng.below(400) {
        0..=249 => Step::Alone(statement::write(theme, rng)),
        250..=289 => Step::Script(Script::random(theme, rng)),
        290..=325 => typed(theme, rng),
        326..=369 => Step::random(Mix::Adversarial, theme, rng),
        370..=391 => Step::Alone(change(theme, rng)),
        392..=398 => Step::Elsewhere(change(theme, rng)),
        _ => {
            let texts: Vec<_> = SETTERS.iter().filter(|text| text.on.contains(&theme.backend())).collect();
            Step::Alone(statement::text(rng.pick(&texts), theme, rng))
        }
    }
}

/// A transaction that has a handle, with control by statements in it.
fn typed(theme: &Theme, rng: &mut Rng) -> Step {
    let backend = theme.backend();
    let parts = (0..2 + rng.below(3)).map(|_| match rng.below(10) {
        0..=4 => Part::Write(statement::write(theme, rng)),
        5 => Part::Write(change(theme, rng)),
        6 | 7 => Part::Control(rng.pick(within(backend))),
        8 => Part::Control(rng.pick(ends(backend))),
        _ => {
            let writes = vec![Part::Write(statement::write(theme, rng))];
            Part::Savepoint(writes, rng.pick(&[End::Commit, End::Rollback, End::Drop]))
        }
    });
    let parts = parts.collect();
    Step::Transaction(parts, rng.weighted(&[(40, End::Commit), (35, End::Rollback), (25, End::Drop)]))
}

/// A change of the schema: a text, or another body of a trigger.
pub(crate) fn change(theme: &Theme, rng: &mut Rng) -> Write {
    let backend = theme.backend();
    if rng.chance(75) {
        let texts: Vec<_> = SCHEMA.iter().filter(|text| text.on.contains(&backend)).collect();
        return statement::text(rng.pick(&texts), theme, rng);
    }
    let mut text = trigger::one(backend, rng.below(3), rng).join("; ");
    if backend == Backend::Sqlite {
        let name = text.split(' ').nth(2).unwrap_or_default().to_owned();
        text = format!("DROP TRIGGER IF EXISTS {name}; {text}");
    }
    let mut sql = Sql::new(Values::Inline);
    sql.push(&text);
    Write { backend, kind: Kind::Schema, operation: Operation::Text { sql, call: Call::Unprepared } }
}
