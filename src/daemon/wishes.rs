//! What the profile makes of core classes, frequencies and sleeping CPUs, for the scheduler and for the hardware.

use std::path::Path;

use crate::balance::Sample;
use crate::cli::RunArgs;
use crate::cpuset::CpuSet;
use crate::domain::Domains;
use crate::frequency::{Asked, PerfTerms, Preferences, asked, perf_terms, restore};
use crate::kernel::{Attached, KernelError};
use crate::placement::{ClassTerms, Parking, Placement, Profile, class_terms, parks};
use crate::topology::Topology;

/// What is wanted of the machine now, and who can be asked for it.
pub struct Wishes {
    profile: Profile,
    classes: Vec<ClassTerms>,
    /// CPUs whose frequency the kernel asks the scheduler for.
    pub cpuperf: Vec<Asked>,
    preferences: Option<Preferences>,
    parking: Parking,
    /// May CPUs be left asleep, where the profile wants it?
    parks: bool,
}

impl Wishes {
    /// Look at the machine. Where its frequencies cannot be asked for, or are not to be, nothing is said about them.
    pub fn new(topology: &Topology, domains: &Domains, args: &RunArgs) -> Self {
        let classes = class_terms(topology);
        let mut wishes = Self {
            profile: args.profile,
            parking: Parking::new(topology, domains),
            parks: !args.no_parking,
            classes,
            cpuperf: Vec::new(),
            preferences: None,
        };
        // What a crash has left is put back whatever is wanted now.
        let left = match restore(Path::new("/")) {
            Ok(done) => done.refused.join("; "),
            Err(error) => error.to_string(),
        };
        if !left.is_empty() {
            log::warn!("energy preferences of an earlier run stay changed ({left}); try `scx_domains restore`");
        }
        if !args.no_frequency {
            wishes.ask_for_frequencies(topology);
        }
        wishes
    }

    fn ask_for_frequencies(&mut self, topology: &Topology) {
        self.cpuperf = asked(Path::new("/"));
        self.preferences = Preferences::new(Path::new("/"), topology).unwrap_or_else(|error| {
            log::warn!("energy preferences stay as they are: noting what they were failed: {error}");
            None
        });
        if let Some(preferences) = &self.preferences {
            preferences.set(self.profile);
        }
    }

    /// Now that BPF hears of changes of frequency: tell it what they are. One that changes as it is read is found by reading again;
    /// each change makes the next less likely, so a few times will do.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn correct_frequencies(&self, attached: &Attached) -> Result<(), KernelError> {
        if self.cpuperf.iter().any(|asked| asked.unmeasured.is_some()) {
            for _ in 0..3 {
                if !attached.correct_frequencies(&asked(Path::new("/")))? {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Which class a task should be on.
    pub fn placement(&self) -> Placement {
        Placement::new(&self.classes, self.profile)
    }

    /// How fast CPUs shall run, by class.
    pub fn perf_terms(&self) -> Vec<PerfTerms> {
        (0..self.classes.len()).map(|rank| perf_terms(self.profile, rank, self.classes.len())).collect()
    }

    /// Want another profile from now on.
    pub fn adopt(&mut self, attached: &mut Attached, profile: Profile) {
        self.profile = profile;
        attached.set_placement(&self.placement());
        attached.set_perf_terms(&self.perf_terms());
        if let Some(preferences) = &self.preferences {
            preferences.set(profile);
        }
    }

    /// Core classes rank so from now on, the fastest first, and can do that much within their limits.
    pub fn rank(&mut self, attached: &mut Attached, ranked: &Topology, room: &[u32]) {
        let within = |(class, room): (ClassTerms, &u32)| ClassTerms { capacity: *room, ..class };
        self.classes = class_terms(ranked).into_iter().zip(room).map(within).collect();
        attached.set_placement(&self.placement());
        attached.set_perf_terms(&self.perf_terms());
    }

    /// Other CPUs are preferred now.
    pub fn prefer(&mut self, topology: &Topology, domains: &Domains) {
        self.parking.renew(topology, domains);
    }

    /// May CPUs be left asleep? From the next round on.
    pub fn allow_parking(&mut self, allowed: bool) {
        self.parks = allowed;
    }

    /// After a round: leave CPUs asleep that are not needed, and slow those down that went idle.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn after_round(&mut self, attached: &mut Attached, sample: Option<&Sample>) -> Result<(), KernelError> {
        if let Some(sample) = sample {
            // It looks back on busy times, so it is to see all rounds.
            let parked = self.parking.parked(sample);
            let wanted = self.parks && parks(self.profile, self.classes.len());
            attached.park(if wanted { parked } else { CpuSet::new() })?;
        }
        attached.slow_idle_cpus()
    }
}
