//! What readers share: flights, head fetches, blocks, newer positions.

mod common;

use cache_model::{Fault, Goal, Key, Marks, Part, Reader, Row, Scene, Variant, Write};
use common::{breaks, holds, holds_in_full};

const QUERY: &[Key] = &[Key::Query];
const BLOCK: &[Key] = &[Key::Block];
const CHANGE: Write = Write::of(Row::A, Marks::A);
const OTHER: Write = Write::of(Row::B, Marks::B);

const FLIGHTS: Scene = Scene {
    readers: &[Reader::once(0, QUERY), Reader::once(0, QUERY), Reader::once(1, QUERY)],
    writers: &[&[CHANGE], &[OTHER]],
    parts: &[Part::Flights, Part::Values],
    faults: (1, &[Fault::Abandon]),
    ..Scene::named("flights")
};

const LONG_FLIGHTS: Scene = Scene {
    readers: &[Reader::of(0, QUERY), Reader::once(0, QUERY), Reader::once(1, QUERY)],
    writers: &[&[CHANGE, CHANGE]],
    faults: (1, &[Fault::Abandon, Fault::LoseHead, Fault::LoseLog]),
    ..FLIGHTS
}
.called("flights, longer, and the server evicts");

const FETCHES: Scene = Scene {
    readers: &[Reader::of(0, QUERY), Reader::of(0, QUERY)],
    writers: &[&[CHANGE], &[OTHER]],
    parts: &[Part::Sharing, Part::Values],
    ..Scene::named("shared head fetches")
};

const CROWDED_FETCHES: Scene =
    Scene { readers: &[Reader::of(0, QUERY), Reader::once(0, QUERY), Reader::once(0, QUERY)], ..FETCHES }
        .called("shared head fetches, and one gathers while two are under way");

const BLOCKS: Scene = Scene {
    readers: &[Reader::of(0, BLOCK), Reader::once(1, QUERY)],
    writers: &[&[CHANGE], &[OTHER]],
    parts: &[Part::Values],
    ..Scene::named("blocks")
};

const LONG_BLOCKS: Scene = Scene {
    readers: &[Reader::of(0, &[Key::Block, Key::Query]), Reader::once(0, BLOCK)],
    parts: &[Part::Values, Part::Flights],
    faults: (1, &[Fault::LoseHead]),
    ..BLOCKS
}
.called("blocks with flights, and the server loses its head");

const RESTAMPS: Scene = Scene {
    readers: &[Reader::of(0, QUERY), Reader::of(1, QUERY)],
    writers: &[&[CHANGE], &[OTHER]],
    parts: &[Part::Restamps],
    ..Scene::named("newer positions")
};

#[test]
fn a_joiner_gets_what_is_valid_since_it_arrived() {
    holds(&FLIGHTS, &[Goal::Joined, Goal::StoreHit, Goal::ValueHit]);
    holds_in_full(&LONG_FLIGHTS, &[Goal::Joined, Goal::StoreHit, Goal::ValueHit, Goal::HitInNewEpoch]);
    breaks(&FLIGHTS, Variant::JoinBlindly);
    breaks(&FLIGHTS, Variant::LandUnjudged);
}

#[test]
fn a_shared_head_fetch_is_sent_after_all_who_share_it_arrived() {
    holds(&FETCHES, &[Goal::ValueHit]);
    holds_in_full(&CROWDED_FETCHES, &[Goal::ValueHit]);
    breaks(&FETCHES, Variant::ShareInFlight);
    breaks(&FETCHES, Variant::FirstAnswerForAll);
}

#[test]
fn a_block_is_as_old_as_its_oldest_part() {
    holds(&BLOCKS, &[Goal::BlockHit]);
    holds_in_full(&LONG_BLOCKS, &[Goal::BlockHit, Goal::ValueHit, Goal::Joined]);
    breaks(&BLOCKS, Variant::BlockTakesNewest);
}

#[test]
fn a_newer_position_is_for_the_entry_that_was_judged() {
    holds(&RESTAMPS, &[Goal::Restamped, Goal::StoreHit]);
    breaks(&RESTAMPS, Variant::RestampBlindly);
}
