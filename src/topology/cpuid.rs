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
            return match __cpuid_count(0x1a, 0).eax >> 24 {
                0x40 => Some(CoreType::Performance),
                0x20 => Some(CoreType::Efficiency),
                _ => None,
            };
        }
        match __cpuid_count(0x8000_0026, 0).ebx >> 28 {
            0 => Some(CoreType::Performance),
            1 => Some(CoreType::Efficiency),
            _ => None,
        }
    }

    /// Leaf 7, EDX bit 15.
    fn intel_hybrid() -> bool {
        __cpuid_count(0, 0).eax >= 0x1a && __cpuid_count(7, 0).edx & 1 << 15 != 0
    }

    /// Leaf 0x80000026, EAX bit 30: "heterogeneous cores".
    fn amd_hybrid() -> bool {
        let is_amd = __cpuid_count(0, 0).ebx == u32::from_le_bytes(*b"Auth");
        is_amd && __cpuid_count(0x8000_0000, 0).eax >= 0x8000_0026 && __cpuid_count(0x8000_0026, 0).eax & 1 << 30 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
