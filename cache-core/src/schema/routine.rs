//! Functions and procedures, as far as a cache cares.

use std::collections::{BTreeMap, HashMap};

/// What a call of a routine may do. The order is that of caution.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Routine {
    /// Its result depends on its arguments only.
    Immutable,
    /// It folds rows into one.
    Aggregate,
    /// It reads the clock, the session, chance or tables, and writes nothing.
    Volatile,
    /// It may do anything.
    Unknown,
}

/// How long a setting holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Duration {
    /// Until the transaction ends.
    Transaction,
    /// Until the schema is read, if that shows that nothing is hidden: a name was given to what may be temporary.
    Reading,
    /// Until the session ends.
    Session,
}

/// The routines of one database by name.
///
/// ```
/// use cache_core::schema::{Routine, Routines};
///
/// let mut routines = Routines::default();
/// routines.add("lower", Routine::Immutable);
/// routines.add("lower", Routine::Volatile);
/// assert_eq!(routines.named("LOWER"), Routine::Volatile, "which of them a call means is not known");
/// assert_eq!(routines.named("upper"), Routine::Unknown);
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Routines {
    by_name: HashMap<String, Routine>,
    operators: Vec<(String, Routine)>,
    /// Of names that may do anything: the bodies that say what it is, if they all do.
    bodies: BTreeMap<String, Vec<String>>,
    /// The bodies of procedures, which have a namespace of their own.
    procedures: BTreeMap<String, String>,
    /// Those that may leave their session set otherwise, and on MySQL what calls or fires them.
    setters: BTreeMap<String, Duration>,
    /// What a cast to a domain may do, by its name: types and routines may have equal ones.
    domains: BTreeMap<String, Routine>,
    definitions_call: bool,
}

impl Routines {
    /// Adds one. Of several of one name the one that may do most counts.
    pub fn add(&mut self, name: &str, routine: Routine) {
        let known = self.by_name.entry(name.to_ascii_lowercase()).or_insert(routine);
        *known = routine.max(*known);
    }

    /// Says that these bodies, each a text of SQL, are all that the routines of this name do that may do anything.
    pub fn add_bodies(&mut self, name: &str, bodies: impl IntoIterator<Item = impl Into<String>>) {
        self.bodies.insert(name.to_ascii_lowercase(), bodies.into_iter().map(Into::into).collect());
    }

    /// Adds what CALL runs by this name.
    pub fn add_procedure(&mut self, name: &str, body: impl Into<String>) {
        self.procedures.insert(name.to_ascii_lowercase(), body.into());
    }

    /// The body of a procedure; `None` if nobody knows what it does.
    pub(crate) fn procedure(&self, name: &str) -> Option<&str> {
        self.procedures.get(&name.to_ascii_lowercase()).map(String::as_str)
    }

    /// The names whose routines are known by their bodies, which nobody has read yet.
    pub(crate) fn bodies(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.bodies.iter().map(|(name, bodies)| (name.as_str(), bodies.as_slice()))
    }

    /// The procedures whose bodies are known.
    pub(crate) fn procedures(&self) -> impl Iterator<Item = (&str, &str)> {
        self.procedures.iter().map(|(name, body)| (name.as_str(), body.as_str()))
    }

    /// The names of which nobody can read what they do.
    pub(crate) fn unreadable(&self) -> impl Iterator<Item = &str> {
        let is_unknown = |(name, routine): &(&String, &Routine)| {
            **routine == Routine::Unknown && !self.bodies.contains_key(*name)
        };
        self.by_name.iter().filter(is_unknown).map(|(name, _)| name.as_str())
    }

    /// Notes for how long a call of this name, in lower case, may change what later statements of its session mean; on MySQL
    /// also a write of what has the name.
    pub(crate) fn may_set(&mut self, name: impl Into<String>, duration: Duration) {
        self.setters.insert(name.into(), duration);
    }

    /// How long later statements of its session may mean something else because of a call of this name, if they may; on
    /// MySQL also because of a write of what has the name.
    pub(crate) fn sets(&self, name: &str) -> Option<Duration> {
        if self.setters.is_empty() { None } else { self.setters.get(&name.to_ascii_lowercase()).copied() }
    }

    /// Notes what a cast to this domain may do.
    pub(crate) fn add_domain(&mut self, name: &str, routine: Routine) {
        let known = self.domains.entry(name.to_ascii_lowercase()).or_insert(routine);
        *known = routine.max(*known);
    }

    /// What a cast to a domain of this name may do; none if there is none.
    pub(crate) fn domain(&self, name: &str) -> Option<Routine> {
        if self.domains.is_empty() { None } else { self.domains.get(&name.to_ascii_lowercase()).copied() }
    }

    /// Whether a cast to a type of this name may call what may write.
    pub(crate) fn checks(&self, name: &str) -> bool {
        self.domain(name) == Some(Routine::Unknown)
    }

    /// Notes that changes of the schema call routines of the application.
    pub(crate) fn hear_of_definitions(&mut self) {
        self.definitions_call = true;
    }

    /// Whether changes of the schema call routines of the application.
    pub(crate) fn definitions_call(&self) -> bool {
        self.definitions_call
    }

    /// Notes that the bodies of this name write nothing.
    pub(crate) fn only_reads(&mut self, name: &str) {
        self.bodies.remove(name);
        self.by_name.insert(name.to_owned(), Routine::Volatile);
    }

    /// Adds an operator behind which there is such a routine. An empty name stands for what needs none, a cast.
    pub fn add_operator(&mut self, operator: impl Into<String>, routine: Routine) {
        self.operators.push((operator.into(), routine));
    }

    /// What a call of this name may do.
    #[must_use]
    pub fn named(&self, name: &str) -> Routine {
        self.by_name.get(&name.to_ascii_lowercase()).copied().unwrap_or(Routine::Unknown)
    }

    /// Whether there is a routine of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.by_name.contains_key(&name.to_ascii_lowercase())
    }

    /// What the operators may do that a text may use.
    pub(crate) fn operated(&self, sql: &str) -> Routine {
        let used = self.operators.iter().filter(|(operator, _)| sql.contains(operator.as_str()));
        used.map(|(_, routine)| *routine).max().unwrap_or(Routine::Immutable)
    }
}
