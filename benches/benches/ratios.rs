//! `cargo bench -p cache-benches`: every figure beside what it is compared with, from one run.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot set up has nothing to measure")]
#![allow(missing_docs, reason = "nobody calls a benchmark")]

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cache_benches::blog::{ActiveModel, Blog, Column, Entity};
use cache_benches::ratios;
use cache_core::schema::{Column as SchemaColumn, Dialect, Schema, TableDefinition};
use cache_core::{Cache, EntryKey};
use cache_seaorm::BeforeImages;
use cache_seaorm::prelude::*;
use criterion::{Bencher, Criterion};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, ExprTrait, QueryFilter, Set, sea_query::Expr};
use tokio::runtime::{Builder, Runtime};

fn main() {
    let folder = tempfile::TempDir::new().unwrap();
    let mut criterion = Criterion::default()
        .output_directory(folder.path())
        .without_plots()
        .warm_up_time(Duration::from_millis(400))
        .measurement_time(Duration::from_secs(2))
        .sample_size(40)
        .configure_from_args();
    // One thread runs the tasks, as each worker of a server does with its own: a task that is spawned and awaited
    // does not change threads.
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let tables = [
        values(&mut criterion, &runtime),
        lists(&mut criterion, &runtime),
        writes(&mut criterion, &runtime),
        plans(&mut criterion),
    ];
    pairs(&runtime);
    for (group, names) in tables.into_iter().flatten() {
        ratios::print(folder.path(), &group, &names);
    }
}

/// Times a call many times over inside the runtime, so that entering it is not measured.
fn timed<T>(bencher: &mut Bencher<'_>, runtime: &Runtime, call: impl AsyncFn() -> T) {
    bencher.iter_custom(|rounds| {
        runtime.block_on(async {
            let start = Instant::now();
            for _ in 0..rounds {
                black_box(call().await);
            }
            start.elapsed()
        })
    });
}

type Tables = Vec<(String, Vec<&'static str>)>;

/// A value in this process, against bare stores.
fn values(criterion: &mut Criterion, runtime: &Runtime) -> Tables {
    let key = EntryKey::of("bench", &7).unwrap();
    let quick = quick_cache::sync::Cache::<u128, Arc<u64>>::new(1_000);
    quick.insert(7, Arc::new(1));
    let moka = moka::future::Cache::<u128, Arc<u64>>::new(1_000);
    runtime.block_on(moka.insert(7, Arc::new(1)));
    let cache = Cache::from_url("memory://?private").unwrap();
    runtime.block_on(cache.put(key, 1_u64, [])).unwrap();

    let mut group = criterion.benchmark_group("a value");
    group.bench_function("quick_cache get", |b| b.iter(|| quick.get(black_box(&7))));
    group.bench_function("moka get", |b| timed(b, runtime, async || moka.get(black_box(&7)).await));
    group.bench_function("strict hit, get", |b| {
        timed(b, runtime, async || cache.get::<u64>(black_box(key)).await)
    });
    group.bench_function("strict hit, get_or_load", |b| {
        timed(b, runtime, async || cache.get_or_load(black_box(key), [], async || Ok::<u64, ()>(1)).await);
    });
    group.finish();
    vec![(
        "a value".into(),
        vec!["quick_cache get", "moka get", "strict hit, get", "strict hit, get_or_load"],
    )]
}

/// A list of an application, against the same query on SQLite.
fn lists(criterion: &mut Criterion, runtime: &Runtime) -> Tables {
    let blog = runtime.block_on(Blog::open());
    let names = vec![
        "uncached, bare connection",
        "uncached, wrapped connection",
        "hit",
        "hit, shared",
        "hit, shared, explicit key",
        "hit, shared, after an unrelated write",
        "the query alone, built and dropped",
    ];
    let mut tables = Vec::new();
    for size in [1, 10, 100, 1_000] {
        let category = format!("c{size}");
        let query = || Entity::find().filter(Column::Category.eq(category.as_str()));
        let key = EntryKey::of("list", &size).unwrap();
        let title = format!("a list of {size}");
        let mut group = criterion.benchmark_group(&title);
        group
            .bench_function(names[0], |b| timed(b, runtime, async || query().all(&blog.bare).await.unwrap()));
        group.bench_function(names[1], |b| timed(b, runtime, async || query().all(&blog.db).await.unwrap()));
        group.bench_function(names[2], |b| {
            timed(b, runtime, async || query().cached().all(&blog.db).await.unwrap())
        });
        group.bench_function(names[3], |b| {
            timed(b, runtime, async || query().cached().shared().all(&blog.db).await.unwrap());
        });
        group.bench_function(names[4], |b| {
            timed(b, runtime, async || query().cached().key(key).shared().all(&blog.db).await.unwrap());
        });
        group.bench_function(names[5], |b| {
            b.iter_custom(|rounds| {
                runtime.block_on(async {
                    let mut time = Duration::ZERO;
                    for _ in 0..rounds {
                        blog.db.cache().invalidate(cache_core::Dep::tag("other")).await.unwrap();
                        let start = Instant::now();
                        black_box(query().cached().key(key).shared().all(&blog.db).await.unwrap());
                        time += start.elapsed();
                    }
                    time
                })
            });
        });
        group.bench_function(names[6], |b| b.iter(|| query().cached().key(key).shared()));
        group.finish();
        tables.push((title, names.clone()));
    }
    tables
}

/// A read by key and a write by key, with and without the wrapper.
fn writes(criterion: &mut Criterion, runtime: &Runtime) -> Tables {
    let blog = runtime.block_on(Blog::open());
    let counter = |id: i64| {
        Entity::update_many()
            .col_expr(Column::Views, Expr::col(Column::Views).add(1))
            .filter(Column::Id.eq(id))
    };
    let model = |views: i64| ActiveModel { id: Set(3), views: Set(views), ..Default::default() };
    let mut group = criterion.benchmark_group("a read by key");
    group.bench_function("bare", |b| {
        timed(b, runtime, async || Entity::find_by_id(3).one(&blog.bare).await.unwrap())
    });
    group.bench_function("wrapped", |b| {
        timed(b, runtime, async || Entity::find_by_id(3).one(&blog.db).await.unwrap())
    });
    group.finish();
    let mut group = criterion.benchmark_group("a counter by key");
    group.bench_function("bare", |b| timed(b, runtime, async || counter(3).exec(&blog.bare).await.unwrap()));
    group.bench_function("wrapped", |b| timed(b, runtime, async || counter(3).exec(&blog.db).await.unwrap()));
    group.finish();
    let mut group = criterion.benchmark_group("an ActiveModel update");
    group.bench_function("bare", |b| timed(b, runtime, async || model(1).update(&blog.bare).await.unwrap()));
    group.bench_function("wrapped", |b| timed(b, runtime, async || model(1).update(&blog.db).await.unwrap()));
    group.finish();
    let mut group = criterion.benchmark_group("a move by key");
    let number = AtomicU64::new(0);
    let next = || {
        let number = number.fetch_add(1, Ordering::Relaxed);
        ActiveModel { id: Set(3), category: Set(format!("m{number}")), ..Default::default() }
    };
    group.bench_function("bare", |b| timed(b, runtime, async || next().update(&blog.bare).await.unwrap()));
    group.bench_function("wrapped", |b| timed(b, runtime, async || next().update(&blog.db).await.unwrap()));
    blog.db.set_before_images(BeforeImages::Never);
    group.bench_function("wrapped, without looking before", |b| {
        timed(b, runtime, async || next().update(&blog.db).await.unwrap());
    });
    group.finish();
    let plain = ["a read by key", "a counter by key", "an ActiveModel update"];
    let mut tables: Tables = plain.map(|group| (group.to_owned(), vec!["bare", "wrapped"])).into();
    tables.push(("a move by key".to_owned(), vec!["bare", "wrapped", "wrapped, without looking before"]));
    tables
}

/// The wrapper's overhead, call by call in turn.
fn pairs(runtime: &Runtime) {
    let blog = runtime.block_on(Blog::open());
    let counter = |id: i64| {
        Entity::update_many()
            .col_expr(Column::Views, Expr::col(Column::Views).add(1))
            .filter(Column::Id.eq(id))
    };
    // SQLite does not write a row that stays the same.
    let number = AtomicU64::new(0);
    let model = || {
        let views = i64::try_from(number.fetch_add(1, Ordering::Relaxed)).unwrap();
        ActiveModel { id: Set(3), views: Set(views), ..Default::default() }
    };
    println!("\nin turn");
    runtime.block_on(async {
        let (bare, db) = (&blog.bare, &blog.db);
        let find = || Entity::find_by_id(3);
        let read = (async || find().one(bare).await.unwrap(), async || find().one(db).await.unwrap());
        ratios::paired("a read by key", read.0, read.1).await;
        let count =
            (async || counter(3).exec(bare).await.unwrap(), async || counter(3).exec(db).await.unwrap());
        ratios::paired("a counter by key", count.0, count.1).await;
        let update =
            (async || model().update(bare).await.unwrap(), async || model().update(db).await.unwrap());
        ratios::paired("an ActiveModel update", update.0, update.1).await;
    });
}

/// What a statement costs before it runs.
fn plans(criterion: &mut Criterion) -> Tables {
    let table = TableDefinition::new("article")
        .column(SchemaColumn::int("id"))
        .column(SchemaColumn::text("category"))
        .column(SchemaColumn::text("title"))
        .column(SchemaColumn::int("views"))
        .primary_key(["id"]);
    let schema = Schema::new(Dialect::Sqlite, [table], []).unwrap();
    let catalog = cache_core::deps::Catalog::new(&cache_core::session::DatabaseId::new("bench"), schema, &[]);
    let sql = r#"SELECT "article"."id", "article"."category", "article"."title", "article"."views" FROM "article" WHERE "article"."category" = ?"#;
    let mut group = criterion.benchmark_group("a plan");
    group.bench_function("look-up", |b| b.iter(|| catalog.plan(black_box(sql))));
    group.bench_function("first parse", |b| {
        b.iter(|| cache_core::sql::analyse(catalog.schema(), black_box(sql)))
    });
    group.finish();
    vec![("a plan".into(), vec!["look-up", "first parse"])]
}
