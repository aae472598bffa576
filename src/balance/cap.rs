//! How much one task may count for.
//!
//! A task uses one CPU at most. Where its weight says that it deserves more, what it deserves beyond that is not load:
//! no move gives it to the task. So no task counts for more than what one CPU of the machine is worth:
//!
//! ```text
//! cap = total load / CPUs, where the total counts no task for more than cap, and what a higher class has is not there
//! ```
//!
//! and where CPUs differ, for no more than one of its domain's class is: cap × capacity of such a CPU / that of the mean one.
//! A task at nice -5 on an E-core would count for more than the E-core can give otherwise, and the light tasks on the others of
//! its domain would have what it cannot use. (24 hogs at mixed nice on 4 P-cores and 4 E-cores: worst share error 153 %, and 66.)
//!
//! Each round takes the total of the last one, and so walks to the fixed point. Example: one task at nice -20 (88761)
//! and twelve at nice 0 on 8 CPUs. The heavy one is worth one CPU, the other seven share 12288: cap = 12288 / 7 = 1755.
//! Walking up from 1024: 1664, 1744, 1754, 1755. It starts low (`load_caps` in `bpf/load.bpf.h`): from an uncapped
//! total, the first plans would move half of the machine for the sake of a weight that no move can serve.
//!
//! With fewer tasks than CPUs every task deserves more than it can use, and the walk would go to nothing. Balance does
//! not matter then, so the cap stops at one task at nice 0.

use super::capacity::capacity_of_a_cpu;
use super::{DomainSample, Sample};
use crate::domain::{Domain, Domains};

/// The least cap: one task at nice 0.
const LEAST: u64 = 1024;

/// The cap for the next round on the mean CPU, from the loads of the last.
#[must_use]
pub fn load_cap(sample: &Sample) -> u64 {
    let load: u64 = sample.domains.iter().map(|domain| domain.load).fold(0, u64::saturating_add);
    let milli = |domain: &DomainSample| (u64::from(domain.online) * 1000).saturating_sub(u64::from(domain.taken_milli));
    let cpus_milli: u64 = sample.domains.iter().map(milli).sum();
    load.saturating_mul(1000).checked_div(cpus_milli).unwrap_or(LEAST).max(LEAST)
}

/// The cap for the next round in the domains of each class, by its id.
///
/// Example: four P-cores of 1024 and four E-cores of 512 are 768 a CPU. Where that is worth 2048 of load, a P-core is worth 2731
/// of it and an E-core 1365.
#[must_use]
pub fn load_caps(domains: &Domains, sample: &Sample) -> Vec<u64> {
    let cap = load_cap(sample);
    let mut all = Cpus::default();
    let mut by_class: Vec<Cpus> = Vec::new();
    for (domain, now) in domains.domains.iter().zip(&sample.domains) {
        let class = domain.class.0 as usize;
        by_class.resize(by_class.len().max(class + 1), Cpus::default());
        by_class[class].add(domain, now);
        all.add(domain, now);
    }
    let of_class = |class: &Cpus| {
        let part = class.capacity * all.online / (all.capacity * class.online);
        if part.is_finite() { (cap as f64 * part).round() as u64 } else { cap }
    };
    by_class.iter().map(of_class).collect()
}

/// CPUs that are online, and what they can do together.
#[derive(Clone, Copy, Default)]
struct Cpus {
    online: f64,
    capacity: f64,
}

impl Cpus {
    fn add(&mut self, domain: &Domain, now: &DomainSample) {
        self.online += f64::from(now.online);
        self.capacity += f64::from(now.online) * capacity_of_a_cpu(domain);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::balance::tests::machine;
    use crate::units::ClassId;

    /// The loads of tasks that always run on one domain of `cpus`, none counted for more than `cap`.
    fn sample(weights: &[u64], cpus: u32, cap: u64) -> Sample {
        let load = weights.iter().map(|weight| weight.min(&cap)).sum();
        Sample { domains: vec![DomainSample { load, online: cpus, ..Default::default() }], ..Default::default() }
    }

    fn walked(weights: &[u64], cpus: u32, rounds: usize) -> u64 {
        (0..rounds).fold(LEAST, |cap, _| load_cap(&sample(weights, cpus, cap)))
    }

    #[test]
    fn a_task_counts_for_one_cpu_at_most() {
        let mut weights = vec![1024; 12];
        weights.push(88761);
        assert_eq!(walked(&weights, 8, 12), 1755);
    }

    #[test]
    fn weights_that_are_feasible_are_not_capped() {
        let weights: Vec<u64> = [1024, 1024, 1024, 335, 110, 3121].repeat(4);
        assert!(walked(&weights, 8, 12) > 3121);
    }

    #[test]
    fn the_walk_ends_at_one_task_at_nice_0_where_there_are_few() {
        assert_eq!(walked(&[1024, 1024], 8, 50), LEAST);
        assert_eq!(walked(&[], 8, 3), LEAST);
        assert_eq!(load_cap(&Sample::default()), LEAST);
    }

    /// Four P-cores of 1024 and four E-cores of 512, with this load on each four.
    fn of_two_classes(p_cores: u64, e_cores: u64) -> (Domains, Sample) {
        let mut domains = machine(&[1024, 512], 4);
        domains.domains[1].class = ClassId(1);
        let four = |load| DomainSample { load, online: 4, ..Default::default() };
        (domains, Sample { domains: vec![four(p_cores), four(e_cores)], ..Default::default() })
    }

    #[test]
    fn a_task_counts_for_one_cpu_of_its_class_at_most() {
        let (domains, mut sample) = of_two_classes(8192, 8192);
        assert_eq!(load_caps(&domains, &sample), [2731, 1365]);
        assert_eq!(load_caps(&machine(&[1024, 1024], 4), &sample), [2048]);
        sample.domains[1].online = 0;
        assert_eq!(load_caps(&domains, &sample), [4096, 4096], "nobody is on a class without CPUs");
        assert_eq!(load_caps(&domains, &Sample::default()), Vec::<u64>::new());
    }

    /// Two at nice -5 on the E-cores, who deserve more than one each, and light ones everywhere.
    #[test]
    fn the_walk_comes_to_rest_where_cpus_differ() {
        let mut caps = vec![LEAST, LEAST];
        for _ in 0..20 {
            let (heavy, light) = (3121.min(caps[1]), 1024);
            let (domains, sample) = of_two_classes(8 * light, 2 * heavy + 2 * light);
            caps = load_caps(&domains, &sample);
        }
        // The heavy ones have two E-cores. What is left is worth 6 - 2 x 0.5 P-cores, for ten light ones: 10240 / 5.
        assert!(caps[0].abs_diff(2048) <= 2 && caps[1].abs_diff(1024) <= 1, "{caps:?}");
    }

    #[test]
    fn the_walk_comes_back_when_more_arrive() {
        let weights: Vec<u64> = [1024, 1024, 1024, 335, 110, 3121].repeat(8);
        let cap = (0..12).fold(LEAST, |cap, _| load_cap(&sample(&weights, 8, cap)));
        assert!(cap > 3121, "{cap}");
    }
}
