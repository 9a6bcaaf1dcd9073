//! The encoding: touches and watches as marks that meet if they must.
//!
//! Writers hash one pattern for each image, with holes where a value is not known; readers hash every
//! generalisation of theirs. A **facet** keeps apart what columns a touch changes and a watch uses.
//!
//! | mark | touched by | watched by |
//! |---|---|---|
//! | `T` table | every touch of rows | the empty pattern |
//! | `W` table | touches of the whole table | every entry that names the table |
//! | `R` row | touches of that row | row watches of many columns |
//! | `Rf` row, facet | touches of that row | row watches of few columns |
//! | `N` births | every birth | joins that may miss a partner |
//! | `NU` births of unknown key | those | look-ups that saw nothing |
//! | `S` scope, pattern | known images of a known row or of births | scope watches |
//! | `M` scope, pattern | old images with holes, of a known row | inexact scope watches |
//! | `B` scope, pattern | images of unknown rows, also in all scopes together | scope watches; row watches that can name a pattern |
//! | `U` | touches of unknown rows | row watches that cannot name a pattern |

use super::model::{Exactness, Image, Presence, Touch, Touched, Watch};
use super::narrowing::{Narrowing, Scope};
use crate::mark::{Mark, MarkHasher};
use crate::schema::{ColumnSet, Columns};
use crate::value::Value;

/// A watch of more columns than this has one facet for all of them.
const FEW_COLUMNS: usize = 6;
/// A row watch of more columns than this has no facet: a list has many rows.
const FEW_ROW_COLUMNS: usize = 2;

const TABLE: u64 = 1;
const WHOLE: u64 = 2;
const ROW: u64 = 3;
const ROW_FACET: u64 = 4;
const BIRTH: u64 = 5;
const UNKNOWN_BIRTH: u64 = 6;
const SCOPE: u64 = 7;
const OLD_UNKNOWN: u64 = 8;
const BULK: u64 = 9;
const UNKNOWN_ROWS: u64 = 10;

const FACET_ALL: u64 = 1;
const FACET_SOME: u64 = 2;

/// The mark of a whole table.
pub(super) fn whole_table(narrowing: &Narrowing) -> Mark {
    mark(narrowing, WHOLE).finish()
}

/// The marks of a touch of rows.
pub(super) fn touch_marks(touch: &Touch, narrowing: &Narrowing, marks: &mut Vec<Mark>) {
    let Touch::Rows { rows, old, new, columns, .. } = touch else {
        marks.push(match touch {
            Touch::Table(_) => whole_table(narrowing),
            _ => Mark::EVERYTHING,
        });
        return;
    };
    let facets = touched_facets(columns, narrowing);
    faceted(mark(narrowing, TABLE), &facets, marks);
    if old.is_none() {
        marks.push(mark(narrowing, BIRTH).finish());
    }
    let images = |kind: &dyn Fn(&Image, &Scope) -> u64, image: &Option<Image>, marks: &mut Vec<Mark>| {
        for scope in narrowing.scopes() {
            if let Some(image) = image {
                let hasher = pattern(kind(image, scope), scope, |place| image.0[place].as_ref());
                faceted(hasher, &facets, marks);
            }
        }
    };
    match rows {
        Touched::Row(key) => {
            marks.push(row(narrowing, ROW, key).finish());
            faceted(row(narrowing, ROW_FACET, key), &facets, marks);
            let old_kind = |image: &Image, scope: &Scope| match image.known(scope.places()) {
                Some(_) => SCOPE,
                None => OLD_UNKNOWN,
            };
            images(&|_, _| SCOPE, new, marks);
            images(&old_kind, old, marks);
        }
        Touched::Births => {
            marks.push(mark(narrowing, UNKNOWN_BIRTH).finish());
            images(&|_, _| SCOPE, old, marks);
            images(&|_, _| SCOPE, new, marks);
        }
        Touched::Unknown => {
            faceted(mark(narrowing, UNKNOWN_ROWS), &facets, marks);
            images(&|_, _| BULK, old, marks);
            images(&|_, _| BULK, new, marks);
            for (joint, image) in narrowing
                .joint()
                .into_iter()
                .flat_map(|joint| old.iter().chain(new).map(move |image| (joint, image)))
            {
                faceted(pattern(BULK, joint, |place| image.0[place].as_ref()), &facets, marks);
            }
        }
    }
}

/// The marks of a watch.
pub(super) fn watch_marks(watch: &Watch, narrowing: &Narrowing, marks: &mut Vec<Mark>) {
    marks.push(whole_table(narrowing));
    match watch {
        Watch::Births { .. } => marks.push(mark(narrowing, BIRTH).finish()),
        Watch::Scope { pattern: None, columns, .. } => {
            faceted(mark(narrowing, TABLE), &watched_facets(columns, narrowing, FEW_COLUMNS), marks);
        }
        Watch::Scope { pattern: Some(pattern), columns, exactness, .. } => {
            let facets = watched_facets(columns, narrowing, FEW_COLUMNS);
            let kinds: &[u64] = match exactness {
                Exactness::Exact => &[SCOPE, BULK],
                Exactness::Inexact => &[SCOPE, BULK, OLD_UNKNOWN],
            };
            for kind in kinds {
                let scope = &narrowing.scopes()[pattern.scope];
                let values: Vec<&Value> = pattern.values.iter().collect();
                generalisations(*kind, scope, &values, &facets, marks);
            }
        }
        Watch::Row { key, image, columns, presence, scope, .. } => {
            if few(columns, FEW_ROW_COLUMNS) {
                let facets = watched_facets(columns, narrowing, FEW_ROW_COLUMNS);
                faceted(row(narrowing, ROW_FACET, key), &facets, marks);
            } else {
                marks.push(row(narrowing, ROW, key).finish());
            }
            let facets = watched_facets(columns, narrowing, FEW_COLUMNS);
            match named_in(narrowing, image, *scope) {
                Some((scope, values)) => generalisations(BULK, scope, &values, &facets, marks),
                None => faceted(mark(narrowing, UNKNOWN_ROWS), &facets, marks),
            }
            if *presence == Presence::Unseen {
                marks.push(mark(narrowing, UNKNOWN_BIRTH).finish());
            }
        }
    }
}

/// Where a row names its values to touches of unknown rows: in the scope that it prefers, else in all scopes
/// together, else in the best of which the image knows all values. One is enough, since writers touch their
/// pattern in each.
fn named_in<'n, 'i>(
    narrowing: &'n Narrowing,
    image: &'i Image,
    preferred: Option<usize>,
) -> Option<(&'n Scope, Vec<&'i Value>)> {
    let known = |scope: &'n Scope| Some((scope, image.known(scope.places())?));
    let preferred = preferred.and_then(|place| known(&narrowing.scopes()[place]));
    let joint = || narrowing.joint().and_then(known);
    let best = || best_scope(narrowing, image).and_then(|place| known(&narrowing.scopes()[place]));
    preferred.or_else(joint).or_else(best)
}

/// The scope, declared rather than not and wide rather than narrow, of which an image knows all values.
pub(super) fn best_scope(narrowing: &Narrowing, image: &Image) -> Option<usize> {
    let scopes = narrowing.scopes().iter().enumerate();
    let known = scopes.filter(|(_, scope)| image.known(scope.places()).is_some());
    known.max_by_key(|(_, scope)| (scope.is_declared(), scope.places().len())).map(|(place, _)| place)
}

fn generalisations(kind: u64, scope: &Scope, values: &[&Value], facets: &[u64], marks: &mut Vec<Mark>) {
    for holes in 0..1_u32 << values.len() {
        let value = |place: usize| {
            let index = scope.places().iter().position(|known| *known == place)?;
            (holes & (1 << index) == 0).then(|| values[index])
        };
        faceted(pattern(kind, scope, value), facets, marks);
    }
}

fn mark(narrowing: &Narrowing, kind: u64) -> MarkHasher {
    MarkHasher::new(narrowing.domain).number(kind)
}

fn row(narrowing: &Narrowing, kind: u64, key: &[Value]) -> MarkHasher {
    let mut bytes = Vec::new();
    key.iter().for_each(|value| value.encode(&mut bytes));
    mark(narrowing, kind).bytes(&bytes)
}

fn pattern<'v>(kind: u64, scope: &Scope, value: impl Fn(usize) -> Option<&'v Value>) -> MarkHasher {
    const HOLE: u8 = u8::MAX;
    let mut bytes = Vec::new();
    for place in scope.places() {
        match value(*place) {
            Some(value) => value.encode(&mut bytes),
            None => bytes.push(HOLE),
        }
    }
    MarkHasher::new(scope.domain).number(kind).bytes(&bytes)
}

fn faceted(hasher: MarkHasher, facets: &[u64], marks: &mut Vec<Mark>) {
    marks.extend(facets.iter().map(|facet| hasher.number(*facet).finish()));
}

fn few(columns: &Columns, limit: usize) -> bool {
    matches!(columns, Columns::Some(set) if set.len() <= limit)
}

/// A touch of some columns meets watches of many columns, and watches of few that use one of them.
fn touched_facets(columns: &Columns, narrowing: &Narrowing) -> Vec<u64> {
    match columns {
        Columns::All => vec![FACET_ALL],
        Columns::Some(set) => column_facets(set, narrowing).chain([FACET_SOME]).collect(),
    }
}

fn watched_facets(columns: &Columns, narrowing: &Narrowing, limit: usize) -> Vec<u64> {
    match columns {
        Columns::Some(set) if few(columns, limit) => {
            column_facets(set, narrowing).chain([FACET_ALL]).collect()
        }
        _ => vec![FACET_ALL, FACET_SOME],
    }
}

fn column_facets<'n>(set: &'n ColumnSet, narrowing: &'n Narrowing) -> impl Iterator<Item = u64> + 'n {
    set.iter().filter_map(|column| narrowing.facets.get(column.index()).copied())
}
