//! Everything that ends the command other than success, each with its exit code.

use crate::config::ConfigError;
use crate::control::{ClientError, Refusal, SocketError, Why};
use crate::kernel::{Exit, ExitKind, KernelError};
use thiserror::Error;

/// Why the command failed. Displayed it is one clear sentence for the user.
#[derive(Debug, Error)]
pub enum Failure {
    /// Anything that no other variant covers.
    #[error("{0}")]
    Unexpected(String),
    /// Bad arguments, a topology that cannot be read or does not fit, or a file that is no record.
    #[error("{0}")]
    Input(String),
    /// Something that we may not do.
    #[error("{0}")]
    Permission(String),
    /// What the daemon was told makes no sense.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The control socket cannot be made.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// The daemon gives no answer.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// It refuses.
    #[error("{}", .0.message)]
    Refused(Refusal),
    /// What `status` found, and printed.
    #[error("{0}")]
    Status(&'static str, u8),
    /// The kernel, or the way to it.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// `check` found something that keeps the scheduler from running; its code is that of the first such thing.
    #[error("it cannot run here; see the lines marked \"no\" above")]
    Check(u8),
    /// The kernel threw the scheduler out.
    #[error("the kernel threw the scheduler out and schedules by itself again: {}.{}", .0.reason, advice(.0))]
    Ejected(Exit),
}

impl Failure {
    /// The exit code; `scx_domains --help` lists them.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Unexpected(_) | Self::Socket(SocketError::InUse(_)) => 1,
            Self::Input(_) | Self::Config(_) | Self::Socket(_) => 2,
            Self::Permission(_) | Self::Client(ClientError::NotAllowed(_)) => 3,
            Self::Client(_) => 1,
            Self::Refused(refusal) => match refusal.why {
                Why::Malformed | Why::Failed => 1,
                Why::Wrong => 2,
                Why::NotAllowed => 3,
            },
            Self::Status(_, code) => *code,
            Self::Kernel(KernelError::NoPermission) => 3,
            Self::Kernel(KernelError::Unsupported(_)) => 4,
            Self::Kernel(KernelError::AnotherRunning(_)) => 5,
            Self::Kernel(KernelError::EndedAtStart(_)) => 6,
            Self::Kernel(
                KernelError::Hotplug | KernelError::NotMounted(_) | KernelError::NotOurs(_) | KernelError::Step { .. },
            ) => 1,
            Self::Check(code) => *code,
            Self::Ejected(Exit { kind: ExitKind::Sysrq, .. }) => 7,
            Self::Ejected(_) => 6,
        }
    }
}

fn advice(exit: &Exit) -> &'static str {
    match exit.kind {
        ExitKind::Sysrq => " Start it again when you want it back",
        _ => " Please report it with the dump above",
    }
}
