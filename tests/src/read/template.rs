//! SQL texts with places for random values: `{author}` becomes the key of an author.

use crate::literal::{Literal, Sql, Values};
use crate::rng::Rng;
use crate::world::{ARTICLES, AUTHORS, CATEGORIES, COMMENTS, TAGS, Table, Theme};

/// The text with each `{place}` filled.
///
/// # Panics
///
/// If the text has a place of an unknown name: a mistake in a template.
#[must_use]
pub fn fill(text: &str, values: Values, theme: &Theme, rng: &mut Rng) -> Sql {
    let mut sql = Sql::new(values);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (place, after) = after.split_once('}').unwrap_or_else(|| panic!("unclosed place in: {text}"));
        sql.push(before).literal(&draw(place, theme, rng));
        rest = after;
    }
    sql.push(rest);
    sql
}

fn draw(place: &str, theme: &Theme, rng: &mut Rng) -> Literal {
    let mut id = |count: i64| match theme.hot() {
        Some(hot) if rng.chance(35) => Literal::Int(hot),
        _ => Literal::Int(rng.within(1..count * theme.rows().scale() + 1)),
    };
    match place {
        "author" => id(AUTHORS),
        "article" => id(ARTICLES),
        "comment" => id(COMMENTS),
        "tag" => id(TAGS),
        "n" => Literal::Int(rng.within(0..9)),
        "free" => theme.free_key(Table::Article, rng),
        "cat" => Literal::text(rng.pick(CATEGORIES)),
        "title" => Literal::text(rng.pick(&["t0", "t1", "t2", "T2", "t%", "3"])),
        "text" => Literal::text(rng.pick(&["lorem", "ipsum", "dolor"])),
        "slug" => Literal::text(rng.pick(&["s1", "s2", "s3", "s4", "S4", "s5"])),
        "region" => Literal::text(rng.pick(&["n", "s", "N", "5", "n  "])),
        "room" => Literal::text(rng.pick(&["r1", "r2"])),
        "free author" => Literal::Int(rng.within(AUTHORS..AUTHORS + 5)),
        "word" => Literal::text(rng.pick(&["al", "alp", "alpha", "alpine", "be", "beta"])),
        "colour" => Literal::text(rng.pick(&["red", "blue", "green"])),
        "flag" => Literal::Bool(rng.chance(50)),
        // A number where the column has text, and the other way round.
        "n as text" => Literal::Text(rng.within(0..9).to_string()),
        "article as text" => Literal::Text(rng.within(1..ARTICLES + 1).to_string()),
        other => panic!("no such place: {other}"),
    }
}
