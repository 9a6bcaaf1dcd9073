//! What is cached.

use serde::{Deserialize, Serialize};

/// What a hit brings, where the size does not matter: smaller than what is compressed, so that the same bytes are
/// sent by all who are compared.
pub const USUAL: usize = 1 << 10;

/// One row of a list.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Row {
    id: i64,
    category: String,
    title: String,
    published: bool,
    views: i64,
}

/// A list of an application: ten rows, about a kilobyte.
#[must_use]
pub fn rows() -> Vec<Row> {
    some_rows(10)
}

fn some_rows(count: usize) -> Vec<Row> {
    let titles = noise(8 * count);
    let row = |number: usize| Row {
        id: 40_000 + 17 * number as i64,
        category: ["rust", "databases", "caching"][number % 3].to_owned(),
        title: format!("The title of article {}", &titles[8 * number..8 * (number + 1)]),
        published: !number.is_multiple_of(7),
        views: (number as i64 * 7_919) % 10_007,
    };
    (0..count).map(row).collect()
}

/// Letters that no compression makes shorter, unless it packs bits.
#[must_use]
pub fn noise(bytes: usize) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-";
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let letters = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(LETTERS[(state >> 32) as usize % LETTERS.len()])
    });
    letters.take(bytes).collect()
}

/// Text as of an application: different rows as JSON.
#[must_use]
pub fn prose(bytes: usize) -> String {
    let mut text = serde_json::to_string(&some_rows(bytes / 64)).unwrap();
    text.truncate(bytes);
    text
}
