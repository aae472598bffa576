//! Machines that the hwloc project recorded give what their owners would expect.
//!
//! They are not part of the project: where `../shared/machines` is not there, each test says so and passes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use scx_domains::domain::Domains;
use scx_domains::topology::{self, Source, Topology};
use scx_domains::units::NodeId;
use tempfile::TempDir;

/// The folder of recorded machines, if it is there.
fn recordings() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/machines");
    if !folder.is_dir() {
        println!("skipped: there is no {}", folder.display());
    }
    folder.is_dir().then_some(folder)
}

fn unpacked(archive: &Path) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let status = Command::new("tar").arg("xjf").arg(archive).arg("-C").arg(folder.path()).status().unwrap();
    assert!(status.success(), "tar could not unpack {}: is bzip2 installed?", archive.display());
    folder
}

fn machine(file: &Path) -> (Topology, Domains) {
    let folder;
    let path = if file.extension().is_some_and(|extension| extension == "bz2") {
        folder = unpacked(file);
        folder.path()
    } else {
        file
    };
    let topology = topology::read(&Source::parse(path.to_str().unwrap()).unwrap()).unwrap();
    topology.verify_invariants().unwrap();
    let domains = Domains::build(&topology).unwrap();
    domains.verify_invariants().unwrap();
    (topology, domains)
}

/// The machine recorded in `file`, unless the recordings are not there.
fn recorded(file: &str) -> Option<(Topology, Domains)> {
    recordings().map(|folder| machine(&folder.join(file)))
}

/// Each domain as `node/llc/class: cpus = capacity`.
fn lines((topology, domains): &(Topology, Domains)) -> Vec<String> {
    let line = |domain: &scx_domains::domain::Domain| {
        let class = &topology.classes[domain.class.index()].name;
        format!("{}/{}/{class}: {} = {}", domain.node, domain.llc, domain.cpus, domain.capacity)
    };
    domains.domains.iter().map(line).collect()
}

#[test]
fn all_of_them_hold_the_invariants() {
    let Some(folder) = recordings() else { return };
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut count = 0;
    for path in files.filter(|path| path.extension().is_some_and(|end| end == "bz2" || end == "xml")) {
        machine(&path);
        count += 1;
    }
    assert!(count >= 11, "{count} machines");
}

#[test]
fn offline_cpus_are_left_out() {
    let Some(machine) = recorded("16em64t-4s2c2t-offlines.tar.bz2") else { return };
    assert_eq!(machine.0.offline.to_string(), "2,5,13-14");
    assert_eq!(
        lines(&machine),
        ["0/0/cpu: 0,4,8,12 = 2560", "0/1/cpu: 1,9 = 1280", "0/2/cpu: 3,7,11,15 = 2560", "0/3/cpu: 6,10 = 2048"]
    );
}

#[test]
fn p_and_e_cores_under_one_l3_are_two_domains() {
    let Some(alder_lake) = recorded("20em64t-hybrid-1p6c2t+2ca4co1t.tar.bz2") else { return };
    assert_eq!(lines(&alder_lake), ["0/0/P: 0-11 = 7680", "0/0/E: 12-19 = 4992"]);
    assert_eq!(alder_lake.0.cores.len(), 14);
    // No frequency was recorded, so the E-cores' capacity is the assumed one.
    let Some(raptor_lake) = recorded("Intel-RaptorLake-Corei7-1370P.xml") else { return };
    assert_eq!(lines(&raptor_lake), ["0/0/P: 0-11 = 7680", "0/0/E: 12-19 = 4960"]);
}

#[test]
fn cpus_that_were_never_there_are_not_offline() {
    let Some((topology, domains)) = recorded("32em64t-2n8c+dax+nvme+mic+dimms.tar.bz2") else { return };
    assert!(topology.offline.is_empty(), "{}", topology.offline);
    assert_eq!(domains.len(), 2);
    assert_eq!(topology.distance(NodeId(0), NodeId(1)), 21);
}

#[test]
fn node_ids_may_have_holes() {
    let Some(machine) = recorded("48amd64-4pa2n6c-sparse.tar.bz2") else { return };
    let ids: Vec<u32> = machine.0.nodes.iter().map(|node| node.id.0).collect();
    assert_eq!(ids, [0, 1, 2, 33, 34, 45, 72, 73]);
    assert_eq!(lines(&machine)[5], "45/5/cpu: 30-35 = 6144");
    assert_eq!(machine.0.distance(NodeId(45), NodeId(72)), 22);
    // From node 0: four nodes at 16 before three at 22.
    let nodes: Vec<u32> = machine.1.neighbours[0].iter().map(|other| other.domain.0).collect();
    assert_eq!(nodes, [1, 2, 4, 6, 3, 5, 7]);
}

#[test]
fn an_l3_a_node_makes_a_domain_a_node() {
    let Some((topology, domains)) = recorded("64amd64-4s2n4ca2co.tar.bz2") else { return };
    assert_eq!((topology.nodes.len(), topology.llcs.len(), domains.len()), (8, 8, 8));
    let one_each = domains.domains.iter().map(|domain| (domain.node, domain.llc)).collect::<BTreeMap<_, _>>();
    assert_eq!(one_each.len(), 8);
}

#[test]
fn without_an_l3_the_shared_l2_counts_and_broken_numa_is_one_node() {
    let Some(machine) = recorded("8em64t-2s2ca2c-buggynuma.tar.bz2") else { return };
    assert_eq!(machine.0.nodes.len(), 1);
    let expected = ["0/0/cpu: 0,2 = 2048", "0/1/cpu: 1,3 = 2048", "0/2/cpu: 4,6 = 2048", "0/3/cpu: 5,7 = 2048"];
    assert_eq!(lines(&machine), expected);
}

#[test]
fn cpus_without_a_node_and_nodes_without_cpus_find_a_place() {
    let Some(machine) = recorded("fakeheterocpunuma.tar.bz2") else { return };
    assert!(machine.0.node(NodeId(2)).unwrap().cpus.is_empty());
    assert_eq!(lines(&machine), ["0/0/E: 0-7 = 1165", "1/0/E: 8-11 = 583", "3/1/P: 12-23 = 7680"]);
}

#[test]
fn an_l3_that_spans_nodes_is_one_llc_and_a_domain_in_each() {
    let Some((topology, domains)) = recorded("memorysidecaches.tar.bz2") else { return };
    assert_eq!((topology.nodes.len(), topology.llcs.len(), domains.len()), (4, 2, 4));
    let nearest = |id: usize| domains.neighbours[id][0].domain.0;
    assert_eq!([nearest(0), nearest(1), nearest(2), nearest(3)], [2, 3, 0, 1]);
}

#[test]
fn big_servers_are_cut_by_l3_and_wide_l3s_in_halves() {
    let Some((_, epyc)) = recorded("AMD-19h-Zen3-2xEpyc-7763.xml") else { return };
    assert_eq!(epyc.len(), 16);
    assert!(epyc.domains.iter().all(|domain| domain.cpus.len() == 8));
    let Some((topology, xeon)) = recorded("Intel-CascadeLake-2xXeon6230.xml") else { return };
    assert_eq!((topology.llcs.len(), xeon.len()), (2, 4));
    assert!(xeon.domains.iter().all(|domain| domain.cpus.len() == 20));
}
