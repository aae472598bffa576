//! What `status` makes of what the kernel and the daemon say. Pure. The kernel is believed first: it is the one that schedules.

use crate::control::protocol::Status;
use std::fmt::Write;
use std::time::Duration;

/// What the kernel says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KernelSays {
    /// Its word for whether a scheduler is loaded; none where it has no sched_ext.
    pub state: Option<String>,
    /// The scheduler's name, if one is.
    pub ops: Option<String>,
}

impl KernelSays {
    /// Is it an scx_domains that is loaded, of whatever version?
    pub fn ours(&self) -> bool {
        self.ops.as_ref().is_some_and(|ops| ops.starts_with("domains_"))
    }
}

/// The whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Active,
    Inactive,
    /// Kernel and daemon say different things.
    Disagree,
    /// This kernel cannot run a scheduler.
    Unsupported,
}

impl Verdict {
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Disagree => "degraded",
            Self::Unsupported => "unsupported",
        }
    }

    /// As `systemctl is-active` and the init scripts of LSB have them.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Active => 0,
            Self::Disagree => 1,
            Self::Inactive => 3,
            Self::Unsupported => 4,
        }
    }
}

/// `hidden`: the daemon may be there, and this user may not ask it.
pub fn verdict(kernel: &KernelSays, daemon: Option<&Status>, hidden: bool) -> Verdict {
    let same = |status: &Status| kernel.ops.as_deref() == Some(status.ops.as_str());
    match (&kernel.state, kernel.ours(), daemon) {
        (None, ..) => Verdict::Unsupported,
        (_, true, Some(status)) if same(status) => Verdict::Active,
        (_, true, None) if hidden => Verdict::Active,
        (_, false, None) => Verdict::Inactive,
        _ => Verdict::Disagree,
    }
}

/// Two lines: the kernel's, the daemon's; and a third where they disagree.
pub fn text(verdict: Verdict, kernel: &KernelSays, daemon: Option<&Status>, unanswered: Option<&str>) -> String {
    let mut text = String::from(verdict.word());
    let kernel_line = match (&kernel.state, &kernel.ops) {
        (None, _) => "has no sched_ext".to_owned(),
        (Some(state), None) => format!("schedules by itself (sched_ext is {state})"),
        (Some(state), Some(ops)) => format!("{ops} schedules (sched_ext is {state})"),
    };
    let daemon_line = daemon.map_or_else(|| unanswered.unwrap_or("does not answer").to_owned(), daemon_text);
    // Writing to a string cannot fail.
    let _ = write!(text, "\n  kernel   {kernel_line}\n  daemon   {daemon_line}\n");
    if verdict == Verdict::Disagree {
        let what = match (kernel.ours(), daemon) {
            (true, None) => "the scheduler runs and nobody steers it, or its daemon has another socket (--socket)",
            (true, Some(_)) => "the daemon that answers is not that of the scheduler that runs",
            _ => "a daemon answers, and its scheduler does not run: it is starting or ending, or was thrown out",
        };
        let _ = writeln!(text, "  they disagree: {what}");
    }
    text
}

fn daemon_text(status: &Status) -> String {
    let up = humantime::format_duration(Duration::from_secs(status.up_ms / 1000));
    let interval = humantime::format_duration(Duration::from_millis(status.interval_ms));
    let balancing = if status.balancing { format!("balances every {interval}") } else { "plans no flows".to_owned() };
    let rounds = match status.failed_rounds {
        0 => format!("{} rounds", status.rounds),
        failed => format!("{} rounds, of which the last {failed} have failed", status.rounds),
    };
    let profile = status.profile.as_ref().map_or(String::new(), |profile| format!("; profile {profile}"));
    let parked = match &status.parked {
        none if none.is_empty() => String::new(),
        cpus => format!("; CPUs {cpus} are left asleep"),
    };
    format!(
        "scx_domains {}, pid {}, up {up}, {} domains, {balancing}; {rounds}{profile}{parked}",
        status.version, status.pid, status.domains
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpuset::CpuSet;

    fn kernel(ops: Option<&str>) -> KernelSays {
        let state = if ops.is_some() { "enabled" } else { "disabled" };
        KernelSays { state: Some(state.to_owned()), ops: ops.map(str::to_owned) }
    }

    fn daemon() -> Status {
        Status {
            version: "1.2.3".to_owned(),
            ops: "domains_1.2.3".to_owned(),
            pid: 7,
            up_ms: 61_500,
            domains: 4,
            balancing: true,
            interval_ms: 100,
            rounds: 600,
            failed_rounds: 0,
            parked: CpuSet::new(),
            profile: Some("auto (powersave, on battery)".to_owned()),
        }
    }

    #[test]
    fn the_kernel_is_believed_first() {
        let (ours, others, none) = (kernel(Some("domains_1.2.3")), kernel(Some("rusty_1.0")), kernel(None));
        let all = [
            (&ours, Some(daemon()), false, Verdict::Active),
            (&ours, None, true, Verdict::Active),
            (&ours, None, false, Verdict::Disagree),
            (&others, None, false, Verdict::Inactive),
            (&others, Some(daemon()), false, Verdict::Disagree),
            (&none, None, false, Verdict::Inactive),
            (&none, None, true, Verdict::Inactive),
            (&none, Some(daemon()), false, Verdict::Disagree),
            (&kernel(Some("domains_9.9.9")), Some(daemon()), false, Verdict::Disagree),
            (&KernelSays::default(), None, false, Verdict::Unsupported),
        ];
        for (kernel, status, hidden, expected) in all {
            assert_eq!(verdict(kernel, status.as_ref(), hidden), expected, "{kernel:?} {status:?}");
        }
        let codes =
            [Verdict::Active, Verdict::Disagree, Verdict::Inactive, Verdict::Unsupported].map(Verdict::exit_code);
        assert_eq!(codes, [0, 1, 3, 4]);
    }

    #[test]
    fn both_are_told() {
        assert_eq!(
            text(Verdict::Active, &kernel(Some("domains_1.2.3")), Some(&daemon()), None),
            "active\n  kernel   domains_1.2.3 schedules (sched_ext is enabled)\n  \
             daemon   scx_domains 1.2.3, pid 7, up 1m 1s, 4 domains, balances every 100ms; 600 rounds; profile auto (powersave, on battery)\n"
        );
        let parked = Status { parked: "2-7".parse().expect("a cpulist"), ..daemon() };
        let told = text(Verdict::Active, &kernel(Some("domains_1.2.3")), Some(&parked), None);
        assert!(told.ends_with("on battery); CPUs 2-7 are left asleep\n"), "{told}");
        let told = text(Verdict::Disagree, &kernel(None), Some(&daemon()), None);
        assert!(told.starts_with("degraded") && told.contains("its scheduler does not run"), "{told}");
        let told = text(Verdict::Inactive, &kernel(None), None, Some("nobody is there"));
        assert!(told.ends_with("daemon   nobody is there\n"), "{told}");
    }
}
