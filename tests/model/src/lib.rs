//! The exhaustive check of the cache's protocol.

mod clock;
mod digest;
pub mod explore;
mod fault;
mod few;
mod fence;
mod goal;
mod index;
mod marks;
mod reader;
mod scene;
mod server;
mod spec;
mod state;
mod variant;
mod world;
mod writer;

pub use explore::{Counterexample, Report};
pub use goal::Goal;
pub use marks::{Key, Marks, Row};
pub use scene::{Ending, Fault, Promise, Reader, Scene, Switch, Time, Write};
pub use server::Declarations;
pub use variant::Variant;
pub use world::check;
