//! The parts of `scx_domains`, a topology-aware sched_ext scheduler.
//!
//! `ARCHITECTURE.md` at the top of the repository says what each module is for and which may import which.

pub mod ask;
pub mod balance;
pub mod check;
pub mod cli;
pub mod config;
pub mod control;
pub mod cpuset;
pub mod daemon;
pub mod domain;
pub mod failure;
pub mod files;
pub mod frequency;
pub mod gpu;
pub mod heat;
pub mod kernel;
pub mod live;
pub mod logging;
pub mod monitor;
pub mod outlets;
pub mod placement;
pub mod profile;
pub mod record;
pub mod replay;
pub mod show;
pub mod sockets;
pub mod stats;
pub mod top;
pub mod topology;
pub mod trace;
pub mod units;
