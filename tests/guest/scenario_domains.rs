//! `scx_domains topology --json` on live machines of several shapes: what the kernel shows becomes the right domains.

use crate::harness::Guest;
use serde_json::{Value, json};

/// Nodes, LLCs a node, cores an LLC, threads a core.
type Shape = [u32; 4];

fn seen(shape: Shape) -> Value {
    let shape = shape.map(|n| n.to_string()).join("x");
    let outcome = Guest::new().shape(&shape).run("scx_domains topology --json && echo").success();
    serde_json::from_str(&outcome.console).unwrap_or_else(|e| panic!("{e} in: {}", outcome.console))
}

/// "4-7", or "4" for one CPU.
fn cpulist(index: u32, size: u32) -> String {
    let (first, last) = (index * size, index * size + size - 1);
    if first == last { format!("{first}") } else { format!("{first}-{last}") }
}

/// What has to be seen: CPUs numbered through threads, cores, LLCs and nodes in this order, and a domain an LLC.
fn expected([nodes, llcs, cores, threads]: Shape) -> Value {
    let (per_llc, per_node) = (cores * threads, llcs * cores * threads);
    let distances = |from| (0..nodes).map(|to| if from == to { 10 } else { 21 }).collect::<Vec<_>>();
    let node = |id| json!({ "id": id, "cpus": cpulist(id, per_node), "distances": distances(id) });
    let llc = |id| json!({ "id": id, "cpus": cpulist(id, per_llc), "node": id / llcs });
    let core = |id| json!({ "id": id, "cpus": cpulist(id, threads), "llc": id / cores });
    let domain = |id| {
        json!({
            "id": id, "cpus": cpulist(id, per_llc), "llc": id, "node": id / llcs,
            // Two threads of a core do what one and a quarter do alone.
            "class": 0, "capacity": 256 * (3 + threads) * cores,
        })
    };
    json!({
        "nodes": (0..nodes).map(node).collect::<Vec<_>>(),
        "llcs": (0..nodes * llcs).map(llc).collect::<Vec<_>>(),
        "cores": (0..nodes * llcs * cores).map(core).collect::<Vec<_>>(),
        "classes": [{ "id": 0, "name": "cpu", "capacity": 1024, "cost_rank": 0, "cpus": cpulist(0, nodes * per_node) }],
        "domains": (0..nodes * llcs).map(domain).collect::<Vec<_>>(),
    })
}

#[track_caller]
fn is_seen_as_built(shape: Shape) {
    let seen = seen(shape);
    for part in ["nodes", "llcs", "cores", "classes", "domains"] {
        assert_eq!(seen[part], expected(shape)[part], "{part} of {shape:?}");
    }
}

#[test]
#[ignore = "make test-all"]
fn two_nodes_of_two_llcs_are_four_domains() {
    is_seen_as_built([2, 2, 2, 1]);
}

#[test]
fn threads_of_a_core_share_a_domain() {
    is_seen_as_built([2, 1, 2, 2]);
}

#[test]
fn one_cpu_is_one_domain() {
    is_seen_as_built([1, 1, 1, 1]);
}

#[test]
#[ignore = "make test-all"]
fn four_nodes_are_four_domains() {
    is_seen_as_built([4, 1, 2, 1]);
}

/// The comparison tells machines of as many CPUs apart, in the parts that the tests are about.
#[test]
fn shapes_differ_where_they_should() {
    let [llcs, threads, nodes] = [[2, 2, 2, 1], [2, 1, 2, 2], [4, 1, 2, 1]].map(expected);
    assert!(llcs["domains"] != threads["domains"] && llcs["cores"] != threads["cores"]);
    assert!(llcs["domains"] != nodes["domains"] && llcs["nodes"] != nodes["nodes"]);
    assert_eq!(llcs["domains"].as_array().map(Vec::len), Some(4));
    assert_eq!(threads["domains"].as_array().map(Vec::len), Some(2));
    assert_eq!(llcs["domains"][2]["cpus"], "4-5");
    assert_eq!(threads["cores"][3], json!({ "id": 3, "cpus": "6-7", "llc": 1 }));
}
