//! What cgroups' weights make of their tasks' weights, round after round: what was runnable in each cgroup is taken from two looks
//! at the counters, `flatten` says what each is entitled to, and BPF is told by what to multiply the weights of its tasks.

use super::Sample;
use super::flatten::{Group, NICE_0, Part, Tasks, flatten};

/// The kernel's weight of cgroups with cpu.idle and of tasks with `SCHED_IDLE`.
const IDLE: f64 = 3.0;
/// The most doublings of weights in loads.
const MAX_SHIFT: u32 = 10;

/// A cgroup's counters at one moment, as the scheduler keeps them. Integrals only grow, and wrap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CgroupSnapshot {
    /// Its place in the scheduler's tables, > 0. Used again after it is gone.
    pub slot: u32,
    /// What tells it from others that had the slot.
    pub id: u64,
    /// Its parent's slot, 0 for the root.
    pub parent: u32,
    /// cpu.weight, 1 to 10000.
    pub weight: u32,
    /// cpu.idle.
    pub idle: bool,
    /// When: ns, up to which the integrals are.
    pub at: u64,
    /// Own weight (that of nice values) that was runnable directly in it: weight × ns.
    pub weight_integral: u64,
    /// Tasks that were runnable directly in it: tasks × ns.
    pub runnable_integral: u64,
}

/// What a cgroup's tasks weigh.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CgroupShare {
    /// The cgroup's slot.
    pub slot: u32,
    /// The cgroup.
    pub id: u64,
    /// A task weighs this times its own weight, > 0,
    pub multiplier: f64,
    /// but no more than this: what the tasks directly in the cgroup weigh together, or what one CPU is worth, 1024 = one at
    /// nice 0 in the root.
    pub most: f64,
}

/// What cgroups weigh for the next round.
#[derive(Clone, Debug, PartialEq)]
pub struct CgroupPlan {
    /// By cgroup.
    pub shares: Vec<CgroupShare>,
    /// What one CPU of the machine is worth among these weights; 1024 where there are no cgroups.
    pub cpu_worth: f64,
}

/// The share of each cgroup, from two looks at all of them and what the domains had to do meanwhile. Cgroups that were not
/// there at the first look count as empty.
#[must_use]
pub fn plan_cgroups(before: &[CgroupSnapshot], after: &[CgroupSnapshot], machine: &Sample) -> CgroupPlan {
    if after.is_empty() {
        return CgroupPlan { shares: Vec::new(), cpu_worth: NICE_0 };
    }
    let groups: Vec<Group> = after
        .iter()
        .map(|now| {
            let last = before.iter().find(|last| last.slot == now.slot && last.id == now.id);
            Group {
                parent: after.iter().position(|other| other.slot == now.parent),
                weight: if now.idle { IDLE } else { f64::from(now.weight.max(1)) * NICE_0 / 100.0 },
                tasks: last.map_or_else(Tasks::default, |last| mean_tasks(last, now)),
            }
        })
        .collect();
    let cpus: u32 = machine.domains.iter().map(|domain| domain.online).sum();
    let runnable: f64 = machine.domains.iter().map(|domain| domain.runnable_milli as f64 / 1000.0).sum();
    let (parts, cpu_worth) = flatten(&groups, runnable, f64::from(cpus));
    let share = |(now, part): (&CgroupSnapshot, Part)| CgroupShare {
        slot: now.slot,
        id: now.id,
        multiplier: part.multiplier,
        most: part.most,
    };
    CgroupPlan { shares: after.iter().zip(parts).map(share).collect(), cpu_worth }
}

/// The balancer's least amounts are meant for CPUs that are worth a task at nice 0 or more. Where cgroups make them worth
/// less, loads count weights this many doublings up, so that they are worth 1024 to 2048 again: two cgroups of cpu.weight 100
/// that fill 64 CPUs make a CPU worth 32, and 5 doublings make that 1024. What is counted already stays as it is `now` while a
/// CPU is worth up to 4096, so that one that is worth about 1024 does not make it go up and down.
#[must_use]
pub fn load_shift(now: u32, cpu_worth: f64) -> u32 {
    let worth_now = cpu_worth * f64::from(1 << now);
    if now > 0 && (NICE_0..4.0 * NICE_0).contains(&worth_now) {
        return now;
    }
    (0..MAX_SHIFT).find(|shift| cpu_worth * f64::from(1 << shift) >= NICE_0).unwrap_or(MAX_SHIFT)
}

/// What was runnable directly in a cgroup, from two looks at it.
fn mean_tasks(before: &CgroupSnapshot, after: &CgroupSnapshot) -> Tasks {
    let span = after.at.saturating_sub(before.at);
    if span == 0 {
        return Tasks::default();
    }
    let mean = |from: u64, to: u64| to.wrapping_sub(from) as f64 / span as f64;
    Tasks {
        weight: mean(before.weight_integral, after.weight_integral),
        runnable: mean(before.runnable_integral, after.runnable_integral),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::balance::DomainSample;

    #[test]
    fn a_slot_that_another_cgroup_had_counts_as_empty() {
        let snapshot = |id, at, integral| CgroupSnapshot {
            slot: 3,
            id,
            weight: 100,
            at,
            weight_integral: integral,
            runnable_integral: integral / 1024,
            ..Default::default()
        };
        let domains = vec![DomainSample { online: 2, ..Default::default() }];
        let machine = Sample { domains, ..Default::default() };
        let before = [snapshot(7, 0, u64::MAX - 1024)];
        let multiplier =
            |id| plan_cgroups(&before, &[snapshot(id, 1000, 4 * 1024 * 1000)], &machine).shares[0].multiplier;
        assert!((multiplier(8) - 1.0).abs() < 1e-9);
        assert!(multiplier(7) < 0.3);
    }

    #[test]
    fn without_cgroups_a_cpu_is_worth_a_task_at_nice_0() {
        let plan = plan_cgroups(&[], &[], &Sample::default());
        assert_eq!(plan, CgroupPlan { shares: Vec::new(), cpu_worth: 1024.0 });
    }

    #[test]
    fn loads_count_weights_up_where_a_cpu_is_worth_little() {
        assert_eq!(load_shift(0, 32.0), 5);
        assert_eq!([load_shift(5, 31.0), load_shift(5, 127.0), load_shift(5, 129.0)], [6, 5, 3]);
        assert_eq!([load_shift(0, 1024.0), load_shift(3, 2000.0), load_shift(0, 0.0)], [0, 0, MAX_SHIFT]);
    }
}
