//! What a user may have meant.

use heck::ToSnakeCase;

/// `` `a`, `b`, `c` ``
pub(crate) fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// `` (did you mean `category`?)`` with a space before it if one of the names is close to the word, else nothing.
pub(crate) fn did_you_mean(word: &str, names: &[&str]) -> String {
    match closest(word, names) {
        Some(name) => format!(" (did you mean `{name}`?)"),
        None => String::new(),
    }
}

fn closest<'a>(word: &str, names: &[&'a str]) -> Option<&'a str> {
    let word = word.to_snake_case();
    let bound = (word.chars().count() / 3).max(1);
    let near = names.iter().map(|name| (distance(&word, &name.to_snake_case()), *name));
    near.filter(|(distance, _)| *distance <= bound)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Edits from one word to the other; two neighbours that changed places are one edit.
fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    let mut rows = vec![vec![0; right.len() + 1]; left.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    rows[0] = (0..=right.len()).collect();
    for i in 1..=left.len() {
        for j in 1..=right.len() {
            let changed = usize::from(left[i - 1] != right[j - 1]);
            let mut edits = (rows[i - 1][j - 1] + changed).min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                edits = edits.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = edits;
        }
    }
    rows[left.len()][right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swapped_letters_are_one_edit() {
        assert_eq!(distance("categroy", "category"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("id", "id"), 0);
    }

    #[test]
    fn only_close_names_are_suggested() {
        assert_eq!(closest("categroy", &["id", "category"]), Some("category"));
        assert_eq!(closest("AuthorId", &["id", "author_id"]), Some("author_id"));
        assert_eq!(closest("price", &["id", "category"]), None);
    }
}
