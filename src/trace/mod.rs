//! `scx_domains trace`: for a while, who ran where, how full the domains were and what flows did, as a file for
//! <https://ui.perfetto.dev>.
//!
//! It is a process of its own that attaches its own BPF programs (`bpf/trace.bpf.c`) beside the running scheduler and reads
//! that one's maps: the scheduler and its daemon do not know of it.

pub mod command;
mod event;
mod perfetto;

pub use event::{Event, FlowStep, Thread, What};
pub use perfetto::Perfetto;
