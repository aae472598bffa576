//! All statistics, by the part that they are of: what there is, and the values of a report. Pure.

use super::measure::{Kind, Measure, Unit};
use super::model::{Area, AreaStats, Counters, CpuStats, DaemonStats, FlowStats, Report};
use std::fmt::Write;
use std::slice::from_ref;

/// What a statistic is of, and how one such part is told from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    pub name: &'static str,
    /// What the labels are that its values carry.
    pub labels: &'static [&'static str],
    pub help: &'static str,
}

const MACHINE: Scope = Scope { name: "machine", labels: &[], help: "the machine" };
const NODE: Scope = Scope { name: "node", labels: &["node"], help: "each NUMA node with CPUs" };
const CLASS: Scope = Scope { name: "class", labels: &["class"], help: "each class of cores" };
const DOMAIN: Scope = Scope { name: "domain", labels: &["domain", "node", "llc", "class"], help: "each domain" };
const CPU: Scope = Scope { name: "cpu", labels: &["cpu", "domain"], help: "each CPU" };
const FLOW: Scope = Scope { name: "flow", labels: &["src", "dst"], help: "flows from each domain to each other" };
const DAEMON: Scope = Scope { name: "daemon", labels: &[], help: "the daemon" };
const KERNEL: Scope = Scope { name: "kernel", labels: &["event"], help: "the kernel's sched_ext" };

/// The one that is not a field of a struct: the kernel names its counters itself.
const EVENTS: Entry = Entry {
    scope: KERNEL,
    name: "events",
    kind: Kind::Counter,
    unit: Unit::Number,
    help: "what the kernel's sched_ext counts, by the names in /sys/kernel/sched_ext/root/events (from Linux 6.15 on)",
};

/// A statistic of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub scope: Scope,
    pub name: &'static str,
    pub kind: Kind,
    pub unit: Unit,
    pub help: &'static str,
}

/// A value of a statistic.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    pub entry: Entry,
    /// In the order of the scope's labels.
    pub labels: Vec<String>,
    pub value: f64,
}

impl Entry {
    fn of<T>(scope: Scope, measure: &Measure<T>) -> Self {
        Self { scope, name: measure.name, kind: measure.kind, unit: measure.unit, help: measure.help }
    }

    /// The name for exporters, by the rules of Prometheus: `scx_domains_domain_delay_p99_seconds`. Load, capacity and numbers
    /// have no unit there.
    #[must_use]
    pub fn metric(&self) -> String {
        let unit = match self.unit {
            Unit::Cpus | Unit::Ratio | Unit::Seconds | Unit::Bytes => format!("_{}", self.unit.word()),
            Unit::Number | Unit::Load | Unit::Capacity => String::new(),
        };
        let total = if self.kind == Kind::Counter { "_total" } else { "" };
        format!("scx_domains_{}_{}{unit}{total}", self.scope.name, self.name)
    }

    /// What it is, and of what.
    #[must_use]
    pub fn sentence(&self) -> String {
        format!("Of {}: {}.", self.scope.help, self.help)
    }
}

/// All there is.
#[must_use]
pub fn entries() -> Vec<Entry> {
    let mut all = Vec::new();
    for scope in [MACHINE, NODE, CLASS, DOMAIN] {
        all.extend(AreaStats::MEASURES.iter().map(|measure| Entry::of(scope, measure)));
        all.extend(Counters::MEASURES.iter().map(|measure| Entry::of(scope, measure)));
    }
    all.extend(CpuStats::MEASURES.iter().map(|measure| Entry::of(CPU, measure)));
    all.extend(FlowStats::MEASURES.iter().map(|measure| Entry::of(FLOW, measure)));
    all.push(EVENTS);
    all.extend(DaemonStats::MEASURES.iter().map(|measure| Entry::of(DAEMON, measure)));
    all
}

impl Report {
    /// All values.
    #[must_use]
    pub fn values(&self) -> Vec<Value> {
        let mut all = Vec::new();
        add_area(&mut all, MACHINE, &self.machine, &[]);
        self.nodes.iter().for_each(|node| add_area(&mut all, NODE, node, from_ref(&node.id)));
        self.classes.iter().for_each(|class| add_area(&mut all, CLASS, class, from_ref(&class.id)));
        self.domains.iter().for_each(|domain| add_area(&mut all, DOMAIN, domain, &domain_labels(domain)));
        for cpu in &self.cpus {
            add(&mut all, CPU, CpuStats::MEASURES, &cpu.stats, &[cpu.id.to_string(), cpu.domain.to_string()]);
        }
        for pair in &self.flows {
            add(&mut all, FLOW, FlowStats::MEASURES, &pair.stats, &[pair.src.to_string(), pair.dst.to_string()]);
        }
        all.extend(self.events.iter().map(|(name, count)| Value {
            entry: EVENTS,
            labels: vec![name.clone()],
            value: *count as f64,
        }));
        add(&mut all, DAEMON, DaemonStats::MEASURES, &self.daemon, &[]);
        all
    }
}

fn domain_labels(domain: &Area) -> [String; 4] {
    let number = |id: Option<u32>| id.map(|id| id.to_string()).unwrap_or_default();
    let (node, llc) = (domain.node.map(|id| id.0), domain.llc.map(|id| id.0));
    [domain.id.clone(), number(node), number(llc), domain.class.clone().unwrap_or_default()]
}

fn add_area(all: &mut Vec<Value>, scope: Scope, area: &Area, labels: &[String]) {
    add(all, scope, AreaStats::MEASURES, &area.stats, labels);
    add(all, scope, Counters::MEASURES, &area.counters, labels);
}

fn add<T>(all: &mut Vec<Value>, scope: Scope, measures: &[Measure<T>], stats: &T, labels: &[String]) {
    all.extend(measures.iter().map(|measure| Value {
        entry: Entry::of(scope, measure),
        labels: labels.to_vec(),
        value: (measure.of)(stats),
    }));
}

/// A line for each statistic, for `--help-stats`: its name in JSON, what it is counted in, and what it means.
#[must_use]
pub fn statistics_text() -> String {
    let mut text = String::new();
    each_group(&mut |title, fields| {
        let _ = writeln!(text, "{title}:");
        for (name, kind, unit, help) in fields {
            let _ = writeln!(text, "  {name:<16} {kind:<8} {unit:<9} {help}");
        }
    });
    text
}

/// docs/statistics.md.
#[must_use]
pub fn statistics_page() -> String {
    let mut text = PAGE.to_owned();
    each_group(&mut |title, fields| {
        let _ = write!(text, "\n## {title}\n\n| name | kind | unit | |\n| --- | --- | --- | --- |\n");
        for (name, kind, unit, help) in fields {
            let _ = writeln!(text, "| `{name}` | {kind} | {unit} | {help} |");
        }
    });
    text
}

const PAGE: &str = "\
# Statistics

Made from the tables in `src/stats/model.rs`; `scx_domains --help-stats` prints the same. A counter counts from when the
scheduler was attached. A gauge is a mean of the report's window (since the report before, half a second or more), or of the
last round, or what was there when it was read.

In `--json` these are fields of `machine` and of each of `nodes`, `classes`, `domains`, `cpus` and `flows`, counters of the
scheduler under `counters` there, and of `daemon`; `events` has the kernel's counters by their names. For Prometheus a name is
`scx_domains_`, what it is of (`machine`, `node`, `class`, `domain`, `cpu`, `flow`, `kernel`, `daemon`), `_`, the name, the
unit where it is cpus, ratio, seconds or bytes, and `_total` for counters: `scx_domains_domain_delay_p99_seconds`. What it is of
is told by the labels `node`, `llc`, `class`, `domain`, `cpu`, `src`, `dst` and `event`.

Load is counted in tasks: 1.00 is one task at nice 0 that always wants to run. Capacity is relative: 1024 is one CPU of the
fastest class.
";

type Field = (&'static str, &'static str, &'static str, &'static str);

/// The groups of statistics: scopes that have the same ones are told together.
fn each_group(tell: &mut dyn FnMut(&str, &[Field])) {
    let of = |scope: Scope| -> Vec<Field> {
        let entries = entries().into_iter().filter(|entry| entry.scope == scope);
        entries.map(|entry| (entry.name, entry.kind.word(), entry.unit.word(), entry.help)).collect()
    };
    tell("Of the machine, each node, class and domain", &of(MACHINE));
    for scope in [CPU, FLOW, KERNEL, DAEMON] {
        tell(&format!("Of {}", scope.help), &of(scope));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_told_apart_and_every_one_has_a_meaning() {
        let entries = entries();
        let names: BTreeSet<String> = entries.iter().map(Entry::metric).collect();
        assert_eq!(names.len(), entries.len());
        assert!(
            names.contains("scx_domains_domain_delay_p99_seconds") && names.contains("scx_domains_node_kept_total")
        );
        for entry in entries {
            assert!(entry.help.len() > 10 && !entry.help.ends_with('.'), "{entry:?}");
            assert!(entry.name.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_'), "{entry:?}");
        }
    }

    #[test]
    fn the_page_is_made_from_the_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/statistics.md");
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(path, statistics_page()).expect("docs/ can be written");
        }
        let page = std::fs::read_to_string(path).unwrap_or_default();
        assert!(page == statistics_page(), "docs/statistics.md is old: run BLESS=1 cargo test --lib the_page_is_made");
    }
}
