//! All statistics, by the part that they are of: what there is, and the values of a report. Pure.

use super::measure::{Kind, Measure, Unit};
use super::model::{Area, AreaStats, Counters, CpuStats, DaemonStats, FlowStats, Report};
use std::fmt::Write;

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

/// The values of one part: of a domain, say.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    pub scope: Scope,
    /// In the order of the scope's labels.
    pub labels: Vec<String>,
    /// In the order of the scope's [`entries`].
    pub values: Vec<f64>,
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

/// All there is, scope after scope.
#[must_use]
pub fn entries() -> Vec<Entry> {
    SCOPES.iter().flat_map(|scope| scope.entries()).collect()
}

const SCOPES: [Scope; 8] = [MACHINE, NODE, CLASS, DOMAIN, CPU, FLOW, KERNEL, DAEMON];

impl Scope {
    /// What there is of one such part.
    #[must_use]
    pub fn entries(self) -> Vec<Entry> {
        match self.name {
            "cpu" => entries_of(self, CpuStats::MEASURES).collect(),
            "flow" => entries_of(self, FlowStats::MEASURES).collect(),
            "kernel" => vec![EVENTS],
            "daemon" => entries_of(self, DaemonStats::MEASURES).collect(),
            _ => entries_of(self, AreaStats::MEASURES).chain(entries_of(self, Counters::MEASURES)).collect(),
        }
    }
}

fn entries_of<T>(scope: Scope, measures: &[Measure<T>]) -> impl Iterator<Item = Entry> {
    measures.iter().map(move |measure| Entry::of(scope, measure))
}

impl Report {
    /// All values, part after part.
    #[must_use]
    pub fn parts(&self) -> Vec<Part> {
        let mut all = vec![area_part(MACHINE, &self.machine, Vec::new())];
        all.extend(self.nodes.iter().map(|node| area_part(NODE, node, vec![node.id.clone()])));
        all.extend(self.classes.iter().map(|class| area_part(CLASS, class, vec![class.id.clone()])));
        all.extend(self.domains.iter().map(|domain| area_part(DOMAIN, domain, domain_labels(domain))));
        all.extend(self.cpus.iter().map(|cpu| Part {
            scope: CPU,
            labels: vec![cpu.id.to_string(), cpu.domain.to_string()],
            values: values(CpuStats::MEASURES, &cpu.stats).collect(),
        }));
        all.extend(self.flows.iter().map(|pair| Part {
            scope: FLOW,
            labels: vec![pair.src.to_string(), pair.dst.to_string()],
            values: values(FlowStats::MEASURES, &pair.stats).collect(),
        }));
        all.extend(self.events.iter().map(|(name, count)| Part {
            scope: KERNEL,
            labels: vec![name.clone()],
            values: vec![*count as f64],
        }));
        let daemon = values(DaemonStats::MEASURES, &self.daemon).collect();
        all.push(Part { scope: DAEMON, labels: Vec::new(), values: daemon });
        all
    }
}

fn area_part(scope: Scope, area: &Area, labels: Vec<String>) -> Part {
    let values = values(AreaStats::MEASURES, &area.stats).chain(values(Counters::MEASURES, &area.counters)).collect();
    Part { scope, labels, values }
}

fn values<T>(measures: &'static [Measure<T>], stats: &T) -> impl Iterator<Item = f64> {
    measures.iter().map(move |measure| (measure.of)(stats))
}

fn domain_labels(domain: &Area) -> Vec<String> {
    let number = |id: Option<u32>| id.map(|id| id.to_string()).unwrap_or_default();
    let (node, llc) = (domain.node.map(|id| id.0), domain.llc.map(|id| id.0));
    vec![domain.id.clone(), number(node), number(llc), domain.class.clone().unwrap_or_default()]
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
        let entries = scope.entries().into_iter();
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
    fn parts_have_a_label_and_a_value_for_each_that_there_is() {
        let area = Area { id: "0".to_owned(), ..Area::default() };
        let report = Report {
            nodes: vec![area.clone()],
            classes: vec![area.clone()],
            domains: vec![area],
            events: [("SCX_EV_X".to_owned(), 7)].into(),
            ..Report::default()
        };
        let parts = report.parts();
        assert_eq!(parts.len(), 6);
        for part in &parts {
            assert_eq!(part.labels.len(), part.scope.labels.len(), "{part:?}");
            assert_eq!(part.values.len(), part.scope.entries().len(), "{part:?}");
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
