//! The control socket: what clients may ask of the running daemon, how they are served, and how to ask.
//!
//! The server knows nothing of scheduling. It hands each request that its client may make to a function, which in the daemon
//! asks the thread of the rounds (`daemon/requests.rs`) and in tests is a few lines.

mod budget;
mod client;
mod connection;
mod lines;
mod peer;
pub mod protocol;
mod server;
mod socket;
#[cfg(test)]
mod tests;

pub use client::{Client, ClientError};
pub use peer::Peer;
pub use protocol::{Answer, Changed, Refusal, Reply, Request, Status, TaskShown, Why};
pub use server::Server;
pub use socket::{DEFAULT_SOCKET, Socket, SocketError};
