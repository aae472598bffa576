//! Why the kernel ended the scheduler.

use super::btf::KernelBtf;
use super::skel::BpfSkel;
use std::ffi::CStr;
use std::os::raw::c_char;

/// The kinds of an end, from the kernel's `enum scx_exit_kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitKind {
    /// We detached.
    Unregistered,
    /// Our BPF side asked for it, or the kernel did for a reason that is no error.
    Ended,
    /// CPUs came or went while we attached: try again.
    Restart,
    /// Somebody pressed sysrq-S.
    Sysrq,
    /// The kernel's watchdog found a task that had waited too long.
    Stall,
    /// Any other error.
    Error,
}

impl ExitKind {
    /// Did the kernel throw the scheduler out, or an administrator by sysrq?
    #[must_use]
    pub fn is_ejection(self) -> bool {
        matches!(self, Self::Sysrq | Self::Stall | Self::Error)
    }
}

/// The end, as the kernel tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// What kind.
    pub kind: ExitKind,
    /// The kernel's reason, and its message if there is one.
    pub reason: String,
    /// The kernel's debug dump; empty unless it was an error.
    pub dump: String,
}

// enum scx_exit_kind, include/linux/sched/ext.h. The values are part of the ABI.
const UNREG: i32 = 64;
const UNREG_KERN: i32 = 66;
const SYSRQ: i32 = 67;
const ERROR_STALL: i32 = 1026;

/// Read it; `None` while the scheduler runs.
pub fn read(skel: &BpfSkel<'_>) -> Option<Exit> {
    let info = &skel.maps.data_data.as_ref()?.uei;
    // SAFETY: `kind` is a live i32 in memory that is mapped from the kernel, which writes it behind our back, and last.
    let kind = unsafe { std::ptr::read_volatile(&raw const info.kind) };
    if kind == 0 {
        return None;
    }
    let dump = skel.maps.data_uei_dump_data.as_ref().map(|dump| {
        // SAFETY: the dump's memory is mapped as long as the skeleton lives, and the kernel ends what it writes with a
        // NUL (bpf_probe_read_kernel_str); it starts out all zero.
        unsafe { CStr::from_ptr(dump.uei_dump.as_ptr()) }.to_string_lossy().into_owned()
    });
    let (reason, message) = (text(&info.reason), text(&info.msg));
    let reason = if message.is_empty() { reason } else { format!("{reason} ({message})") };
    Some(Exit { kind: kind_of(kind, info.exit_code), reason, dump: dump.unwrap_or_default() })
}

fn kind_of(kind: i32, code: i64) -> ExitKind {
    match kind {
        UNREG => ExitKind::Unregistered,
        SYSRQ => ExitKind::Sysrq,
        ERROR_STALL => ExitKind::Stall,
        kind if kind <= UNREG_KERN => {
            let restart = KernelBtf::read().and_then(|btf| btf.enum_value("scx_exit_code", "SCX_ECODE_ACT_RESTART"));
            if restart.is_some_and(|bit| code as u64 & bit != 0) { ExitKind::Restart } else { ExitKind::Ended }
        }
        _ => ExitKind::Error,
    }
}

/// A C string in a fixed array, whether or not it is terminated.
pub(super) fn text(chars: &[c_char]) -> String {
    let bytes: Vec<u8> = chars.iter().take_while(|c| **c != 0).map(|c| *c as u8).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_follow_the_kernels_numbers() {
        let kinds = [(64, ExitKind::Unregistered), (67, ExitKind::Sysrq), (1026, ExitKind::Stall)];
        for (number, kind) in kinds {
            assert_eq!(kind_of(number, 0), kind);
        }
        assert_eq!(kind_of(1024, 0), ExitKind::Error);
        assert_eq!(kind_of(1025, 0), ExitKind::Error);
        assert_eq!(kind_of(66, 0), ExitKind::Ended);
    }

    #[test]
    fn text_needs_no_terminator() {
        assert_eq!(text(&[b'a' as c_char, b'b' as c_char]), "ab");
        assert_eq!(text(&[b'a' as c_char, 0, b'b' as c_char]), "a");
    }
}
