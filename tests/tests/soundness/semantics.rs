//! How narrow a write is: what an application sees of it.

use cache_tests::backend::Backend;
use cache_tests::case::{Case, scopes};
use cache_tests::literal::Literal;
use cache_tests::read::{Answer, Filter, Find, Form, Page, Read};
use cache_tests::rng::Rng;
use cache_tests::subject::Source;
use cache_tests::world::{Caches, Layout, Pool, Table, World};
use cache_tests::write::{Change, Operation, Style};

use crate::setups::ARTICLES;

/// Articles 901 to 906 of three categories that no other article has, two of each.
async fn shop() -> World {
    let world =
        World::open(Layout::shop(Backend::Sqlite), Pool::One, Caches::One, &mut Rng::new(1)).await.unwrap();
    for id in 901..=906 {
        let category = ["red", "green", "blue"][(id as usize - 901) / 2];
        let columns =
            [("id", Literal::Int(id)), ("category", Literal::text(category)), ("title", Literal::text("t"))];
        let row = columns.map(|(name, value)| (Table::Article.column(name), value));
        let insert =
            Operation::Insert { table: Table::Article, rows: vec![row.to_vec()], style: Style::Blind };
        insert.run(world.subject().connection()).await.unwrap();
    }
    world
}

fn by_category(category: &str, form: Form) -> Read {
    let filter = Filter::equal(Table::Article.column("category"), Literal::text(category));
    let order = Vec::new();
    Read::Find(Find {
        backend: Backend::Sqlite,
        table: Table::Article,
        filter: Some(filter),
        order,
        limit: None,
        offset: None,
        form,
    })
}

fn list(category: &str) -> Read {
    by_category(category, Form::All)
}

fn count(category: &str) -> Read {
    by_category(category, Form::Count)
}

fn page(category: &str, number: u64) -> Read {
    by_category(category, Form::Page(Page { size: 1, number }))
}

async fn warm(world: &World, reads: &[Read]) {
    for read in reads {
        for _ in 0..2 {
            assert_eq!(world.subject().cached(read).await.0, world.subject().truth(read).await);
        }
        assert_eq!(world.subject().cached(read).await.1, Source::Hit, "not cached: {read}");
    }
}

async fn sources(world: &World, reads: &[Read]) -> Vec<Source> {
    let mut sources = Vec::new();
    for read in reads {
        let truth: Answer = world.subject().truth(read).await;
        let (answer, source) = world.subject().cached(read).await;
        assert_eq!(answer, truth, "STALE ({source:?}): {read}");
        sources.push(source);
    }
    sources
}

/// The styles in which an application changes one row by its key.
const BY_KEY: &[Style] = &[
    Style::Active,
    Style::Blind,
    Style::Entity,
    Style::Many,
    Style::Returning,
    Style::Silent,
    Style::Bound,
    Style::Inline,
    Style::InlineReturning,
    Style::FirstReturned,
];

#[tokio::test]
async fn a_counter_leaves_counts_other_lists_and_other_pages_alone() {
    let world = shop().await;
    let kept = [count("red"), list("green"), page("red", 1), count("green"), page("blue", 0)];
    let hit = [list("red"), page("red", 0)];
    let views = Table::Article.column("views");
    for style in BY_KEY {
        warm(&world, &kept).await;
        warm(&world, &hit).await;
        let changes = vec![Change::Add(views, 1)];
        let write =
            Operation::Update { table: Table::Article, key: vec![Literal::Int(901)], changes, style: *style };
        write.run(world.subject().connection()).await.unwrap();
        assert_eq!(sources(&world, &kept).await, [Source::Hit; 5], "{write:?}");
        assert_eq!(sources(&world, &hit).await, [Source::Miss; 2], "{write:?}");
    }
}

#[tokio::test]
async fn a_move_hits_both_lists_and_both_counts_and_no_third() {
    let world = shop().await;
    let category = Table::Article.column("category");
    for style in BY_KEY {
        for (from, to) in [("red", "green"), ("green", "red")] {
            let moved = [list(from), list(to), count(from), count(to)];
            // Where the row came from is not in the statement: counts may be its old place, lists know their rows.
            let third = [list("blue")];
            warm(&world, &moved).await;
            warm(&world, &third).await;
            let changes = vec![Change::To(category, Literal::text(to))];
            let write = Operation::Update {
                table: Table::Article,
                key: vec![Literal::Int(901)],
                changes,
                style: *style,
            };
            write.run(world.subject().connection()).await.unwrap();
            assert_eq!(sources(&world, &moved).await, [Source::Miss; 4], "{write:?}");
            assert_eq!(sources(&world, &third).await, [Source::Hit], "{write:?}");
        }
    }
}

#[tokio::test]
async fn an_insert_and_a_delete_leave_other_categories_alone() {
    let world = shop().await;
    let other = [list("green"), count("green"), page("blue", 0)];
    warm(&world, &other).await;
    let row = [("category", Literal::text("red")), ("title", Literal::text("t"))];
    let row: Vec<_> = row.map(|(name, value)| (Table::Article.column(name), value)).to_vec();
    for style in [Style::Blind, Style::Entity, Style::Silent, Style::Bound, Style::Inline] {
        let insert = Operation::Insert { table: Table::Article, rows: vec![row.clone()], style };
        insert.run(world.subject().connection()).await.unwrap();
        assert_eq!(sources(&world, &other).await, [Source::Hit; 3], "{insert:?}");
    }
}

#[tokio::test]
async fn writes_that_name_their_scope_leave_others_alone() {
    for write in [
        "UPDATE article SET title = 'new' WHERE category = 'r'",
        "DELETE FROM article WHERE category = 'r' AND views = 1",
        "INSERT INTO article (category) VALUES ('r'), ('b')",
        "UPDATE article SET title = 'new' WHERE author_id = 9",
        "UPDATE article SET views = 1 WHERE id = 77",
    ] {
        ARTICLES.open().await.keeps("SELECT * FROM article WHERE category = 'g'", write).await;
    }
    ARTICLES
        .open()
        .await
        .keeps("SELECT title FROM article WHERE id = 2", "UPDATE article SET title = 'new' WHERE id = 1")
        .await;
    ARTICLES
        .open()
        .await
        .keeps("SELECT title FROM article WHERE id = 2", "UPDATE article SET views = 9 WHERE id = 2")
        .await;
    ARTICLES.open().await.keeps("SELECT id, title FROM article", "UPDATE article SET views = 9").await;
}

#[tokio::test]
async fn a_join_by_key_leaves_other_partners_alone() {
    let setup = "CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE book (id INTEGER PRIMARY KEY, author_id INTEGER REFERENCES author (id), title TEXT);
        INSERT INTO author VALUES (1, 'ann'), (2, 'bob'); INSERT INTO book VALUES (1, 1, 'a'), (2, 2, 'b')";
    let case = Case::new(setup, &[scopes("book", &[&["author_id"]])]).await;
    let read = "SELECT b.id, b.author_id, b.title, a.id, a.name FROM book b JOIN author a ON a.id = b.author_id WHERE b.author_id = 1";
    case.keeps(read, "UPDATE author SET name = 'new' WHERE id = 2").await;
    case.keeps(read, "INSERT INTO author VALUES (3, 'eve')").await;
    case.keeps(read, "UPDATE book SET title = 'new' WHERE id = 2").await;
    case.sees(read, "UPDATE author SET name = 'new' WHERE id = 1").await;
}
