//! Which boots are wanted, in which order, and which of them are still to be run.

use super::catalogue::{Contestant, Failure};
use super::machine::Machine;
use super::measures::Measures;
use super::model::Model;
use super::programs::Programs;
use super::resolve::{head_start_us, resolve};
use super::results::{Key, Outcome, Parameters, Record, hash};
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
    hash: String,
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
pub fn boots<'a>(wanted: &Wanted<'a>, model: &Model, programs: &Programs) -> Result<Vec<Boot<'a>>, Failure> {
    let mut boots = Vec::new();
    for seed in 1..=wanted.seeds {
        for (machine_name, machine) in &wanted.machines {
            for (suite, scenarios) in &wanted.suites {
                for contestant in &wanted.contestants {
                    let session = session(machine, scenarios, contestant, seed, model);
                    let text = serde_json::to_string(&session).map_err(|e| e.to_string())?;
                    let decides = [text, machine.guest_options().join(" "), programs.load_hash().to_string()];
                    boots.push(Boot {
                        machine_name,
                        machine,
                        contestant,
                        version: programs.version(contestant, &wanted.kernel),
                        suite,
                        scenarios,
                        seed,
                        session,
                        kernel: wanted.kernel.clone(),
                        hash: hash(decides.join("\n").as_bytes()),
                    });
                }
            }
        }
    }
    Ok(boots)
}

fn session(machine: &Machine, scenarios: &[Scenario], contestant: &Contestant, seed: u64, model: &Model) -> Session {
    let program = contestant.program.iter().cloned();
    Session {
        contestant: program.chain(contestant.arguments.iter().cloned()).collect(),
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

    pub fn keys(&self) -> Vec<Key> {
        self.scenarios.iter().map(|scenario| self.record(scenario, serde_json::Value::Null).key()).collect()
    }

    /// The record of a scenario before anything is known of its run.
    pub fn record(&self, scenario: &Scenario, model: serde_json::Value) -> Record {
        Record {
            machine: self.machine_name.to_string(),
            kernel: self.kernel.clone(),
            contestant: self.contestant.name.clone(),
            version: self.version.clone(),
            suite: self.suite.to_string(),
            scenario: scenario.name.clone(),
            seed: self.seed,
            parameters: Parameters {
                shape: self.machine.shape.clone(),
                scenario: serde_json::json!(scenario),
                model,
                hash: self.hash.clone(),
            },
            outcome: Outcome::Lost,
            note: "not run".to_string(),
            measures: Measures::new(),
        }
    }
}
