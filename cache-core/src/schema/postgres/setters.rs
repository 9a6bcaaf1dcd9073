//! Which of the application's routines may leave their session set otherwise.

use std::collections::BTreeSet;

use super::catalog::Catalog;

/// The names of routines by whose text they may change what later statements of their session mean, or that call such.
/// What holds until the transaction ends does not count, nor what a text of theirs is put together to when it runs.
pub(super) fn setters(catalog: &Catalog) -> BTreeSet<String> {
    let is_relation = |word: &str| catalog.relations.iter().any(|row| row.name.eq_ignore_ascii_case(word));
    let texts = catalog.routines.iter().filter_map(|row| Some((&row.name, row.definition.as_ref()?)));
    let texts: Vec<(String, String)> =
        texts.map(|(name, text)| (name.to_ascii_lowercase(), text.to_ascii_lowercase())).collect();
    let own = texts.iter().filter(|(_, text)| may_set(text, is_relation));
    let mut setters: BTreeSet<String> = own.map(|(name, _)| name.clone()).collect();
    loop {
        let calls = |text: &str| called(text).any(|name| setters.contains(name));
        let more = texts.iter().filter(|(name, text)| !setters.contains(name) && calls(text));
        let more: Vec<String> = more.map(|(name, _)| name.clone()).collect();
        if more.is_empty() {
            return setters;
        }
        setters.extend(more);
    }
}

/// The names in a text, in lower case, that stand before a parenthesis.
pub(super) fn called(text: &str) -> impl Iterator<Item = &str> {
    words(text)
        .filter(|(_, end)| text[*end..].trim_start().starts_with('('))
        .map(|(start, end)| &text[start..end])
}

/// Whether the text of a routine, or a block, may change what later statements of its session mean.
pub(crate) fn may_set(text: &str, is_relation: impl Fn(&str) -> bool) -> bool {
    let text = text.to_ascii_lowercase();
    // What looks like a comment may stand in a string.
    sets(&text, &is_relation) || sets(&without_comments(&text), &is_relation)
}

fn without_comments(text: &str) -> String {
    let (mut kept, mut rest) = (String::new(), text);
    while let Some(start) = [rest.find("--"), rest.find("/*")].into_iter().flatten().min() {
        let (before, comment) = rest.split_at(start);
        kept.push_str(before);
        let end = if comment.starts_with("--") { "\n" } else { "*/" };
        rest = comment[2..].split_once(end).map_or("", |(_, after)| after);
        kept.push(' ');
    }
    kept + rest
}

fn sets(text: &str, is_relation: impl Fn(&str) -> bool) -> bool {
    let words: Vec<(usize, usize)> = words(text).collect();
    let word = |index: usize| words.get(index).map_or("", |(start, end)| &text[*start..*end]);
    (0..words.len()).any(|index| {
        let (start, end) = words[index];
        match word(index) {
            "set_config" => !is_local(&text[end..]),
            "set" | "reset" => {
                let before = text[..start].trim_end();
                let begins = before.ends_with([';', '$'])
                    || before.ends_with(['\'', '"']) && !goes_on(before)
                    || before.is_empty()
                    || index > 0 && matches!(word(index - 1), "begin" | "then" | "else" | "loop" | "as");
                begins && !matches!(word(index + 1), "local" | "constraints" | "transaction")
            }
            // CREATE TEMP TABLE IF NOT EXISTS name
            "temp" | "temporary" | "pg_temp" => (1..=5).any(|next| is_relation(word(index + next))),
            _ => false,
        }
    })
}

/// Whether the text before a string that begins with SET is put together to an UPDATE: `'UPDATE ' || t || ' SET`.
fn goes_on(before: &str) -> bool {
    let statement = before.rsplit(';').next().unwrap_or_default();
    let words: Vec<&str> = words(statement).map(|(start, end)| &statement[start..end]).collect();
    let begins =
        |word: &&&str| matches!(**word, "begin" | "then" | "else" | "loop" | "as" | "execute" | "perform");
    words.iter().rev().take_while(|word| !begins(word)).any(|word| *word == "update")
}

/// Whether the arguments of `set_config` say that it holds until the transaction ends.
fn is_local(arguments: &str) -> bool {
    let Some(arguments) = arguments.trim_start().strip_prefix('(') else { return false };
    let (mut depth, mut quoted, mut last) = (0_usize, false, 0);
    for (at, character) in arguments.char_indices() {
        match character {
            '\'' => quoted = !quoted,
            _ if quoted => {}
            '(' => depth += 1,
            ')' if depth == 0 => return arguments[last..at].trim() == "true",
            ')' => depth -= 1,
            ',' if depth == 0 => last = at + 1,
            _ => {}
        }
    }
    false
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

    #[test]
    fn what_outlives_the_transaction_is_found() {
        let sets = |text: &str| may_set(text, |word| word == "t");
        for text in [
            "begin perform set_config('search_path', x || ',public', false); end",
            "select set_config('a.b', f(1, true), $2)",
            "begin set search_path = a; end",
            "begin if x then set session role b; end if; end",
            "begin execute 'set search_path = ' || x; end",
            "begin x := 1; reset role; end",
            "create temporary table if not exists t (id int)",
            "select 1 as id into temp t",
            "begin -- go there\n set search_path = other; end",
            "begin /* go there */ set search_path = other; end",
            "begin execute 'set search_path = a -- b'; end",
            "begin if tg_op = 'UPDATE' then execute 'set role a'; end if; end",
            "plpy.execute(\"set search_path = other\")",
            "BEGIN SET DateStyle = 'German'; END",
        ] {
            assert!(sets(text), "{text}");
        }
        for text in [
            "begin perform set_config('search_path', f(x, ')'), true); end",
            "begin set local search_path = a; set constraints all deferred; end",
            "begin update member set role = 'admin' where id = 1; end",
            "begin execute 'update ' || t || ' set n = n + 1'; end",
            "insert into u values (1) on conflict do update set a = 1",
            "create temp table scratch as select 1",
        ] {
            assert!(!sets(text), "{text}");
        }
    }
}
