//! How fast CPUs shall run, and who can be asked for it.
//!
//! There are two ways, by what drives a CPU's frequency ([`Control`]):
//!
//! - under the governor **schedutil** the scheduler says for each CPU how much of its highest frequency it needs
//!   (`bpf/cpuperf.bpf.h`), by what [`perf_terms`] makes of class and profile;
//! - with **intel_pstate** or **amd-pstate** in their active mode the hardware chooses, and takes a preference (EPP, for
//!   "energy performance preference") for each CPU, which is set by class and profile and put back at the end.
//!
//! Under any other governor, nothing that is said about frequency has any effect, and nothing is said.
//!
//! - `policy`: the choice (pure)
//! - `control`: who can be asked, and what is told of that (pure)
//! - `probe`: what the files of cpufreq say
//! - `apply`: sets preferences; `file`: one of them, and whose it is; `journal`: what was there before, and how it comes back

mod apply;
mod control;
mod file;
mod journal;
mod policy;
mod probe;

pub use apply::{Preferences, preferences};
pub use control::{Control, CpufreqPolicy, controls};
pub use journal::{Note, Notes, Restored, restore};
pub use policy::{Asked, PerfTerms, perf_terms, preference};
pub use probe::{asked, policies};
