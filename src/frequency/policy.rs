//! What class and profile make of a CPU's speed. Pure.
//!
//! Power grows with frequency × voltage², and voltage with frequency towards the top, so the last quarter of the frequency
//! costs about as much as the first half. So **powersave** stays below that on the fastest of several classes, where it is
//! dearest, and allows for a tenth more than what is needed. **balanced** allows for a quarter more, as schedutil does for
//! the kernel's own scheduler (`map_util_perf`, "1.25"). **performance** allows for half as much again, and never goes below
//! half of the highest frequency, from where any is reached in one step.

use crate::cpuset::CpuSet;
use crate::placement::Profile;

/// A whole, of highest frequency or of need.
const WHOLE: u32 = 1024;

/// How fast CPUs of a class shall run (`struct perf_terms` in `bpf/intf.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PerfTerms {
    /// At least so many 1024ths of their highest frequency,
    pub floor: u32,
    /// and at most so many.
    pub ceiling: u32,
    /// So many 1024ths of what they need.
    pub bias: u32,
}

/// CPUs whose frequency the kernel asks the scheduler for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Them.
    pub cpus: CpuSet,
    /// Where the kernel cannot measure how fast they run: the highest frequency, and that of now, kHz. BPF has to follow it
    /// then.
    pub unmeasured: Option<(u32, u32)>,
}

/// The terms for the class of this rank, 0 for the fastest, of `classes`.
#[must_use]
pub fn perf_terms(profile: Profile, rank: usize, classes: usize) -> PerfTerms {
    match profile {
        Profile::Performance => PerfTerms { floor: WHOLE / 2, ceiling: WHOLE, bias: WHOLE * 3 / 2 },
        Profile::Balanced => PerfTerms { floor: 0, ceiling: WHOLE, bias: WHOLE * 5 / 4 },
        Profile::Powersave => {
            let ceiling = if rank == 0 && classes > 1 { WHOLE * 3 / 4 } else { WHOLE };
            PerfTerms { floor: 0, ceiling, bias: WHOLE * 11 / 10 }
        }
    }
}

/// The energy performance preference for that class, by the names that both drivers know.
#[must_use]
pub fn preference(profile: Profile, rank: usize) -> &'static str {
    match (profile, rank) {
        (Profile::Performance, _) => "performance",
        (Profile::Balanced, 0) => "balance_performance",
        (Profile::Balanced, _) => "balance_power",
        (Profile::Powersave, _) => "power",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PROFILES: [Profile; 3] = [Profile::Performance, Profile::Balanced, Profile::Powersave];

    #[test]
    fn powersave_spares_the_dearest_frequencies_where_there_is_another_class() {
        assert_eq!(perf_terms(Profile::Powersave, 0, 2).ceiling, 768);
        assert_eq!(perf_terms(Profile::Powersave, 1, 2).ceiling, WHOLE);
        assert_eq!(perf_terms(Profile::Powersave, 0, 1).ceiling, WHOLE);
    }

    proptest! {
        #[test]
        fn terms_make_sense(profile in prop::sample::select(&PROFILES), rank in 0..8_usize, more in 1..8_usize) {
            let terms = perf_terms(profile, rank, rank + more);
            prop_assert!(terms.floor < terms.ceiling && terms.ceiling <= WHOLE);
            prop_assert!((WHOLE..=2 * WHOLE).contains(&terms.bias), "what is needed at least");
        }
    }

    #[test]
    fn no_profile_is_faster_than_a_livelier_one() {
        for rank in 0..3 {
            let all = PROFILES.map(|profile| perf_terms(profile, rank, 3));
            assert!(all.windows(2).all(|two| two[0].floor >= two[1].floor && two[0].ceiling >= two[1].ceiling));
            assert!(all.windows(2).all(|two| two[0].bias >= two[1].bias));
        }
    }
}
