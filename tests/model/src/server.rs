//! The cache server: head, log and entries, and what restarts and evictions do to them.

use crate::few::Few;
use crate::marks::{Key, Marks, Versions};
use crate::variant::Variant;

/// A bound on the records of one epoch; scenes have fewer writes.
pub(crate) const MAX_RECORDS: usize = 10;

/// Which incarnation of a server: two numbers, since one process may be demoted and promoted again.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Identity {
    pub(crate) run: u8,
    pub(crate) replication: u8,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Epoch {
    number: u8,
    made_by: Identity,
}

/// A place in the log.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Position {
    pub(crate) epoch: Epoch,
    pub(crate) seq: u8,
}

/// What a record is there for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) enum Kind {
    /// A publication.
    Touch,
    /// "A commit touching these marks may be happening."
    Fence {
        /// What lifts it.
        id: FenceId,
        /// When it was announced. Nobody reads this but a newcomer who breaks the rules.
        at: u8,
    },
    /// A publication that lifts a fence. Without marks: the transaction was rolled back.
    Lift(FenceId),
}

/// Random in the engine; renewals keep it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct FenceId {
    pub(crate) writer: u8,
    pub(crate) write: u8,
}

/// The declarations that a process was built with; marks mean the same only under equal ones.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub enum Declarations {
    /// Those that know every scope.
    #[default]
    New,
    /// Those that do not know the mark of row A.
    Old,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Record {
    pub(crate) seq: u8,
    pub(crate) kind: Kind,
    pub(crate) marks: Marks,
    pub(crate) declarations: Declarations,
}

/// What is to become a record.
#[derive(Clone, Copy)]
pub(crate) struct Publication {
    pub(crate) kind: Kind,
    pub(crate) marks: Marks,
    pub(crate) declarations: Declarations,
}

/// An entry of the shared store.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Entry {
    pub(crate) position: Position,
    pub(crate) value: Versions,
    /// Tells one put from the next.
    pub(crate) nonce: u8,
    /// By which its marks were made.
    pub(crate) declarations: Declarations,
}

/// What is replicated, and what eviction takes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Data {
    pub(crate) head: Option<Position>,
    pub(crate) records: Few<Record, MAX_RECORDS>,
    pub(crate) entries: [Option<Entry>; Key::COUNT],
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Server {
    pub(crate) identity: Identity,
    pub(crate) data: Data,
    /// Which run the standby is, and what it has.
    pub(crate) standby: (u8, Data),
    promotions: u8,
    /// The greatest sequence number ever issued: new epochs start at the server's clock.
    issued: u8,
    epochs: u8,
    pub(crate) nonces: u8,
}

/// The newest position and the records that are still there.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Tail {
    pub(crate) head: Position,
    pub(crate) records: Few<Record, MAX_RECORDS>,
}

impl Server {
    pub(crate) fn new() -> Self {
        let head = Position { epoch: Epoch::default(), seq: 1 };
        let data = Data { head: Some(head), records: Few::default(), entries: [None; Key::COUNT] };
        Self {
            identity: Identity::default(),
            data,
            standby: (1, data),
            promotions: 0,
            issued: 1,
            epochs: 0,
            nonces: 0,
        }
    }

    /// Whether a head was made by the very incarnation that serves it.
    fn accepts(&self, head: Position, variant: Variant) -> bool {
        match variant {
            Variant::NoIdentityCheck | Variant::NoEpoch => true,
            Variant::RunIdOnly => head.epoch.made_by.run == self.identity.run,
            _ => head.epoch.made_by == self.identity,
        }
    }

    /// The head, if there is one to be trusted.
    pub(crate) fn head(&self, variant: Variant) -> Option<Position> {
        self.data.head.filter(|head| self.accepts(*head, variant))
    }

    /// The head; without one to be trusted, that of a new epoch.
    pub(crate) fn adopt(&mut self, variant: Variant) -> Position {
        match self.head(variant) {
            Some(head) => head,
            None => self.begin_epoch(variant),
        }
    }

    fn begin_epoch(&mut self, variant: Variant) -> Position {
        self.data.records.clear();
        let head = match variant {
            Variant::NoEpoch => Position { epoch: Epoch::default(), seq: 1 },
            _ => {
                self.epochs += 1;
                self.issued += 1;
                let epoch = Epoch { number: self.epochs, made_by: self.identity };
                Position { epoch, seq: self.issued }
            }
        };
        self.data.head = Some(head);
        head
    }

    /// Appends a record. Without a head to be trusted it is the first of a new epoch.
    pub(crate) fn publish(&mut self, publication: Publication, variant: Variant) -> (Position, Record) {
        let head = match self.head(variant) {
            Some(head) => Position { seq: head.seq + 1, ..head },
            None => self.begin_epoch(variant),
        };
        let Publication { kind, marks, declarations } = publication;
        let record = Record { seq: head.seq, kind, marks, declarations };
        self.data.records.push(record);
        self.data.head = Some(head);
        self.issued = self.issued.max(head.seq);
        (head, record)
    }

    /// What becomes of a publication that there is no room for: every entry is dead.
    pub(crate) fn refuse(&mut self, variant: Variant) {
        if variant != Variant::RefusalIgnored {
            self.data.head = None;
        }
    }

    pub(crate) fn tail(&mut self, variant: Variant) -> Tail {
        let head = self.adopt(variant);
        Tail { head, records: self.data.records }
    }

    pub(crate) fn next_nonce(&mut self) -> u8 {
        self.nonces += 1;
        self.nonces
    }

    pub(crate) fn replicate(&mut self) {
        self.standby.1 = self.data;
    }

    /// The standby becomes the primary with what it has, and the other way round. What was not replicated is lost;
    /// the second time it is the old incarnation that comes back with what it had.
    pub(crate) fn fail_over(&mut self) {
        let (run, data) = std::mem::replace(&mut self.standby, (self.identity.run, self.data));
        self.promotions += 1;
        self.identity = Identity { run, replication: self.promotions };
        self.data = data;
    }
}
