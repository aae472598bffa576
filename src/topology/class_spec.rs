//! Classes that a user gives: `0-11=P:1024,12-19=E:620`.

use std::str::FromStr;

use thiserror::Error;

use super::energy::{EnergyModel, EnergyOrigin, cost_ranks};
use super::{Class, Topology};
use crate::cpuset::{CpuListError, CpuSet};
use crate::units::{Capacity, ClassId};

/// Longer names would break the tables that show them.
const MAX_NAME: usize = 12;

/// Classes as given, in the order of their capacities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassSpec {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    cpus: CpuSet,
    name: String,
    capacity: u32,
}

/// What is wrong with such classes, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ClassSpecError {
    #[error("`{0}` is not CPUS=NAME:CAPACITY; write classes such as 0-11=P:1024,12-19=E:620")]
    BadPart(String),
    #[error("{0}; write classes such as 0-11=P:1024,12-19=E:620")]
    BadCpus(#[from] CpuListError),
    #[error("`{0}` is no name of a class: write up to {MAX_NAME} letters, digits and hyphens")]
    BadName(String),
    #[error("class {name} has capacity `{capacity}`: write 1 to 1024, of one CPU, 1024 for the fastest class")]
    BadCapacity { name: String, capacity: String },
    #[error("no class has capacity 1024, which is what a CPU of the fastest one has")]
    NoneIsFastest,
    #[error("CPU {0} is in two classes; give each CPU one")]
    Overlap(CpuSet),
    #[error("two classes are named {0}; give the CPUs of one class together")]
    SameName(String),
    #[error("CPUs {0} are in no class; give each online CPU one")]
    Missing(CpuSet),
    #[error("CPUs {0} are offline; bring them online first, or leave them out")]
    Offline(CpuSet),
    #[error("CPUs {0} are not there; give those that are online")]
    NotThere(CpuSet),
}

impl FromStr for ClassSpec {
    type Err = ClassSpecError;

    fn from_str(text: &str) -> Result<Self, ClassSpecError> {
        let mut parts: Vec<Part> = Vec::new();
        // Commas part classes, and ranges of a cpulist too: `0-3,8-11=P:1024`. A class ends at what has a name.
        let mut cpus = String::new();
        for piece in text.split(',') {
            match piece.split_once('=') {
                None => cpus += &format!("{piece},"),
                Some((last, class)) => {
                    let part = part(&(std::mem::take(&mut cpus) + last), class)?;
                    if parts.iter().any(|other| other.name == part.name) {
                        return Err(ClassSpecError::SameName(part.name));
                    }
                    let twice: CpuSet = parts
                        .iter()
                        .flat_map(|other| other.cpus.intersection(&part.cpus).iter().collect::<Vec<_>>())
                        .collect();
                    if !twice.is_empty() {
                        return Err(ClassSpecError::Overlap(twice));
                    }
                    parts.push(part);
                }
            }
        }
        if !cpus.is_empty() {
            return Err(ClassSpecError::BadPart(cpus.trim_end_matches(',').to_owned()));
        }
        if parts.iter().all(|part| part.capacity != Capacity::FULL.0) {
            return Err(ClassSpecError::NoneIsFastest);
        }
        parts.sort_by_key(|part| std::cmp::Reverse(part.capacity));
        Ok(Self { parts })
    }
}

fn part(cpus: &str, class: &str) -> Result<Part, ClassSpecError> {
    let bad = || ClassSpecError::BadPart(format!("{cpus}={class}"));
    let (name, capacity) = class.split_once(':').ok_or_else(bad)?;
    let sound = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(sound) {
        return Err(ClassSpecError::BadName(name.to_owned()));
    }
    let figure = capacity.parse().ok().filter(|figure| (1..=Capacity::FULL.0).contains(figure));
    let unfit = || ClassSpecError::BadCapacity { name: name.to_owned(), capacity: capacity.to_owned() };
    let capacity = figure.ok_or_else(unfit)?;
    let cpus: CpuSet = cpus.parse()?;
    if cpus.is_empty() { Err(bad()) } else { Ok(Part { cpus, name: name.to_owned(), capacity }) }
}

impl ClassSpec {
    /// Puts these classes in the place of those of `topology`. What is preferred inside a class stays as it was found.
    ///
    /// # Errors
    ///
    /// Its online CPUs are not those of the classes.
    pub fn apply(&self, topology: &mut Topology) -> Result<(), ClassSpecError> {
        let given: CpuSet = self.parts.iter().flat_map(|part| part.cpus.iter()).collect();
        let refuse = |cpus: CpuSet, why: fn(CpuSet) -> ClassSpecError| {
            if cpus.is_empty() { Ok(()) } else { Err(why(cpus)) }
        };
        refuse(given.intersection(&topology.offline), ClassSpecError::Offline)?;
        refuse(given.difference(&topology.online), ClassSpecError::NotThere)?;
        refuse(topology.online.difference(&given), ClassSpecError::Missing)?;

        let sets: Vec<CpuSet> = self.parts.iter().map(|part| part.cpus.clone()).collect();
        let capacities: Vec<Capacity> = self.parts.iter().map(|part| Capacity(part.capacity)).collect();
        let energy = EnergyModel { domains: topology.perf_domains.clone(), origin: EnergyOrigin::NotRead };
        let ranks = cost_ranks(&energy, &sets, &capacities);
        let found: Vec<CpuSet> = topology.classes.iter().flat_map(|class| class.preferred.clone()).collect();
        let class = |(((part, capacity), cost_rank), id): (((&Part, &Capacity), u32), u32)| {
            let preferred = found.iter().map(|cpus| cpus.intersection(&part.cpus)).filter(|cpus| !cpus.is_empty());
            let preferred: Vec<CpuSet> = preferred.collect();
            let whole = preferred.iter().map(CpuSet::len).sum::<usize>() == part.cpus.len() && preferred.len() > 1;
            Class {
                id: ClassId(id),
                name: part.name.clone(),
                capacity: *capacity,
                cost_rank,
                cpus: part.cpus.clone(),
                preferred: if whole { preferred } else { Vec::new() },
            }
        };
        topology.classes = self.parts.iter().zip(&capacities).zip(ranks).zip(0..).map(class).collect();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::{Source, read};

    fn applied(text: &str) -> Result<Vec<String>, String> {
        let mut topology = read(&Source::Synthetic("core:6 pu:2".to_owned())).expect("a machine");
        topology.online.remove(crate::units::CpuId(11));
        topology.offline.insert(crate::units::CpuId(11));
        let spec: ClassSpec = text.parse().map_err(|e: ClassSpecError| e.to_string())?;
        spec.apply(&mut topology).map_err(|e| e.to_string())?;
        let line = |class: &Class| format!("{} {} {}: {}", class.name, class.capacity, class.cost_rank, class.cpus);
        Ok(topology.classes.iter().map(line).collect())
    }

    #[test]
    fn classes_come_by_capacity() {
        let expected = ["P 1024 1: 0-1,4-5", "E 620 0: 2-3,6-10"];
        assert_eq!(applied("2-3,6-10=E:620,0-1,4-5=P:1024").unwrap(), expected);
        assert_eq!(applied("0-10=all:1024").unwrap(), ["all 1024 0: 0-10"]);
    }

    #[test]
    fn what_fits_no_machine_is_refused() {
        for (text, reason) in [
            ("", "`` is not CPUS=NAME:CAPACITY"),
            ("0-10", "`0-10` is not CPUS=NAME:CAPACITY"),
            ("0-10=P", "`0-10=P` is not CPUS=NAME:CAPACITY"),
            ("=P:1024", "`=P:1024` is not CPUS=NAME:CAPACITY"),
            ("0-10=P:1024,", "`` is not CPUS=NAME:CAPACITY"),
            ("0-10=P:1024,11", "`11` is not CPUS=NAME:CAPACITY"),
            ("5-2=P:1024", "5-2"),
            ("x=P:1024", "x"),
            ("0-10=a b:1024", "`a b` is no name"),
            ("0-10=:1024", "`` is no name"),
            ("0-10=P:0", "capacity `0`"),
            ("0-10=P:-1", "capacity `-1`"),
            ("0-10=P:NaN", "capacity `NaN`"),
            ("0-10=P:99999999999", "capacity `99999999999`"),
            ("0-10=P:1025", "capacity `1025`"),
            ("0-10=P:1023", "no class has capacity 1024"),
            ("0-5=P:1024,5-10=E:500", "CPU 5 is in two classes"),
            ("0-5=P:1024,6-10=P:1024", "two classes are named P"),
            ("0-5=P:1024,7-10=E:500", "CPUs 6 are in no class"),
            ("0-5=P:1024,6-11=E:500", "CPUs 11 are offline"),
            ("0-5=P:1024,6-10,20=E:500", "CPUs 20 are not there"),
        ] {
            let refusal = applied(text).expect_err(text);
            assert!(refusal.contains(reason), "{text:?}: {refusal}");
        }
    }
}
