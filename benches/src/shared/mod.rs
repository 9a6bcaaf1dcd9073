//! A cache in Redis, beside the bare client and beside a cache that is written by hand: GET, JSON, SET EX, DEL.
//!
//! | part | what it is for |
//! |---|---|
//! | [`Rig`] | a server, and caches and clients of it |
//! | [`raw`] | the bare client, and what is written by hand with it |
//! | [`values`] | what is cached |
//! | [`hits`], [`strict`], [`bounded`] | hits in the store and in this process |
//! | [`fills`], [`publications`] | misses and writes |
//! | [`memory`], [`bootstrap`] | what an entry takes; what a new process waits for |

pub mod bootstrap;
pub mod bounded;
pub mod fills;
pub mod hits;
pub mod memory;
pub mod publications;
pub mod raw;
pub mod strict;
pub mod values;

use std::sync::Arc;

use cache_core::cache::{Loaded, Outcome, Policy, Request, Watched};
use cache_core::{Cache, EntryKey, Error, Mark, Marks};
use cache_servers::RedisServer;
use serde::Serialize;
use serde::de::DeserializeOwned;

use self::raw::Raw;

/// How many calls are under way at once.
pub const CALLERS: [usize; 3] = [1, 16, 128];

/// The cache's own policy.
pub static POLICY: Policy = Policy::new();

/// A server that nobody else uses.
#[derive(Debug)]
pub struct Rig(RedisServer);

impl Rig {
    /// An empty server.
    #[must_use]
    pub fn start() -> Self {
        Self(RedisServer::start())
    }

    /// A connected cache that shares nothing in this process with another one of the same URL. It waits for a busy
    /// machine rather than going around the server.
    pub async fn cache(&self, prefix: &str, options: &str) -> Cache {
        let cache = self.open(prefix, options);
        cache.connect().await.unwrap();
        cache
    }

    /// The same, not yet connected.
    #[must_use]
    pub fn open(&self, prefix: &str, options: &str) -> Cache {
        let address = self.0.address();
        let options = format!("prefix={prefix}&private&fence=nobody&timeout=10s&{options}");
        Cache::from_url(&format!("redis://{address}/0?{options}")).unwrap()
    }

    /// A bare client.
    pub async fn raw(&self) -> Raw {
        Raw::connect(self.0.address()).await
    }
}

/// What can be cached, by this cache as by hand.
pub trait Cached: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {}

impl<T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static> Cached for T {}

/// A read that loads `value`, which depends on `marks`, if it has to.
pub async fn read<T: Cached>(cache: &Cache, key: EntryKey, value: &T, marks: &Arc<Marks>) -> Outcome<T> {
    let request = Request { key, policy: &POLICY, codec: &cache.codec::<T>() };
    let load = async |_| {
        let watched = Watched::Marks { marks: Arc::clone(marks), position: None };
        Ok::<_, Error>(Loaded { value: value.clone(), watched })
    };
    cache.load(&request, load).await.unwrap()
}

/// A read that must find an entry.
pub async fn hit<T: Cached>(cache: &Cache, key: EntryKey, policy: &Policy) -> Outcome<T> {
    let request = Request { key, policy, codec: &cache.codec::<T>() };
    cache.load(&request, async |_| Err::<Loaded<T>, _>("the entry is not there")).await.unwrap()
}

/// This many marks that no other seed has.
#[must_use]
pub fn marks(seed: u64, count: usize) -> Arc<Marks> {
    let start = seed.wrapping_mul(0xD1B5_4A32_D192_ED03);
    Arc::new((1..=count as u64).map(|number| Mark::from_bits(spread(start.wrapping_add(number)))).collect())
}

/// Numbers as far from each other as hashes: marks in a row would crowd a few lines of the index.
fn spread(number: u64) -> u64 {
    let number = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let number = (number ^ number >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ number >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ number >> 31
}

/// The key of one entry among those of a kind.
#[must_use]
pub fn key(kind: &str, number: usize) -> EntryKey {
    EntryKey::of(kind, &number).unwrap()
}
