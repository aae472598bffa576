//! What is asked for by signals. Channels bring it to the rounds; a thread only waits for signals, and never reads the environment,
//! which reading the machine writes to (see `topology/hwloc_env.rs`).

use crate::failure::Failure;
use crossbeam_channel::Receiver;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::io::IsTerminal;

/// What is asked for.
pub struct Signals {
    /// SIGINT and SIGTERM; SIGHUP too where it says that the terminal has gone.
    pub stop: Receiver<i32>,
    /// SIGHUP.
    pub reload: Receiver<i32>,
}

impl Signals {
    /// Listen from now on.
    ///
    /// # Errors
    /// There is no thread or descriptor to be had.
    pub fn listen() -> Result<Self, Failure> {
        let (stop, stops) = crossbeam_channel::bounded(1);
        let (reload, reloads) = crossbeam_channel::bounded(1);
        let in_terminal = std::io::stderr().is_terminal();
        let mut signals = signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGTERM])
            .map_err(|e| Failure::Unexpected(format!("cannot listen for signals: {e}")))?;
        let pass_on = move || {
            for signal in signals.forever() {
                let to = if signal == SIGHUP && !in_terminal { &reload } else { &stop };
                // Full: one is waiting already, and one is enough.
                let _ = to.try_send(signal);
            }
        };
        std::thread::Builder::new()
            .name("signals".to_owned())
            .spawn(pass_on)
            .map_err(|e| Failure::Unexpected(format!("cannot start a thread: {e}")))?;
        Ok(Self { stop: stops, reload: reloads })
    }
}
