//! Tells BPF which processes prefer a node.

use std::collections::BTreeMap;

use super::error::KernelError;
use super::libbpf::step;
use super::load::Attached;
use super::skel::{MapValue, intf};
use crate::units::NodeId;
use libbpf_rs::{MapCore, MapFlags};

/// By process: what it prefers, as far as BPF has been told.
pub type NodeHints = BTreeMap<u32, NodeId>;

impl Attached<'_> {
    /// From now on these processes prefer these nodes, and no others do. A node without CPUs is no preference.
    ///
    /// # Errors
    /// [`KernelError::Step`] if the map cannot be written.
    pub fn set_node_hints(&mut self, hints: &NodeHints) -> Result<(), KernelError> {
        let map = &self.skel.maps.node_hints;
        for (process, node) in hints {
            if !self.tables.node_areas.contains_key(node) || self.node_hints.get(process) == Some(node) {
                continue;
            }
            let mut hint = intf::node_hint::zeroed();
            hint.node = i32::try_from(node.0).unwrap_or(-1);
            let told = map.update(process.as_bytes(), hint.as_bytes(), MapFlags::ANY);
            told.map_err(|e| step("telling which node a process prefers", &e))?;
        }
        for process in self.node_hints.keys().filter(|process| !hints.contains_key(process)) {
            map.delete(process.as_bytes()).map_err(|e| step("forgetting which node a process prefers", &e))?;
        }
        self.node_hints.retain(|process, _| hints.contains_key(process));
        self.node_hints.extend(hints.iter().filter(|(_, node)| self.tables.node_areas.contains_key(node)));
        Ok(())
    }
}
