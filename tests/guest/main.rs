//! Tests on real kernels in emulated machines. `tests/guest/run --help` tells how to do by hand what they do.

mod harness;
#[path = "../pftrace/mod.rs"]
mod pftrace;
mod scenario_attach;
mod scenario_balance;
mod scenario_cgroups;
mod scenario_classes;
mod scenario_control;
mod scenario_daemon;
mod scenario_domains;
mod scenario_harness;
mod scenario_hotplug;
mod scenario_live;
mod scenario_loads;
mod scenario_pace;
mod scenario_placement;
mod scenario_policy;
mod scenario_powersave;
mod scenario_preferred;
mod scenario_record;
mod scenario_refusals;
mod scenario_service;
mod scenario_starvation;
mod scenario_statistics;
mod scenario_steal;
mod scenario_topology;
mod scenario_trace;
mod scenario_verifier;
mod scheduler;
mod stats;
/// Part of the load program, with tests of its own.
#[allow(dead_code)]
#[path = "load/waits.rs"]
mod waits;
