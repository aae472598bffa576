//! Looks every two seconds who drives GPUs, and tells the scheduler which node they prefer.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::gpu::{Driver, preferences};
use crate::kernel::{Attached, KernelError};
use crate::topology::{Gpu, Topology};

/// Processes that drive a GPU live for minutes; each look takes milliseconds in the library.
const EVERY: Duration = Duration::from_secs(2);

/// The GPUs of a machine with several nodes.
pub struct GpuWatch {
    driver: Driver,
    gpus: Vec<Gpu>,
    due: Instant,
}

impl GpuWatch {
    /// None where no GPU is near one node of several: then nothing is asked, and BPF has no code for it.
    pub fn new(topology: &Topology) -> Option<Self> {
        if topology.nodes.iter().filter(|node| !node.cpus.is_empty()).count() < 2 {
            return None;
        }
        let driver = Driver::open()?;
        let gpus = driver.gpus(Path::new("/"), topology);
        for gpu in &gpus {
            log::info!("{gpu}");
        }
        gpus.iter().any(|gpu| gpu.node.is_some()).then_some(Self { driver, gpus, due: Instant::now() })
    }

    /// Look if it is time, and tell.
    ///
    /// # Errors
    /// The scheduler's table cannot be written.
    pub fn tell(&mut self, attached: &mut Attached) -> Result<(), KernelError> {
        if Instant::now() < self.due {
            return Ok(());
        }
        self.due = Instant::now() + EVERY;
        attached.set_node_hints(&preferences(&self.gpus, &self.driver.processes()))
    }
}
