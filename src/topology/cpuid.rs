//! What the processor itself says of its cores: each CPU has to be asked on itself.
//!
//! Intel: leaf 7 says that the processor is hybrid, leaf 0x1A what the core is (SDM volume 2, CPUID). AMD: leaf 0x80000026
//! says that the cores are of several kinds, and of which this one is (APM volume 3, E.4.24). A processor that is not hybrid
//! is asked on one CPU only, so there is no cost.

use std::collections::BTreeMap;

use super::discovery::CoreType;
use crate::cpuset::CpuSet;
use crate::units::CpuId;

/// The kinds of the cores of this very machine; empty where it has one kind, or does not tell.
#[cfg(target_arch = "x86_64")]
pub(super) fn core_types(online: &CpuSet) -> BTreeMap<CpuId, CoreType> {
    if !leaf::is_hybrid() {
        return BTreeMap::new();
    }
    // On a thread of its own, so that the affinity of this one stays as it is.
    let asked = std::thread::scope(|scope| scope.spawn(|| ask_each(online)).join());
    asked.unwrap_or_default()
}

#[cfg(not(target_arch = "x86_64"))]
pub(super) fn core_types(_online: &CpuSet) -> BTreeMap<CpuId, CoreType> {
    BTreeMap::new()
}

/// CPUs that this process may not run on stay out.
#[cfg(target_arch = "x86_64")]
fn ask_each(online: &CpuSet) -> BTreeMap<CpuId, CoreType> {
    let ask = |cpu: CpuId| {
        let mut only = rustix::thread::CpuSet::new();
        // Of the CPUs that fit into the system call's set, which are 1024.
        if cpu.index() >= rustix::thread::CpuSet::MAX_CPU {
            return None;
        }
        only.set(cpu.index());
        rustix::thread::sched_setaffinity(None, &only).ok()?;
        Some((cpu, leaf::core_type()?))
    };
    online.iter().filter_map(ask).collect()
}

#[cfg(target_arch = "x86_64")]
mod leaf {
    use super::CoreType;
    use std::arch::x86_64::__cpuid_count;

    pub fn is_hybrid() -> bool {
        intel_hybrid() || amd_hybrid()
    }

    /// What the CPU that this runs on is.
    pub fn core_type() -> Option<CoreType> {
        if intel_hybrid() {
            intel_core_type(__cpuid_count(0x1a, 0).eax)
        } else {
            amd_core_type(__cpuid_count(0x8000_0026, 0).ebx)
        }
    }

    fn intel_hybrid() -> bool {
        __cpuid_count(0, 0).eax >= 0x1a && has_hybrid_parts(__cpuid_count(7, 0).edx)
    }

    fn amd_hybrid() -> bool {
        let is_amd = __cpuid_count(0, 0).ebx == u32::from_le_bytes(*b"Auth");
        let knows = is_amd && __cpuid_count(0x8000_0000, 0).eax >= 0x8000_0026;
        knows && has_heterogeneous_cores(__cpuid_count(0x8000_0026, 0).eax)
    }

    /// Leaf 7, EDX bit 15: "hybrid part".
    pub const fn has_hybrid_parts(edx: u32) -> bool {
        edx & 1 << 15 != 0
    }

    /// Leaf 0x1A, EAX: the core type in bits 24 to 31, below it which model of that type.
    pub const fn intel_core_type(eax: u32) -> Option<CoreType> {
        match eax >> 24 {
            0x40 => Some(CoreType::Performance),
            0x20 => Some(CoreType::Efficiency),
            _ => None,
        }
    }

    /// Leaf 0x80000026 for the level of cores, EAX bit 30: "heterogeneous cores".
    pub const fn has_heterogeneous_cores(eax: u32) -> bool {
        eax & 1 << 30 != 0
    }

    /// The same, EBX: the core type in bits 28 to 31, below it model, efficiency ranking and how many threads there are.
    pub const fn amd_core_type(ebx: u32) -> Option<CoreType> {
        match ebx >> 28 {
            0 => Some(CoreType::Performance),
            1 => Some(CoreType::Efficiency),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Registers laid out as the SDM (volume 2A, CPUID, leaves 07H and 1AH) and the APM (volume 3, E.4.24) have it, with what
    /// is beside a field all ones or all zeros.
    #[cfg(target_arch = "x86_64")]
    #[test]
    fn registers_say_what_the_manuals_say() {
        use leaf::{amd_core_type, has_heterogeneous_cores, has_hybrid_parts, intel_core_type};
        for beside in [0, 0x00ff_ffff] {
            assert_eq!(intel_core_type(0x4000_0000 | beside), Some(CoreType::Performance), "Intel Core");
            assert_eq!(intel_core_type(0x2000_0000 | beside), Some(CoreType::Efficiency), "Intel Atom");
            for reserved in [0, 0x1000_0000, 0x3000_0000, 0x6000_0000, 0xff00_0000] {
                assert_eq!(intel_core_type(reserved | beside), None, "{reserved:#x}");
            }
        }
        for beside in [0, 0x0fff_ffff] {
            assert_eq!(amd_core_type(beside), Some(CoreType::Performance));
            assert_eq!(amd_core_type(0x1000_0000 | beside), Some(CoreType::Efficiency));
            assert_eq!(amd_core_type(0xf000_0000 | beside), None);
        }
        assert_eq!([0x8000, !0x8000].map(has_hybrid_parts), [true, false]);
        assert_eq!([0x4000_0000, !0x4000_0000].map(has_heterogeneous_cores), [true, false]);
    }

    /// Where this runs the processor may be of any kind: it has to answer for all CPUs or for none.
    #[test]
    fn asking_leaves_the_affinity_alone() {
        let before = rustix::thread::sched_getaffinity(None).unwrap();
        let online: CpuSet = std::fs::read_to_string("/sys/devices/system/cpu/online").unwrap().parse().unwrap();
        let types = core_types(&online);
        assert!(types.keys().all(|cpu| online.contains(*cpu)));
        assert_eq!(rustix::thread::sched_getaffinity(None).unwrap(), before);
    }
}
