//! What the build generates from `bpf/`: the skeleton, and the constants and layouts of `intf.h`.

#[allow(
    clippy::all,
    clippy::pedantic,
    non_upper_case_globals,
    non_camel_case_types,
    non_snake_case,
    dead_code,
    unsafe_op_in_unsafe_fn,
    missing_docs
)]
mod generated {
    pub mod scheduler {
        include!(concat!(env!("OUT_DIR"), "/bpf_skel.rs"));
    }
    pub mod trace {
        include!(concat!(env!("OUT_DIR"), "/trace_skel.rs"));
    }
    pub mod intf {
        include!(concat!(env!("OUT_DIR"), "/bpf_intf.rs"));
    }
}

pub use generated::intf;
pub use generated::scheduler::types::data_settings as Settings;
pub use generated::scheduler::{BpfSkel, BpfSkelBuilder, OpenBpfSkel, types};
pub use generated::trace::{OpenTraceSkel, TraceSkel, TraceSkelBuilder};

/// Values of BPF maps: plain C structs without padding that matters, valid for any bytes.
///
/// # Safety
/// Implement it only for `#[repr(C)]` types of integers, as bindgen makes them of `intf.h`.
pub unsafe trait MapValue: Copy {
    /// The value's bytes, as the kernel wants them.
    fn as_bytes(&self) -> &[u8] {
        // SAFETY: `self` is a live, initialised value of `size_of::<Self>()` bytes (it was zeroed or read from a map, so
        // its padding is initialised too), and the slice borrows it.
        unsafe { std::slice::from_raw_parts(std::ptr::from_ref(self).cast(), size_of::<Self>()) }
    }

    /// A value from the bytes of a map; `None` if their number is not this type's.
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        // SAFETY: the length is checked, any bytes make a valid value (see the trait), and the read needs no alignment.
        (bytes.len() >= size_of::<Self>()).then(|| unsafe { bytes.as_ptr().cast::<Self>().read_unaligned() })
    }

    /// All bytes zero, padding included.
    fn zeroed() -> Self {
        // SAFETY: any bytes make a valid value (see the trait).
        unsafe { std::mem::zeroed() }
    }
}

// SAFETY: structs of integers, generated from intf.h.
unsafe impl MapValue for intf::cpu_config {}
// SAFETY: as above.
unsafe impl MapValue for intf::cpu_state {}
// SAFETY: as above.
unsafe impl MapValue for intf::domain_config {}
// SAFETY: as above.
unsafe impl MapValue for intf::domain_state {}
// SAFETY: as above.
unsafe impl MapValue for intf::domain_flows {}
// SAFETY: as above.
unsafe impl MapValue for intf::cgroup_state {}
// SAFETY: as above.
unsafe impl MapValue for intf::cgroup_share {}
// SAFETY: as above.
unsafe impl MapValue for intf::near_domain {}
// SAFETY: as above.
unsafe impl MapValue for intf::node_hint {}
// SAFETY: as above.
unsafe impl MapValue for intf::plan_exchange {}
// SAFETY: as above.
unsafe impl MapValue for intf::task_view {}
// SAFETY: as above.
unsafe impl MapValue for intf::trace_head {}
// SAFETY: as above.
unsafe impl MapValue for intf::trace_switch {}
// SAFETY: as above.
unsafe impl MapValue for intf::trace_domain {}
// SAFETY: as above.
unsafe impl MapValue for intf::trace_flow {}
// SAFETY: as above.
unsafe impl MapValue for intf::trace_frequency {}
// SAFETY: an integer.
unsafe impl MapValue for u32 {}
