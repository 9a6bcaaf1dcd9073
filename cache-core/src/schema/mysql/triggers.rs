//! What triggers fire on, and which columns of the row itself they set.

use super::catalog::{Catalog, Sight, TriggerRow};
use crate::schema::{Trigger, TriggerEvent};

/// The text of what stands for triggers and references that there may be, and that nobody shows.
pub(crate) const NOT_SHOWN: &str = "/* not shown */";

/// What stands for whatever may follow a write of a table without being shown: foreign keys of other databases, and where
/// the user is shown only some tables or triggers, others.
pub(super) fn not_shown(catalog: &Catalog, table: &str) -> Vec<Trigger> {
    let mut events = Vec::new();
    let acts = |action: &str| {
        ["CASCADE", "SET NULL", "SET DEFAULT"].iter().any(|acts| action.eq_ignore_ascii_case(acts))
    };
    for row in catalog.followers.iter().filter(|row| row.parent.eq_ignore_ascii_case(table)) {
        if acts(&row.on_delete) {
            events.push(TriggerEvent::Delete);
        }
        if acts(&row.on_update) {
            events.push(TriggerEvent::Update(vec![row.column.clone()]));
        }
    }
    if catalog.references == Sight::Some {
        events.extend([TriggerEvent::Delete, TriggerEvent::Update(Vec::new())]);
    }
    if catalog.sight == Sight::Some {
        events.push(TriggerEvent::Any);
    }
    events.into_iter().map(|event| Trigger { event, text: NOT_SHOWN.to_owned() }).collect()
}

/// The triggers of a table, each with the text that `sql` reads: its header and its body between BEGIN and END.
pub(super) fn triggers<'c>(catalog: &'c Catalog, table: &'c str) -> impl Iterator<Item = Trigger> + 'c {
    of_table(catalog, table).map(|row| {
        let event = match row.event.to_ascii_uppercase().as_str() {
            "INSERT" => TriggerEvent::Insert,
            "UPDATE" => TriggerEvent::Update(Vec::new()),
            "DELETE" => TriggerEvent::Delete,
            _ => TriggerEvent::Any,
        };
        let is_read_alike = modes(&row.sql_mode) == modes(catalog.settings.named("sql_mode"));
        let text = match &row.statement {
            Some(statement) if is_read_alike => {
                format!("{} {} BEGIN {statement}; END", row.timing, row.event)
            }
            // Nobody knows what it does.
            _ => String::new(),
        };
        Trigger { event, text }
    })
}

fn of_table<'c>(catalog: &'c Catalog, table: &'c str) -> impl Iterator<Item = &'c TriggerRow> + 'c {
    catalog.triggers.iter().filter(move |row| row.table == table)
}

/// The modes that decide how a text reads.
pub(super) fn modes(sql_mode: &str) -> Vec<&str> {
    const LEXICAL: [&str; 5] =
        ["ANSI_QUOTES", "NO_BACKSLASH_ESCAPES", "HIGH_NOT_PRECEDENCE", "EMPTY_STRING_IS_NULL", "ORACLE"];
    let mut modes: Vec<&str> = sql_mode.split(',').filter(|mode| LEXICAL.contains(mode)).collect();
    modes.sort_unstable();
    modes
}

/// The columns of its own row that a trigger may set before the row is written.
pub(super) enum Assigned {
    /// Those whose names follow `NEW.` somewhere.
    These(Vec<String>),
    /// Nobody knows which.
    Any,
}

impl Assigned {
    pub(super) fn has(&self, column: &str) -> bool {
        match self {
            Assigned::These(names) => names.iter().any(|name| name.eq_ignore_ascii_case(column)),
            Assigned::Any => true,
        }
    }
}

/// Only what runs before can; it names what it sets as `NEW.name`.
pub(super) fn assigned(catalog: &Catalog, table: &str) -> Assigned {
    let mut names = Vec::new();
    let before = |row: &&TriggerRow| row.timing.eq_ignore_ascii_case("BEFORE");
    for row in of_table(catalog, table).filter(before).filter(|row| !row.event.eq_ignore_ascii_case("DELETE"))
    {
        match row.statement.as_deref().and_then(named_of_new) {
            Some(found) => names.extend(found),
            None => return Assigned::Any,
        }
    }
    Assigned::These(names)
}

/// Every name that follows `NEW.` and is followed by what may assign; `None` if that cannot be told. Strings and
/// comments count too, which costs precision only.
fn named_of_new(statement: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let lower = statement.to_ascii_lowercase();
    let may_be_handed_over = lower.contains("call") || lower.contains("into");
    let mut rest = lower.as_str();
    while let Some(at) = rest.find("new") {
        let is_word = !rest[..at].ends_with(is_name);
        rest = &rest[at + 3..];
        if !is_word || rest.starts_with(is_name) {
            continue;
        }
        let after = rest.trim_start_matches(['`', ' ', '\t', '\r', '\n']).strip_prefix('.')?.trim_start();
        let (name, after) = match after.strip_prefix('`') {
            Some(quoted) => quoted.split_once('`')?,
            None => after.split_at(after.find(|c| !is_name(c)).unwrap_or(after.len())),
        };
        let after = after.trim_start();
        if name.is_empty()
            || after.starts_with('`')
            || after.starts_with("/*")
            || after.starts_with(['-', '#'])
        {
            return None;
        }
        if may_be_handed_over || after.starts_with('=') || after.starts_with(":=") {
            names.push(name.to_owned());
        }
    }
    Some(names)
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_trigger_sets_of_its_row_is_found() {
        let names = |text| named_of_new(text).map(|names| names.join(" "));
        assert_eq!(names("SET NEW.a = 1, new.`b c` := 2"), Some("a b c".to_owned()));
        assert_eq!(names("IF NEW.a > 1 THEN SET NEW . b = newer.c; END IF"), Some("b".to_owned()));
        assert_eq!(names("INSERT INTO log VALUES (NEW.a)"), Some("a".to_owned()));
        assert_eq!(names("CALL change(`NEW`.a)"), Some("a".to_owned()));
        assert_eq!(names("SET @x = 1"), Some(String::new()));
        assert_eq!(names("SET NEW/**/.a = 1"), None);
        assert_eq!(names("SET NEW.a /* = */ = 1"), None);
    }
}
