//! The reads of a blog and shop: what its pages show.

use sea_orm::sea_query::Order as Direction;

use crate::literal::Literal;
use crate::read::{Filter, Find, Form, Page, Pair, Pairing, Read, Special, Style, texts};
use crate::rng::Rng;
use crate::world::{ARTICLES, AUTHORS, Table, Theme};

/// A read of one of its pages.
pub fn read(theme: &Theme, rng: &mut Rng) -> Read {
    match rng.below(100) {
        0..=21 => {
            let table = rng.weighted(&[
                (60, Table::Article),
                (15, Table::Author),
                (10, Table::Setting),
                (10, Table::Stock),
                (5, Table::Category),
            ]);
            let key: Vec<Literal> = table.key().iter().map(|column| column.draw(rng, theme.rows())).collect();
            find(theme, table, Filter::key(table, &key), Form::One)
        }
        22..=33 => list(rng, theme, Form::All),
        34..=43 => list(rng, theme, Form::Count),
        44..=53 => {
            let page = Page { size: 5, number: rng.below(3) as u64 };
            let mut read = scoped(Table::Article, &["published", "category"], theme, rng, Form::Page(page));
            read.order = vec![(Table::Article.column("views"), Direction::Desc)];
            Read::Find(read)
        }
        54..=58 => {
            let views = Table::Article.column("views");
            let range =
                Filter::Between(views, Literal::Int(rng.within(1..5)), Literal::Int(rng.within(5..10)));
            find(theme, Table::Article, range, Form::All)
        }
        59..=63 => Read::Find(scoped(Table::Article, &["author_id"], theme, rng, Form::All)),
        64..=71 => Read::Find(scoped(Table::Comment, &["article_id"], theme, rng, Form::All)),
        72..=75 => Read::Find(scoped(Table::Comment, &["article_id", "approved"], theme, rng, Form::Count)),
        76..=81 => pairing(Pair::ArticleComments, Style::With, theme, rng),
        82..=86 => pairing(Pair::ArticleTags, Style::With, theme, rng),
        87..=90 => pairing(Pair::ArticleAuthor, Style::Also, theme, rng),
        91..=92 => Read::Special(Special::Loaded(rng.within(1..AUTHORS * theme.rows().scale() + 1))),
        93..=95 => Read::Find(scoped(Table::Stock, &["shop"], theme, rng, Form::All)),
        _ => {
            let texts = texts(theme.backend());
            let texts: Vec<_> = texts.into_iter().filter(|text| PAGES.contains(&text.sql)).collect();
            Read::text(rng.pick(&texts), theme, rng)
        }
    }
}

/// The texts among its reads.
const PAGES: &[&str] = &[
    "SELECT id, title FROM front WHERE category = {cat}",
    "SELECT articles, views FROM by_author WHERE author_id = {author}",
    "SELECT id, title FROM article WHERE category = {cat} ORDER BY views DESC, id LIMIT 2",
    "SELECT id, (SELECT count(*) FROM comment c WHERE c.article_id = a.id) FROM article a WHERE a.author_id = {author}",
];

fn list(rng: &mut Rng, theme: &Theme, form: Form) -> Read {
    let columns: &[&str] = if rng.chance(60) { &["published", "category"] } else { &["category"] };
    Read::Find(scoped(Table::Article, columns, theme, rng, form))
}

/// The rows whose columns have some values, never NULL.
fn scoped(table: Table, columns: &[&str], theme: &Theme, rng: &mut Rng, form: Form) -> Find {
    let equalities = columns.iter().map(|name| {
        let mut column = table.column(name);
        column.nullable = false;
        Filter::equal(column, column.draw(rng, theme.rows()))
    });
    Find::of(theme, table, Filter::All(equalities.collect()), form)
}

fn find(theme: &Theme, table: Table, filter: Filter, form: Form) -> Read {
    Read::Find(Find::of(theme, table, filter, form))
}

/// One article with what belongs to it.
fn pairing(pair: Pair, style: Style, theme: &Theme, rng: &mut Rng) -> Read {
    let id = Literal::Int(rng.within(1..ARTICLES * theme.rows().scale() + 1));
    Read::Pairing(Pairing::of(theme, pair, style, Filter::key(Table::Article, &[id])))
}
