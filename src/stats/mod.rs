//! What the scheduler tells of itself: the values (pure), and how they are shown.

mod lateness;
mod model;
mod text;

pub use lateness::{Lateness, LatenessSummary};
pub use model::{Counter, Counters, Report};
pub use text::{report_text, tasks};
