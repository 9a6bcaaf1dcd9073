//! A block: row B by a read of its own, row A by a nested cached read, in either order.

use crate::marks::{Key, Row, Versions};
use crate::reader::Phase;
use crate::server::Position;
use crate::variant::Variant;
use crate::world::World;

/// What a block has read so far.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Block {
    start: Option<Position>,
    /// The nested value of row A, and where that was valid; nowhere if it must not be stored.
    nested: Option<(u8, Option<Position>)>,
    own: Option<u8>,
}

impl Block {
    pub(crate) const fn starting_at(start: Option<Position>) -> Self {
        Self { start, nested: None, own: None }
    }

    pub(crate) const fn wants_nested(&self) -> bool {
        self.nested.is_none()
    }

    pub(crate) const fn wants_own(&self) -> bool {
        self.own.is_none()
    }

    /// Its value and position, once it has read everything.
    fn result(&self, variant: Variant) -> Option<(Option<Position>, Versions)> {
        let (a, at) = self.nested?;
        let value = Versions::default().with(Row::A, a).with(Row::B, self.own?);
        Some((self.start.zip(at).and_then(|(start, at)| position(start, at, variant)), value))
    }
}

/// The oldest position of the parts; parts of different epochs have none.
fn position(start: Position, at: Position, variant: Variant) -> Option<Position> {
    let seq = match variant {
        Variant::BlockTakesNewest => start.seq.max(at.seq),
        _ => start.seq.min(at.seq),
    };
    (start.epoch == at.epoch).then_some(Position { seq, ..start })
}

impl World<'_> {
    pub(crate) fn read_own_part(&mut self, reader: usize) -> Phase {
        let version = self.state.database.of(Row::B);
        self.with_block(reader, |block| block.own = Some(version))
    }

    /// The nested read has ended.
    pub(crate) fn absorb(&mut self, reader: usize, value: Versions, at: Option<Position>) -> Phase {
        self.with_block(reader, |block| block.nested = Some((value.of(Row::A), at)))
    }

    fn with_block(&mut self, reader: usize, change: impl FnOnce(&mut Block)) -> Phase {
        let Some(block) = &mut self.state.readers[reader].block else { return Phase::Idle };
        change(block);
        match block.result(self.variant) {
            Some((position, value)) => {
                self.state.readers[reader].block = None;
                Phase::Loaded(Key::Block, position, value)
            }
            None => Phase::Parts,
        }
    }
}
