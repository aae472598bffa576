//! Asks NVIDIA's management library, which is opened where it is there and never required.

use std::ffi::OsStr;
use std::path::Path;

use nvml_wrapper::struct_wrappers::device::ProcessInfo;
use nvml_wrapper::{Device, Nvml};

use super::Process;
use crate::cpuset::{CpuSet, MAX_CPU};
use crate::files::{self, value};
use crate::topology::{Gpu, Topology};
use crate::units::{CpuId, NodeId};

/// The most GPUs that are looked at.
const MAX_GPUS: u32 = 64;

/// Words of 64 CPUs that are asked for where sysfs does not tell which CPUs are near.
const AFFINITY_WORDS: usize = 64;

/// The library, open.
pub struct Driver {
    nvml: Nvml,
    count: u32,
}

impl Driver {
    /// Opens the library by its usual name; none where there is none, or no GPU.
    ///
    /// Call it after the machine was read: the library may start threads, and hwloc takes its orders from the environment.
    #[must_use]
    pub fn open() -> Option<Self> {
        Self::open_as(OsStr::new("libnvidia-ml.so.1"))
    }

    /// Opens the library that `path` names.
    #[must_use]
    pub fn open_as(path: &OsStr) -> Option<Self> {
        let opened = Nvml::builder().lib_path(path).init();
        let nvml = opened.inspect_err(|error| log::debug!("no GPUs: {}: {error}", path.display())).ok()?;
        let counted = nvml.device_count();
        let count = counted.inspect_err(|error| log::debug!("GPUs cannot be counted: {error}")).ok()?.min(MAX_GPUS);
        (count > 0).then_some(Self { nvml, count })
    }

    /// The GPUs and what is near them, with sysfs under `root`, which is `/` but in tests. One that does not answer is
    /// left out.
    #[must_use]
    pub fn gpus(&self, root: &Path, topology: &Topology) -> Vec<Gpu> {
        let gpus = (0..self.count).filter_map(|id| Some((id, self.nvml.device_by_index(id).ok()?)));
        gpus.map(|(id, device)| gpu(id, &device, root, topology)).collect()
    }

    /// The processes that have a context on a GPU now.
    #[must_use]
    pub fn processes(&self) -> Vec<Process> {
        let mut all = Vec::new();
        for gpu in 0..self.count {
            let Ok(device) = self.nvml.device_by_index(gpu) else { continue };
            let lists = [device.running_compute_processes(), device.running_graphics_processes()];
            let pids = lists.into_iter().flatten().flatten().map(|process: ProcessInfo| process.pid);
            all.extend(pids.map(|pid| Process { gpu, pid }));
        }
        all
    }
}

fn gpu(id: u32, device: &Device<'_>, root: &Path, topology: &Topology) -> Gpu {
    let bus = device.pci_info().map(|pci| sysfs_name(&pci.bus_id)).unwrap_or_default();
    let folder = root.join("sys/bus/pci/devices").join(&bus);
    // -1 where the firmware does not say.
    let node = value(folder.join("numa_node")).map(NodeId).filter(|node| topology.node(*node).is_some());
    let listed = files::cpus(folder.join("local_cpulist")).filter(|cpus| !cpus.is_empty());
    let near = listed.unwrap_or_else(|| affinity(device)).intersection(&topology.online);
    let cpus = node.and_then(|node| topology.node(node)).map_or(near, |node| node.cpus.clone());
    let node = node.or_else(|| only_node(topology, &cpus));
    Gpu { id, name: device.name().unwrap_or_else(|_| "unnamed".to_owned()), bus, node, cpus }
}

/// The library writes domains with 8 digits, `00000000:65:00.0`, and sysfs with 4.
fn sysfs_name(bus: &str) -> String {
    let name = bus.to_ascii_lowercase();
    match name.split_once(':') {
        Some((domain, rest)) if domain.len() == 8 => format!("{}:{rest}", &domain[4..]),
        _ => name,
    }
}

fn affinity(device: &Device<'_>) -> CpuSet {
    let words = device.cpu_affinity(AFFINITY_WORDS).unwrap_or_default();
    let cpus = (0_u32..)
        .zip(words)
        .flat_map(|(index, word)| (0..64).filter(move |bit| word & 1 << bit != 0).map(move |bit| index * 64 + bit));
    cpus.filter(|cpu| *cpu <= MAX_CPU).map(CpuId).collect()
}

/// The node that has all of these CPUs, where the machine has several nodes.
fn only_node(topology: &Topology, cpus: &CpuSet) -> Option<NodeId> {
    let with_cpus = topology.nodes.iter().filter(|node| !node.cpus.is_empty());
    let several = with_cpus.clone().count() > 1 && !cpus.is_empty();
    with_cpus.filter(|_| several).find(|node| cpus.is_subset(&node.cpus)).map(|node| node.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buses_are_named_as_sysfs_does() {
        assert_eq!(sysfs_name("00000000:65:00.0"), "0000:65:00.0");
        assert_eq!(sysfs_name("0001:0A:00.0"), "0001:0a:00.0");
        assert_eq!(sysfs_name(""), "");
    }
}
