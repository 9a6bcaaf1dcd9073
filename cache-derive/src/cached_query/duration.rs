//! Durations as people write them: `250ms`, `60s`, `1h30m`.

use std::fmt::Display;
use std::time::Duration;

/// The units, with their milliseconds.
const UNITS: [(&str, u64); 5] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// Reads whole numbers with units, added up. The error says what is wrong.
pub(super) fn parse(option: &impl Display, text: &str) -> Result<Duration, String> {
    let advice = || {
        format!("`{text}` is no duration: write whole numbers with units (ms, s, m, h, d), such as \"60s\"")
    };
    let mut rest = text;
    let mut total = 0_u64;
    while !rest.is_empty() {
        let number;
        let unit;
        (number, rest) = split(rest, |c| c.is_ascii_digit());
        (unit, rest) = split(rest, |c| c.is_ascii_alphabetic());
        let (_, milliseconds) = UNITS.into_iter().find(|(name, _)| *name == unit).ok_or_else(advice)?;
        let number: u64 = number.parse().map_err(|_| advice())?;
        let part = number.checked_mul(milliseconds).and_then(|part| total.checked_add(part));
        total = part.ok_or_else(|| format!("`{text}` is too long for a duration"))?;
    }
    match total {
        0 if text.is_empty() => Err(advice()),
        0 if option.to_string() == "ttl" => {
            Err("a ttl of zero stores nothing: remove the attribute, or give a longer one".to_owned())
        }
        0 => Err(format!("a duration of zero changes nothing: remove `{option}`, or give a longer one")),
        _ => Ok(Duration::from_millis(total)),
    }
}

fn split(text: &str, taken: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !taken(c)).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_add_up() {
        assert_eq!(parse(&"ttl", "250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(parse(&"ttl", "60s"), Ok(Duration::from_secs(60)));
        assert_eq!(parse(&"ttl", "1h30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(parse(&"ttl", "2d"), Ok(Duration::from_secs(172_800)));
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in [
            "",
            "60",
            "s",
            "60 s",
            "1.5s",
            "-5s",
            "5 minutes",
            "60sec",
            "0s",
            "99999999999999999999s",
            "300000000000000d",
        ] {
            assert!(parse(&"ttl", text).is_err(), "{text}");
        }
    }
}
