//! Tables and views, with what varies by seed: foreign-key actions, conflict clauses, collations, types, partitions.

mod mariadb;
mod postgres;
mod sqlite;

use crate::backend::Backend;
use crate::rng::Rng;

/// The choices of one schema, as the pieces of SQL that differ.
struct Choices {
    /// The type of numbers.
    integer: &'static str,
    /// The type of texts that indexes take.
    short: &'static str,
    /// The definition of a key that the database gives.
    key: &'static str,
    author_key: &'static str,
    name: &'static str,
    region: &'static str,
    boss: &'static str,
    category_key: &'static str,
    author: &'static str,
    category: &'static str,
    published: &'static str,
    slug: &'static str,
    bucket: &'static str,
    comment_article: &'static str,
    comment_author: &'static str,
    tag_name: &'static str,
    pair_key: &'static str,
    setting_key: &'static str,
    slot: &'static str,
    stock: &'static str,
    shop: &'static str,
    front: Front,
}

/// What the view of published articles reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Front {
    /// The articles.
    Plain,
    /// Their categories too.
    Joined,
}

impl Front {
    fn sql(self) -> &'static str {
        match self {
            Self::Plain => "SELECT id, title, category, author_id, views FROM article WHERE published",
            Self::Joined => {
                "SELECT a.id, title, category, author_id, views FROM article a \
                 LEFT JOIN category c ON c.slug = a.category WHERE a.published AND c.hidden IS NOT TRUE"
            }
        }
    }
}

/// A random schema.
pub(super) fn random(backend: Backend, rng: &mut Rng) -> Vec<String> {
    match backend {
        Backend::Sqlite => render(backend, &sqlite::random(rng)),
        Backend::Postgres => postgres::around(render(backend, &postgres::random(rng)), rng),
        Backend::MariaDb => mariadb::around(render(backend, &mariadb::random(rng))),
    }
}

/// The schema of the blog and shop, without surprises.
pub(super) fn plain(backend: Backend) -> Vec<String> {
    let choices = match backend {
        Backend::Sqlite => sqlite::plain(),
        Backend::Postgres => postgres::plain(),
        Backend::MariaDb => mariadb::plain(),
    };
    render(backend, &choices)
}

fn render(backend: Backend, choices: &Choices) -> Vec<String> {
    let Choices { integer, short, key, author_key, name, region, boss, category_key, author, .. } = choices;
    let Choices { category, published, slug, bucket, comment_article, comment_author, tag_name, .. } =
        choices;
    let Choices { pair_key, setting_key, slot, stock, shop, front, .. } = choices;
    let front = front.sql();
    let views = match backend.cast() {
        None => "coalesce(sum(a.views), 0)".to_owned(),
        Some(cast) => format!("CAST(coalesce(sum(a.views), 0) AS {cast})"),
    };
    vec![
        format!(
            "CREATE TABLE author (id {author_key}, name {name}, region {region}, \
             score {integer} NOT NULL DEFAULT 0, boss_id {integer} {boss})"
        ),
        format!(
            "CREATE TABLE category (slug {category_key}, label TEXT NOT NULL, \
             hidden BOOLEAN NOT NULL DEFAULT FALSE, total {integer} NOT NULL DEFAULT 0)"
        ),
        format!(
            "CREATE TABLE article (id {key}, author_id {integer} {author}, category {category}, \
             published {published}, title {short} NOT NULL, body TEXT, views {integer} NOT NULL DEFAULT 0, \
             slug {slug}, edits {integer} NOT NULL DEFAULT 0, bucket {integer} {bucket})"
        ),
        format!(
            "CREATE TABLE comment (id {key}, article_id {integer} NOT NULL {comment_article}, \
             author_id {integer} {comment_author}, body TEXT NOT NULL, approved BOOLEAN NOT NULL DEFAULT FALSE, \
             stars {integer})"
        ),
        format!("CREATE TABLE tag (id {key}, name {tag_name}, uses {integer} NOT NULL DEFAULT 0)"),
        format!(
            "CREATE TABLE article_tag (article_id {integer} NOT NULL REFERENCES article(id) ON DELETE CASCADE \
             ON UPDATE CASCADE, tag_id {integer} NOT NULL REFERENCES tag(id) ON DELETE CASCADE, \
             weight {integer} NOT NULL DEFAULT 1, {pair_key}"
        ),
        format!("CREATE TABLE setting (code {setting_key}, value TEXT, area {short} NOT NULL DEFAULT 'n')"),
        format!(
            "CREATE TABLE audit (id {key}, subject {short} NOT NULL, row_id {integer}, \
             note TEXT NOT NULL DEFAULT '')"
        ),
        format!(
            "CREATE TABLE slot (id {key}, room {short} NOT NULL, day {integer} NOT NULL, guest TEXT, \
             seats {integer} NOT NULL DEFAULT 1, UNIQUE (room, day) {slot})"
        ),
        format!(
            "CREATE TABLE stock (shop {shop} NOT NULL, sku {short} NOT NULL, shelf {short}, \
             units {integer} NOT NULL DEFAULT 0, PRIMARY KEY (shop, sku)){stock}"
        ),
        format!("CREATE VIEW front AS {front}"),
        format!(
            "CREATE VIEW by_author AS SELECT w.id AS author_id, w.name, count(a.id) AS articles, \
             {views} AS views FROM author w LEFT JOIN article a ON a.author_id = w.id GROUP BY w.id"
        ),
        "CREATE VIEW front_sizes AS SELECT category, count(*) AS size FROM front GROUP BY category"
            .to_owned(),
    ]
}
