//! What a user can forget says how to mend it.

use cache_ui::{assert_refused, crates};

#[test]
fn mistakes_say_how_to_mend_them() {
    if cache_ui::is_rustc("1.95") {
        assert_refused(&crates!(), "tests/ui");
    }
}
