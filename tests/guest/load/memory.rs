//! Where a load's memory is.

use hwlocality::Topology;
use hwlocality::memory::binding::{MemoryBindingFlags, MemoryBindingPolicy};
use hwlocality::memory::nodeset::NodeSet;

/// Have the memory of this thread, and of those that it starts, on this node only.
pub fn bind(node: usize) {
    let topology = Topology::new().expect("the machine has a topology");
    let node = hwlocality::bitmap::BitmapIndex::try_from(node).expect("a node's index");
    topology
        .bind_memory(&NodeSet::from(node), MemoryBindingPolicy::Bind, MemoryBindingFlags::THREAD)
        .expect("memory can be bound to a node");
}
