//! Figures that criterion wrote, side by side.

use std::fs;
use std::path::Path;

/// The median time of one benchmark in nanoseconds.
fn median(folder: &Path, group: &str, name: &str) -> Option<f64> {
    let file = folder.join(group).join(name).join("new").join("estimates.json");
    let estimates: serde_json::Value = serde_json::from_str(&fs::read_to_string(file).ok()?).ok()?;
    estimates.get("median")?.get("point_estimate")?.as_f64()
}

/// Prints a table: each benchmark of the group with its median and its ratio to the first.
pub fn print(folder: &Path, group: &str, names: &[&str]) {
    let Some(base) = names.first().and_then(|name| median(folder, group, name)) else { return };
    println!("\n{group}");
    for name in names {
        if let Some(time) = median(folder, group, name) {
            println!("  {name:<44} {:>12} {:>10.3}x", duration(time), time / base);
        }
    }
}

fn duration(nanoseconds: f64) -> String {
    match nanoseconds {
        time if time < 1e3 => format!("{time:.0} ns"),
        time if time < 1e6 => format!("{:.2} us", time / 1e3),
        time => format!("{:.2} ms", time / 1e6),
    }
}
