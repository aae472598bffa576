//! Each measure can fail: the same workload honest and sabotaged, measured by what was asked for, must differ.

use std::collections::BTreeMap;

use crate::lab::catalogue::{Catalogue, Chosen, Contestant, folder};
use crate::lab::guest::{self, Kernel};
use crate::lab::hearing::Told;
use crate::lab::machine::Machine;
use crate::lab::matrix::{self, Wanted};
use crate::lab::measures;
use crate::lab::programs::Programs;
use crate::lab::results::{Measures, Outcome};
use crate::lab::scenario::{Scenario, Suite};
use crate::lab::spec;

/// Two P on node 0, two E on node 1.
const MACHINE: &str = "
    about = 'for tests'
    shape = '2x1x2x1'
    class = [
        { name = 'P', cpus = 2, capacity = 1024, mhz = 4000 },
        { name = 'E', cpus = 2, capacity = 512, mhz = 2000 },
    ]";

struct Case {
    name: &'static str,
    groups: &'static str,
    /// What is done to the workload without telling those who measure.
    sabotage: fn(&mut spec::Scenario),
    /// Measures with the direction that sabotage has to move them in, and by how much at least.
    moved: &'static [(&'static str, f64)],
}

fn confine(scenario: &mut spec::Scenario, cpus: &[usize]) {
    let workers = scenario.groups.iter_mut().flat_map(|group| &mut group.workers);
    workers.for_each(|worker| worker.may_run = cpus.to_vec());
}

const CASES: &[Case] = &[
    Case {
        name: "weights-ignored",
        groups: "{ kind = 'hog', count = 4, nice = [0, 10], may_run = 'first' }",
        sabotage: |scenario| scenario.groups[0].workers.iter_mut().for_each(|worker| worker.nice = 0),
        moved: &[("share_error_mean_percent", 50.0), ("share_error_worst_percent", 80.0)],
    },
    Case {
        name: "all-on-one-cpu",
        groups: "{ kind = 'hog', count = 4, may_run = 'one-each' }",
        sabotage: |scenario| confine(scenario, &[0]),
        moved: &[("delivered_percent", -50.0), ("progress_percent", -40.0)],
    },
    Case {
        name: "slow-cpus-first",
        groups: "{ kind = 'hog', count = 1, may_run = 'half' }",
        sabotage: |scenario| confine(scenario, &[2, 3]),
        moved: &[("progress_percent", -40.0), ("energy_mj_per_progress_s", -1000.0)],
    },
    Case {
        name: "away-from-memory",
        groups: "{ kind = 'hog', count = 2, may_run = 'half', memory = 0 }",
        sabotage: |scenario| confine(scenario, &[2, 3]),
        moved: &[("home_node_percent", -90.0), ("progress_percent", -50.0)],
    },
    Case {
        name: "fellows-apart",
        groups: "{ kind = 'hog', count = 2, may_run = 'half', shares_data = true }",
        sabotage: |scenario| {
            for (worker, cpu) in scenario.groups[0].workers.iter_mut().zip([0, 2]) {
                worker.may_run = vec![cpu];
            }
        },
        moved: &[("progress_percent", -40.0)],
    },
    Case {
        name: "sleepers-behind-real-time",
        groups: "{ kind = 'sleeper', count = 2, may_run = 'first' }, { kind = 'hog', count = 1, may_run = 'first' }",
        sabotage: |scenario| scenario.groups[1].workers[0].fifo = true,
        moved: &[
            ("wake_p99_ms", 10.0),
            ("wake_max_ms", 10.0),
            ("longest_wait_ms", 10.0),
            ("missed_frames_percent", 20.0),
        ],
    },
    Case {
        name: "kworkers-behind-real-time",
        groups: "{ kind = 'kworkers', count = 1 }, { kind = 'hog', count = 1, may_run = 'first' }",
        sabotage: |scenario| scenario.groups[1].workers[0].fifo = true,
        moved: &[("wake_p50_ms", 10.0)],
    },
    Case {
        name: "ping-pong-behind-a-hog",
        groups: "{ kind = 'ring', count = 2, team = 2 }, { kind = 'hog', count = 1 }",
        sabotage: |scenario| {
            confine(scenario, &[0]);
            scenario.groups[1].workers[0].nice = -20;
            scenario.groups[0].workers.iter_mut().for_each(|worker| worker.nice = 19);
        },
        moved: &[("round_trips_per_s", -300.0), ("switches_per_s", -1000.0)],
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
        for (measure, least) in case.moved {
            let by = sabotaged[*measure] - honest[*measure];
            let moved = if *least < 0.0 { by <= *least } else { by >= *least };
            if !moved {
                let name = case.name;
                unmoved.push(format!("{name}: {measure} moved by {by}, not by {least}: {honest:?} {sabotaged:?}"));
            }
        }
    }
    assert!(unmoved.is_empty(), "{}", unmoved.join("\n"));
}

/// A scheduler without its balancer and without stealing leaves hogs where they were born.
#[test]
fn balancer_and_stealing_off_move_what_they_are_there_for() {
    let mut catalogue = Catalogue::read(&folder()).unwrap();
    let ours = catalogue.contestants(&["scx_domains".to_string()]).unwrap()[0].clone();
    let crippled =
        Contestant { name: "crippled".into(), arguments: vec!["--no-balance".into(), "--no-steal".into()], ..ours };
    catalogue.contestants.push(crippled);
    let text = "
        name = 'born-on-one'
        about = ''
        warmup_ms = 0
        window_ms = 2000
        group = [{ kind = 'hog', count = 6, born_together = true }]";
    catalogue.suites = BTreeMap::from([("born".to_string(), super::smoke::suite(text))]);
    catalogue.machines = BTreeMap::from([("4c2n".to_string(), toml::from_str(MACHINE).unwrap())]);
    let records = super::smoke::lab(&catalogue, "--vs crippled --kernel 7.3 --seeds 1");
    let [whole, crippled] = ["scx_domains", "crippled"].map(|name| {
        let record = records.iter().find(|record| record.contestant == name).unwrap();
        assert_eq!(record.outcome, Outcome::Ok, "{name}: {}", record.note);
        record.measures.clone()
    });
    assert!(crippled["delivered_percent"] < whole["delivered_percent"] - 30.0, "{whole:?}\n{crippled:?}");
    let crossings = "migrations_node_per_s";
    assert!(crippled[crossings] < whole[crossings], "{whole:?}\n{crippled:?}");
}
