//! What the texts of routines and blocks set, and which of the application's routines do.

use std::collections::BTreeMap;

use super::catalog::Catalog;
use super::settings::holds;
use crate::schema::Duration;

/// The names of routines by whose text they may change what later statements of their session mean, or that call such, and
/// for how long. What a text of theirs is put together to when it runs does not count, nor what their headers set: the
/// server puts that back.
pub(super) fn setters(catalog: &Catalog) -> BTreeMap<String, Duration> {
    let is_relation = |word: &str| catalog.relations.iter().any(|row| row.name.eq_ignore_ascii_case(word));
    let texts = catalog.routines.iter().filter_map(|row| Some((&row.name, row.definition.as_ref()?)));
    let texts: Vec<(String, String)> =
        texts.map(|(name, text)| (name.to_ascii_lowercase(), without_header_settings(text))).collect();
    let mut setters: BTreeMap<String, Duration> = BTreeMap::new();
    let add = |setters: &mut BTreeMap<String, Duration>, name: &String, found: Option<Duration>| {
        let known = setters.get(name).copied();
        let is_more = found > known;
        if let Some(found) = found.filter(|_| is_more) {
            setters.insert(name.clone(), found);
        }
        is_more
    };
    for (name, text) in &texts {
        add(&mut setters, name, sets(text, is_relation));
    }
    loop {
        let mut is_done = true;
        for (name, text) in &texts {
            let called = called(text).filter_map(|called| setters.get(called).copied()).max();
            is_done &= !add(&mut setters, name, called);
        }
        if is_done {
            return setters;
        }
    }
}

/// The names in a text, in lower case, that stand before a parenthesis.
pub(crate) fn called(text: &str) -> impl Iterator<Item = &str> {
    words(text)
        .filter(|(_, end)| text[*end..].trim_start().starts_with('('))
        .map(|(start, end)| &text[start..end])
}

/// A definition as the server shows it, in lower case, without the settings of its header.
fn without_header_settings(definition: &str) -> String {
    let text = definition.to_ascii_lowercase();
    let Some((header, body)) = text.split_once("\nas $") else { return text };
    let kept: Vec<&str> = header.lines().filter(|line| !line.starts_with(" set ")).collect();
    format!("{}\nas ${body}", kept.join("\n"))
}

/// How long later statements of a session may mean something else because of the text of a routine, or of a block.
pub(crate) fn sets(text: &str, is_relation: impl Fn(&str) -> bool) -> Option<Duration> {
    let text = text.to_ascii_lowercase();
    // What looks like a comment may stand in a string, and what looks like a string in a comment.
    let of_strings = said(&without_comments(&text, Strings::Kept), &is_relation);
    said(&text, &is_relation)
        .max(said(&without_comments(&text, Strings::Unknown), &is_relation))
        .max(of_strings)
}

/// Whether a block runs a text that is put together when it runs.
pub(crate) fn runs_texts(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let is_put_together = |(start, end): (usize, usize)| {
        let behind = text[end..].trim_start();
        let next = words(behind).next().filter(|(start, _)| *start == 0).map(|(_, end)| &behind[..end]);
        &text[start..end] == "execute"
            && !matches!(next, Some("function" | "procedure" | "on"))
            && !is_literal(behind)
    };
    words(&text).any(is_put_together)
}

/// Whether a statement goes on with one text in quotes, and values for it.
fn is_literal(behind: &str) -> bool {
    let Some(mut rest) = behind.strip_prefix('\'') else { return false };
    while let Some((_, after)) = rest.split_once('\'') {
        match after.strip_prefix('\'') {
            Some(more) => rest = more,
            None => {
                let after = after.trim_start();
                return after.is_empty() || after.starts_with(';') || after.starts_with("using ");
            }
        }
    }
    false
}

/// Whether a comment may begin in what stands in quotes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strings {
    Kept,
    Unknown,
}

fn without_comments(text: &str, strings: Strings) -> String {
    let (mut kept, mut rest) = (String::new(), text);
    let string = |rest: &str| rest.find('\'').filter(|_| strings == Strings::Kept);
    while let Some(start) = [rest.find("--"), rest.find("/*"), string(rest)].into_iter().flatten().min() {
        let (before, comment) = rest.split_at(start);
        kept.push_str(before);
        if let Some(quoted) = comment.strip_prefix('\'') {
            let length = quoted.find('\'').map_or(comment.len(), |end| end + 2);
            kept.push_str(&comment[..length]);
            rest = &comment[length..];
            continue;
        }
        let end = if comment.starts_with("--") { "\n" } else { "*/" };
        rest = comment[2..].split_once(end).map_or("", |(_, after)| after);
        kept.push(' ');
    }
    kept + rest
}

fn said(text: &str, is_relation: impl Fn(&str) -> bool) -> Option<Duration> {
    let words: Vec<(usize, usize)> = words(text).collect();
    let word = |index: usize| words.get(index).map_or("", |(start, end)| &text[*start..*end]);
    let before = |index: usize| index.checked_sub(1).map_or("", word);
    let said = (0..words.len()).map(|index| {
        let (start, end) = words[index];
        match word(index) {
            "set_config" => configured(&text[end..]),
            "set" | "reset" if begins(&text[..start], before(index)) => {
                let (made_for, named) = match word(index + 1) {
                    "local" => (Duration::Transaction, index + 2),
                    "session" => (Duration::Session, index + 2),
                    _ => (Duration::Session, index + 1),
                };
                let name = words.get(named).map_or("", |(start, _)| dotted(&text[*start..]));
                holds(name, made_for)
            }
            // CREATE TEMP TABLE IF NOT EXISTS name
            "temp" | "temporary"
                if matches!(before(index), "create" | "global" | "into" | "local" | "replace") =>
            {
                (1..=5).any(|next| is_relation(word(index + next))).then_some(Duration::Session)
            }
            // What is renamed may be temporary.
            "rename" if word(index + 1) == "to" => is_relation(word(index + 2)).then_some(Duration::Reading),
            "pg_temp" if text[end..].trim_start_matches('"').starts_with('.') => {
                is_relation(word(index + 1)).then_some(Duration::Session)
            }
            _ => None,
        }
    });
    said.max().flatten()
}

/// Whether a statement begins behind this text, whose last word is this one.
fn begins(before: &str, last: &str) -> bool {
    let before = before.trim_end();
    before.ends_with([';', '$'])
        || before.ends_with(['\'', '"']) && !goes_on(before)
        || before.is_empty()
        || matches!(last, "begin" | "then" | "else" | "loop" | "as")
}

/// Whether the text before a string that begins with SET is put together to an UPDATE: `'UPDATE ' || t || ' SET`; or is
/// one already, of a table by another name: `UPDATE "t" AS "x" SET`.
fn goes_on(before: &str) -> bool {
    let statement = before.rsplit(';').next().unwrap_or_default();
    let words: Vec<&str> = words(statement).map(|(start, end)| &statement[start..end]).collect();
    let begins = |word: &&&str| matches!(**word, "begin" | "then" | "else" | "loop" | "execute" | "perform");
    words.iter().rev().take_while(|word| !begins(word)).any(|word| *word == "update")
}

/// The name with which a text begins, and all of its parts.
fn dotted(text: &str) -> &str {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    &text[..text.find(|c| !is_part(c)).unwrap_or(text.len())]
}

/// How long a call of `set_config` with these arguments holds, as far as they say.
fn configured(arguments: &str) -> Option<Duration> {
    let Some(arguments) = arguments.trim_start_matches('"').trim_start().strip_prefix('(') else {
        return Some(Duration::Session);
    };
    let (mut depth, mut quoted, mut last) = (0_usize, false, 0);
    let mut all = Vec::new();
    for (at, character) in arguments.char_indices() {
        match character {
            '\'' => quoted = !quoted,
            _ if quoted => {}
            '(' => depth += 1,
            ')' if depth == 0 => {
                all.push(arguments[last..at].trim());
                break;
            }
            ')' => depth -= 1,
            ',' if depth == 0 => {
                all.push(arguments[last..at].trim());
                last = at + 1;
            }
            _ => {}
        }
    }
    let [name, _, is_local] = all.as_slice() else { return Some(Duration::Session) };
    let name = name.strip_prefix('\'').and_then(|name| name.strip_suffix('\''));
    let made_for = if *is_local == "true" { Duration::Transaction } else { Duration::Session };
    holds(name.filter(|name| !name.contains('\'')).unwrap_or_default(), made_for)
}

/// Where the words of a text begin and end.
fn words(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].find(is_part)?;
        let end = text[start..].find(|c| !is_part(c)).map_or(text.len(), |length| start + length);
        at = end;
        Some((start, end))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Option<Duration> {
        sets(text, |word| word == "t")
    }

    #[test]
    fn what_outlives_the_transaction_is_found() {
        for text in [
            "begin perform set_config('search_path', x || ',public', false); end",
            "select set_config('a.b', f(1, true), $2)",
            "begin set search_path = a; end",
            "begin if x then set session role b; end if; end",
            "begin execute 'set search_path = ' || x; end",
            "begin x := 1; reset role; end",
            "create temporary table if not exists t (id int)",
            "create table pg_temp.t (id int)",
            "select 1 as id into temp t",
            "begin -- go there\n set search_path = other; end",
            "begin /* go there */ set search_path = other; end",
            "begin execute 'set search_path = a -- b'; end",
            "begin if tg_op = 'UPDATE' then execute 'set role a'; end if; end",
            "begin raise notice '--- start ---';\n -- use the tenant's tables\n set search_path = other; end",
            "begin raise notice 'it''s /* open'; /* go there */ set search_path = other; end",
            "begin create or replace temp view t as select 1; end",
            "plpy.execute(\"set search_path = other\")",
            "BEGIN SET DateStyle = 'German'; END",
        ] {
            assert_eq!(said(text), Some(Duration::Session), "{text}");
        }
    }

    #[test]
    fn what_may_be_temporary_is_told_by_the_next_reading() {
        let text = "begin create temp table scratch (id int); alter table scratch rename to t; end";
        assert_eq!(said(text), Some(Duration::Reading));
    }

    #[test]
    fn what_holds_until_the_transaction_ends_is_told_apart() {
        for text in [
            "begin perform set_config('search_path', f(x, ')'), true); end",
            "begin set local search_path = a; set constraints all deferred; end",
        ] {
            assert_eq!(said(text), Some(Duration::Transaction), "{text}");
        }
    }

    #[test]
    fn what_changes_no_meaning_is_passed_over() {
        for text in [
            "begin perform set_config('app.tenant', new.id::text, true); end",
            "begin set local app.tenant = '7'; set local lock_timeout = '1s'; end",
            "begin update member set role = 'admin' where id = 1; end",
            "begin execute 'update ' || t || ' set n = n + 1'; end",
            "begin update \"t\" as \"x\" set n = 1; end",
            "insert into u values (1) on conflict do update set a = 1",
            "create temp table scratch as select 1",
            "insert into t select temp from measured",
        ] {
            assert_eq!(said(text), None, "{text}");
        }
    }

    #[test]
    fn the_settings_of_a_header_are_put_back() {
        let define = |header: &str, body: &str| {
            let head = "CREATE OR REPLACE FUNCTION public.f()\n RETURNS trigger\n LANGUAGE plpgsql\n";
            without_header_settings(&format!("{head}{header}AS $function${body}$function$\n"))
        };
        let header =
            " SECURITY DEFINER\n SET search_path TO 'public', 'pg_temp'\n SET \"TimeZone\" TO 'UTC'\n";
        for body in [
            "BEGIN UPDATE t SET n = 1; RETURN NEW; END",
            " DECLARE x t%ROWTYPE; BEGIN RETURN NEW; END",
            "INSERT INTO t VALUES (1)",
        ] {
            assert_eq!(said(&define(header, body)), None, "{body}");
        }
        let sets = define(header, "BEGIN SET search_path = other; RETURN NEW; END");
        assert_eq!(said(&sets), Some(Duration::Session));
    }

    #[test]
    fn a_text_that_is_put_together_is_told_from_one_that_stands_there() {
        assert!(runs_texts("begin execute format('set role %I', x); end"));
        assert!(runs_texts("begin execute 'set role ' || x; end"));
        for text in [
            "begin execute 'update t set a = ''it''''s'''; end",
            "begin execute 'delete from t where id = $1' using 3; end",
            "begin create trigger a before update on t for each row execute function f(); end",
            "begin grant execute on function f() to b; end",
        ] {
            assert!(!runs_texts(text), "{text}");
        }
    }
}
