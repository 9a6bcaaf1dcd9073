use super::*;

fn message(url: &str) -> String {
    let error = Location::parse(url).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    error.to_string()
}

#[test]
fn every_option_of_a_memory_url_is_understood() -> Result<()> {
    let location = Location::parse("memory://shop?max=64MiB&store=1GiB&ttl=500ms&private")?;
    assert_eq!(location.place, Place::Memory { name: "shop".to_owned(), store: Some(1 << 30) });
    assert_eq!(location.sharing, Sharing::Private);
    assert_eq!((location.max, location.ttl), (Some(64 << 20), Some(Duration::from_millis(500))));
    assert_eq!(Location::parse("memory://?max=4096&ttl=2h")?.max, Some(4096));
    assert_eq!(Location::parse("memory://")?, Location::parse("memory://")?);
    assert_ne!(Location::parse("memory://")?, Location::parse("memory://?ttl=2h")?);
    Ok(())
}

#[test]
fn an_unknown_scheme_or_option_error_names_the_accepted_ones() {
    assert!(message("mem://").starts_with("unknown scheme `mem` in cache URL; accepted: memory, redis"));
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
    let urls =
        ["postgres://user:secret@host", "memory://user:secret@host", "redis://user:secret@host:port/x"];
    for url in urls {
        assert!(!message(url).contains("secret"));
    }
}

#[cfg(feature = "redis")]
mod redis {
    use super::*;

    #[test]
    fn every_option_of_a_redis_url_is_understood() -> Result<()> {
        let location = Location::parse(
            "redis://user:secret@localhost:7000/3?prefix=shop&max=1MiB&ttl=60s&timeout=250ms&lease=2s\
             &consistency=bounded:500ms&compression=lz4&log=1000&strict_writes&fence=off&start=degraded&identity=trust",
        )?;
        assert_eq!(location.consistency, Consistency::Bounded(Duration::from_millis(500)));
        assert_eq!((location.writes, location.start), (Writes::Strict, Start::Degraded));
        assert_eq!(location.fencing, Fencing::Off);
        assert_eq!(location.lease, Some(Duration::from_secs(2)));
        assert!(!format!("{location:?}").contains("secret"), "{location:?}");
        assert_eq!(
            Location::parse("redis://me:a@host?ttl=60s")?,
            Location::parse("redis://me:a@host?ttl=1m")?
        );
        assert_ne!(Location::parse("redis://me:a@host")?, Location::parse("redis://me:b@host")?);
        for scheme in ["redis", "valkey"] {
            Location::parse(&format!("{scheme}://localhost"))?;
            Location::parse(&format!("{scheme}+unix:///run/redis.sock?db=2&user=me&pass=secret&prefix=x"))?;
        }
        Ok(())
    }

    #[test]
    fn a_wrong_redis_url_error_names_what_is_accepted() {
        assert!(message("redis://localhost?prefx=shop").contains("accepted: prefix=<name>"));
        assert!(message("redis://localhost?consistency=weak").contains("`consistency=bounded:500ms`"));
        assert!(message("redis://localhost?compression=rar").contains("lz4"));
        assert!(message("redis://localhost?log=3").contains("`log=16384`"));
        assert!(message("redis://localhost/x").contains("redis://[user:password@]host"));
    }

    #[cfg(not(feature = "redis-tls"))]
    #[test]
    fn tls_without_its_feature_is_named() {
        assert!(message("rediss://localhost").contains("feature `redis-tls`"));
    }
}

#[cfg(not(feature = "redis"))]
#[test]
fn redis_without_its_feature_is_named() {
    assert!(message("redis://localhost").contains("feature `redis`"));
}
