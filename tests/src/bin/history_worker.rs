//! One process of a history; see `cache_tests::history`.

fn main() {
    cache_tests::history::worker::main();
}
