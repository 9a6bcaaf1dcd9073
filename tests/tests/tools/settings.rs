//! How much is run.

use cache_tests::oracle::settings::{range, single};

#[test]
fn seeds_are_a_count_a_range_or_one() {
    assert_eq!(range("5"), Some(0..5));
    assert_eq!(range("7..9"), Some(7..9));
    assert_eq!(single("7"), Some(7..8));
    assert_eq!(range("all"), None);
}
