//! GPUs: who drives them, and which node those processes prefer.
//!
//! What a process copies to a GPU and back goes over the PCIe root of one node; from another node it crosses the link
//! between them too. So a process that drives a GPU prefers the GPU's node. It is a preference: no task waits because of it,
//! and who drives GPUs near several nodes prefers none.

mod nvml;

pub use nvml::Driver;

use std::collections::BTreeMap;

use crate::topology::Gpu;
use crate::units::NodeId;

/// The most processes that are told apart; the others prefer nothing.
pub const MAX_PROCESSES: usize = 1024;

/// A process that has a context on a GPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process {
    /// The GPU's number.
    pub gpu: u32,
    /// As the kernel sees it, not a container.
    pub pid: u32,
}

/// The node that each process prefers, by its id.
#[must_use]
pub fn preferences(gpus: &[Gpu], processes: &[Process]) -> BTreeMap<u32, NodeId> {
    let node_of = |gpu: u32| gpus.iter().find(|known| known.id == gpu).and_then(|known| known.node);
    let mut nodes: BTreeMap<u32, Option<NodeId>> = BTreeMap::new();
    for process in processes {
        let node = node_of(process.gpu);
        let known = nodes.entry(process.pid).or_insert(node);
        if *known != node {
            *known = None;
        }
    }
    nodes.into_iter().filter_map(|(pid, node)| Some((pid, node?))).take(MAX_PROCESSES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gpu(id: u32, node: Option<u32>) -> Gpu {
        Gpu { id, name: "a GPU".to_owned(), bus: String::new(), node: node.map(NodeId), cpus: Default::default() }
    }

    fn preferred(processes: &[(u32, u32)]) -> Vec<(u32, u32)> {
        let gpus = [gpu(0, Some(0)), gpu(1, Some(8)), gpu(2, Some(8)), gpu(3, None)];
        let processes: Vec<Process> = processes.iter().map(|&(gpu, pid)| Process { gpu, pid }).collect();
        preferences(&gpus, &processes).into_iter().map(|(pid, node)| (pid, node.0)).collect()
    }

    #[test]
    fn processes_prefer_the_node_of_their_gpus() {
        assert_eq!(preferred(&[(0, 10), (1, 20), (2, 20), (1, 30), (1, 30)]), [(10, 0), (20, 8), (30, 8)]);
    }

    #[test]
    fn who_drives_gpus_of_several_nodes_or_of_none_prefers_nothing() {
        assert_eq!(preferred(&[(0, 10), (1, 10), (3, 20), (0, 30), (3, 30), (9, 40)]), []);
        assert_eq!(preferred(&[(0, 10), (1, 10), (1, 10)]), []);
    }

    #[test]
    fn there_is_a_bound() {
        let many: Vec<(u32, u32)> = (1..5000).map(|pid| (0, pid)).collect();
        assert_eq!(preferred(&many).len(), MAX_PROCESSES);
    }
}
