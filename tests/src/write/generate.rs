//! Random writes, by a mix.

use super::operation::{Change, Conflict, Operation, Row, Style};
use super::texts::texts;
use super::{Kind, Write};
use crate::backend::{Backend, Verb};
use crate::hostile;
use crate::literal::{Literal, Values};
use crate::read::{Filter, template};
use crate::rng::Rng;
use crate::world::{Column, Domain, Role, Rows, Table, Theme};

/// Which kinds of writes there are, and how many of each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mix {
    /// What applications do: mostly single rows by key.
    Default,
    /// Mostly what caches get wrong.
    Adversarial,
    /// Mostly what misleads a reader of texts.
    Hostile,
    /// As the default, with the other writes of a plain application.
    Shop,
}

use Style::{Active, Blind, Bound, Entity, FirstReturned, Inline, InlineReturning, Many, Returning, Silent};

const BY_KEY: &[Style] =
    &[Active, Active, Blind, Entity, Many, Many, Returning, Silent, Bound, Bound, Inline, InlineReturning];

impl Mix {
    fn kind(self, rng: &mut Rng) -> Kind {
        let weights = match self {
            Self::Default | Self::Shop => [40, 15, 10, 20, 5, 5, 0, 5],
            Self::Adversarial | Self::Hostile => [8, 6, 12, 10, 8, 12, 6, 38],
        };
        let kinds = [
            Kind::Counter,
            Kind::Edit,
            Kind::Move,
            Kind::Insert,
            Kind::Delete,
            Kind::Bulk,
            Kind::Key,
            Kind::Raw,
        ];
        let weighted: Vec<_> = weights.into_iter().zip(kinds).collect();
        rng.weighted(&weighted)
    }

    fn has_texts_of(self, kind: Kind) -> bool {
        match self {
            // Applications change their schema in migrations, not between two requests.
            Self::Default => kind != Kind::Schema,
            Self::Adversarial | Self::Hostile => true,
            Self::Shop => matches!(kind, Kind::Upsert | Kind::Cascade | Kind::NoOp),
        }
    }
}

impl Write {
    /// Any write of the mix.
    pub fn random(mix: Mix, theme: &Theme, rng: &mut Rng) -> Self {
        if mix == Mix::Hostile {
            return hostile::write(theme, rng);
        }
        let backend = theme.backend();
        let kind = mix.kind(rng);
        let operation = match kind {
            Kind::Counter => by_key(Role::Counter, theme, rng),
            Kind::Edit => by_key(Role::Edit, theme, rng),
            Kind::Move => by_key(Role::Scope, theme, rng),
            Kind::Insert => insert(theme, rng),
            Kind::Delete => {
                let table = theme.table(rng);
                let key = theme.key(table, rng);
                Operation::Delete { table, key, style: rng.pick(BY_KEY).on(backend, Verb::Delete) }
            }
            Kind::Bulk => bulk(theme, rng),
            Kind::Key => change_key(theme, rng),
            _ if rng.chance(25) => {
                return Self { backend, kind: Kind::Upsert, operation: upsert(theme, rng) };
            }
            _ => loop {
                let text = rng.pick(&texts(backend));
                if mix.has_texts_of(text.kind) {
                    let bound = text.call != super::Call::Unprepared && rng.chance(50);
                    let values = if bound { Values::Bound } else { Values::Inline };
                    let sql = template::fill(text.sql, values, theme, rng);
                    let operation = Operation::Text { sql, call: text.call };
                    return Self { backend, kind: text.kind, operation };
                }
            },
        };
        Self { backend, kind, operation }
    }
}

fn table_with(role: Role, theme: &Theme, rng: &mut Rng) -> (Table, Vec<Column>) {
    loop {
        let table = theme.table(rng);
        let columns = table.with_role(role);
        if !columns.is_empty() {
            return (table, columns);
        }
    }
}

fn change(column: Column, theme: &Theme, rng: &mut Rng) -> Change {
    if column.role == Role::Counter && rng.chance(70) {
        Change::Add(column, 1)
    } else {
        Change::To(column, column.draw(rng, theme.rows()))
    }
}

/// One row: a column of the role, now and then a second one.
fn by_key(role: Role, theme: &Theme, rng: &mut Rng) -> Operation {
    let (table, columns) = table_with(role, theme, rng);
    let first = rng.pick(&columns);
    let mut changes = vec![change(first, theme, rng)];
    let second = rng.pick(&columns);
    if role != Role::Counter && second.name != first.name && rng.chance(20) {
        changes.push(change(second, theme, rng));
    }
    let key = theme.key(table, rng);
    Operation::Update { table, key, changes, style: rng.pick(BY_KEY).on(theme.backend(), Verb::Update) }
}

/// The columns that a new row names: what the database can fill in may be left out.
fn named(table: Table, rng: &mut Rng) -> Vec<Column> {
    let mut columns = table.columns().to_vec();
    columns.retain(|column| match column.role {
        Role::Generated => false,
        Role::Key => !table.gives_keys() || rng.chance(30),
        Role::Counter => rng.chance(50),
        _ if column.nullable || matches!(column.domain, Domain::Flags) => rng.chance(75),
        _ => true,
    });
    columns
}

fn row(columns: &[Column], theme: &Theme, rng: &mut Rng) -> Row {
    columns.iter().map(|column| (*column, column.draw(rng, theme.rows()))).collect()
}

/// A row whose keys are mostly free: one that is refused changes nothing.
fn new_row(table: Table, columns: &[Column], theme: &Theme, rng: &mut Rng) -> Row {
    let mut row = row(columns, theme, rng);
    let free = if theme.rows() == Rows::Few { 60 } else { 95 };
    let own_key = columns.iter().filter(|column| column.role == Role::Key).count() == 1;
    for (column, value) in &mut row {
        let fresh = match column.role {
            Role::Key => own_key && rng.chance(free),
            Role::Unique => !matches!(value, Literal::Null) && rng.chance(free),
            _ => false,
        };
        match (fresh, column.role, column.domain) {
            (true, Role::Key, _) => *value = theme.free_key(table, rng),
            (true, _, Domain::Texts(_)) => *value = Literal::Text(format!("k{}", rng.below(400))),
            (true, _, Domain::Numbers(_)) => *value = Literal::Int(rng.within(5..30)),
            _ => {}
        }
    }
    row
}

fn insert(theme: &Theme, rng: &mut Rng) -> Operation {
    let table = theme.table(rng);
    let columns = named(table, rng);
    let count = rng.weighted(&[(80, 1), (15, 2), (5, 3)]);
    let mut rows: Vec<Row> = (0..count).map(|_| new_row(table, &columns, theme, rng)).collect();
    let style = rng.pick(&[
        Blind,
        Blind,
        Entity,
        Many,
        Returning,
        Silent,
        Bound,
        Inline,
        InlineReturning,
        FirstReturned,
    ]);
    // Only SQL can ask for a key by NULL, or by zero.
    let is_text = matches!(style, Bound | Inline | InlineReturning | FirstReturned);
    let key = table.key()[0];
    if is_text
        && theme.backend().replaces_null_keys()
        && table.gives_keys()
        && !columns.iter().any(|column| column.name == key.name)
        && rng.chance(40)
    {
        let given = match theme.backend() {
            Backend::MariaDb if rng.chance(50) => Literal::Int(0),
            _ => Literal::Null,
        };
        rows.iter_mut().for_each(|row| row.push((key, given.clone())));
    }
    Operation::Insert { table, rows, style }
}

fn upsert(theme: &Theme, rng: &mut Rng) -> Operation {
    let table =
        rng.pick(&[Table::Article, Table::Author, Table::Tag, Table::Slot, Table::Stock, Table::ArticleTag]);
    let (key, unique) = (table.key(), table.with_role(Role::Unique));
    let target = if unique.is_empty() || rng.chance(40) { key } else { unique };
    let mut columns = named(table, rng);
    for column in &target {
        if !columns.iter().any(|named| named.name == column.name) {
            columns.push(*column);
        }
    }
    let updated: Vec<Column> =
        columns.iter().filter(|column| !matches!(column.role, Role::Key)).copied().collect();
    let some = rng.some_of(&updated, 50);
    let conflict = match rng.below(10) {
        0..=5 if !some.is_empty() => Conflict::Update(some),
        6..=7 => {
            let changeable: Vec<Column> = table
                .columns()
                .iter()
                .filter(|column| matches!(column.role, Role::Scope | Role::Counter))
                .copied()
                .collect();
            // An unqualified column on the right would be ambiguous for the parser's readers, not for SQLite.
            Conflict::Change(change(rng.pick(&changeable), theme, rng))
        }
        _ => Conflict::Nothing,
    };
    let style = rng.pick(&[Entity, Many, Returning, Silent, Bound, Inline, InlineReturning, FirstReturned]);
    Operation::Upsert { table, row: row(&columns, theme, rng), target, conflict, style }
}

fn bulk(theme: &Theme, rng: &mut Rng) -> Operation {
    let role = rng.pick(&[Role::Counter, Role::Edit, Role::Scope]);
    let (table, columns) = table_with(role, theme, rng);
    let filter =
        if rng.chance(70) { Filter::scope(table, theme, rng) } else { Filter::random(table, theme, 1, rng) };
    let style = rng.pick(&[Many, Many, Returning, Bound, Inline, InlineReturning, FirstReturned]);
    if rng.chance(15) {
        return Operation::DeleteMany { table, filter, style: style.on(theme.backend(), Verb::Delete) };
    }
    let style = style.on(theme.backend(), Verb::Update);
    Operation::UpdateMany { table, filter, changes: vec![change(rng.pick(&columns), theme, rng)], style }
}

/// A row gets a key that is free, most of the time.
fn change_key(theme: &Theme, rng: &mut Rng) -> Operation {
    let table = theme.table(rng);
    let column = rng.pick(&table.key());
    let value =
        if table.key().len() == 1 { theme.free_key(table, rng) } else { column.draw(rng, theme.rows()) };
    let style = rng.pick(&[Many, Many, Returning, Bound, Inline, InlineReturning, FirstReturned]);
    let style = style.on(theme.backend(), Verb::Update);
    let changes = vec![Change::To(column, value)];
    if rng.chance(20) {
        return Operation::UpdateMany { table, filter: Filter::scope(table, theme, rng), changes, style };
    }
    Operation::Update { table, key: theme.key(table, rng), changes, style }
}
