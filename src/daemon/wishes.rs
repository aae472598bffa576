//! What the profile makes of core classes, frequencies and sleeping CPUs, for the scheduler and for the hardware.

use std::path::Path;

use super::profile::ChosenProfile;
use crate::balance::Sample;
use crate::cli::RunArgs;
use crate::cpuset::CpuSet;
use crate::domain::Domains;
use crate::frequency::{Asked, PerfTerms, Preferences, asked, perf_terms, preferences};
use crate::kernel::{Attached, KernelError};
use crate::placement::{ClassTerms, Parking, Placement, class_terms, parks};
use crate::profile::{Decision, ProfileChoice};
use crate::topology::Topology;
use crossbeam_channel::{Receiver, RecvError};

/// What is wanted of the machine now, and who can be asked for it.
pub struct Wishes {
    chosen: ChosenProfile,
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
        let root = Path::new("/");
        let cpuperf = if args.no_frequency { Vec::new() } else { asked(root) };
        let preferences = Preferences::start(root, topology, !args.no_frequency).unwrap_or_else(|error| {
            log::warn!("{error}");
            None
        });
        let chosen = ChosenProfile::new(args.profile, of_others(preferences.as_ref()));
        if let Some(preferences) = &preferences {
            preferences.set(chosen.profile());
        }
        let parking = Parking::new(topology, domains);
        Self { chosen, classes, cpuperf, preferences, parking, parks: !args.no_parking }
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
        Placement::new(&self.classes, self.chosen.profile())
    }

    /// How fast CPUs shall run, by class.
    pub fn perf_terms(&self) -> Vec<PerfTerms> {
        let terms = |rank| perf_terms(self.chosen.profile(), rank, self.classes.len());
        (0..self.classes.len()).map(terms).collect()
    }

    /// Want another profile from now on, or the one that others say.
    pub fn adopt(&mut self, attached: &mut Attached, choice: ProfileChoice) {
        self.chosen.choose(choice, of_others(self.preferences.as_ref()));
        self.put_in_force(attached);
    }

    /// What others say of the profile comes here.
    pub fn decisions(&self) -> Receiver<Decision> {
        self.chosen.decisions()
    }

    /// They have said something.
    pub fn hear(&mut self, attached: &mut Attached, word: Result<Decision, RecvError>) {
        if self.chosen.hear(word) {
            self.put_in_force(attached);
        }
    }

    /// What profile that is, and why, where others choose it.
    pub fn profile_note(&self) -> Option<String> {
        self.chosen.note()
    }

    fn put_in_force(&mut self, attached: &mut Attached) {
        attached.set_placement(&self.placement());
        attached.set_perf_terms(&self.perf_terms());
        if let Some(preferences) = &self.preferences {
            preferences.set(self.chosen.profile());
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

    /// Each second: see what others have set.
    pub fn watch(&mut self) {
        if let Some(preferences) = &mut self.preferences {
            preferences.watch();
        }
    }

    /// After a round: leave CPUs asleep that are not needed, and slow those down that went idle.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn after_round(&mut self, attached: &mut Attached, sample: Option<&Sample>) -> Result<(), KernelError> {
        if let Some(sample) = sample {
            // It looks back on busy times, so it is to see all rounds.
            let offline = if self.parking.counts_others(sample) { attached.offline_cpus()? } else { CpuSet::new() };
            let parked = self.parking.parked(sample, &offline);
            let wanted = self.parks && parks(self.chosen.profile(), self.classes.len());
            attached.park(if wanted { parked } else { CpuSet::new() })?;
        }
        attached.slow_idle_cpus()
    }
}

/// Tells, whenever it is called, the energy preferences that others have set.
fn of_others(ours: Option<&Preferences>) -> Box<dyn Fn() -> Vec<String> + Send> {
    match ours {
        Some(ours) => Box::new(ours.of_others()),
        None => Box::new(|| preferences(Path::new("/"))),
    }
}
