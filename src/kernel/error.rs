//! What can go wrong between us and the kernel, each in a sentence that says what to do next.

use thiserror::Error;

/// Why the scheduler is not running.
#[derive(Debug, Error)]
pub enum KernelError {
    /// The kernel cannot run a sched_ext scheduler at all.
    #[error("this kernel cannot run scx_domains: {0}")]
    Unsupported(String),

    /// The kernel cannot be asked.
    #[error("{0} is not mounted, and without it nothing can be learnt of the kernel: mount it, then try again")]
    NotMounted(&'static str),

    /// We may not do this.
    #[error("no permission to load a scheduler: run scx_domains as root, or with CAP_BPF and CAP_PERFMON")]
    NoPermission,

    /// The kernel runs at most one scheduler.
    #[error("another sched_ext scheduler is running: {0}. Stop it first, then start scx_domains again")]
    AnotherRunning(String),

    /// There is no scheduler of ours to look at.
    #[error("{}, so there is nothing to trace: start this version of scx_domains, then try again", what_runs(.0.as_deref()))]
    NotOurs(Option<String>),

    /// A CPU came or went between reading the topology and attaching; reading it again helps.
    #[error("CPUs came or went while the scheduler was being loaded")]
    Hotplug,

    /// The kernel ended the scheduler as soon as it had started.
    #[error("the kernel ended the scheduler while it was starting: {0}")]
    EndedAtStart(String),

    /// libbpf or the kernel refused a step.
    #[error("{step} failed: {cause}{}", hint(log))]
    Step {
        /// What was being done, to what.
        step: String,
        /// The operating system's or libbpf's word.
        cause: String,
        /// The last line that libbpf logged about it.
        log: String,
    },
}

fn what_runs(name: Option<&str>) -> String {
    name.map_or("no sched_ext scheduler is running".to_owned(), |name| format!("the scheduler that runs is {name}"))
}

fn hint(log: &str) -> String {
    if log.is_empty() {
        "; run with -vv for libbpf's own log".to_owned()
    } else {
        format!(" ({log}); run with -vv for more")
    }
}
