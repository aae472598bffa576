//! `scx_domains restore`: puts back what a crash has left changed. Not while a daemon is there, which would go on for having it.

use super::verdict::KernelSays;
use super::{kernel_says, print};
use crate::cli::DaemonArgs;
use crate::control::Client;
use crate::failure::Failure;
use crate::frequency::{self, Restored};
use std::path::Path;

/// What to do where it cannot be done.
const ADVICE: &str = "run it as root, or reboot, which does the same";

/// `scx_domains restore`.
///
/// # Errors
/// [`Failure::Unexpected`]: a daemon runs, or something cannot be put back.
pub fn restore() -> Result<(), Failure> {
    // The daemon listens before it sets any; and another than the usual one may listen elsewhere.
    may_restore(&kernel_says(), Client::connect(&DaemonArgs::default().socket()).is_ok())?;
    let done = frequency::restore(Path::new("/")).map_err(|error| {
        Failure::Unexpected(format!("the energy preferences cannot be put back: {error}; {ADVICE}"))
    })?;
    print(&text(&done))?;
    outcome(&done)
}

fn may_restore(kernel: &KernelSays, listens: bool) -> Result<(), Failure> {
    if !kernel.ours() && !listens {
        return Ok(());
    }
    Err(Failure::Unexpected(
        "nothing is put back: scx_domains runs, and the energy preferences are those that it has set. It puts back what was there \
         when it ends: `scx_domains stop`"
            .to_owned(),
    ))
}

/// What was put back, and what waits.
fn text(done: &Restored) -> String {
    let waiting = done.told_waiting();
    let restored = match done.restored {
        0 if done.refused.is_empty() && waiting.is_none() => Some("nothing has to be put back".to_owned()),
        0 => None,
        count => Some(format!("{count} energy preferences are as they were")),
    };
    restored.into_iter().chain(waiting).map(|line| line + "\n").collect()
}

/// # Errors
/// Something was refused.
fn outcome(done: &Restored) -> Result<(), Failure> {
    if done.refused.is_empty() {
        return Ok(());
    }
    Err(Failure::Unexpected(format!(
        "{} energy preferences cannot be put back: {}; {ADVICE}",
        done.refused.len(),
        done.refused.join("; ")
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frequency::{Note, Notes};

    #[test]
    fn nothing_is_put_back_under_a_running_daemon() {
        let runs = |ops: &str| KernelSays { state: Some("enabled".to_owned()), ops: Some(ops.to_owned()) };
        let told = may_restore(&runs("domains_0.1.0"), false).expect_err("it runs").to_string();
        assert!(told.contains("scx_domains stop"), "{told}");
        assert!(may_restore(&KernelSays::default(), true).is_err(), "it is starting");
        assert!(may_restore(&KernelSays::default(), false).is_ok());
        assert!(may_restore(&runs("rusty_1.1.4"), false).is_ok(), "what another has loaded is no matter");
    }

    #[test]
    fn what_was_done_is_told_and_a_refusal_is_a_failure() {
        let file = "/sys/devices/system/cpu/cpufreq/policy3/energy_performance_preference";
        let waiting = Notes::from([(file.into(), Note::default())]);
        let nothing = Restored::default();
        assert_eq!(text(&nothing), "nothing has to be put back\n");
        let some = Restored { restored: 2, waiting, ..nothing.clone() };
        let told = text(&some);
        assert!(told.starts_with("2 energy preferences are as they were\nCPUs 3 are offline"), "{told}");
        assert!(outcome(&some).is_ok(), "who is offline is no failure");
        let told = text(&Restored { restored: 0, ..some });
        assert!(told.starts_with("CPUs 3 are offline") && told.lines().count() == 1, "{told}");
        let refused = Restored { refused: vec!["it is read-only".to_owned()], ..nothing };
        assert_eq!(text(&refused), "");
        let told = outcome(&refused).expect_err("it was refused").to_string();
        assert!(told.contains("1 energy preferences cannot") && told.contains("it is read-only"), "{told}");
    }
}
