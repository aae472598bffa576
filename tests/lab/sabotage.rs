//! Each measure can fail: the same workload honest and sabotaged, measured by what was asked for, must differ.

use crate::lab::catalogue::{Catalogue, Chosen, folder};
use crate::lab::guest::{self, Kernel};
use crate::lab::hearing::Told;
use crate::lab::machine::Machine;
use crate::lab::matrix::{self, Wanted};
use crate::lab::measures;
use crate::lab::programs::Programs;
use crate::lab::results::Measures;
use crate::lab::scenario::{Scenario, Suite};
use crate::lab::spec;

/// Eight P on node 0, eight E on node 1; each node has two LLCs of two cores of two threads.
const MACHINE: &str = "
    about = 'for tests'
    shape = '2x2x2x2'
    class = [
        { name = 'P', cpus = 8, capacity = 1024, mhz = 4000 },
        { name = 'E', cpus = 8, capacity = 512, mhz = 2000 },
    ]";

struct Case {
    name: &'static str,
    groups: &'static str,
    /// Where the honest run's workers have to be, where that is not left to the scheduler.
    placed: fn(&mut spec::Scenario),
    /// What is done to the workload without telling those who measure.
    sabotage: fn(&mut spec::Scenario),
    /// Measures with the direction that sabotage has to move them in, and by how much at least.
    moved: &'static [(&'static str, f64)],
}

/// Complaint about a measure that sabotage did not move by `least`, in that direction.
pub fn unmoved(name: &str, measure: &str, least: f64, honest: &Measures, sabotaged: &Measures) -> Option<String> {
    let by = sabotaged[measure] - honest[measure];
    let moved = if least < 0.0 { by <= least } else { by >= least };
    (!moved).then(|| format!("{name}: {measure} moved by {by}, not by {least}: {honest:?} {sabotaged:?}"))
}

fn confine(scenario: &mut spec::Scenario, cpus: &[usize]) {
    let workers = scenario.groups.iter_mut().flat_map(|group| &mut group.workers);
    workers.for_each(|worker| worker.may_run = cpus.to_vec());
}

fn anywhere(_: &mut spec::Scenario) {}

/// The first group's two workers have a CPU each.
fn one_each(scenario: &mut spec::Scenario, cpus: [usize; 2]) {
    for (worker, cpu) in scenario.groups[0].workers.iter_mut().zip(cpus) {
        worker.may_run = vec![cpu];
    }
}

/// Somebody moves the first worker from CPU 0 to this one and back, again and again.
fn move_to_and_fro(scenario: &mut spec::Scenario, other: usize) {
    let script = format!(
        "task=$(ls /proc/$(pidof lab-load | tr ' ' '\\n' | sort -n | tail -n 1)/task | sort -n | sed -n 2p)
         for i in 1 2 3 4; do taskset -p {:x} $task; usleep 100000; taskset -p 1 $task; usleep 100000; done",
        1 << other
    );
    let mut somebody = scenario.groups[0].clone();
    somebody.kind = spec::Kind::Program;
    somebody.command = ["sh", "-c", &script].map(str::to_string).to_vec();
    somebody.workers[0].may_run = vec![3];
    scenario.groups.push(somebody);
}

/// They talk on CPU 0 at the least weight, where a hog of the greatest is the last group.
fn behind_a_heavy_hog(scenario: &mut spec::Scenario) {
    confine(scenario, &[0]);
    let [talkers @ .., hog] = &mut scenario.groups[..] else { return };
    hog.workers[0].nice = -20;
    talkers.iter_mut().flat_map(|group| &mut group.workers).for_each(|worker| worker.nice = 19);
}

const CASES: &[Case] = &[
    Case {
        name: "weights-ignored",
        groups: "{ kind = 'hog', count = 4, nice = [0, 10], may_run = 'first' }",
        placed: anywhere,
        sabotage: |scenario| scenario.groups[0].workers.iter_mut().for_each(|worker| worker.nice = 0),
        moved: &[("share_error_mean_percent", 50.0), ("share_error_worst_percent", 80.0)],
    },
    Case {
        name: "all-pinned-to-one-cpu",
        groups: "{ kind = 'hog', count = 4, may_run = 'one-each' }",
        placed: anywhere,
        sabotage: |scenario| confine(scenario, &[0]),
        moved: &[("delivered_percent", -50.0), ("progress_percent", -20.0)],
    },
    Case {
        name: "pinned-where-born",
        groups: "{ kind = 'hog', count = 4, may_run = 'half', born_together = true }",
        placed: anywhere,
        sabotage: |scenario| confine(scenario, &[0]),
        moved: &[("delivered_percent", -50.0), ("settle_ms", 200.0)],
    },
    Case {
        name: "slow-class-first",
        groups: "{ kind = 'hog', count = 1, may_run = 'half' }",
        placed: anywhere,
        sabotage: |scenario| confine(scenario, &[8, 10]),
        moved: &[("progress_percent", -40.0), ("energy_mj_per_progress_s", -500.0)],
    },
    Case {
        name: "away-from-memory",
        groups: "{ kind = 'hog', count = 2, may_run = 'half', memory = 0 }",
        placed: |scenario| one_each(scenario, [0, 2]),
        sabotage: |scenario| confine(scenario, &[8, 10]),
        moved: &[("home_node_percent", -90.0), ("progress_percent", -30.0)],
    },
    Case {
        name: "fellows-apart",
        groups: "{ kind = 'hog', count = 2, may_run = 'half', shares_data = true }",
        placed: |scenario| one_each(scenario, [0, 2]),
        sabotage: |scenario| one_each(scenario, [0, 4]),
        moved: &[("progress_percent", -30.0)],
    },
    Case {
        name: "moved-between-siblings",
        groups: "{ kind = 'hog', count = 1, may_run = 'first' }",
        placed: anywhere,
        sabotage: |scenario| move_to_and_fro(scenario, 1),
        moved: &[("migrations_smt_per_s", 5.0)],
    },
    Case {
        name: "moved-between-cores",
        groups: "{ kind = 'hog', count = 1, may_run = 'first' }",
        placed: anywhere,
        sabotage: |scenario| move_to_and_fro(scenario, 2),
        moved: &[("migrations_core_per_s", 5.0)],
    },
    Case {
        name: "moved-between-llcs",
        groups: "{ kind = 'hog', count = 1, may_run = 'first' }",
        placed: anywhere,
        sabotage: |scenario| move_to_and_fro(scenario, 4),
        moved: &[("migrations_llc_per_s", 5.0), ("home_llc_percent", -30.0)],
    },
    Case {
        name: "moved-between-nodes",
        groups: "{ kind = 'hog', count = 1, may_run = 'first' }",
        placed: anywhere,
        sabotage: |scenario| move_to_and_fro(scenario, 8),
        moved: &[("migrations_node_per_s", 5.0), ("home_llc_percent", -30.0), ("home_node_percent", -30.0)],
    },
    Case {
        name: "sleepers-behind-real-time",
        groups: "{ kind = 'sleeper', count = 2, may_run = 'first' }, { kind = 'hog', count = 1, may_run = 'first' }",
        placed: anywhere,
        sabotage: |scenario| scenario.groups[1].workers[0].fifo = true,
        moved: &[("wake_p99_ms", 10.0), ("wake_max_ms", 10.0), ("missed_frames_percent", 20.0)],
    },
    Case {
        name: "kworkers-behind-real-time",
        groups: "{ kind = 'kworkers', count = 1 }, { kind = 'hog', count = 1, may_run = 'first' }",
        placed: anywhere,
        sabotage: |scenario| scenario.groups[1].workers[0].fifo = true,
        moved: &[("wake_p50_ms", 10.0)],
    },
    Case {
        name: "ping-pong-behind-a-hog",
        groups: "{ kind = 'ring', count = 2, team = 2 }, { kind = 'hog', count = 1 }",
        placed: anywhere,
        sabotage: behind_a_heavy_hog,
        moved: &[("round_trips_per_s", -300.0), ("switches_per_s", -1000.0)],
    },
    Case {
        name: "messages-and-processes-behind-a-hog",
        groups: "{ kind = 'messages', count = 4, team = 4 }, { kind = 'forks', count = 1 }, { kind = 'hog', count = 1 }",
        placed: anywhere,
        sabotage: behind_a_heavy_hog,
        moved: &[("messages_per_s", -300.0), ("processes_per_s", -30.0)],
    },
    Case {
        name: "ping-pong-behind-a-hog-that-nobody-asked-for",
        groups: "{ kind = 'ring', count = 2, team = 2 }",
        placed: anywhere,
        sabotage: |scenario| {
            let mut hog = scenario.groups[0].clone();
            hog.kind = spec::Kind::Hog { on_ms: 0, off_ms: 0 };
            hog.team = 1;
            hog.workers.truncate(1);
            scenario.groups.push(hog);
            behind_a_heavy_hog(scenario);
        },
        moved: &[("guest_instructions_per_switch", 100_000.0)],
    },
];

fn scenario(case: &Case, suffix: &str) -> Scenario {
    let text = format!(
        "name = '{}{suffix}'\nabout = ''\nwarmup_ms = 200\nwindow_ms = 800\ngroup = [{}]",
        case.name, case.groups
    );
    toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", case.name))
}

#[test]
fn sabotage_of_the_workload_moves_its_measures() {
    let catalogue = Catalogue::read(&folder()).unwrap();
    let machine: Machine = toml::from_str(MACHINE).unwrap();
    let kernel = Kernel::find("7.3").unwrap();
    let contestants = catalogue.contestants(&["eevdf".to_string()]).unwrap();
    let programs = Programs::prepare(&contestants, &[]).unwrap();
    let scenario = CASES.iter().flat_map(|case| [scenario(case, ""), scenario(case, "-sabotaged")]).collect();
    let (name, suite) = ("sabotage".to_string(), Suite { machines: Vec::new(), scenario });
    let chosen = |scenario| Chosen { suite_name: &name, suite: &suite, scenario };
    let wanted = Wanted {
        machines: vec![(&name, &machine)],
        scenarios: suite.scenario.iter().map(chosen).collect(),
        contestants,
        seeds: 1,
        kernel: kernel.release.clone(),
    };
    let mut boot = matrix::boots(&wanted, &catalogue.model, &programs).remove(0);
    for (case, pair) in CASES.iter().zip(boot.runs.chunks_mut(2)) {
        (case.placed)(&mut pair[0].resolved);
        (case.sabotage)(&mut pair[1].resolved);
    }

    let mut rans = vec![None; boot.runs.len()];
    let keep = |index: usize, told: Told| {
        rans[index] = Some(told.ran.ok_or(format!("{}: {}", boot.runs[index].resolved.name, told.note))?);
        Ok(())
    };
    guest::run(&boot, &kernel, &programs, keep).unwrap_or_else(|e| panic!("{e}"));
    let mut unmoved = Vec::new();
    for (index, case) in CASES.iter().enumerate() {
        let asked = &boot.runs[2 * index].resolved;
        let [honest, sabotaged] = [0, 1].map(|i| -> Measures {
            let ran = rans[2 * index + i].as_ref().unwrap_or_else(|| panic!("{}: nothing heard", case.name));
            measures::of(asked, &machine, &catalogue.model, ran).unwrap().0
        });
        let one =
            |(measure, least): &(&str, f64)| super::sabotage::unmoved(case.name, measure, *least, &honest, &sabotaged);
        unmoved.extend(case.moved.iter().filter_map(one));
    }
    assert!(unmoved.is_empty(), "{}", unmoved.join("\n"));
}
