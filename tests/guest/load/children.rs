//! This program again, as a process of its own.

use std::process::Command;

/// The command `guest-load ARGS`.
pub fn load(args: &[&str]) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.args(args);
    command
}
