//! Which boots are wanted, in which order, and what is run in each.

use super::catalogue::{Chosen, Contestant};
use super::fingerprint;
use super::machine::Machine;
use super::model::Model;
use super::programs::Programs;
use super::resolve::{head_start_us, resolve};
use super::results::{Measures, Outcome, Parameters, Record, Series};
use super::spec::{self, Session};

/// Guest time that a contestant may take to attach: scx_lavd needs 40 s on 8 CPUs.
const ATTACH_LIMIT_S: u64 = 120;

/// Scenarios under a contestant on a machine with a seed, one after the other: booting and attaching take longer than
/// most scenarios.
pub struct Boot<'a> {
    pub machine_name: &'a str,
    pub machine: &'a Machine,
    pub model: &'a Model,
    pub contestant: &'a Contestant,
    pub version: String,
    pub seed: u64,
    pub kernel: String,
    pub runs: Vec<Run<'a>>,
}

/// One scenario of a boot.
pub struct Run<'a> {
    pub chosen: Chosen<'a>,
    pub resolved: spec::Scenario,
    parameters: Parameters,
}

/// What is wanted; every combination of these.
pub struct Wanted<'a> {
    pub machines: Vec<(&'a String, &'a Machine)>,
    pub scenarios: Vec<Chosen<'a>>,
    pub contestants: Vec<&'a Contestant>,
    pub seeds: u64,
    pub kernel: String,
}

/// All boots, seed by seed: when it is cut off there is something of everything.
pub fn boots<'a>(wanted: &Wanted<'a>, model: &'a Model, programs: &Programs) -> Vec<Boot<'a>> {
    let mut boots = Vec::new();
    for seed in 1..=wanted.seeds {
        for (machine_name, machine) in &wanted.machines {
            let mut scenarios = wanted.scenarios.clone();
            scenarios.retain(|chosen| chosen.suite.is_for(machine_name));
            scenarios.sort_by_key(|chosen| chosen.scenario.has_cgroups());
            for contestant in wanted.contestants.iter().filter(|_| !scenarios.is_empty()) {
                let run = |chosen: &Chosen<'a>| Run {
                    chosen: *chosen,
                    resolved: resolve(chosen.scenario, machine, seed),
                    parameters: parameters(machine, chosen, model, programs),
                };
                boots.push(Boot {
                    machine_name,
                    machine,
                    model,
                    contestant,
                    version: programs.version(contestant, &wanted.kernel),
                    seed,
                    kernel: wanted.kernel.clone(),
                    runs: scenarios.iter().map(run).collect(),
                });
            }
        }
    }
    boots
}

fn parameters(machine: &Machine, chosen: &Chosen, model: &Model, programs: &Programs) -> Parameters {
    let scenario = chosen.scenario;
    // What is resolved for one seed and nobody stands for all.
    let workload = serde_json::json!((resolve(scenario, machine, 1), machine.modelled(), &model.work)).to_string();
    let guest = format!("{:?}", machine.guest_options());
    let packages = programs.package_versions(scenario);
    let (load, qemu, model) = (programs.load_hash(), programs.qemu(), model.fingerprint());
    let all = [&workload, &guest, &model, load, qemu, &format!("{packages:?}")].join("\n");
    Parameters {
        shape: machine.shape.clone(),
        scenario: serde_json::json!(scenario),
        model,
        load: load.to_string(),
        qemu: qemu.to_string(),
        packages,
        hash: fingerprint::of(all.as_bytes()),
    }
}

impl Boot<'_> {
    pub fn name(&self) -> String {
        format!("{} {} seed {}", self.machine_name, self.contestant.name, self.seed)
    }

    /// What the guest is told.
    pub fn session(&self) -> Session {
        Session {
            contestant: self.contestant.command(),
            attach_limit_s: ATTACH_LIMIT_S,
            head_start_us: head_start_us(self.seed),
            machine: self.machine.modelled(),
            model: self.model.work.clone(),
            scenarios: self.runs.iter().map(|run| run.resolved.clone()).collect(),
        }
    }

    /// The record of a run before anything is known of it.
    pub fn record(&self, index: usize) -> Record {
        let run = &self.runs[index];
        Record {
            machine: self.machine_name.to_string(),
            kernel: self.kernel.clone(),
            contestant: self.contestant.name.clone(),
            version: self.version.clone(),
            suite: run.chosen.suite_name.to_string(),
            scenario: run.chosen.scenario.name.clone(),
            seed: self.seed,
            after: index.checked_sub(1).map(|before| self.runs[before].chosen.scenario.name.clone()),
            parameters: run.parameters.clone(),
            outcome: Outcome::Lost,
            note: "not run".to_string(),
            measures: Measures::new(),
            series: Series::new(),
        }
    }
}
