//! What this kernel has, found by looking, and the flags to set because of it.

use super::btf::KernelBtf;
use super::cgroup_files::CgroupSupport;
use super::error::KernelError;
use crate::files;
use std::fs;
use std::path::Path;

/// The directory that exists exactly where the kernel was built with `CONFIG_SCHED_CLASS_EXT`.
const SCHED_EXT: &str = "/sys/kernel/sched_ext";

/// What the loader needs to know of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features {
    /// Flags for `ops.flags`: only such as this kernel knows, since an unknown one makes attaching fail.
    pub ops_flags: u64,
    /// The flag by which a task that is alone on its CPU is enqueued anew when it gives up its slice, with several core classes.
    pub enqueue_last: u64,
    /// Can the program that probes the BPF prologue be attached (`CONFIG_FUNCTION_TRACER`)?
    pub can_trace_functions: bool,
    /// What does it tell of cgroups?
    pub cgroups: CgroupSupport,
    /// May tasks be enqueued anew from anywhere (6.19), or only from `ops.cpu_release`?
    pub reenqueue_anywhere: bool,
    /// Has it a tracepoint for changes of CPU frequencies?
    pub tells_frequencies: bool,
}

impl Features {
    /// Probe. With `partial`, only tasks of the class SCHED_EXT are scheduled.
    ///
    /// # Errors
    /// [`KernelError::Unsupported`] where there is no sched_ext, no BTF, or BTF that no scheduler can be loaded with;
    /// [`KernelError::NotMounted`]; [`KernelError::NoPermission`].
    pub fn probe(partial: bool) -> Result<Self, KernelError> {
        mounted()?;
        if !Path::new(SCHED_EXT).exists() {
            return Err(KernelError::Unsupported(
                "it has no sched_ext. Boot Linux 6.12 or newer built with CONFIG_SCHED_CLASS_EXT".to_owned(),
            ));
        }
        let btf = KernelBtf::read().ok_or_else(|| {
            KernelError::Unsupported("it has no BTF. Boot one built with CONFIG_DEBUG_INFO_BTF".to_owned())
        })?;
        if !may_load(&fs::read_to_string("/proc/self/status").unwrap_or_default()) {
            return Err(KernelError::NoPermission);
        }
        if let Some(cpus) = isolated_cpus() {
            return Err(KernelError::Unsupported(format!(
                "CPUs {cpus} are isolated, and with isolcpus= the kernel refuses every sched_ext scheduler. Boot without it"
            )));
        }
        let malformed = btf.malformed_kfuncs();
        if let Some(name) = malformed.first() {
            return Err(KernelError::Unsupported(format!(
                "its BTF is malformed ({name} and {} more kfuncs show an argument that they do not take), so no sched_ext \
                 scheduler loads. Boot a kernel built with pahole 1.26 or newer",
                malformed.len() - 1
            )));
        }
        // Not ALLOW_QUEUED_WAKEUP: with it, 6.18 warned of a direct insertion left over from an earlier wake-up
        // (scx_dsq_insert_commit), as the kernel did until 7e0ffb72de8a.
        let flag = |name: &str| btf.enum_value("scx_ops_flags", name).unwrap_or(0);
        let mut ops_flags =
            flag("SCX_OPS_KEEP_BUILTIN_IDLE") | flag("SCX_OPS_ENQ_EXITING") | flag("SCX_OPS_ENQ_MIGRATION_DISABLED");
        // Kernels that ask for this flag warn without it; later ones warn with it.
        if btf.has_function("scx_cgroup_warn_missing_weight") {
            ops_flags |= flag("SCX_OPS_HAS_CGROUP_WEIGHT");
        }
        if partial {
            ops_flags |= flag("SCX_OPS_SWITCH_PARTIAL");
        }
        Ok(Self {
            ops_flags,
            enqueue_last: flag("SCX_OPS_ENQ_LAST"),
            can_trace_functions: function_tracer(),
            cgroups: CgroupSupport::of(&btf),
            reenqueue_anywhere: btf.has_function("scx_bpf_reenqueue_local___v2"),
            tells_frequencies: btf.has_tracepoint("cpu_frequency"),
        })
    }
}

/// Nothing that is known without looking closely keeps a scheduler from being loaded: for those who have something to do before
/// it is.
///
/// # Errors
/// [`KernelError::NotMounted`], [`KernelError::NoPermission`], [`KernelError::AnotherRunning`].
pub fn may_run() -> Result<(), KernelError> {
    mounted()?;
    if !may_load(&fs::read_to_string("/proc/self/status").unwrap_or_default()) {
        return Err(KernelError::NoPermission);
    }
    running_scheduler().map_or(Ok(()), |name| Err(KernelError::AnotherRunning(name)))
}

/// Is there what the kernel is asked through?
///
/// # Errors
/// [`KernelError::NotMounted`].
pub fn mounted() -> Result<(), KernelError> {
    let there = [("/proc", "/proc/self/status"), ("/sys", "/sys/kernel")];
    match there.into_iter().find(|(_, file)| !Path::new(file).exists()) {
        Some((mount, _)) => Err(KernelError::NotMounted(mount)),
        None => Ok(()),
    }
}

/// Capabilities that loading a scheduler takes (include/uapi/linux/capability.h).
const CAP_SYS_ADMIN: u32 = 21;
const CAP_PERFMON: u32 = 38;
const CAP_BPF: u32 = 39;

/// From the text of /proc/self/status: are the capabilities there that loading a scheduler takes?
#[must_use]
pub fn may_load(status: &str) -> bool {
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let effective = line.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok()).unwrap_or(0);
    let has = |cap: u32| effective >> cap & 1 == 1;
    has(CAP_SYS_ADMIN) || has(CAP_BPF) && has(CAP_PERFMON)
}

/// The CPUs that `isolcpus=` takes out of the scheduling domains, as a cpulist. (It has other uses, such as managed_irq, that
/// the kernel does not mind here.)
#[must_use]
pub fn isolated_cpus() -> Option<String> {
    files::line("/sys/devices/system/cpu/isolated").ok().filter(|cpus| !cpus.is_empty())
}

/// Does the kernel offer tracing of functions? It then says so in tracefs or, unmounted, by the sysctl of ftrace.
fn function_tracer() -> bool {
    Path::new("/proc/sys/kernel/ftrace_enabled").exists()
        || Path::new("/sys/kernel/tracing/available_filter_functions").exists()
}

/// Whether a scheduler runs, in the kernel's word: "enabled", "disabled", or one for between. None where it has no sched_ext.
#[must_use]
pub fn scheduler_state() -> Option<String> {
    files::line(format!("{SCHED_EXT}/state")).ok()
}

/// The name of the scheduler that runs now, if any.
#[must_use]
pub fn running_scheduler() -> Option<String> {
    let state = scheduler_state().filter(|state| state != "disabled")?;
    let name = files::line(format!("{SCHED_EXT}/root/ops")).unwrap_or_default();
    Some(if name.is_empty() { format!("one that is {state}") } else { name })
}

/// How often CPUs came or went since boot. Read it before the topology: the kernel refuses a scheduler that was made for
/// an older one.
#[must_use]
pub fn hotplug_sequence() -> Option<u64> {
    files::value(format!("{SCHED_EXT}/hotplug_seq"))
}

#[cfg(test)]
mod tests {
    use super::may_load;

    #[test]
    fn capabilities_count_not_the_user() {
        assert!(may_load("CapEff:\t000001ffffffffff\n"));
        assert!(may_load("CapEff:\t000000c000000000\n"));
        assert!(!may_load("CapEff:\t0000004000000000\n"));
        assert!(!may_load("CapEff:\t0000000000000000\n"));
        assert!(!may_load(""));
    }
}
