//! Where reports go: a socket that speaks the protocol of scx_stats (scxtop, `--monitor`), and metrics for Prometheus.
//!
//! One thread serves all of it (`server`), on sockets that never block it, with bounds on connections, requests and time
//! (`connection`). What is asked for goes to the daemon's loop by a channel ([`Ask`]), which answers between two rounds: no
//! client is ever waited for there. What a request means is pure: `scx_stats`, `http`, `openmetrics`.

mod address;
mod connection;
mod http;
mod listen;
mod monitor;
mod openmetrics;
mod publish;
mod scx_stats;
mod server;

pub use address::Address;
pub use listen::{ListenError, Listener, listen};
pub use monitor::{Monitor, MonitorError};
pub use openmetrics::{Format, Metrics, Registry};
pub use publish::Publisher;
pub use scx_stats::STATS_SOCKET;
pub use server::{Ask, Protocol, Server, ServerHandle};
