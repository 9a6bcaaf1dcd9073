//! What a cache URL says.

use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};

const SCHEMES: &str = "memory";
const OPTIONS: &str = "max=<size>, store=<size>, ttl=<duration>, private";

/// Which cache a URL names.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Location {
    /// Whose log it is: caches of one name see each other's writes.
    pub(super) name: String,
    pub(super) sharing: Sharing,
    /// The bound of the typed values, in bytes.
    pub(super) max: Option<usize>,
    /// The bound of the byte store; none without one.
    pub(super) store: Option<usize>,
    pub(super) ttl: Option<Duration>,
}

/// Whether an equal URL is the same cache.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Sharing {
    #[default]
    Process,
    Private,
}

impl Location {
    /// No error repeats the URL: it may hold a password.
    pub(super) fn parse(url: &str) -> Result<Self> {
        let (scheme, rest) = url.split_once("://").ok_or_else(|| {
            wrong(format!("cache URL has no scheme; accepted: {SCHEMES}, as in `memory://`"))
        })?;
        if scheme != "memory" {
            return Err(wrong(format!("unknown scheme `{scheme}` in cache URL; accepted: {SCHEMES}")));
        }
        let (name, options) = rest.split_once('?').unwrap_or((rest, ""));
        let named = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if !name.bytes().all(named) {
            return Err(wrong("name in memory URL may have letters, digits, `-`, `_` and `.` only"));
        }
        let mut location = Location { name: name.to_owned(), ..Location::default() };
        for option in options.split('&').filter(|option| !option.is_empty()) {
            location.set(option)?;
        }
        Ok(location)
    }

    fn set(&mut self, option: &str) -> Result<()> {
        match option.split_once('=') {
            Some(("max", value)) => self.max = Some(size("max", value)?),
            Some(("store", value)) => self.store = Some(size("store", value)?),
            Some(("ttl", value)) => self.ttl = Some(duration("ttl", value)?),
            None if option == "private" => self.sharing = Sharing::Private,
            other => {
                let name = other.map_or(option, |(name, _)| name);
                return Err(wrong(format!("unknown option `{name}` in memory URL; accepted: {OPTIONS}")));
            }
        }
        Ok(())
    }
}

fn size(option: &str, value: &str) -> Result<usize> {
    let units = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("", 1)];
    quantity(value, &units).and_then(|bytes| usize::try_from(bytes).ok()).ok_or_else(|| {
        wrong(format!("option `{option}` needs a size in bytes, KiB, MiB or GiB, as in `{option}=64MiB`"))
    })
}

fn duration(option: &str, value: &str) -> Result<Duration> {
    let units = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
    quantity(value, &units).map(Duration::from_millis).ok_or_else(|| {
        wrong(format!("option `{option}` needs a duration in ms, s, m, h or d, as in `{option}=60s`"))
    })
}

/// A whole number of the first unit that fits.
fn quantity(value: &str, units: &[(&str, u64)]) -> Option<u64> {
    units
        .iter()
        .find_map(|(unit, factor)| value.strip_suffix(unit)?.parse::<u64>().ok()?.checked_mul(*factor))
}

fn wrong(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Configuration, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(url: &str) -> String {
        let error = Location::parse(url).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        error.to_string()
    }

    #[test]
    fn every_option_is_understood() -> Result<()> {
        assert_eq!(Location::parse("memory://")?, Location::default());
        let location = Location::parse("memory://shop?max=64MiB&store=1GiB&ttl=500ms&private")?;
        assert_eq!(location.name, "shop");
        assert_eq!(location.sharing, Sharing::Private);
        assert_eq!((location.max, location.store), (Some(64 << 20), Some(1 << 30)));
        assert_eq!(location.ttl, Some(Duration::from_millis(500)));
        assert_eq!(Location::parse("memory://?max=4096&ttl=2h")?.max, Some(4096));
        Ok(())
    }

    #[test]
    fn an_unknown_scheme_or_option_error_names_the_accepted_ones() {
        assert_eq!(message("mem://"), "unknown scheme `mem` in cache URL; accepted: memory");
        assert_eq!(
            message("memory://?tll=60s"),
            "unknown option `tll` in memory URL; accepted: max=<size>, store=<size>, ttl=<duration>, private"
        );
        assert!(message("memory://?private=yes").contains("unknown option `private`"));
        assert!(message("memory").contains("no scheme"));
    }

    #[test]
    fn a_wrong_value_error_shows_a_right_one() {
        assert!(message("memory://?max=lots").contains("`max=64MiB`"));
        assert!(message("memory://?ttl=60").contains("`ttl=60s`"));
        assert!(message("memory://?ttl=-1s").contains("`ttl=60s`"));
        assert!(message("memory://?max=99999999999999999999GiB").contains("`max=64MiB`"));
    }

    #[test]
    fn no_error_repeats_a_password() {
        for url in ["postgres://user:secret@host", "memory://user:secret@host"] {
            assert!(!message(url).contains("secret"));
        }
    }
}
