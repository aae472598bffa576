//! Newtypes for the ids and units that the other modules trade in.
//!
//! Each id is a number of its own kind, so that a CPU number cannot be handed over where a domain's is wanted.

use std::fmt;
use std::iter::Sum;
use std::ops::Add;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u32);

        impl $name {
            /// The id as a position in a table that is indexed by it.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<u32> for $name {
            fn from(id: u32) -> Self {
                Self(id)
            }
        }
    };
}

id! {
    /// A logical CPU, by the kernel's number. Numbers can have holes.
    CpuId
}
id! {
    /// A group of SMT siblings. Dense from 0, in the order of each core's lowest CPU; not the kernel's `core_id`.
    CoreId
}
id! {
    /// A group of CPUs that share their last-level cache. Dense from 0, in the order of each group's lowest CPU.
    LlcId
}
id! {
    /// A NUMA node, by the kernel's number. Numbers can have holes: never an index into a list of nodes.
    NodeId
}
id! {
    /// A core class. Dense from 0, the fastest first.
    ClassId
}
id! {
    /// A scheduling domain. Dense from 0.
    DomainId
}

/// Relative throughput: 1024 is a CPU of the fastest class. 0 to 1024 for one CPU, the sum of its CPUs for a domain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Capacity(pub u32);

impl Capacity {
    /// What a CPU of the machine's fastest class has.
    pub const FULL: Self = Self(1024);

    /// The capacity of `cpus` CPUs that have this one each.
    #[must_use]
    pub fn times(self, cpus: usize) -> Self {
        Self(self.0.saturating_mul(u32::try_from(cpus).unwrap_or(u32::MAX)))
    }
}

impl Add for Capacity {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sum for Capacity {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self(0), Add::add)
    }
}

impl fmt::Display for Capacity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_plain_numbers_in_json() {
        assert_eq!(serde_json::to_string(&NodeId(72)).unwrap(), "72");
        assert_eq!(serde_json::from_str::<CpuId>("3").unwrap(), CpuId(3));
    }

    #[test]
    fn capacities_add_up_and_saturate() {
        let sum: Capacity = [Capacity(1024), Capacity(620)].into_iter().sum();
        assert_eq!(sum, Capacity(1644));
        assert_eq!(Capacity(620).times(8), Capacity(4960));
        assert_eq!(Capacity(u32::MAX) + Capacity(1), Capacity(u32::MAX));
    }

    #[test]
    fn display_honours_width() {
        assert_eq!(format!("{:>4}|{}", DomainId(7), Capacity(9)), "   7|9");
    }
}
