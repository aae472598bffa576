//! Hears what the scheduler has to say at once (`bpf/signal.bpf.h`).

use super::error::KernelError;
use super::libbpf::step;
use super::load::Attached;
use super::skel::{MapValue, intf};
use crossbeam_channel::{Receiver, Sender, TrySendError};
use libbpf_rs::{MapHandle, RingBufferBuilder};
use std::time::Duration;

impl Attached<'_> {
    /// A channel that holds something whenever the scheduler wants a round, or has ended. What comes in quick succession is
    /// one. A thread waits for it, which ends with the scheduler; then the channel is closed.
    ///
    /// # Errors
    /// [`KernelError::Step`] where there is no descriptor or thread to be had.
    pub fn signals(&self) -> Result<Receiver<()>, KernelError> {
        let (sender, receiver) = crossbeam_channel::bounded(1);
        // A descriptor of its own: the thread may outlive the skeleton by a moment.
        let ring = MapHandle::try_from(&self.skel.maps.signals).map_err(|e| step("opening the ring of signals", &e))?;
        std::thread::Builder::new().name("kernel-signals".to_owned()).spawn(move || listen(&ring, &sender)).map_err(
            |e| KernelError::Step {
                step: "starting the thread that hears the scheduler".to_owned(),
                cause: e.to_string(),
                log: String::new(),
            },
        )?;
        Ok(receiver)
    }

    /// Let the scheduler tell, once, when a domain is crowded; or not. What it tells of CPUs that come and go and of its end
    /// is not asked for.
    pub fn watch_crowding(&mut self, wanted: bool) {
        if let Some(bss) = self.skel.maps.bss_data.as_mut() {
            // SAFETY: a live, aligned u32 in memory that is mapped from the kernel. BPF sets it to 0; if it does just before
            // this write, there is one more signal.
            unsafe { std::ptr::write_volatile(&raw mut bss.crowding_wanted, u32::from(wanted)) };
        }
    }
}

/// Wait for signals until the last one. Where the ring cannot be read, there are none, and rounds come by time alone.
fn listen(ring: &MapHandle, sender: &Sender<()>) {
    let ended = std::cell::Cell::new(false);
    let mut builder = RingBufferBuilder::new();
    let heard = |signal: &[u8]| {
        ended.set(ended.get() || u32::from_bytes(signal) == Some(intf::signal_SIGNAL_EXIT));
        // Full: the daemon has not come to the last one yet, and one is enough.
        if let Err(TrySendError::Disconnected(())) = sender.try_send(()) {
            ended.set(true);
        }
        0
    };
    let ring = builder.add(ring, heard).and_then(|builder| std::mem::take(builder).build());
    let ring = match ring {
        Ok(ring) => ring,
        Err(error) => return log::warn!("the scheduler cannot be heard, rounds come by time alone: {error}"),
    };
    while !ended.get() {
        match ring.poll(Duration::MAX) {
            Err(error) if error.kind() != libbpf_rs::ErrorKind::Interrupted => {
                return log::warn!("the scheduler is not heard any more, rounds come by time alone: {error}");
            }
            _ => {}
        }
    }
}
