//! A tree of cgroups on one flat clock. Pure.
//!
//! A cgroup competes with its siblings, and with the tasks that are directly in its parent, by cpu.weight: 100 is as much as
//! one task at nice 0. What it gets it shares among its own, in the same way. BPF has one flat clock a domain, so the
//! hierarchy is flattened here: each cgroup gets an *entitlement* in the scale of task weights, as if it were one task in the
//! root, and the tasks directly in it share that by their own weights:
//!
//! ```text
//! weight of a task = own weight × multiplier,   multiplier = entitlement of the tasks / their runnable own weight
//! ```
//!
//! Example, on two CPUs: a and b with cpu.weight 100 and 300, with four and two hogs at nice 0. Entitled to 1024 and 3072, multipliers
//! 1024 / 4096 = 0.25 and 3072 / 2048 = 1.5: 256 a hog of a, 1536 one of b.
//!
//! Deeper in the tree a child's part of its parent depends on what its siblings can use: no more CPUs than they have runnable
//! tasks. So the machine's CPUs are poured down the tree (`waterfill`), and the levels compared:
//!
//! ```text
//! entitlement of a child = weight × level among its siblings / level in the root     (CPUs, turned back into weight)
//! ```
//!
//! Example: 8 CPUs; p and q with cpu.weight 100 each; in p, c with 300 and one hog, and d with 100 and eight; in q, eight hogs.
//! Level in the root: 4 CPUs per 1024. In p: c is worth 3 CPUs of p's four, but can use one, so d gets the other three. Level
//! there 3 / 1024, so d is entitled to 1024 × 3/4 = 768, and c to 3 × 768, bounded by p's 1024. The hogs weigh 96 in d and 128
//! in q. Whatever c's hog weighs, it can use one CPU only, and the rest get 7 CPUs in proportion: d 3, q 4.
//!
//! No task weighs more than one CPU is worth where there are fewer CPUs than tasks that want to run: here 1024 / 4 = 256, so c's
//! hog weighs that. It gets its one CPU for it. With more, what it is owed would grow without end, and any task that can run on
//! its CPU only (a kernel thread) would wait behind all of that.
//!
//! What is runnable in a cgroup is a mean over the round. A cgroup that is runnable at all has one task at least, so weight is
//! taken as at least that of one mean task: a task alone in its cgroup that runs a tenth of the time weighs as much as the
//! cgroup while it runs, not ten times as much.
//!
//! Limits. Tasks directly in the root are taken at nice 0 here, which matters to the second level of the tree only. Tasks of
//! different nice values in a cgroup are taken together: where one is due more than a CPU, what it leaves goes not to its
//! fellows alone, but to all.

use super::waterfill::{Basin, level};

/// The kernel's weight of a task at nice 0, and of a cgroup at cpu.weight 100.
pub const NICE_0: f64 = 1024.0;

/// Tasks directly in one cgroup, over a round.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tasks {
    /// Mean runnable own weight.
    pub weight: f64,
    /// Mean number of those runnable.
    pub runnable: f64,
}

impl Tasks {
    /// Their weight while any is runnable: that of one mean task at least, and of one at nice 0 if none was.
    fn basin(self) -> Basin {
        let at_least_one =
            if self.runnable > 0.0 { self.weight / self.runnable * self.runnable.max(1.0) } else { NICE_0 };
        Basin { weight: at_least_one, wants: self.runnable }
    }
}

/// A cgroup in the tree.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// Its parent's index; none: the root.
    pub parent: Option<usize>,
    /// In the scale of task weights, > 0.
    pub weight: f64,
    pub tasks: Tasks,
}

/// What comes of it, as in [`super::CgroupShare`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Part {
    pub multiplier: f64,
    pub most: f64,
}

/// The part of each cgroup, where `runnable` tasks in all want to run on `cpus` CPUs; and what a CPU is worth.
pub fn flatten(groups: &[Group], runnable: f64, cpus: f64) -> (Vec<Part>, f64) {
    let root = groups.len();
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); root + 1];
    for (id, group) in groups.iter().enumerate() {
        children[group.parent.unwrap_or(root)].push(id);
    }
    let order = parents_first(&children, root);
    let in_cgroups: f64 = groups.iter().map(|group| group.tasks.runnable).sum();
    let in_root = (runnable - in_cgroups).max(0.0);
    let mut tasks: Vec<Tasks> = groups.iter().map(|group| group.tasks).collect();
    tasks.push(Tasks { weight: in_root * NICE_0, runnable: in_root });

    let mut wants: Vec<f64> = tasks.iter().map(|tasks| tasks.runnable).collect();
    for id in order.iter().rev().filter(|id| **id != root) {
        wants[groups[*id].parent.unwrap_or(root)] += wants[*id];
    }
    let level_in = |id: usize, amount: f64| {
        let below = children[id].iter().map(|child| Basin { weight: groups[*child].weight, wants: wants[*child] });
        level(&below.chain([tasks[id].basin()]).collect::<Vec<_>>(), amount)
    };

    let root_level = level_in(root, cpus).max(f64::MIN_POSITIVE);
    let feasible = if wants[root] > cpus { 1.0 / root_level } else { f64::INFINITY };
    let mut entitled = vec![f64::INFINITY; root + 1];
    let mut parts = vec![Part { multiplier: 1.0, most: NICE_0 }; root];
    for &id in &order {
        let relative = if id == root { 1.0 } else { level_in(id, entitled[id] * root_level) / root_level };
        let bound = entitled[id];
        let part_of = |weight: f64| (weight * relative).min(bound);
        for &child in &children[id] {
            entitled[child] = part_of(groups[child].weight);
        }
        if let Some(part) = parts.get_mut(id) {
            let weight = tasks[id].basin().weight;
            let together = part_of(weight);
            *part = Part { multiplier: together / weight, most: together.min(feasible) };
        }
    }
    (parts, 1.0 / root_level)
}

/// All that hang together with the root, it first, each after its parent.
fn parents_first(children: &[Vec<usize>], root: usize) -> Vec<usize> {
    let mut order = vec![root];
    let mut next = 0;
    while let Some(&id) = order.get(next) {
        order.extend(&children[id]);
        next += 1;
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hogs(parent: Option<usize>, cpu_weight: f64, hogs: u32) -> Group {
        let runnable = f64::from(hogs);
        Group { parent, weight: cpu_weight * NICE_0 / 100.0, tasks: Tasks { weight: runnable * NICE_0, runnable } }
    }

    fn runnable(groups: &[Group]) -> f64 {
        groups.iter().map(|group| group.tasks.runnable).sum()
    }

    /// CPUs that each cgroup's own tasks get where a task at nice 0 weighs what its part says and no clock knows of cgroups.
    fn flat(groups: &[Group], parts: &[Part], in_root: u32, cpus: f64) -> Vec<f64> {
        let basin = |(group, part): (&Group, &Part)| Basin {
            weight: (NICE_0 * part.multiplier).min(part.most),
            wants: if group.tasks.runnable > 0.0 { 1.0 } else { 0.0 },
        };
        let tasks: Vec<Basin> = groups.iter().zip(parts).map(basin).collect();
        let copies = groups.iter().zip(&tasks).flat_map(|(g, task)| vec![*task; g.tasks.runnable as usize]);
        let root = vec![Basin { weight: NICE_0, wants: 1.0 }; in_root as usize];
        let level = level(&copies.chain(root).collect::<Vec<_>>(), cpus);
        groups.iter().zip(&tasks).map(|(g, task)| g.tasks.runnable * (task.weight * level).min(1.0)).collect()
    }

    #[track_caller]
    fn assert_close(got: &[f64], wanted: &[f64]) {
        let close = got.len() == wanted.len() && got.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-6 * b.max(1.0));
        assert!(close, "{got:?} instead of {wanted:?}");
    }

    fn weights(groups: &[Group], in_root: f64, cpus: f64) -> Vec<f64> {
        let (parts, _) = flatten(groups, runnable(groups) + in_root, cpus);
        parts.iter().map(|part| (NICE_0 * part.multiplier).min(part.most)).collect()
    }

    #[test]
    fn siblings_are_weighted() {
        let groups = [hogs(None, 100.0, 4), hogs(None, 300.0, 2)];
        assert_close(&weights(&groups, 0.0, 2.0), &[256.0, 1536.0]);
    }

    #[test]
    fn what_a_child_cannot_use_stays_with_its_parent() {
        let p = hogs(None, 100.0, 0);
        let groups = [p, hogs(None, 100.0, 8), hogs(Some(0), 300.0, 1), hogs(Some(0), 100.0, 8)];
        let (parts, _) = flatten(&groups, runnable(&groups), 8.0);
        assert_close(&weights(&groups, 0.0, 8.0)[1..], &[128.0, 256.0, 96.0]);
        assert_close(&flat(&groups, &parts, 0, 8.0), &[0.0, 4.0, 1.0, 3.0]);
    }

    #[test]
    fn tasks_beside_child_cgroups_compete_with_them() {
        let groups = [hogs(None, 100.0, 3), hogs(Some(0), 100.0, 6)];
        assert_close(&weights(&groups, 4.0, 1.0), &[256.0, 256.0 / 6.0]);
    }

    #[test]
    fn one_that_seldom_runs_weighs_as_its_cgroup_and_no_more() {
        let mut groups = [hogs(None, 200.0, 1), hogs(None, 100.0, 8)];
        groups[0].tasks = Tasks { weight: 0.1 * 335.0, runnable: 0.1 };
        let (parts, _) = flatten(&groups, runnable(&groups), 16.0);
        assert_close(&[335.0 * parts[0].multiplier, parts[0].most], &[2048.0, 2048.0]);
        assert_close(&weights(&[hogs(None, 200.0, 0)], 0.0, 8.0), &[2048.0]);
    }

    #[test]
    fn a_cpu_is_worth_what_its_part_of_the_weights_is() {
        let groups = [hogs(None, 100.0, 100), hogs(None, 100.0, 100)];
        let (_, cpu_worth) = flatten(&groups, 200.0, 64.0);
        assert_close(&[cpu_worth], &[32.0]);
    }

    /// Cgroups that hang below the root or an earlier one.
    fn trees() -> impl Strategy<Value = Vec<Group>> {
        proptest::collection::vec((any::<prop::sample::Index>(), 1.0..10_000.0, 0_u32..12), 1..12).prop_map(|all| {
            let with_parent = |(id, (parent, weight, tasks)): (usize, (prop::sample::Index, f64, u32))| {
                hogs(parent.index(id + 1).checked_sub(1), weight, tasks)
            };
            all.into_iter().enumerate().map(with_parent).collect()
        })
    }

    /// What the kernel promises: pour the CPUs down the tree, level by level.
    fn promised(groups: &[Group], id: Option<usize>, in_root: f64, amount: f64, into: &mut [f64]) {
        let wants = |id: usize| -> f64 {
            let mut below = vec![id];
            let mut sum = 0.0;
            while let Some(id) = below.pop() {
                sum += groups[id].tasks.runnable;
                below.extend((0..groups.len()).filter(|child| groups[*child].parent == Some(id)));
            }
            sum
        };
        let children: Vec<usize> = (0..groups.len()).filter(|child| groups[*child].parent == id).collect();
        let own = id.map_or(in_root, |id| groups[id].tasks.runnable);
        let mut basins: Vec<Basin> =
            children.iter().map(|child| Basin { weight: groups[*child].weight, wants: wants(*child) }).collect();
        if own > 0.0 {
            basins.push(Basin { weight: own * NICE_0, wants: own });
        }
        let level = level(&basins, amount);
        if let Some(id) = id {
            into[id] = own.min(own * NICE_0 * level);
        }
        for child in children {
            let amount = wants(child).min(groups[child].weight * level);
            promised(groups, Some(child), in_root, amount, into);
        }
    }

    proptest! {
        #[test]
        fn flat_weights_keep_the_promises_of_the_tree(groups in trees(), in_root in 0_u32..6, cpus in 1_u32..16) {
            let cpus = f64::from(cpus);
            let (parts, _) = flatten(&groups, runnable(&groups) + f64::from(in_root), cpus);
            let mut wanted = vec![0.0; groups.len()];
            promised(&groups, None, f64::from(in_root), cpus, &mut wanted);
            let got = flat(&groups, &parts, in_root, cpus);
            for (got, wanted) in got.iter().zip(&wanted) {
                prop_assert!((got - wanted).abs() < 1e-6, "{got} instead of {wanted}");
            }
            for (group, part) in groups.iter().zip(&parts) {
                prop_assert!(part.most <= group.weight * 8192.0 && part.multiplier > 0.0, "{group:?} {part:?}");
            }
        }
    }
}
