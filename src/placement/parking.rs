//! Which CPUs are left asleep while there is little to do. Pure.
//!
//! Problem. Wake-ups that go to whatever CPU is idle keep all of them half awake: none sleeps long enough for its deep states,
//! and no cache or perf domain can be switched off.
//!
//! Mechanism. The CPUs of one class in one node are a *pool*. Each round finds what its CPUs were busy with, and keeps as many
//! awake as do that at 60 % each, with a quarter to spare for bursts:
//!
//! ```text
//! awake = recent peak of busy CPUs × 1.25 / 0.6
//! ```
//!
//! What is counted: of each domain the mean number of its runnable tasks over the round, those that wait included, but no more than
//! it has CPUs online; of a pool the sum of that. It is tasks for CPUs: a CPU that can do half as much, or a sibling whose core
//! is busy, counts as one too, and so does a task that would run at half the frequency. Slow CPUs are busy for longer with the
//! same work, so that more of them stay awake.
//!
//! The peak follows a rise at once, and falls to half in [`FORGET_NS`]. The awake ones are the first of the pool that are online:
//! domain by domain, so that whole LLCs are emptied; in a domain by perf domain, where the energy model knows them; core by core
//! with their siblings. Preferred cores come first, and the domains and perf domains that have them. Example: two sleepers of
//! 10 % each on four P-cores and four E-cores, all on the P-cores: 0.2 × 1.25 / 0.6 = 0.42, one P-core stays awake, and no E-core.
//!
//! Parked is no prohibition: a wake-up looks at awake CPUs first, and takes a parked one before it waits (`bpf/park.bpf.h`).
//! So nothing waits because of it, pinned tasks run where they may, and the round after a rise has the CPUs awake.

use super::Profile;
use crate::balance::Sample;
use crate::cpuset::CpuSet;
use crate::domain::Domains;
use crate::topology::Topology;
use crate::units::{ClassId, CpuId, NodeId};

/// Busy CPUs are forgotten to half in this time.
const FORGET_NS: f64 = 2e9;
/// Room for bursts, and how busy an awake CPU is meant to be.
const SPARE: f64 = 1.25;
const BUSY: f64 = 0.6;
/// Less than this of a CPU keeps none awake: kernel threads that come and go.
const NOTHING: f64 = 0.05;

/// Are CPUs left asleep in this profile? Where they are alike, only to save energy: who wakes up elsewhere than last time finds
/// colder caches. Where they are not, the classes differ by more than that.
#[must_use]
pub fn parks(profile: Profile, classes: usize) -> bool {
    match profile {
        Profile::Performance => false,
        Profile::Balanced => classes > 1,
        Profile::Powersave => true,
    }
}

/// What is remembered from round to round.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parking {
    pools: Vec<Pool>,
}

/// The CPUs of one class in one node.
#[derive(Clone, Debug, PartialEq)]
struct Pool {
    /// Positions of its domains.
    domains: Vec<usize>,
    /// Its cores, in the order in which they are kept awake.
    cores: Vec<CpuSet>,
    /// The recent peak of busy CPUs.
    peak: f64,
}

impl Parking {
    /// Of a machine that has been cut into these domains, of whose past nothing is known.
    #[must_use]
    pub fn new(topology: &Topology, domains: &Domains) -> Self {
        let mut keys: Vec<(NodeId, ClassId)> =
            domains.domains.iter().map(|domain| (domain.node, domain.class)).collect();
        keys.sort_unstable();
        keys.dedup();
        let pools = keys.into_iter().map(|key| Pool::new(key, topology, domains));
        Self { pools: pools.collect() }
    }

    /// Other cores are preferred, or can do more, on the same CPUs. How busy they were is still known.
    pub fn renew(&mut self, topology: &Topology, domains: &Domains) {
        let mut new = Self::new(topology, domains);
        for (new, old) in new.pools.iter_mut().zip(&self.pools) {
            new.peak = old.peak;
        }
        *self = new;
    }

    /// Has a CPU gone offline, or one come that was not there? Then [`parked`](Self::parked) has to know which are offline.
    #[must_use]
    pub fn counts_others(&self, sample: &Sample) -> bool {
        let cpus: usize = self.pools.iter().flat_map(|pool| &pool.cores).map(CpuSet::len).sum();
        sample.domains.iter().map(|domain| domain.online as usize).sum::<usize>() != cpus
    }

    /// The CPUs that are to be left asleep after this round. Those that are `offline` are no use to anybody, and so neither asleep
    /// nor awake.
    #[must_use]
    pub fn parked(&mut self, sample: &Sample, offline: &CpuSet) -> CpuSet {
        self.pools.iter_mut().flat_map(|pool| pool.parked(sample, offline)).collect()
    }
}

impl Pool {
    fn new((node, class): (NodeId, ClassId), topology: &Topology, domains: &Domains) -> Self {
        let mine =
            domains.domains.iter().enumerate().filter(|(_, domain)| (domain.node, domain.class) == (node, class));
        let cores_of = |cpus: &CpuSet| -> Vec<CpuSet> {
            topology.cores.iter().map(|core| core.cpus.intersection(cpus)).filter(|core| !core.is_empty()).collect()
        };
        let preferred = topology.classes.get(class.index()).map_or(&[][..], |class| &class.preferred);
        // 0 for the best; where all are alike, for all.
        let place = |core: &CpuSet| preferred.iter().position(|alike| !alike.is_disjoint(core)).unwrap_or(0);
        let mut cores: Vec<CpuSet> = mine.clone().flat_map(|(_, domain)| cores_of(&domain.cpus)).collect();
        cores.sort_by_cached_key(place);
        // Of none where there is no energy model: then all are in one.
        together(&mut cores, |core| topology.perf_domains.iter().position(|domain| !domain.cpus.is_disjoint(core)));
        together(&mut cores, |core| core.first().and_then(|cpu| domains.domain_of(cpu)));
        Self { domains: mine.map(|(position, _)| position).collect(), cores, peak: 0.0 }
    }

    fn parked(&mut self, sample: &Sample, offline: &CpuSet) -> Vec<CpuId> {
        let mine = self.domains.iter().filter_map(|position| sample.domains.get(*position));
        let busy: f64 = mine.map(|now| (now.runnable_milli as f64 / 1000.0).min(f64::from(now.online))).sum();
        self.peak = busy.max(self.peak * 0.5_f64.powf(sample.span_ns as f64 / FORGET_NS));
        let mut needed = (self.peak * SPARE / BUSY - NOTHING).ceil();
        let asleep = self.cores.iter().map(|core| core.difference(offline)).filter(|core| {
            let awake = needed > 0.0;
            needed -= core.len() as f64;
            !awake
        });
        asleep.flat_map(|core| core.iter().collect::<Vec<_>>()).collect()
    }
}

/// Has the cores of each group together, where the first of them is. Their order in it stays.
fn together<Group: PartialEq>(cores: &mut [CpuSet], group: impl Fn(&CpuSet) -> Group) {
    let groups: Vec<Group> = cores.iter().map(&group).collect();
    cores.sort_by_cached_key(|core| groups.iter().position(|other| *other == group(core)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::balance::DomainSample;
    use crate::topology::{PerfDomain, Source, read};
    use proptest::prelude::*;

    fn parking(machine: &str) -> (Parking, usize) {
        let topology = Source::parse(machine).and_then(|source| read(&source)).expect("a good machine");
        let domains = Domains::build(&topology).expect("a good machine");
        (Parking::new(&topology, &domains), domains.len())
    }

    /// A round of a second in which each domain of four CPUs had so many thousandths of a task to run.
    fn round(runnable_milli: &[u64]) -> Sample {
        let domain = |milli: &u64| DomainSample { runnable_milli: *milli, online: 4, ..DomainSample::default() };
        Sample { span_ns: 1_000_000_000, domains: runnable_milli.iter().map(domain).collect() }
    }

    /// After a minute of such rounds.
    fn settled(parking: &mut Parking, runnable_milli: &[u64]) -> String {
        (0..60).for_each(|_| drop(parking.parked(&round(runnable_milli), &CpuSet::new())));
        now(parking, runnable_milli)
    }

    /// After one more, with all CPUs online.
    fn now(parking: &mut Parking, runnable_milli: &[u64]) -> String {
        parking.parked(&round(runnable_milli), &CpuSet::new()).to_string()
    }

    fn cpus(text: &str) -> CpuSet {
        text.parse().expect("a cpulist")
    }

    #[test]
    fn what_is_needed_stays_awake_and_llcs_are_emptied() {
        let (mut parking, _) = parking("synthetic:l3:2 core:4 pu:1");
        assert_eq!(settled(&mut parking, &[200, 0]), "1-7");
        assert_eq!(settled(&mut parking, &[100, 900]), "3-7", "1.0 x 1.25 / 0.6 = 2.1");
        assert_eq!(settled(&mut parking, &[4000, 4000]), "");
    }

    #[test]
    fn it_grows_at_once_and_shrinks_slowly() {
        let (mut parking, _) = parking("synthetic:l3:1 core:4 pu:1");
        assert_eq!(settled(&mut parking, &[100]), "1-3");
        assert_eq!(now(&mut parking, &[1500]), "", "at once");
        assert_eq!(now(&mut parking, &[100]), "3", "1.06 CPUs are still remembered");
        assert_eq!(settled(&mut parking, &[100]), "1-3");
    }

    #[test]
    fn nodes_keep_to_themselves_and_siblings_together() {
        let (mut parking, _) = parking("synthetic:node:2 l3:1 core:2 pu:2");
        assert_eq!(settled(&mut parking, &[100, 1000]), "2-3");
        assert_eq!(settled(&mut parking, &[0, 0]), "0-7");
    }

    #[test]
    fn preferred_cores_stay_awake_and_may_change() {
        let topology = Source::parse("synthetic:l3:2 core:4 pu:1").and_then(|source| read(&source)).expect("a machine");
        let domains = Domains::build(&topology).expect("a good machine");
        let prefer = |order: &[&str]| topology.clone().preferring(order);
        let mut parking = Parking::new(&prefer(&["6", "1-5,7", "0"]), &domains);
        assert_eq!(settled(&mut parking, &[200, 0]), "0-5,7");
        assert_eq!(settled(&mut parking, &[1000, 0]), "0-3,7", "core by core, domain by domain");
        parking.renew(&prefer(&["2-3", "0-1", "4-7"]), &domains);
        assert_eq!(now(&mut parking, &[100, 0]), "0-1,4-7", "what was busy is remembered");
    }

    #[test]
    fn who_is_offline_is_neither_awake_nor_asleep() {
        let (mut parking, _) = parking("synthetic:l3:1 core:4 pu:2");
        let mut without = |offline: &str, runnable_milli: u64| {
            let offline = cpus(offline);
            let mut round = round(&[runnable_milli]);
            round.domains[0].online = 8 - offline.len() as u32;
            assert_eq!(parking.counts_others(&round), !offline.is_empty());
            parking.parked(&round, &offline).to_string()
        };
        assert_eq!(without("", 100), "2-7");
        assert_eq!(without("0", 100), "2-7", "its sibling is awake, and enough");
        assert_eq!(without("0-1", 100), "4-7", "the next core is awake in its place");
        assert_eq!(without("0,3", 1000), "6-7", "2.1: of each core one, and the next");
    }

    #[test]
    fn perf_domains_are_emptied_inside_a_domain() {
        let mut topology =
            Source::parse("synthetic:l3:2 core:4 pu:1").and_then(|source| read(&source)).expect("a machine");
        let domains = Domains::build(&topology).expect("a good machine");
        let model = |of: &&str| PerfDomain {
            cpus: cpus(of),
            microwatts: true,
            artificial: false,
            skips_inefficient: false,
            states: Vec::new(),
        };
        let awake = |topology: &Topology, runnable_milli| {
            let mut parking = Parking::new(topology, &domains);
            let parked = parking.parked(&round(&[runnable_milli, 0]), &CpuSet::new());
            topology.online.difference(&parked).to_string()
        };
        assert_eq!(awake(&topology, 700), "0-1", "without an energy model in their order");
        topology.perf_domains = ["0,2", "1,3", "4-5", "6-7"].iter().map(model).collect();
        assert_eq!(awake(&topology, 700), "0,2");
        assert_eq!(awake(&topology, 1900), "0-3", "one after the other");
        let prefers = topology.preferring(&["5", "3", "0-2,4,6-7"]);
        assert_eq!(awake(&prefers, 700), "4-5", "that of the best core first");
        assert_eq!(awake(&prefers, 3000), "0-1,3-7", "and in the other domain too");
    }

    proptest! {
        #[test]
        fn of_those_online_as_many_are_awake_as_are_needed(
            milli in prop::collection::vec(0..9000_u64, 4), offline in prop::collection::btree_set(0..16_u32, 0..12),
        ) {
            let (mut parking, _) = parking("synthetic:node:2 l3:2 core:2 pu:2");
            let offline: CpuSet = offline.into_iter().map(CpuId).collect();
            let mut round = round(&milli);
            for (id, domain) in round.domains.iter_mut().enumerate() {
                domain.online = 4 - offline.iter().filter(|cpu| cpu.index() / 4 == id).count() as u32;
            }
            let parked = parking.parked(&round, &offline);
            prop_assert!(parked.is_disjoint(&offline), "{parked}");
            for node in 0..2 {
                let mine = &round.domains[2 * node..2 * node + 2];
                let online: u64 = mine.iter().map(|domain| u64::from(domain.online)).sum();
                let busy: u64 = mine.iter().map(|domain| domain.runnable_milli.min(1000 * u64::from(domain.online))).sum();
                let needed = ((busy as f64 / 1000.0 * SPARE / BUSY - NOTHING).ceil().max(0.0) as u64).min(online);
                let awake = online - parked.iter().filter(|cpu| cpu.index() / 8 == node).count() as u64;
                prop_assert!(awake >= needed, "{awake} of {needed}: {parked} of {milli:?} without {offline}");
            }
        }

        #[test]
        fn what_was_busy_is_awake(milli in prop::collection::vec(0..9000_u64, 4)) {
            let (mut parking, domains) = parking("synthetic:node:2 l3:2 core:4 pu:1");
            prop_assert_eq!(domains, 4);
            let parked = parking.parked(&round(&milli), &CpuSet::new());
            for node in 0..2 {
                let busy: u64 = milli[2 * node..2 * node + 2].iter().map(|milli| (*milli).min(4000)).sum();
                let awake = 8 - parked.iter().filter(|cpu| cpu.index() / 8 == node).count() as u64;
                prop_assert!(awake * 1000 >= busy.min(8000), "{parked} of {milli:?}");
            }
        }
    }
}
