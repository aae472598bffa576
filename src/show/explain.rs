//! Why a machine's classes are what they are, for people: `scx_domains topology --explain`.

use std::collections::BTreeSet;

use crate::cpuset::CpuSet;
use crate::topology::{Capacities, Class, ClassReport, Costs, EnergyOrigin, Reading, Tally, Topology, Witness, Word};

/// Who said what, what was believed and why; then costs, and what was read and made no sense, or could not be read.
#[must_use]
pub fn explanation(reading: &Reading) -> String {
    let Reading { topology, classes, given, energy, faults, .. } = reading;
    let mut lines = vec!["what was said of core classes (what it counts for)".to_owned()];
    lines.extend(words(classes));
    lines.push("what was believed".to_owned());
    if *given {
        let all: Vec<String> =
            topology.classes.iter().map(|class| format!("{} {}", of(class), class.capacity)).collect();
        lines.push(format!("  what --classes says, whatever was said: {}", all.join(", ")));
    } else {
        lines.extend(verdicts(topology, classes));
        lines.push(capacities(topology, &classes.capacities));
    }
    lines.extend(preference(topology, classes));
    if !topology.has_one_class() {
        lines.push(costs(topology, energy));
    }
    lines.extend(faults.iter().map(|fault| format!("  {fault}")));
    lines.join("\n") + "\n"
}

fn words(report: &ClassReport) -> Vec<String> {
    let silent: Vec<String> = Witness::ALL
        .iter()
        .filter(|witness| report.words.iter().all(|word| word.witness != **witness))
        .map(Witness::to_string)
        .collect();
    let mut lines: Vec<String> = report.words.iter().map(word).collect();
    if !silent.is_empty() {
        lines.push(format!("  silent: {}", silent.join(", ")));
    }
    lines
}

fn word(word: &Word) -> String {
    let groups: Vec<String> = word.groups.iter().map(|group| format!("{}: {}", group.cpus, group.says)).collect();
    let counts = match word.ignored {
        Some(reason) => format!("0; {reason}"),
        None => word.witness.weight().to_string(),
    };
    format!("  {:<14} {} ({counts})", word.witness, groups.join("; "))
}

fn verdicts(topology: &Topology, report: &ClassReport) -> Vec<String> {
    let mut lines: Vec<String> = topology
        .classes
        .windows(2)
        .zip(&report.tallies)
        .map(|(pair, tally)| format!("  {} is above {}: {}", of(&pair[0]), of(&pair[1]), votes(tally)))
        .collect();
    if let [only] = topology.classes.as_slice() {
        lines.push(format!("  one class, {}: nothing is decided by class", of(only)));
    }
    if let Some(fastest) = topology.classes.first().filter(|_| !report.strays.is_empty()) {
        lines.push(format!("  CPUs {} are in {} as nobody compares them with others", report.strays, fastest.name));
    }
    if !report.outvoted.is_empty() {
        lines.push(format!("  {} told CPUs of one class apart, and did not weigh enough", listed(&report.outvoted)));
    }
    lines
}

fn of(class: &Class) -> String {
    format!("{} ({})", class.name, class.cpus)
}

fn votes(tally: &Tally) -> String {
    let side = |weight: u32, who: &[Witness]| match who {
        [] => weight.to_string(),
        who => format!("{weight} ({})", listed(who)),
    };
    let different = side(tally.weight_of_different(), &tally.different);
    format!("different {different}, alike {}", side(tally.weight_of_alike(), &tally.alike))
}

fn listed(witnesses: &[Witness]) -> String {
    witnesses.iter().map(Witness::to_string).collect::<Vec<_>>().join(", ")
}

fn capacities(topology: &Topology, capacities: &Capacities) -> String {
    let all: Vec<String> = topology.classes.iter().map(|class| format!("{} {}", class.name, class.capacity)).collect();
    let from = match capacities.from {
        Some(witness) => format!("by {witness}"),
        None if topology.has_one_class() => "as it is the only class".to_owned(),
        None => "guessed by rank".to_owned(),
    };
    let not: Vec<String> =
        capacities.disbelieved.iter().map(|(witness, fault)| format!("; not by {witness}: {fault}")).collect();
    format!("  capacity {}, {from}{}", all.join(", "), not.concat())
}

/// Which CPUs of a class come first, where they differ.
fn preference(topology: &Topology, report: &ClassReport) -> Vec<String> {
    let ranked = topology.classes.iter().filter(|class| !class.preferred.is_empty());
    let line = |class: &Class| {
        // A class that a user gives may be of several that were found.
        let found = report.preferred_by.iter().filter(|(cpus, _)| !cpus.is_disjoint(&class.cpus));
        let by: BTreeSet<&str> = found.map(|(_, by)| *by).collect();
        let by: Vec<&str> = by.into_iter().collect();
        let order: Vec<String> = class.preferred.iter().map(CpuSet::to_string).collect();
        format!("  preferred in {}, by {}: {}", class.name, by.join(" and "), order.join(" before "))
    };
    ranked.map(line).collect()
}

fn costs(topology: &Topology, energy: &EnergyOrigin) -> String {
    let mut cheapest_first: Vec<&Class> = topology.classes.iter().collect();
    cheapest_first.sort_by_key(|class| class.cost_rank);
    let order: Vec<&str> = cheapest_first.iter().map(|class| class.name.as_str()).collect();
    let by = match energy {
        origin if Costs::new(topology).is_modelled() => format!("by {origin}"),
        EnergyOrigin::Netlink | EnergyOrigin::Debugfs => {
            "by rank: the energy model does not know all classes".to_owned()
        }
        origin => format!("by rank: {origin}"),
    };
    format!("  cheapest first: {} ({by})", order.join(", "))
}
