//! What the compiler says, without what differs from machine to machine.

/// Locations in other files than the program, and their line numbers, depend on who built what where. All gutters are
/// left out with them, since their width does too.
pub(crate) fn normal(said: &str, program: &str) -> String {
    let mut lines = Vec::new();
    for line in said.lines().take_while(|line| !is_summary(line)) {
        lines.push(match location(line) {
            Some((arrow, path)) if path.starts_with(program) => format!("{arrow} {path}"),
            Some((arrow, path)) => format!("{arrow} {}", elsewhere(path)),
            None => without_gutter(line).trim_end().to_owned(),
        });
    }
    format!("{}\n", lines.join("\n").trim_end())
}

fn is_summary(line: &str) -> bool {
    line.starts_with("error: aborting due to")
}

fn location(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start();
    let arrow = ["-->", ":::"].into_iter().find(|arrow| line.starts_with(arrow))?;
    Some((arrow, line[arrow.len()..].trim_start()))
}

/// The path within its crate.
fn elsewhere(path: &str) -> &str {
    let path = path.find(".rs:").map_or(path, |end| &path[..end + ".rs".len()]);
    path.rfind("/src/").map_or(path, |start| &path[start + 1..])
}

fn without_gutter(line: &str) -> &str {
    let is_gutter = |c: char| c == ' ' || c.is_ascii_digit();
    if line.starts_with(is_gutter) { line.trim_start_matches(is_gutter) } else { line }
}
