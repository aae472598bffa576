//! What the scheduler tells of itself: what is read (`reading`), how two readings make a report (`window`), what a
//! report is (`model`), and its text. Pure, but for `system`, which reads what the kernel tells of CPUs and of this process.

mod delays;
mod lateness;
mod measure;
mod model;
mod reading;
mod system;
mod table;
mod text;
mod window;

pub use delays::{DELAY_BUCKETS, Delays};
pub use lateness::{Lateness, LatenessSummary};
pub use measure::{Kind, Measure, Unit};
pub use model::{
    Area, AreaStats, Counters, Cpu, CpuStats, DaemonStats, FlowStats, Pair, Report, VERSION as REPORT_VERSION,
};
pub use reading::{CpuReading, CpuTime, DomainReading, Places, Reading};
pub use system::{Process, cpu_times, process};
pub use table::{Entry, Part, Scope, entries, statistics_page, statistics_text};
pub use text::{report_text, tasks};
