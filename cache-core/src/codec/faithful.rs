//! Whether a value comes back from its bytes as it was.

use std::any::type_name;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use serde::de::DeserializeOwned;
use xxhash_rust::xxh3::xxh3_64;

use super::format::Format;
use super::tokens::{self, Refused, Sink, Token};
use crate::error::{Error, ErrorKind, Result};

/// An error if part of the value is a `Some` of what is written as nothing: it would come back as a `None`.
pub(super) fn check_options<T: Serialize + ?Sized>(format: Format, value: &T) -> Result<()> {
    tokens::write(value, format.is_human_readable(), &mut Options::default()).map_err(|error| {
        let message = format!("a value of `{}` cannot be told from its bytes", type_name::<T>());
        Error::new(ErrorKind::Codec, message).with_source(error)
    })
}

/// Structs of which serde writes different values as one, so that another comes back: their values stay in their process.
/// An adapter submits those of its ORM by `inventory`.
#[derive(Clone, Copy, Debug)]
pub struct Indistinct {
    /// What serde calls them.
    pub name: &'static str,
    /// What is lost, and what to do about it.
    pub refusal: &'static str,
}

inventory::collect!(Indistinct);

#[derive(Default)]
struct Options {
    in_some: bool,
}

impl Sink for Options {
    fn token(&mut self, token: Token, _: &[u8]) -> Result<(), Refused> {
        if self.in_some && token == Token::Nothing {
            let message =
                "a `Some` of nothing is written as a `None` is; let the inner one be a list or an enum";
            return Err(Refused(message.to_owned()));
        }
        self.in_some = token == Token::Some;
        Ok(())
    }

    fn of_struct(&mut self, name: &'static str) -> Result<(), Refused> {
        let mut indistinct = inventory::iter::<Indistinct>.into_iter();
        match indistinct.find(|indistinct| indistinct.name == name) {
            Some(indistinct) => Err(Refused(indistinct.refusal.to_owned())),
            None => Ok(()),
        }
    }
}

/// The types of which a value has not come back, so that each is told of once. Types that share a place share that.
static TOLD: [AtomicBool; 256] = [const { AtomicBool::new(false) }; 256];

/// An error if what these bytes of a value become has other bytes: its type reads something else than it writes, as with
/// `#[serde(skip_deserializing)]`. Every value is looked at: in most of a type nothing may be lost, as what is lost is what
/// it would be anyway.
pub(super) fn check_bytes<T: Serialize + DeserializeOwned>(format: Format, bytes: &[u8]) -> Result<()> {
    let again = format.decode::<T>(bytes).and_then(|value| format.encode(&value));
    let source = match again {
        // A map may give its keys in another order.
        Ok(again) if again == bytes || counts(&again) == counts(bytes) => return Ok(()),
        Ok(_) => None,
        Err(error) => Some(error),
    };
    let name = type_name::<T>();
    let message = format!(
        "a value of `{name}` does not come back from its bytes as it was: serde reads something else than it writes"
    );
    if !TOLD[xxh3_64(name.as_bytes()) as usize % TOLD.len()].swap(true, Ordering::Relaxed) {
        tracing::warn!("{message}; it is kept in this process only");
    }
    let error = Error::new(ErrorKind::Codec, message);
    Err(source.into_iter().fold(error, Error::with_source))
}

/// How often each byte occurs.
fn counts(bytes: &[u8]) -> [usize; 256] {
    let mut counts = [0; 256];
    bytes.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    counts
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use serde::Deserialize;

    use super::*;

    #[derive(Serialize)]
    struct Named<T> {
        id: i64,
        inner: T,
    }

    #[derive(Serialize)]
    enum Choice<T> {
        Nothing,
        One(T),
        Two { inner: T },
    }

    #[test]
    fn a_some_of_nothing_has_no_form_wherever_it_is() {
        fn refused(value: impl Serialize) {
            check_options(Format::default(), &value).unwrap_err();
        }
        let nothing = Some(None::<i64>);
        refused(nothing);
        refused(Some(()));
        refused(vec![Some(Some(1)), nothing]);
        refused((1, nothing));
        refused(Named { id: 1, inner: nothing });
        refused(Some(Named { id: 1, inner: BTreeMap::from([("key", nothing)]) }));
        refused(Choice::One(nothing));
        refused(Choice::Two { inner: nothing });
    }

    #[test]
    fn all_others_have_one() {
        fn accepted(value: impl Serialize) {
            check_options(Format::default(), &value).unwrap();
        }
        accepted(None::<Option<i64>>);
        accepted(Some(Some(1)));
        accepted(());
        accepted(Some(Vec::<Option<i64>>::from([None])));
        accepted(vec![Some("x"), None]);
        accepted(Named { id: 1, inner: Some(Choice::<Option<i64>>::Nothing) });
        accepted(Some(Choice::One(None::<i64>)));
        accepted(BTreeMap::from([(1, None::<i64>)]));
    }

    #[derive(Serialize, Deserialize)]
    struct Forgetful {
        #[serde(skip_deserializing)]
        id: i64,
        title: String,
    }

    #[derive(Serialize, Deserialize)]
    struct Secretive {
        title: String,
        #[serde(skip_serializing)]
        _secret: String,
    }

    #[derive(Serialize, Deserialize)]
    struct Hidden {
        title: String,
        #[serde(skip_deserializing)]
        is_admin: bool,
    }

    fn come_back<T: Serialize + DeserializeOwned>(value: &T) -> bool {
        let bytes = Format::default().encode(value).unwrap();
        check_bytes::<T>(Format::default(), &bytes).is_ok()
    }

    #[test]
    fn what_is_not_read_as_it_is_written_is_refused_however_often_it_comes() {
        for id in 0..100 {
            let title = "long enough".to_owned();
            assert_eq!(come_back(&Forgetful { id, title: title.clone() }), id == 0, "{id}");
            assert!(!come_back(&Secretive { title, _secret: String::new() }));
        }
    }

    /// What is lost may be what it would be anyway in all but one.
    #[test]
    fn so_is_the_first_that_shows_it_after_many_that_do_not() {
        for _ in 0..100 {
            assert!(come_back(&vec![Hidden { title: "x".to_owned(), is_admin: false }]));
        }
        assert!(!come_back(&vec![Hidden { title: "x".to_owned(), is_admin: true }]));
        assert!(come_back(&vec![Hidden { title: "x".to_owned(), is_admin: false }]));
    }

    #[test]
    fn a_map_comes_back_in_any_order() {
        for size in 0..100 {
            let map: HashMap<i32, String> = (0..size).map(|key| (key, format!("value {key}"))).collect();
            assert!(come_back(&map), "{size}");
        }
    }
}
