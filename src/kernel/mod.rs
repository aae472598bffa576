//! The one module that knows libbpf: opens, fills, loads and attaches the BPF scheduler, reads it, and hands it plans.
//!
//! The phases are types: [`Attached`] exists only while the kernel runs our scheduler or has just ended it. Dropping it
//! gives scheduling back to the kernel.

mod apply;
mod btf;
mod cgroup_files;
mod cgroups;
mod classes;
mod configure;
mod counters;
mod error;
mod events;
mod exit;
mod features;
mod hints;
mod inspect;
mod libbpf;
mod load;
mod park;
mod policy;
mod programs;
mod sample;
mod signals;
mod skel;
mod tables;
mod tracing;
mod tune;

pub use btf::KernelBtf;
pub use cgroup_files::{CgroupSupport, unhonoured};
pub use error::KernelError;
pub use events::events;
pub use exit::{Exit, ExitKind};
pub use features::{
    Features, hotplug_sequence, isolated_cpus, may_load, may_run, mounted, running_scheduler, scheduler_state,
};
pub use hints::NodeHints;
pub use policy::{Policy, Terms};

pub use configure::{Options, SCHEDULER};
pub use inspect::{TaskSeen, TaskView};
pub use load::{Attached, Object};
pub use programs::ProgramCost;
pub use tracing::{TraceObject, Tracing};
