//! Which boots are wanted, in which order, and which of them are still to be run.

use super::catalogue::Contestant;
use super::fingerprint;
use super::machine::Machine;
use super::model::Model;
use super::programs::Programs;
use super::resolve::{head_start_us, resolve};
use super::results::{Measures, Outcome, Parameters, Record, Series};
use super::scenario::Scenario;
use super::spec::Session;

/// Guest time that a contestant may take to attach: scx_lavd needs 40 s on 8 CPUs.
const ATTACH_LIMIT_S: u64 = 120;

/// A suite under a contestant on a machine, with a seed.
pub struct Boot<'a> {
    pub machine_name: &'a str,
    pub machine: &'a Machine,
    pub contestant: &'a Contestant,
    pub version: String,
    pub suite: &'a str,
    pub scenarios: &'a [Scenario],
    pub seed: u64,
    pub session: Session,
    pub kernel: String,
    /// Of each scenario.
    parameters: Vec<Parameters>,
}

/// What is wanted; every combination of these.
pub struct Wanted<'a> {
    pub machines: Vec<(&'a String, &'a Machine)>,
    pub suites: Vec<(&'a String, &'a Vec<Scenario>)>,
    pub contestants: Vec<&'a Contestant>,
    pub seeds: u64,
    pub kernel: String,
}

/// All boots, seed by seed: when it is cut off there is something of everything.
pub fn boots<'a>(wanted: &Wanted<'a>, model: &Model, programs: &Programs) -> Vec<Boot<'a>> {
    let mut boots = Vec::new();
    for seed in 1..=wanted.seeds {
        for (machine_name, machine) in &wanted.machines {
            for (suite, scenarios) in &wanted.suites {
                let parameters = parameters(machine, scenarios, model, programs);
                for contestant in &wanted.contestants {
                    boots.push(Boot {
                        machine_name,
                        machine,
                        contestant,
                        version: programs.version(contestant, &wanted.kernel),
                        suite,
                        scenarios,
                        seed,
                        session: session(machine, scenarios, contestant.command(), seed, model),
                        kernel: wanted.kernel.clone(),
                        parameters: parameters.clone(),
                    });
                }
            }
        }
    }
    boots
}

/// Of each scenario of a suite.
fn parameters(machine: &Machine, scenarios: &[Scenario], model: &Model, programs: &Programs) -> Vec<Parameters> {
    // What is resolved for one seed and nobody stands for all.
    let workload = serde_json::json!(session(machine, scenarios, Vec::new(), 1, model)).to_string();
    let guest = format!("{:?} {:?}", machine.guest_options(), machine.mhz());
    let (load, qemu, model) = (programs.load_hash(), programs.qemu(), model.fingerprint());
    let hash = fingerprint::of([&workload, &guest, &model, load, qemu].join("\n").as_bytes());
    let of = |scenario: &Scenario| Parameters {
        shape: machine.shape.clone(),
        scenario: serde_json::json!(scenario),
        model: model.clone(),
        load: load.to_string(),
        qemu: qemu.to_string(),
        hash: hash.clone(),
    };
    scenarios.iter().map(of).collect()
}

fn session(machine: &Machine, scenarios: &[Scenario], contestant: Vec<String>, seed: u64, model: &Model) -> Session {
    Session {
        contestant,
        attach_limit_s: ATTACH_LIMIT_S,
        head_start_us: head_start_us(seed),
        machine: machine.modelled(),
        model: model.work.clone(),
        scenarios: scenarios.iter().map(|scenario| resolve(scenario, machine, seed)).collect(),
    }
}

impl Boot<'_> {
    pub fn name(&self) -> String {
        format!("{} {} {} seed {}", self.machine_name, self.contestant.name, self.suite, self.seed)
    }

    /// The records of the scenarios before anything is known of their runs.
    pub fn records(&self) -> Vec<Record> {
        let record = |(scenario, parameters): (&Scenario, &Parameters)| Record {
            machine: self.machine_name.to_string(),
            kernel: self.kernel.clone(),
            contestant: self.contestant.name.clone(),
            version: self.version.clone(),
            suite: self.suite.to_string(),
            scenario: scenario.name.clone(),
            seed: self.seed,
            parameters: parameters.clone(),
            outcome: Outcome::Lost,
            note: "not run".to_string(),
            measures: Measures::new(),
            series: Series::new(),
        };
        self.scenarios.iter().zip(&self.parameters).map(record).collect()
    }
}
