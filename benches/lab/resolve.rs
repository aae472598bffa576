//! A scenario on a machine: every worker with its CPUs, weight and start, by the seed.

use super::machine::Machine;
use super::scenario::{Count, Group, Kind, MayRun, Scenario};
use super::spec;

/// Starts are spread over so much guest time: five ticks of 4 ms, so that every seed meets other phases of them.
pub const SPREAD_US: u64 = 20_000;

const PERIOD_MS: f64 = 10.0;
const WORK_MS: f64 = 1.0;

pub fn resolve(scenario: &Scenario, machine: &Machine, seed: u64) -> spec::Scenario {
    let groups = scenario.group.iter().enumerate();
    let groups = groups.map(|(index, group)| resolve_group(group, machine, seed ^ ((index as u64 + 1) << 32)));
    spec::Scenario {
        name: scenario.name.clone(),
        warmup_ms: scenario.warmup_ms,
        window_ms: scenario.window_ms,
        // What it takes, ten times over, and time to start and collect many workers.
        limit_s: (scenario.warmup_ms + scenario.window_ms) / 100 + 20,
        bpf_stats: scenario.bpf_stats,
        groups: groups.collect(),
    }
}

/// CPU time to use up before the first scenario.
pub fn head_start_us(seed: u64) -> u64 {
    random(seed) % SPREAD_US
}

fn resolve_group(group: &Group, machine: &Machine, seed: u64) -> spec::Group {
    let cpus: Vec<usize> = (0..machine.cpus()).collect();
    let per = |each: f64, cpus: usize| (each * cpus as f64).round() as usize;
    let count = match group.count {
        Count::Fixed(count) => count,
        Count::PerCpu { per_cpu } => per(per_cpu, cpus.len()),
        Count::PerFastCpu { per_fast_cpu } => per(per_fast_cpu, machine.fast_cpus().len()),
    };
    // Whole teams, and at least one.
    let count = count.div_ceil(group.team).max(1) * group.team;
    let worker = |index: usize| spec::Worker {
        nice: group.nice[index % group.nice.len()],
        fifo: group.fifo,
        cgroup: (!group.cgroup_weights.is_empty()).then(|| {
            let number = index % group.cgroup_weights.len();
            (number, group.cgroup_weights[number])
        }),
        born: group.born_together.then_some(0).or(group.born_on_slow.then(|| machine.slow_cpu())),
        may_run: match group.may_run {
            MayRun::All => cpus.clone(),
            MayRun::Half => cpus[..cpus.len().div_ceil(2)].to_vec(),
            MayRun::OneEach => vec![cpus[index % cpus.len()]],
            MayRun::First => vec![0],
        },
        memory: group.memory,
        start_us: random(seed.wrapping_add((index as u64) << 40)) % SPREAD_US,
    };
    spec::Group {
        kind: kind(group),
        team: group.team,
        shares_data: group.shares_data,
        command: group.command.clone(),
        workers: (0..count).map(worker).collect(),
    }
}

fn kind(group: &Group) -> spec::Kind {
    let ms = |given: Option<f64>, default: f64| given.unwrap_or(default);
    match group.kind {
        Kind::Hog => match group.period_ms {
            None => spec::Kind::Hog { on_ms: 0, off_ms: 0 },
            Some(period) => {
                let on = ms(group.work_ms, period / 2.0);
                spec::Kind::Hog { on_ms: on as u64, off_ms: (period - on).max(0.0) as u64 }
            }
        },
        Kind::Sleeper => spec::Kind::Sleeper {
            period_us: (ms(group.period_ms, PERIOD_MS) * 1e3) as u64,
            work_us: (ms(group.work_ms, WORK_MS) * 1e3) as u64,
            on_fastest: group.on_fastest,
        },
        Kind::Ring => spec::Kind::Ring,
        Kind::FanOut => spec::Kind::FanOut,
        Kind::Messages => spec::Kind::Messages,
        Kind::Kworkers => spec::Kind::Kworkers { period_us: (ms(group.period_ms, PERIOD_MS) * 1e3) as u64 },
        Kind::Program => spec::Kind::Program,
        Kind::Forks => spec::Kind::Forks { work_us: (ms(group.work_ms, WORK_MS) * 1e3) as u64 },
    }
}

/// SplitMix64: neighbouring seeds give unrelated numbers (Steele et al., OOPSLA 2014).
fn random(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
