//! Where processes run.

use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The processor of the servers. The program stays on another, if there are two.
pub(crate) struct Places(CpuSet);

impl Places {
    /// Binds this program to the first processor that it may run on; the servers will have the last.
    pub(crate) fn choose() -> Self {
        let allowed = sched_getaffinity(None).unwrap();
        let mut processors = (0..CpuSet::MAX_CPU).filter(|processor| allowed.is_set(*processor));
        let first = processors.next().unwrap();
        sched_setaffinity(None, &one(first)).unwrap();
        Self(one(processors.next_back().unwrap_or(first)))
    }

    /// Binds the process that serves a connection.
    pub(crate) fn bind_server(&self, process: i32) {
        sched_setaffinity(Pid::from_raw(process), &self.0).unwrap();
    }
}

fn one(processor: usize) -> CpuSet {
    let mut set = CpuSet::new();
    set.set(processor);
    set
}
