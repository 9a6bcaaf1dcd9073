#!/usr/bin/env bash
# Sets up what the tests need and runs all of them. Needs Rust, a C compiler, `redis-server`, `mariadbd`, PostgreSQL's
# `initdb`, `postgres`, and the client libraries of both; installs all but Rust on Debian. Servers are installed without
# their services: the tests start their own.
set -euo pipefail
cd "$(dirname "$0")"

if ! command -v cc >/dev/null; then
    apt-get update -qq && apt-get install -y -qq gcc libc6-dev
fi
if ! command -v redis-server >/dev/null; then
    apt-get update -qq && apt-get install -y -qq redis-server
fi
if ! command -v mariadb-install-db >/dev/null; then
    apt-get update -qq && apt-get install -y -qq --no-install-recommends mariadb-server-core mariadb-client-core
fi
if ! command -v initdb >/dev/null && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
    # Without the cluster on the standard port that the package would start.
    mkdir -p /etc/postgresql-common && echo "create_main_cluster = false" >>/etc/postgresql-common/createcluster.conf
    apt-get update -qq && apt-get install -y -qq postgresql
fi
# What Diesel connects to PostgreSQL by.
if ! [ -e "$(pg_config --includedir 2>/dev/null || echo /usr/include/postgresql)/libpq-fe.h" ]; then
    apt-get update -qq && apt-get install -y -qq libpq-dev
fi
# What Diesel connects to MariaDB by.
if ! command -v mysql_config >/dev/null; then
    apt-get update -qq && apt-get install -y -qq default-libmysqlclient-dev
fi
cargo fmt --version >/dev/null 2>&1 || rustup component add rustfmt
cargo clippy --version >/dev/null 2>&1 || rustup component add clippy

# What is built for the first time has nothing to be incremental to.
[ -d target ] || export CARGO_INCREMENTAL=0
export RUSTDOCFLAGS="${RUSTDOCFLAGS:--D warnings}"
cargo fmt --all --check
cargo clippy --workspace --all-targets --all-features -- -D warnings
# With `--examples`, of which there are none, features and what is built are those of the others. The library `web` has a
# program of its name.
cargo doc --workspace --all-features --no-deps --lib --bin '[!w]*' --examples
# What one feature needs of another shows where the other is off.
check() { cargo clippy --quiet -p cache-features -p "$@" -- -D warnings; }
check cache-core
check cache-core --features redis
check cache-seaorm
check cache-diesel
check cache-diesel --no-default-features --features postgres,async-postgres
check cache-diesel --no-default-features --features mysql,async-mysql
cargo test --workspace --all-features --no-fail-fast
