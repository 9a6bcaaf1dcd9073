//! SQL that misleads: what a grammar makes of names, operators and clauses that a reader of texts takes for others.
//!
//! The [world](crate::world), [reads](crate::read) and [writes](mod@crate::write) of the other mixes are plain programs'; their
//! figures say how much is kept. These say nothing of that: they look for what is not understood and believed all the same.
//!
//! | part | what it is for |
//! |---|---|
//! | `relation`, `schema`, `trigger` | what there is beside the world's tables |
//! | `grammar`, `sight`, `condition`, `from`, `select` | reads, and the conditions of writes |
//! | `statement`, `texts` | writes |
//! | `step`, `script` | transactions that nobody follows, changes of the schema here and elsewhere |
//! | [`moment`] | calls after which nothing may be kept |

mod condition;
mod from;
mod grammar;
pub mod moment;
mod predicate;
mod relation;
mod schema;
mod script;
mod select;
mod sight;
mod statement;
mod step;
mod texts;
mod trigger;

pub(crate) use schema::around;
pub use script::{Line, Script};
pub(crate) use statement::write;
pub(crate) use step::change;
pub use step::step;

use crate::literal::Values;
use crate::read::{self, Read, template};
use crate::rng::Rng;
use crate::world::Theme;
use grammar::Grammar;

/// A read of the grammar, now and then one of the texts that only a hostile world can answer.
pub fn read(theme: &Theme, rng: &mut Rng) -> Read {
    if rng.chance(20) {
        let texts: Vec<&read::Text> =
            texts::READS.iter().filter(|text| text.on.contains(&theme.backend())).collect();
        let text = rng.pick(&texts);
        let sql = template::fill(text.sql, Values::Inline, theme, rng);
        return Read::Text { order: text.order, tables: text.tables.to_vec(), sql };
    }
    let values = if rng.chance(30) { Values::Bound } else { Values::Inline };
    let mut grammar = Grammar::new(theme, rng);
    let select = grammar.query();
    Read::Text { order: select.order, tables: grammar.tables(), sql: grammar.finish(&select.text, values) }
}
