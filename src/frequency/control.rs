//! Who can be asked for a frequency, and what people are told of that. Pure.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::cpuset::CpuSet;

/// Who can be asked for a frequency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Control {
    /// The scheduler says what each CPU needs.
    Schedutil,
    /// The hardware chooses, by a preference.
    Preference,
    /// Nobody.
    None,
}

/// CPUs whose frequency is set together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CpufreqPolicy {
    /// Its directory.
    pub path: PathBuf,
    /// Those that are online.
    pub cpus: CpuSet,
    /// What sets the frequency, such as "intel_pstate".
    pub driver: String,
    /// What chooses it, such as "schedutil".
    pub governor: String,
    /// Who can be asked.
    pub control: Control,
}

/// What works on frequencies and what does nothing, for each kind of policy, with the control that it has.
#[must_use]
pub fn controls(policies: &[CpufreqPolicy]) -> Vec<(Control, String)> {
    let mut kinds: BTreeMap<(Control, &str, &str), CpuSet> = BTreeMap::new();
    for policy in policies {
        kinds.entry((policy.control, &policy.driver, &policy.governor)).or_default().extend(policy.cpus.iter());
    }
    let sentence = |((control, driver, governor), cpus): (&(Control, &str, &str), &CpuSet)| {
        let (works, nothing) = match control {
            Control::Schedutil => (
                "the scheduler says what each CPU needs".to_owned(),
                "there are no energy preferences (EPP) that it would go by".to_owned(),
            ),
            Control::Preference => (
                "the hardware chooses, by an energy preference (EPP) that goes with the profile".to_owned(),
                "what the scheduler would ask for does nothing".to_owned(),
            ),
            Control::None if *governor == better_governor(driver) => (
                "the driver decides by itself and takes no preference".to_owned(),
                "there is nothing to set".to_owned(),
            ),
            Control::None => (
                "nothing that is said here has any effect".to_owned(),
                format!("choose the governor {} if it is to have one", better_governor(driver)),
            ),
        };
        (*control, format!("CPUs {cpus}, {driver} with {governor}: {works}; {nothing}"))
    };
    kinds.iter().map(sentence).collect()
}

/// Under which governor somebody can be asked: the drivers that let the hardware choose know no schedutil.
fn better_governor(driver: &str) -> &'static str {
    if matches!(driver, "intel_pstate" | "amd-pstate-epp") { "powersave" } else { "schedutil" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_works_and_what_does_nothing_is_told_by_kind() {
        let policy = |control, driver: &str, governor: &str, cpus: &str| CpufreqPolicy {
            path: PathBuf::new(),
            cpus: cpus.parse().expect("a cpulist"),
            driver: driver.to_owned(),
            governor: governor.to_owned(),
            control,
        };
        assert_eq!(controls(&[]), []);
        let schedutil = |cpus| policy(Control::Schedutil, "acpi-cpufreq", "schedutil", cpus);
        let [(Control::Schedutil, told)] = &controls(&[schedutil("0-1"), schedutil("2")])[..] else {
            panic!("one kind")
        };
        assert!(told.starts_with("CPUs 0-2, acpi-cpufreq with schedutil: the scheduler says"), "{told}");
        let all = [
            policy(Control::None, "intel_pstate", "performance", "0"),
            policy(Control::Preference, "intel_pstate", "powersave", "1"),
            policy(Control::None, "acpi-cpufreq", "ondemand", "2"),
        ];
        let told: Vec<String> = controls(&all).into_iter().map(|(_, told)| told).collect();
        assert!(told[0].contains("CPUs 1,") && told[0].contains("(EPP)"), "{told:?}");
        assert!(told[1].contains("CPUs 2,") && told[1].contains("governor schedutil"), "{told:?}");
        assert!(told[2].contains("CPUs 0,") && told[2].contains("governor powersave"), "{told:?}");

        // Without HWP.
        let [(Control::None, told)] = &controls(&[policy(Control::None, "intel_pstate", "powersave", "0")])[..] else {
            panic!("nobody can be asked")
        };
        let expected = "CPUs 0, intel_pstate with powersave: the driver decides by itself and takes no preference; there is \
                        nothing to set";
        assert_eq!(told, expected);
    }
}
