//! What an entry takes on the server.

use redis::cmd;

use super::raw::Raw;
use super::values::{noise, prose};
use super::{Rig, key, marks, read};
use crate::table::{Bound, Table};

const PAYLOAD: usize = 4 << 10;

/// Prints what an entry takes, beside a plain value and beside its payload.
pub async fn print(rig: &Rig) {
    let raw = rig.raw().await;
    let mut table = Table::new(["", "entry", "plain SET", "entry / SET", "entry / payload", "bound"]);
    for (name, value) in [("no compression helps", noise(PAYLOAD)), ("rows as JSON", prose(PAYLOAD))] {
        assert_eq!(value.len(), PAYLOAD, "{name}");
        for dependencies in [1, 10, 100, 1_000] {
            let entry = entry(rig, &raw, dependencies, &value).await;
            let plain = plain(&raw, &value).await;
            let to_payload = entry / PAYLOAD as f64;
            let bound = if dependencies == 100 { Bound::AtMost(1.25) } else { Bound::None };
            table.line([
                format!("{name}, {dependencies} dependencies"),
                format!("{entry} B"),
                format!("{plain} B"),
                format!("{:.3}x", entry / plain),
                format!("{to_payload:.3}x"),
                bound.of(to_payload),
            ]);
        }
    }
    table.print(&format!("memory of an entry, payload of {PAYLOAD} bytes"));
}

async fn entry(rig: &Rig, raw: &Raw, dependencies: usize, value: &String) -> f64 {
    let cache = rig.cache("memory", "").await;
    let key = key("memory", dependencies);
    cache.clear().await.unwrap();
    read(&cache, key, value, &marks(1, dependencies)).await;
    usage(raw, &format!("memory:e:{key}")).await
}

async fn plain(raw: &Raw, value: &str) -> f64 {
    let name = format!("memory:p:{:032x}", 7);
    raw.set(&name, value.as_bytes()).await;
    usage(raw, &name).await
}

async fn usage(raw: &Raw, name: &str) -> f64 {
    let bytes: Option<u32> = raw.ask(cmd("MEMORY").arg("USAGE").arg(name)).await;
    f64::from(bytes.unwrap())
}
