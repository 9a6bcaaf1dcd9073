//! What a cache URL says.

use std::time::Duration;

use super::policy::Consistency;
use crate::codec::Compression;
use crate::error::{Error, ErrorKind, Result};
#[cfg(feature = "redis")]
use crate::redis::Settings;

const SCHEMES: &str = "memory, redis, rediss, redis+unix, valkey, valkeys, valkey+unix";
const MEMORY: &str = "max=<size>, store=<size>, ttl=<duration>, private";
#[cfg(feature = "redis")]
const REDIS: &str = "prefix=<name>, max=<size>, ttl=<duration>, timeout=<duration>, lease=<duration>, \
    consistency=strict, consistency=bounded:<duration>, compression=none|lz4|zstd, log=<records>, strict_writes, \
    fence=off|nobody, start=degraded, identity=trust, ca=<file>, private";

/// Which cache a URL names, and how it is used.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Location {
    pub(super) place: Place,
    pub(super) sharing: Sharing,
    /// The bound of the typed values, in bytes.
    pub(super) max: Option<usize>,
    pub(super) ttl: Option<Duration>,
    pub(super) lease: Option<Duration>,
    pub(super) consistency: Consistency,
    pub(super) compression: Option<Compression>,
    pub(super) writes: Writes,
    pub(super) fencing: Fencing,
    pub(super) start: Start,
}

/// Where the log is.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Place {
    /// In this process. Caches of one name see each other's writes.
    Memory {
        name: String,
        /// The bound of the byte store; none without one.
        store: Option<usize>,
    },
    #[cfg(feature = "redis")]
    Redis(Box<Settings>),
}

/// Whether an equal URL is the same cache.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Sharing {
    #[default]
    Process,
    Private,
}

/// What becomes of a write that cannot be announced.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Writes {
    /// It succeeds, and its publication is owed.
    #[default]
    Owed,
    /// It fails before anything is written.
    Strict,
}

/// Whether a write says before its COMMIT what it may touch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Fencing {
    #[default]
    On,
    /// It does not, but heeds what others say.
    #[cfg_attr(not(feature = "redis"), expect(dead_code, reason = "only a log that is shared has fences"))]
    Off,
    /// Nor does anybody else who shares the log.
    Nobody,
}

/// What becomes of a start without a server.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Start {
    #[default]
    Connected,
    Degraded,
}

impl Location {
    /// No error repeats the URL: it may hold a password.
    pub(super) fn parse(url: &str) -> Result<Self> {
        let (scheme, rest) = url.split_once("://").ok_or_else(|| {
            wrong(format!("cache URL has no scheme; accepted: {SCHEMES}, as in `memory://`"))
        })?;
        let (before, options) = rest.split_once('?').unwrap_or((rest, ""));
        let options = options.split('&').filter(|option| !option.is_empty());
        match scheme {
            "memory" => Self::memory(before, options),
            "redis" | "rediss" | "redis+unix" | "valkey" | "valkeys" | "valkey+unix" => {
                Self::redis(scheme, before, options)
            }
            _ => Err(wrong(format!("unknown scheme `{}` in cache URL; accepted: {SCHEMES}", shown(scheme)))),
        }
    }

    fn at(place: Place) -> Self {
        Self {
            place,
            sharing: Sharing::default(),
            max: None,
            ttl: None,
            lease: None,
            consistency: Consistency::default(),
            compression: None,
            writes: Writes::default(),
            fencing: Fencing::default(),
            start: Start::default(),
        }
    }

    fn memory<'u>(name: &str, options: impl Iterator<Item = &'u str>) -> Result<Self> {
        checked_name("name in memory URL", name)?;
        let mut store = None;
        let mut location = Self::at(Place::Memory { name: name.to_owned(), store });
        for option in options {
            match option.split_once('=') {
                Some(("store", value)) => store = Some(size("store", value)?),
                _ if location.set(option)? => {}
                _ => return Err(unknown(option, "memory", MEMORY)),
            }
        }
        location.place = Place::Memory { name: name.to_owned(), store };
        Ok(location)
    }

    #[cfg(not(feature = "redis"))]
    fn redis<'u>(scheme: &str, _: &str, _: impl Iterator<Item = &'u str>) -> Result<Self> {
        Err(wrong(format!("scheme `{scheme}` in cache URL needs the feature `redis`")))
    }

    #[cfg(feature = "redis")]
    fn redis<'u>(scheme: &str, server: &str, options: impl Iterator<Item = &'u str>) -> Result<Self> {
        // A Unix socket's database and login are options, as Redis clients write them.
        let (theirs, ours): (Vec<_>, Vec<_>) = options.partition(|option| {
            scheme.ends_with("+unix") && ["db=", "user=", "pass="].iter().any(|name| option.starts_with(name))
        });
        let mut settings = Settings::new(&format!("{scheme}://{server}?{}", theirs.join("&")))?;
        let mut location = Self::at(Place::Memory { name: String::new(), store: None });
        for option in ours {
            if !location.set_redis(&mut settings, option)? && !location.set(option)? {
                return Err(unknown(option, "redis", REDIS));
            }
        }
        if let Consistency::Bounded(bound) = location.consistency {
            settings.confirm_within(bound);
        }
        Ok(Self { place: Place::Redis(Box::new(settings)), ..location })
    }

    /// Whether the option is one of those that every place has.
    fn set(&mut self, option: &str) -> Result<bool> {
        match option.split_once('=') {
            Some(("max", value)) => self.max = Some(size("max", value)?),
            Some(("ttl", value)) => self.ttl = Some(duration("ttl", value)?),
            None if option == "private" => self.sharing = Sharing::Private,
            _ => return Ok(false),
        }
        Ok(true)
    }

    #[cfg(feature = "redis")]
    fn set_redis(&mut self, settings: &mut Settings, option: &str) -> Result<bool> {
        match option.split_once('=').unwrap_or((option, "")) {
            ("prefix", name) => {
                checked_name("option `prefix`", name)?;
                settings.set_prefix(name);
            }
            ("timeout", value) => settings.set_timeout(duration("timeout", value)?),
            ("lease", value) => self.lease = Some(duration("lease", value)?),
            ("log", value) => settings.set_records(records(value)?),
            ("consistency", value) => self.consistency = consistency(value)?,
            ("compression", value) => self.compression = Some(Compression::named(value)?),
            ("strict_writes", "") => self.writes = Writes::Strict,
            ("fence", "off") => self.fencing = Fencing::Off,
            ("fence", "nobody") => self.fencing = Fencing::Nobody,
            ("start", "degraded") => self.start = Start::Degraded,
            ("identity", "trust") => settings.trust_identity(),
            ("ca", file) => settings.trust(file)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn checked_name(what: &str, name: &str) -> Result<()> {
    let named = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    if name.bytes().all(named) {
        return Ok(());
    }
    Err(wrong(format!("{what} may have letters, digits, `-`, `_`, `.` and `:` only")))
}

#[cfg(feature = "redis")]
fn consistency(value: &str) -> Result<Consistency> {
    match value.split_once(':') {
        Some(("bounded", bound)) => Ok(Consistency::Bounded(duration("consistency", bound)?)),
        None if value == "strict" => Ok(Consistency::Strict),
        _ => Err(wrong(
            "option `consistency` is `strict` or `bounded:<duration>`, as in `consistency=bounded:500ms`",
        )),
    }
}

#[cfg(feature = "redis")]
fn records(value: &str) -> Result<usize> {
    let records = value.parse().ok().filter(|records| (100..=100_000).contains(records));
    records
        .ok_or_else(|| wrong("option `log` needs a number of records from 100 to 100000, as in `log=16384`"))
}

fn unknown(option: &str, scheme: &str, accepted: &str) -> Error {
    let name = shown(option.split_once('=').map_or(option, |(name, _)| name));
    wrong(format!("unknown option `{name}` in {scheme} URL; accepted: {accepted}"))
}

/// The word, unless it may be part of a password that was not escaped.
fn shown(word: &str) -> &str {
    if word.bytes().all(|byte| byte.is_ascii_lowercase() || b"_+".contains(&byte)) { word } else { ".." }
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
mod tests;
