//! Which database it is, where the database has no name of its own.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use crate::deps::DatabaseId;
use crate::error::{Error, ErrorKind, Result};

/// The name of a database that no other has. Keep it as long as the connection.
#[derive(Clone, Debug)]
pub struct Identity {
    name: String,
    session: String,
    _life: Arc<()>,
}

impl Identity {
    /// The database of this name: who gives a name answers for it.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), session: String::new(), _life: Arc::default() }
    }

    /// An SQLite file. It is itself by whatever path: its canonical path, and its place in the file system in case the
    /// path is given to another file.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`] if the file cannot be examined.
    pub fn of_file(file: &Path) -> Result<Self> {
        let name = |path: &Path| -> std::io::Result<String> {
            let metadata = path.metadata()?;
            Ok(format!("sqlite:{}#{}", path.canonicalize()?.display(), inode(&metadata)))
        };
        let name = name(file).map_err(|source| {
            let message = format!("the database file {} cannot be examined", file.display());
            Error::new(ErrorKind::Schema, message).with_source(source)
        })?;
        Ok(Self::named(name))
    }

    /// An SQLite database in memory that was opened by this URL, which says whether connections share it, and by which
    /// name.
    #[must_use]
    pub fn in_memory_by(url: Option<&str>) -> Self {
        Self::in_memory(url.and_then(shared_name))
    }

    /// A database in memory, which is a life of its own: it is that of others who hold one of the same name now. Without
    /// a name every call is another database.
    #[must_use]
    pub fn in_memory(name: Option<String>) -> Self {
        let mut lives = LIVES.lock().unwrap_or_else(PoisonError::into_inner);
        lives.retain(|_, life| life.holders.strong_count() > 0);
        let known = name.as_ref().and_then(|name| lives.get(name));
        if let Some((id, life)) = known.and_then(|life| Some((life.id, life.holders.upgrade()?))) {
            return Self::alive(id, life);
        }
        let (id, life) = (RandomState::new().hash_one(std::process::id()), Arc::default());
        if let Some(name) = name {
            lives.insert(name, Life { id, holders: Arc::downgrade(&life) });
        }
        Self::alive(id, life)
    }

    fn alive(id: u64, life: Arc<()>) -> Self {
        Self { _life: life, ..Self::named(format!("sqlite:memory:{id:016x}")) }
    }

    /// The same database as seen by sessions of this kind: see [`DatabaseId::seen_by`].
    #[must_use]
    pub fn seen_by(self, session: impl Into<String>) -> Self {
        Self { session: session.into(), ..self }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What a [`Database`](super::Database) of it is attached by.
    #[must_use]
    pub fn id(&self) -> DatabaseId {
        DatabaseId::new(self.name.as_str()).seen_by(self.session.as_str())
    }
}

/// The name in an SQLite URL by which connections share a database in memory, however it is written.
fn shared_name(url: &str) -> Option<String> {
    let url = url.strip_prefix("file:")?;
    let (path, query) = url.split_once('#').map_or(url, |(url, _)| url).split_once('?')?;
    let path = path.strip_prefix("//").map_or(path, |rest| rest.find('/').map_or("", |start| &rest[start..]));
    let parameters = query.split('&').filter_map(|parameter| parameter.split_once('='));
    // The last one counts.
    let value = |name: &str| {
        let mut values =
            parameters.clone().filter(|(key, _)| decoded(key) == name).map(|(_, value)| decoded(value));
        values.next_back()
    };
    let name = decoded(path);
    let is_shared = value("cache").as_deref() == Some("shared") && !name.is_empty();
    is_shared.then(|| match value("vfs") {
        Some(vfs) => format!("{name}?vfs={vfs}"),
        None => name,
    })
}

/// A part of a URL, without the escapes that SQLite knows.
fn decoded(part: &str) -> String {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let [first, after @ ..] = rest {
        let escaped =
            after.get(..2).filter(|digits| *first == b'%' && digits.iter().all(u8::is_ascii_hexdigit));
        let escaped = escaped.and_then(|digits| std::str::from_utf8(digits).ok());
        let escaped = escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(unix)]
fn inode(metadata: &std::fs::Metadata) -> String {
    use std::os::unix::fs::MetadataExt;
    format!("{}:{}", metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn inode(_metadata: &std::fs::Metadata) -> String {
    String::new()
}

/// The lives of databases in memory, by name.
static LIVES: LazyLock<Mutex<HashMap<String, Life>>> = LazyLock::new(Mutex::default);

struct Life {
    id: u64,
    holders: Weak<()>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_itself_by_every_path() {
        let (here, there) = (Path::new("Cargo.toml"), Path::new("src/../Cargo.toml"));
        let identity = |path| Identity::of_file(path).unwrap();
        assert_eq!(identity(here).name(), identity(there).name());
        assert_ne!(identity(here).name(), identity(Path::new("src/lib.rs")).name());
        assert_eq!(Identity::of_file(Path::new("no such file")).unwrap_err().kind(), ErrorKind::Schema);
    }

    #[test]
    fn a_url_names_a_database_in_memory_if_it_says_that_it_is_shared() {
        for url in [
            "file:a?mode=memory&cache=shared",
            "file:a?cache=private&cache=shared&mode=memory",
            "file:%61?mode=memory&c%61che=sh%61red#anything",
        ] {
            assert_eq!(shared_name(url).as_deref(), Some("a"), "{url}");
        }
        assert_eq!(shared_name("file:///a/b?cache=shared").as_deref(), Some("/a/b"));
        assert_eq!(shared_name("file::memory:?cache=shared").as_deref(), Some(":memory:"));
        assert_ne!(shared_name("file:a?cache=shared&vfs=x"), shared_name("file:a?cache=shared"));
        for url in [
            ":memory:",
            "file:a?mode=memory",
            "file:?cache=shared",
            "file:a?cache=shared&cache=private",
            "a?cache=shared",
        ] {
            assert_eq!(shared_name(url), None, "{url}");
        }
        let escapes = ["%", "%4", "%zz", "%C3%A4%+1"].map(decoded);
        assert_eq!(escapes, ["%", "%4", "%zz", "\u{e4}%+1"]);
    }

    #[test]
    fn a_database_in_memory_is_that_of_those_who_hold_its_name_now() {
        let first = Identity::in_memory(Some("a".into()));
        assert_eq!(first.name(), Identity::in_memory(Some("a".into())).name());
        assert_ne!(first.name(), Identity::in_memory(Some("b".into())).name());
        let name = first.name().to_owned();
        drop(first);
        assert_ne!(name, Identity::in_memory(Some("a".into())).name());
        assert_ne!(Identity::in_memory(None).name(), Identity::in_memory(None).name());
    }
}
