//! Which of the results count.

use crate::lab::results::Record;

/// The runs that can be compared, and how many others there are.
#[derive(Debug)]
pub struct Current {
    pub records: Vec<Record>,
    pub superseded: usize,
}

impl Current {
    /// Files of results only grow, so they hold runs of earlier builds and parameters too. Of each scenario on each
    /// machine those count that have the parameters of the last one, and of each contestant those of its last version and
    /// the last one with each seed.
    pub fn of(records: Vec<Record>) -> Self {
        let all = records.len();
        let mut kept: Vec<Record> = Vec::new();
        for record in records.into_iter().rev() {
            let mut same = kept.iter().filter(|later| is_same_scenario(later, &record));
            let superseded = same.any(|later| {
                let same_contestant = later.contestant == record.contestant;
                later.parameters != record.parameters
                    || same_contestant && (later.version != record.version || later.seed == record.seed)
            });
            if !superseded {
                kept.push(record);
            }
        }
        kept.reverse();
        Self { superseded: all - kept.len(), records: kept }
    }
}

fn is_same_scenario(a: &Record, b: &Record) -> bool {
    (&a.machine, &a.kernel, &a.scenario) == (&b.machine, &b.kernel, &b.scenario)
}
