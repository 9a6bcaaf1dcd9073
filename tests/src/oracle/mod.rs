//! The oracle: after every random write, every cached read must equal the same read on the database.

mod losses;
mod others;
mod plan;
mod report;
mod run;
pub mod settings;
pub mod shop;
mod storm;

pub use losses::Losses;
pub use plan::{Life, Plan, Scene};
pub use report::{Report, Share, Stale};
pub use run::{run, run_all};
pub use settings::Settings;
pub use storm::storm;
