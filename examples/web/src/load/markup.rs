//! What a page says, as far as the ledger asks.

/// The articles of a list: key and title.
pub fn teasers(body: &str) -> impl Iterator<Item = (i64, &str)> {
    body.split("<a href=\"/article/").skip(1).filter_map(|rest| {
        let (key, rest) = rest.split_once("\">")?;
        Some((key.parse().ok()?, rest.split_once("</a>")?.0))
    })
}

/// The text of the element with this `id`.
pub fn element<'b>(body: &'b str, id: &str) -> Option<&'b str> {
    let (_, rest) = body.split_once(&format!("id=\"{id}\""))?;
    let (text, _) = rest.split_once('>')?.1.split_once('<')?;
    Some(text)
}

/// The number in the element with this `id`.
pub fn number(body: &str, id: &str) -> Option<u64> {
    element(body, id)?.parse().ok()
}

/// The heading.
pub fn heading(body: &str) -> Option<&str> {
    Some(body.split_once("<h1>")?.1.split_once("</h1>")?.0)
}

/// The title of an article that has been edited this often.
pub fn title(article: i64, edits: u64) -> String {
    format!("Article {article} (edit {edits})")
}

/// How often an article with this title has been edited.
pub fn edits(title: &str) -> u64 {
    let number = title.rsplit_once("(edit ").and_then(|(_, rest)| rest.strip_suffix(')'));
    number.and_then(|number| number.parse().ok()).unwrap_or_default()
}
