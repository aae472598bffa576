//! A machine and its domains for people (a tree) and for programs (JSON).

mod explain;

use std::fmt::Write;

use serde_json::{Value, json};

use crate::domain::{Domain, Domains};
use crate::topology::{Class, Llc, Node, PerfDomain, Topology};

pub use explain::explanation;

/// A tree of nodes, LLCs and domains, one line each, followed by the distances where there are several nodes.
#[must_use]
pub fn tree(topology: &Topology, domains: &Domains) -> String {
    let branches: Vec<Branch> = topology.nodes.iter().map(|node| node_branch(node, topology, domains)).collect();
    let mut text = summary(topology, domains) + "\n";
    draw(&branches, "", &mut text);
    text.extend(topology.perf_domains.iter().map(perf_domain));
    text.extend(topology.gpus.iter().map(|gpu| format!("{gpu}\n")));
    if topology.nodes.len() > 1 {
        text += &distances(topology);
    }
    text
}

/// `{"nodes":[…],"llcs":[…],"cores":[…],"classes":[…],"perf_domains":[…],"gpus":[…],"domains":[…]}`: CPUs as cpulists, ids as numbers,
/// a node's being the kernel's; capacity 1 to 1024 a CPU for a class, for a domain what its CPUs can do while all are busy. A
/// class has `preferred` only where its CPUs differ.
#[must_use]
pub fn json(topology: &Topology, domains: &Domains) -> Value {
    json!({
        "nodes": topology.nodes,
        "llcs": topology.llcs,
        "cores": topology.cores,
        "classes": topology.classes,
        "perf_domains": topology.perf_domains,
        "gpus": topology.gpus,
        "domains": domains.domains,
    })
}

/// A line of the tree and what hangs under it.
struct Branch {
    line: String,
    under: Vec<Branch>,
}

fn summary(topology: &Topology, domains: &Domains) -> String {
    let classes: Vec<String> = topology.classes.iter().map(class).collect();
    let offline = if topology.offline.is_empty() { String::new() } else { format!("offline {}", topology.offline) };
    let parts = [
        counted(topology.online.len(), "CPU"),
        counted(topology.cores.len(), "core"),
        counted(topology.llcs.len(), "LLC"),
        counted(topology.nodes.len(), "node"),
        counted(domains.len(), "domain"),
        offline,
    ];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    format!("machine: {}\nclasses: {}", parts.join(", "), classes.join("; "))
}

fn class(class: &Class) -> String {
    let Class { name, capacity, cpus, .. } = class;
    format!("{name} (capacity {capacity}) CPUs {cpus}")
}

fn perf_domain(domain: &PerfDomain) -> String {
    let speeds = domain.states.first().zip(domain.states.last());
    let speeds = speeds.map_or_else(String::new, |(slowest, fastest)| {
        let mhz = |khz: u64| khz / 1000;
        let (slow, fast) = (mhz(slowest.frequency), mhz(fastest.frequency));
        format!(
            "{slow} to {fast} MHz in {}, cost {} to {}",
            counted(domain.states.len(), "state"),
            slowest.cost,
            fastest.cost
        )
    });
    let unit = match (domain.artificial, domain.microwatts) {
        (true, _) => " (artificial)",
        (false, true) => "",
        (false, false) => " (in a unit of the driver's)",
    };
    format!("performance domain of CPUs {}: {speeds}{unit}\n", domain.cpus)
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn node_branch(node: &Node, topology: &Topology, domains: &Domains) -> Branch {
    if node.cpus.is_empty() {
        return Branch { line: format!("node {}: memory only", node.id), under: Vec::new() };
    }
    // By the CPUs, not by the LLC's own node: a cache that spans nodes is under each.
    let llcs = topology.llcs.iter().filter(|llc| !llc.cpus.is_disjoint(&node.cpus));
    let under = llcs.map(|llc| llc_branch(llc, node, topology, domains)).collect();
    Branch { line: format!("node {}: CPUs {}", node.id, node.cpus), under }
}

fn llc_branch(llc: &Llc, node: &Node, topology: &Topology, domains: &Domains) -> Branch {
    let here = llc.cpus.intersection(&node.cpus);
    let others = topology.nodes.iter().filter(|other| other.id != node.id && !other.cpus.is_disjoint(&llc.cpus));
    let others: Vec<String> = others.map(|other| other.id.to_string()).collect();
    let shared = if others.is_empty() { String::new() } else { format!(" (also in node {})", others.join(", ")) };
    let inside = domains.domains.iter().filter(|domain| domain.llc == llc.id && domain.node == node.id);
    let leaf = |domain: &Domain| Branch { line: domain_line(domain, topology), under: Vec::new() };
    Branch { line: format!("LLC {}: CPUs {here}{shared}", llc.id), under: inside.map(leaf).collect() }
}

fn domain_line(domain: &Domain, topology: &Topology) -> String {
    let class = topology.classes.get(domain.class.index()).map_or("?", |class| class.name.as_str());
    let Domain { id, cpus, capacity, .. } = domain;
    format!("domain {id}: class {class}, CPUs {cpus}, capacity {capacity}")
}

fn draw(branches: &[Branch], indent: &str, text: &mut String) {
    for (index, branch) in branches.iter().enumerate() {
        let last = index + 1 == branches.len();
        let (tick, below) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        text.extend([indent, tick, &branch.line, "\n"]);
        draw(&branch.under, &format!("{indent}{below}"), text);
    }
}

/// The matrix of distances, a row for each node.
fn distances(topology: &Topology) -> String {
    let ids: Vec<String> = topology.nodes.iter().map(|node| node.id.to_string()).collect();
    let figures = topology.nodes.iter().flat_map(|node| &node.distances).map(u32::to_string);
    let width = figures.chain(ids.iter().cloned()).map(|cell| cell.len()).max().unwrap_or(0);
    let mut text = format!("distances (10 is local)\n  {:>width$} ", "");
    for id in &ids {
        // Writing to a string cannot fail.
        let _ = write!(text, " {id:>width$}");
    }
    text.push('\n');
    for (id, node) in ids.iter().zip(&topology.nodes) {
        let _ = write!(text, "  {id:>width$}:");
        for distance in &node.distances {
            let _ = write!(text, " {distance:>width$}");
        }
        text.push('\n');
    }
    text
}
