//! Every misuse of the macros is an error that says how to mend it. What compiles is in the other tests.

use cache_ui::{assert_refused, crates};

#[test]
fn misuse_of_the_derive_is_an_error_that_says_what_to_do() {
    assert_refused(&crates!(), "tests/ui/fail/deps");
}

#[test]
fn misuse_of_a_cached_function_is_an_error_that_says_what_to_do() {
    assert_refused(&crates!(), "tests/ui/fail/cached_query");
}

/// In words that are not all our own.
#[test]
fn misuse_that_the_compiler_finds_is_an_error_that_says_what_to_do() {
    if cache_ui::is_rustc("1.95") {
        assert_refused(&crates!(), "tests/ui/fail/rustc");
    }
}
