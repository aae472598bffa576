//! Figures out of what a scenario ran up. Each is named with its unit; one that says nothing here is left out.

use std::collections::BTreeMap;

use super::catalogue::Failure;
use super::ideal::{self, Want};
use super::machine::Machine;
use super::model::Model;
use super::results::{Measures, Series};
use super::said;
use super::series;
use super::spec::{Kind, Ran, RanWorker, Scenario, Worker};

/// QEMU counts 2 ns for each instruction (icount shift=1).
const INSTRUCTIONS_PER_MS: f64 = 500_000.0;

/// A worker as asked for, and what became of it.
struct Pair<'a> {
    kind: Kind,
    asked: &'a Worker,
    ran: &'a RanWorker,
}

pub fn of(scenario: &Scenario, machine: &Machine, model: &Model, ran: &Ran) -> Result<(Measures, Series), Failure> {
    let pairs = pair_up(scenario, ran)?;
    let (mut measures, mut all_series) = (Measures::new(), Series::new());
    let mut put = |name: &str, value: f64| {
        // Six digits are more than emulation is worth, and keep the lines readable.
        measures.insert(name.to_string(), (value * 1e3).round() / 1e3);
    };
    let used: Vec<f64> = pairs.iter().map(|pair| cpu_ms(pair.ran)).collect();
    let cpus = machine.cpus();
    let modelled = machine.modelled();

    // What other processes use is in nobody's books, and what talkers alone could use nobody knows.
    let wants_known = |pair: &Pair| matches!(pair.kind, Kind::Hog { .. } | Kind::Sleeper { .. });
    let in_no_books = |pair: &Pair| matches!(pair.kind, Kind::Forks { .. } | Kind::Program);
    let all_in_books = !pairs.iter().any(in_no_books);
    if pairs.iter().any(wants_known) && all_in_books {
        let shares = ideal::shares(&wants(&pairs, &used, ran.window_ms), cpus);
        let possible: f64 = shares.iter().sum::<f64>() * ran.window_ms;
        put("delivered_percent", percent(used.iter().sum(), possible));
        let steady: Vec<usize> = (0..pairs.len()).filter(|&i| is_steady(&pairs[i])).collect();
        if !steady.is_empty() {
            // Of what they got together: interrupts take some 5 % of busy emulated CPUs from all, and what is not
            // delivered is a figure of its own.
            let sum = |of: &[f64]| steady.iter().map(|&i| of[i]).sum::<f64>();
            let due_ms = sum(&used) / sum(&shares);
            let error = |i: &usize| percent((used[*i] - shares[*i] * due_ms).abs(), shares[*i] * due_ms);
            let errors: Vec<f64> = steady.iter().map(error).collect();
            put("share_error_mean_percent", errors.iter().sum::<f64>() / errors.len() as f64);
            put("share_error_worst_percent", errors.iter().copied().fold(0.0, f64::max));
            let capacity = capacity(machine, model.work.smt, shares.iter().sum());
            let progress: f64 = pairs.iter().map(|pair| pair.ran.progress_us as f64 / 1e3).sum();
            put("progress_percent", percent(progress, capacity * ran.window_ms));
            if machine.has_classes() {
                put_progress(&pairs, &steady, &mut put);
            }
            if pairs.iter().any(|pair| pair.asked.born.is_some()) {
                let rows: Vec<_> = steady.iter().map(|&i| (shares[i], pairs[i].ran.tenths_us.as_slice())).collect();
                let errors = series::share_errors(&rows);
                put("settle_ms", series::settle_ms(&errors, ran.window_ms));
                all_series.insert("share_error_percent_over_s".into(), series::over_s(&errors));
            }
        }
    }

    let mut late: Vec<u64> = ran.groups.iter().flat_map(|group| group.late_us.iter().copied()).collect();
    if !late.is_empty() {
        late.sort_unstable();
        for (name, part) in [("wake_p50_ms", 50.0), ("wake_p99_ms", 99.0), ("wake_max_ms", 100.0)] {
            put(name, series::percentile(&late, part) as f64 / 1e3);
        }
        all_series.insert("wake_ms_by_percentile".into(), series::by_percentile(&late));
    }
    let frames: u64 = ran.groups.iter().map(|group| group.frames).sum();
    if frames > 0 {
        let missed: u64 = ran.groups.iter().map(|group| group.missed).sum();
        put("missed_frames_percent", percent(missed as f64, frames as f64));
    }
    for (group, ran_group) in scenario.groups.iter().zip(&ran.groups) {
        let per_s = ran_group.rounds as f64 * 1e3 / ran.window_ms;
        match group.kind {
            Kind::Ring | Kind::FanOut => put("round_trips_per_s", per_s),
            Kind::Messages => put("messages_per_s", per_s),
            Kind::Forks { .. } => put("processes_per_s", per_s),
            Kind::Program => {
                let program = group.command.first().map_or("", String::as_str);
                for (name, value) in said::figures(program, &ran_group.said)? {
                    put(name, value);
                }
            }
            Kind::Hog { .. } | Kind::Sleeper { .. } | Kind::Kworkers { .. } => {}
        }
    }

    let booked: Vec<&Pair> = pairs.iter().filter(|pair| !in_no_books(pair)).collect();
    if !booked.is_empty() {
        for (step, name) in ["smt", "core", "llc", "node"].into_iter().enumerate() {
            let moves: u64 = booked.iter().map(|pair| pair.ran.moves[step]).sum();
            put(&format!("migrations_{name}_per_s"), moves as f64 * 1e3 / ran.window_ms);
        }
        let longest = booked.iter().map(|pair| pair.ran.longest_wait_us).max().unwrap_or(0);
        put("longest_wait_ms", longest as f64 / 1e3);
        put("home_llc_percent", home_percent(&booked, |cpu| modelled.cpus[cpu].llc, |_| None));
        put("home_node_percent", home_percent(&booked, |cpu| modelled.cpus[cpu].node, |worker| worker.memory));
    }

    if machine.has_classes() && !booked.is_empty() {
        let sleepers = booked.iter().filter(|pair| matches!(pair.kind, Kind::Sleeper { .. }));
        if let Some(percent) = fast_percent(sleepers.copied(), &machine.fast_cpus()) {
            put("sleepers_on_fast_percent", percent);
        }
    }

    let mut busy = vec![0.0; cpus];
    for pair in &pairs {
        for (sum, us) in busy.iter_mut().zip(&pair.ran.by_cpu_us) {
            *sum += *us as f64 / 1e3;
        }
    }
    let energy = model.energy_mj(&machine.classes(), &busy, ran.window_ms)?;
    let progress_s: f64 = pairs.iter().map(|pair| pair.ran.progress_us as f64 / 1e6).sum();
    if progress_s > 0.0 && all_in_books {
        put("energy_mj_per_progress_s", energy / progress_s);
    }

    put("switches_per_s", ran.switches as f64 * 1e3 / ran.window_ms);
    if !pairs.is_empty()
        && ran.switches > 0
        && pairs.iter().all(|pair| matches!(pair.kind, Kind::Ring | Kind::FanOut | Kind::Messages))
    {
        put("guest_instructions_per_switch", ran.window_ms * INSTRUCTIONS_PER_MS / ran.switches as f64);
    }
    if let Some(daemon) = &ran.daemon {
        put("daemon_cpu_percent", percent(daemon.cpu_ms, ran.window_ms));
        put("daemon_memory_mb", daemon.memory_kb as f64 / 1024.0);
        if scenario.bpf_stats && ran.switches > 0 {
            put("bpf_instructions_per_switch", daemon.bpf_ms * INSTRUCTIONS_PER_MS / ran.switches as f64);
        }
    }
    match measures.iter().find(|(_, value)| !value.is_finite()) {
        Some((name, value)) => Err(format!("{name} came out as {value}")),
        None => Ok((measures, all_series)),
    }
}

/// How evenly those whose share is measured got on, whatever the CPUs that they were on; and how long one of them was kept
/// off the fastest CPUs.
fn put_progress(pairs: &[Pair], steady: &[usize], put: &mut impl FnMut(&str, f64)) {
    let weight = |&i: &usize| weight(pairs, &pairs[i]);
    let done = |i: usize| pairs[i].ran.progress_us as f64;
    let per_weight = steady.iter().map(|&i| done(i)).sum::<f64>() / steady.iter().map(weight).sum::<f64>();
    let errors: Vec<f64> =
        steady.iter().map(|i| percent((done(*i) - weight(i) * per_weight).abs(), weight(i) * per_weight)).collect();
    put("progress_error_mean_percent", errors.iter().sum::<f64>() / errors.len() as f64);
    let longest = steady.iter().map(|&i| pairs[i].ran.longest_slow_us).max().unwrap_or(0);
    put("longest_slow_ms", longest as f64 / 1e3);
}

/// The part of their CPU time that these were on `fast` CPUs; none if they used none.
fn fast_percent<'a>(pairs: impl Iterator<Item = &'a Pair<'a>>, fast: &[usize]) -> Option<f64> {
    let (mut on_fast, mut all) = (0, 0);
    for pair in pairs {
        all += pair.ran.by_cpu_us.iter().sum::<u64>();
        on_fast += fast.iter().map(|&cpu| pair.ran.by_cpu_us[cpu]).sum::<u64>();
    }
    (all > 0).then(|| percent(on_fast as f64, all as f64))
}

fn pair_up<'a>(scenario: &'a Scenario, ran: &'a Ran) -> Result<Vec<Pair<'a>>, Failure> {
    let mut pairs = Vec::new();
    for (index, group) in scenario.groups.iter().enumerate() {
        let workers = ran.groups.get(index).map_or(&[][..], |group| &group.workers);
        if workers.len() != group.workers.len() {
            return Err(format!(
                "group {index} was asked for {} workers and told of {}",
                group.workers.len(),
                workers.len()
            ));
        }
        pairs.extend(group.workers.iter().zip(workers).map(|(asked, ran)| Pair { kind: group.kind, asked, ran }));
    }
    Ok(pairs)
}

/// Those whose share is to be measured: they want a CPU always, and by weight.
fn is_steady(pair: &Pair) -> bool {
    matches!(pair.kind, Kind::Hog { off_ms: 0, .. }) && !pair.asked.fifo
}

fn wants(pairs: &[Pair], used: &[f64], window_ms: f64) -> Vec<Want> {
    let want = |(pair, used): (&Pair, &f64)| {
        let most = match pair.kind {
            Kind::Hog { off_ms: 0, .. } => 1.0,
            Kind::Hog { on_ms, off_ms } => on_ms as f64 / (on_ms + off_ms) as f64,
            Kind::Sleeper { on_fastest: true, .. } => used / window_ms,
            Kind::Sleeper { period_us, work_us, .. } => work_us as f64 / period_us as f64,
            // Nobody knows what talkers would use at best: take what they used, for the others to share the rest.
            _ => used / window_ms,
        };
        Want { weight: weight(pairs, pair), most: most.min(1.0), may_run: pair.asked.may_run.clone() }
    };
    pairs.iter().zip(used).map(want).collect()
}

fn weight(pairs: &[Pair], pair: &Pair) -> f64 {
    // Real time goes before any weight.
    const REAL_TIME: f64 = 1e9;
    let own = ideal::weight(pair.asked.nice);
    match (pair.asked.fifo, pair.asked.cgroup) {
        (true, _) => REAL_TIME,
        (false, None) => own,
        (false, Some((number, cpu_weight))) => {
            // A cgroup competes as one task of its weight (100 as nice 0), and its members share that.
            let members = pairs.iter().filter(|other| other.asked.cgroup.is_some_and(|(of, _)| of == number));
            let all: f64 = members.map(|other| ideal::weight(other.asked.nice)).sum();
            f64::from(cpu_weight) / 100.0 * ideal::weight(0) * own / all
        }
    }
}

/// The most progress that so many busy CPUs can make, in fastest CPUs: whole cores first, then siblings.
fn capacity(machine: &Machine, smt: f64, busy: f64) -> f64 {
    let modelled = machine.modelled();
    let mut steps: Vec<f64> = Vec::new();
    for (number, cpu) in modelled.cpus.iter().enumerate() {
        let before = modelled.cpus[..number].iter().filter(|other| other.core == cpu.core).count();
        let speed = f64::from(cpu.capacity) / 1024.0;
        // Two busy siblings make 2 × smt of one: the second adds 2 × smt − 1.
        steps.push(if before == 0 { speed } else { speed * (2.0 * smt - 1.0) });
    }
    steps.sort_by(|a, b| b.total_cmp(a));
    let mut left = busy;
    steps
        .into_iter()
        .map(|step| {
            let part = left.clamp(0.0, 1.0);
            left -= part;
            step * part
        })
        .sum()
}

/// The part of all CPU time that was used at home: where the worker's memory is, or where it was most.
fn home_percent(pairs: &[&Pair], place: impl Fn(usize) -> usize, given: impl Fn(&Worker) -> Option<usize>) -> f64 {
    let (mut at_home, mut all) = (0, 0);
    for pair in pairs {
        let mut by_place = BTreeMap::new();
        for (cpu, us) in pair.ran.by_cpu_us.iter().enumerate() {
            *by_place.entry(place(cpu)).or_insert(0) += us;
        }
        at_home += match given(pair.asked) {
            Some(home) => by_place.get(&home).copied().unwrap_or(0),
            None => by_place.values().copied().max().unwrap_or(0),
        };
        all += by_place.values().sum::<u64>();
    }
    percent(at_home as f64, all as f64)
}

fn cpu_ms(worker: &RanWorker) -> f64 {
    worker.by_cpu_us.iter().sum::<u64>() as f64 / 1e3
}

fn percent(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole * 100.0 } else { 0.0 }
}
