//! What each worker would get from a perfect scheduler: weighted max-min shares over affinity.
//!
//! Water is filled in for all at once, each by its weight, until somebody has what it wants or the CPUs that it may
//! run on are full; it stops there and the others go on. Whether given shares fit is a flow from workers to CPUs:
//! a worker gets at most one CPU at a time, and McNaughton's wrap-around makes a schedule of any such flow.
//!
//! Example: weights 3, 1, 1 on two CPUs. By weight the first deserves 1.2 CPUs, but gets 1; the others share the rest,
//! 0.5 each.

/// One who wants CPU time.
#[derive(Clone, Debug)]
pub struct Want {
    pub weight: f64,
    /// In CPUs: at most 1.
    pub most: f64,
    pub may_run: Vec<usize>,
}

/// Shares are exact to about this part of a CPU.
const EXACT: f64 = 1e-6;

/// The share of each, in CPUs.
pub fn shares(wants: &[Want], cpus: usize) -> Vec<f64> {
    let mut shares = vec![0.0; wants.len()];
    let mut open: Vec<usize> = (0..wants.len()).filter(|&i| wants[i].most > 0.0).collect();
    while !open.is_empty() {
        let at = |level: f64, shares: &[f64]| {
            let mut trial = shares.to_vec();
            for &i in &open {
                trial[i] = (wants[i].weight * level).min(wants[i].most);
            }
            trial
        };
        // All have what they want at the highest level that matters.
        let top = open.iter().map(|&i| wants[i].most / wants[i].weight).fold(0.0, f64::max);
        let mut level = (0.0, top);
        if fits(wants, &at(top, &shares), cpus) {
            return at(top, &shares);
        }
        // To the level's own scale: weights are up to 88761.
        while level.1 - level.0 > top * 1e-12 {
            let middle = f64::midpoint(level.0, level.1);
            if fits(wants, &at(middle, &shares), cpus) { level.0 = middle } else { level.1 = middle }
        }
        shares = at(level.0, &shares);
        let before = open.len();
        open.retain(|&i| {
            let more = (wants[i].most - shares[i]).min(EXACT * 100.0);
            let mut trial = shares.clone();
            trial[i] += more;
            more > EXACT && fits(wants, &trial, cpus)
        });
        if open.len() == before {
            break;
        }
    }
    shares
}

/// Can the CPUs carry these shares? By the largest flow from workers with the same affinity to CPUs.
fn fits(wants: &[Want], shares: &[f64], cpus: usize) -> bool {
    let mut groups: Vec<(&[usize], f64)> = Vec::new();
    for (want, share) in wants.iter().zip(shares) {
        match groups.iter_mut().find(|(may_run, _)| *may_run == want.may_run) {
            Some((_, sum)) => *sum += share,
            None => groups.push((&want.may_run, *share)),
        }
    }
    let mut flow = vec![vec![0.0; cpus]; groups.len()];
    let mut room = vec![1.0; cpus];
    groups.iter().enumerate().all(|(from, (_, sum))| {
        let mut left = *sum;
        while left > EXACT * 1e-3 {
            let sent = send(from, left, &groups, &mut flow, &mut room, &mut vec![false; groups.len()]);
            if sent <= 0.0 {
                return left <= EXACT;
            }
            left -= sent;
        }
        true
    })
}

/// Send up to `amount` from a group to a CPU with room, if need be by sending what others have there elsewhere.
fn send(
    from: usize,
    amount: f64,
    groups: &[(&[usize], f64)],
    flow: &mut [Vec<f64>],
    room: &mut [f64],
    tried: &mut Vec<bool>,
) -> f64 {
    tried[from] = true;
    for &cpu in groups[from].0 {
        if room[cpu] > 0.0 {
            let sent = amount.min(room[cpu]);
            room[cpu] -= sent;
            flow[from][cpu] += sent;
            return sent;
        }
    }
    for &cpu in groups[from].0 {
        for other in 0..groups.len() {
            if tried[other] || flow[other][cpu] <= 0.0 {
                continue;
            }
            let sent = send(other, amount.min(flow[other][cpu]), groups, flow, room, tried);
            if sent > 0.0 {
                flow[other][cpu] -= sent;
                flow[from][cpu] += sent;
                return sent;
            }
        }
    }
    0.0
}

/// The kernel's weights by nice value (kernel/sched/core.c, `sched_prio_to_weight`): a step is 1.25.
pub fn weight(nice: i32) -> f64 {
    const WEIGHTS: [u32; 40] = [
        88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916, 9548, 7620, 6100, 4904, 3906, 3121, 2501,
        1991, 1586, 1277, 1024, 820, 655, 526, 423, 335, 272, 215, 172, 137, 110, 87, 70, 56, 45, 36, 29, 23, 18, 15,
    ];
    f64::from(WEIGHTS[(nice + 20).clamp(0, 39) as usize])
}
