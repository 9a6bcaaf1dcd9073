//! How the load is run.

use std::time::Duration;

use crate::Result;

const USAGE: &str = "load [--seconds 10] [--connections 32] [--processes 1] [--cache option]...";

#[derive(Clone, PartialEq, Debug)]
pub struct Options {
    /// For each of the two.
    pub time: Duration,
    pub connections: usize,
    /// Of each service. Those with a cache share it.
    pub processes: usize,
    /// Further options of the cache's URL.
    pub cache: Vec<String>,
}

impl Options {
    /// What the command line says.
    ///
    /// # Errors
    /// If it is not understood.
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut options =
            Self { time: Duration::from_secs(10), connections: 32, processes: 1, cache: Vec::new() };
        while let Some(argument) = arguments.next() {
            let value = arguments.next().ok_or(USAGE)?;
            match argument.as_str() {
                "--seconds" => options.time = Duration::try_from_secs_f64(value.parse()?)?,
                "--connections" => options.connections = value.parse()?,
                "--processes" => options.processes = value.parse()?,
                "--cache" => options.cache.push(value),
                _ => return Err(format!("unknown option `{argument}`; {USAGE}").into()),
            }
        }
        if options.connections == 0 || options.processes == 0 {
            return Err(USAGE.into());
        }
        Ok(options)
    }

    pub(super) fn cache_url(&self, url: &str) -> String {
        self.cache.iter().fold(url.to_owned(), |url, option| format!("{url}&{option}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Options> {
        Options::parse(text.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn the_command_line_is_understood_or_refused() {
        let options = parse("--seconds 0.5 --cache fence=off --processes 2 --cache ttl=5s").unwrap();
        assert_eq!((options.time, options.processes), (Duration::from_millis(500), 2));
        assert_eq!(options.cache_url("redis://h/0?prefix=web"), "redis://h/0?prefix=web&fence=off&ttl=5s");
        for wrong in ["--seconds", "--seconds x", "--speed 3", "--connections 0"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
