//! How much one task may count for.
//!
//! A task uses one CPU at most. Where its weight says that it deserves more, what it deserves beyond that is not load:
//! no move gives it to the task. So no task counts for more than what one CPU of the machine is worth:
//!
//! ```text
//! cap = total load / CPUs, where the total counts no task for more than cap, and what a higher class has is not there
//! ```
//!
//! Each round takes the total of the last one, and so walks to the fixed point. Example: one task at nice -20 (88761)
//! and twelve at nice 0 on 8 CPUs. The heavy one is worth one CPU, the other seven share 12288: cap = 12288 / 7 = 1755.
//! Walking up from 1024: 1664, 1744, 1754, 1755. It starts low (`load_cap` in `bpf/load.bpf.h`): from an uncapped
//! total, the first plans would move half of the machine for the sake of a weight that no move can serve.
//!
//! With fewer tasks than CPUs every task deserves more than it can use, and the walk would go to nothing. Balance does
//! not matter then, so the cap stops at one task at nice 0.

use super::{DomainSample, Sample};

/// The least cap: one task at nice 0.
const LEAST: u64 = 1024;

/// The cap for the next round, from the loads of the last.
#[must_use]
pub fn load_cap(sample: &Sample) -> u64 {
    let load: u64 = sample.domains.iter().map(|domain| domain.load).fold(0, u64::saturating_add);
    let milli = |domain: &DomainSample| (u64::from(domain.online) * 1000).saturating_sub(u64::from(domain.taken_milli));
    let cpus_milli: u64 = sample.domains.iter().map(milli).sum();
    load.saturating_mul(1000).checked_div(cpus_milli).unwrap_or(LEAST).max(LEAST)
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn the_walk_comes_back_when_more_arrive() {
        let weights: Vec<u64> = [1024, 1024, 1024, 335, 110, 3121].repeat(8);
        let cap = (0..12).fold(LEAST, |cap, _| load_cap(&sample(&weights, 8, cap)));
        assert!(cap > 3121, "{cap}");
    }
}
