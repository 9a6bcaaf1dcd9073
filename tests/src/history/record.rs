//! The files that histories are in: one event a line, complete as soon as it is recorded.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::event::Event;

/// A history under way.
#[derive(Debug)]
pub struct Recorder(Mutex<File>);

impl Recorder {
    /// A new file.
    ///
    /// # Errors
    ///
    /// If it cannot be made.
    pub fn create(path: &Path) -> io::Result<Self> {
        Ok(Self(Mutex::new(File::create(path)?)))
    }

    /// Adds an event. The kernel has it when this returns, so it outlives the process.
    ///
    /// # Panics
    ///
    /// If it cannot be written.
    pub fn record(&self, event: &Event) {
        let mut line = serde_json::to_vec(event).expect("an event has a text");
        line.push(b'\n');
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(&line).expect("a line can be written");
    }
}

/// The events of a file. A last line that was cut short by a kill never happened.
///
/// # Errors
///
/// If the file cannot be read, or a line that is complete is no event.
pub fn read(path: &Path) -> io::Result<Vec<Event>> {
    let text = fs::read(path)?;
    let complete = text.iter().rposition(|byte| *byte == b'\n').unwrap_or(0);
    let lines = text[..complete].split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).map_err(io::Error::other)).collect()
}
