//! What processes wrote down.

use std::fs;

use cache_tests::history::event::Event;
use cache_tests::history::record::{Recorder, read};

#[test]
fn a_line_that_was_cut_short_never_happened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history");
    let recorder = Recorder::create(&path).unwrap();
    recorder.record(&Event::Settled { at: 1 });
    recorder.record(&Event::Settled { at: 2 });
    let text = fs::read(&path).unwrap();
    fs::write(&path, &text[..text.len() - 3]).unwrap();
    assert_eq!(read(&path).unwrap(), [Event::Settled { at: 1 }]);
}
