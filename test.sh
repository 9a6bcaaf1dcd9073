#!/usr/bin/env bash
# Sets up what the tests need and runs all of them. Needs Rust, a C compiler and `redis-server`; installs the latter two
# on Debian.
set -euo pipefail
cd "$(dirname "$0")"

if ! command -v cc >/dev/null; then
    apt-get update -qq && apt-get install -y -qq gcc libc6-dev
fi
if ! command -v redis-server >/dev/null; then
    apt-get update -qq && apt-get install -y -qq redis-server
fi
cargo fmt --version >/dev/null 2>&1 || rustup component add rustfmt
cargo clippy --version >/dev/null 2>&1 || rustup component add clippy

export RUSTDOCFLAGS="${RUSTDOCFLAGS:--D warnings}"
cargo fmt --all --check
cargo clippy --workspace --all-targets --all-features -- -D warnings
cargo doc --workspace --all-features --no-deps
cargo test --workspace --all-features --no-fail-fast
cargo run --quiet -p quickstart
