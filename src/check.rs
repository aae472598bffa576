//! The preflight: what the scheduler needs, a line each, with a reason.

use crate::failure::Failure;
use crate::files;
use crate::frequency::{Control, CpufreqPolicy, controls, policies};
use crate::kernel::{
    CgroupSupport, KernelBtf, KernelError, isolated_cpus, may_load, mounted, running_scheduler, unhonoured,
};
use std::fs;
use std::io::Write;
use std::path::Path;

/// The oldest kernel with sched_ext.
const OLDEST_KERNEL: (u32, u32) = (6, 12);

/// What was found about one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// It works, but less well.
    Note,
    /// It keeps the scheduler from running; the command would end with this exit code.
    No(u8),
}

/// One line of the preflight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub what: &'static str,
    /// What it means.
    pub verdict: Verdict,
    /// Why, and what to do.
    pub why: String,
}

impl Finding {
    fn ok(what: &'static str, why: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Ok, why: why.into() }
    }
    fn note(what: &'static str, why: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Note, why: why.into() }
    }
    fn no(what: &'static str, failure: &Failure, why: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::No(failure.exit_code()), why: why.into() }
    }
}

/// Look at everything, print it, and fail if something keeps the scheduler from running.
///
/// # Errors
/// [`Failure::Check`] with the exit code of the first thing that does; [`Failure::Kernel`] where nothing can be looked at.
pub fn run() -> Result<(), Failure> {
    mounted()?;
    let findings = preflight();
    let mut text = String::new();
    for finding in &findings {
        let mark = match finding.verdict {
            Verdict::Ok => "ok",
            Verdict::Note => "note",
            Verdict::No(_) => "no",
        };
        text.push_str(&format!("{mark:<5}{:<18}{}\n", finding.what, finding.why));
    }
    std::io::stdout()
        .write_all(text.as_bytes())
        .map_err(|e| Failure::Unexpected(format!("writing the findings: {e}")))?;
    findings
        .iter()
        .find_map(|f| if let Verdict::No(code) = f.verdict { Some(code) } else { None })
        .map_or(Ok(()), |code| Err(Failure::Check(code)))
}

/// Look at everything.
#[must_use]
pub fn preflight() -> Vec<Finding> {
    let btf = KernelBtf::read();
    vec![
        kernel_version(&files::line("/proc/sys/kernel/osrelease").unwrap_or_default()),
        sched_ext(Path::new("/sys/kernel/sched_ext").exists()),
        btf_finding(btf.as_ref()),
        privileges(may_load(&fs::read_to_string("/proc/self/status").unwrap_or_default())),
        another_scheduler(running_scheduler()),
        isolated(isolated_cpus().as_deref()),
        cgroups(btf.as_ref().map(CgroupSupport::of)),
        cpufreq(&policies(Path::new("/"))),
    ]
}

fn privileges(may_load: bool) -> Finding {
    if may_load {
        Finding::ok("privileges", "may load BPF programs")
    } else {
        let failure = Failure::Kernel(KernelError::NoPermission);
        Finding::no("privileges", &failure, "run it as root, or with CAP_BPF and CAP_PERFMON")
    }
}

fn unsupported() -> Failure {
    Failure::Kernel(KernelError::Unsupported(String::new()))
}

/// From a release such as "6.18.15+deb13-amd64".
fn kernel_version(release: &str) -> Finding {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(|n| n.parse().unwrap_or(0));
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if version >= OLDEST_KERNEL {
        Finding::ok("kernel", format!("Linux {release}"))
    } else {
        Finding::no("kernel", &unsupported(), format!("Linux {release}: sched_ext came with 6.12; boot a newer kernel"))
    }
}

fn sched_ext(directory: bool) -> Finding {
    let what = "sched_ext";
    if directory {
        Finding::ok(what, "CONFIG_SCHED_CLASS_EXT is on")
    } else {
        Finding::no(what, &unsupported(), "the kernel was built without CONFIG_SCHED_CLASS_EXT; boot one that has it")
    }
}

fn btf_finding(btf: Option<&KernelBtf>) -> Finding {
    let what = "BTF";
    let Some(btf) = btf else {
        return Finding::no(
            what,
            &unsupported(),
            "the kernel was built without CONFIG_DEBUG_INFO_BTF; boot one that has it",
        );
    };
    match btf.malformed_kfuncs().as_slice() {
        [] => Finding::ok(what, "well-formed"),
        [first, rest @ ..] => Finding::no(
            what,
            &unsupported(),
            format!(
                "{first} and {} more kfuncs show an argument that they do not take: the kernel was built with a pahole older \
                 than 1.26, and loads no sched_ext scheduler. Boot another kernel",
                rest.len()
            ),
        ),
    }
}

fn another_scheduler(running: Option<String>) -> Finding {
    let what = "other schedulers";
    match running {
        None => Finding::ok(what, "none loaded"),
        Some(name) => {
            let failure = Failure::Kernel(KernelError::AnotherRunning(name.clone()));
            Finding::no(what, &failure, format!("{name} is loaded; stop it first"))
        }
    }
}

fn isolated(cpus: Option<&str>) -> Finding {
    let what = "isolated CPUs";
    match cpus {
        None => Finding::ok(what, "none"),
        Some(cpus) => Finding::no(
            what,
            &unsupported(),
            format!("CPUs {cpus}: with isolcpus= the kernel refuses every sched_ext scheduler; boot without it"),
        ),
    }
}

fn cgroups(support: Option<CgroupSupport>) -> Finding {
    let what = "cgroups";
    let Some(support) = support else { return Finding::note(what, "without BTF nothing can be said of them") };
    match unhonoured(support).as_slice() {
        [] => Finding::ok(what, "cpu.weight is honoured; cpu.max would not be, and no cgroup has it"),
        sentences => Finding::note(what, sentences.join("; ")),
    }
}

/// What can be said about frequencies here, and what would do nothing.
fn cpufreq(policies: &[CpufreqPolicy]) -> Finding {
    let what = "frequencies";
    let kinds = controls(policies);
    let text = kinds.iter().map(|(_, told)| told.as_str()).collect::<Vec<_>>().join("; ");
    match kinds.iter().any(|(control, _)| *control == Control::None) {
        _ if kinds.is_empty() => {
            Finding::note(what, "no driver, so the kernel does not set any, and nobody can ask for one")
        }
        true => Finding::note(what, text),
        false => Finding::ok(what, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_compare_by_number() {
        for good in ["6.12.0", "6.18.15+deb13-amd64", "7.3.4", "10.0"] {
            assert_eq!(kernel_version(good).verdict, Verdict::Ok, "{good}");
        }
        for bad in ["6.11.9", "5.15.0-91-generic", "6", ""] {
            assert_eq!(kernel_version(bad).verdict, Verdict::No(4), "{bad}");
        }
    }

    #[test]
    fn isolated_cpus_are_named() {
        assert_eq!(isolated(None).verdict, Verdict::Ok);
        let finding = isolated(Some("2-3"));
        assert_eq!(finding.verdict, Verdict::No(4));
        assert!(finding.why.contains("2-3"));
        assert_eq!(privileges(false).verdict, Verdict::No(3));
        assert_eq!(privileges(true).verdict, Verdict::Ok);
    }

    #[test]
    fn another_scheduler_is_named() {
        let finding = another_scheduler(Some("rusty_1.1.4".to_owned()));
        assert_eq!(finding.verdict, Verdict::No(5));
        assert!(finding.why.contains("rusty_1.1.4"));
    }

    #[test]
    fn what_works_on_frequencies_is_told_apart() {
        let policy = |control, governor: &str| CpufreqPolicy {
            path: Default::default(),
            cpus: Default::default(),
            driver: "driver".to_owned(),
            governor: governor.to_owned(),
            control,
        };
        let schedutil = policy(Control::Schedutil, "schedutil");
        let preference = policy(Control::Preference, "powersave");
        assert_eq!(cpufreq(&[schedutil.clone(), schedutil.clone()]).verdict, Verdict::Ok);
        assert_eq!(cpufreq(&[schedutil.clone(), preference]).verdict, Verdict::Ok);
        let finding = cpufreq(&[schedutil, policy(Control::None, "ondemand")]);
        assert_eq!(finding.verdict, Verdict::Note);
        assert!(finding.why.contains("driver with ondemand: nothing"), "{finding:?}");
        assert_eq!(cpufreq(&[]).verdict, Verdict::Note);
    }
}
