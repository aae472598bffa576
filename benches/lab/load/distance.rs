//! How far CPUs are from each other.

use crate::spec::Machine;

/// How far a worker moved, or how far it is from its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Distance {
    /// The same CPU.
    None,
    /// A sibling on the same core.
    Smt,
    /// Another core on the same LLC.
    Core,
    /// Another LLC of the same node.
    Llc,
    /// Another node.
    Node,
}

impl Machine {
    pub fn distance(&self, from: usize, to: usize) -> Distance {
        let (a, b) = (&self.cpus[from], &self.cpus[to]);
        if from == to {
            Distance::None
        } else if a.core == b.core {
            Distance::Smt
        } else if a.llc == b.llc {
            Distance::Core
        } else if a.node == b.node {
            Distance::Llc
        } else {
            Distance::Node
        }
    }
}
