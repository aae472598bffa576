//! GPUs by a stand-in for NVIDIA's library, which is built here; and by the real one, where the machine has it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use scx_domains::cpuset::CpuSet;
use scx_domains::gpu::{Driver, Process, preferences};
use scx_domains::topology::{self, Source, Topology};
use scx_domains::units::NodeId;

/// The stand-in, in `folder`.
fn library(folder: &Path) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gpu/nvml.c");
    let library = folder.join("libnvidia-ml.so.1");
    let status = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(source).status();
    assert!(status.expect("cc can be started").success(), "the stand-in does not build");
    library
}

fn machine(text: &str) -> Topology {
    Source::parse(text).and_then(|source| topology::read(&source)).unwrap()
}

#[test]
fn gpus_have_a_node_and_processes_prefer_it() {
    let folder = tempfile::tempdir().unwrap();
    let processes = folder.path().join("processes");
    let library = library(folder.path());
    let inside = |test: &str| {
        let this = std::env::current_exe().unwrap();
        let mut child = Command::new(this);
        child
            .args([test, "--exact", "--ignored", "--nocapture"])
            .env("GPU_PROCESSES", &processes)
            .env("LIBRARY", &library);
        let output = child.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&[output.stdout, output.stderr].concat()));
    };
    fs::write(&processes, "4711\n4712\n").unwrap();
    inside("by_the_stand_in");
}

/// In a process of its own, for the stand-in reads the environment.
#[test]
#[ignore = "run by the test above"]
fn by_the_stand_in() {
    let driver = Driver::open_as(&std::env::var_os("LIBRARY").unwrap()).unwrap();
    let processes = driver.processes();
    assert_eq!(processes, [Process { gpu: 1, pid: 4711 }, Process { gpu: 1, pid: 4712 }]);

    // Where sysfs knows nothing of them, by the library's own word.
    let root = tempfile::tempdir().unwrap();
    let two_nodes = machine("synthetic:node:2 l3:1 core:4 pu:1");
    let gpus = driver.gpus(root.path(), &two_nodes);
    let shown: Vec<String> = gpus.iter().map(ToString::to_string).collect();
    let expected = [
        "GPU 0: Stand-in 0 (0000:65:00.0), near node 0, CPUs 0-3",
        "GPU 1: Stand-in 1 (0000:66:00.0), near node 1, CPUs 4-7",
    ];
    assert_eq!(shown, expected);
    assert_eq!(preferences(&gpus, &processes).into_values().collect::<Vec<_>>(), [NodeId(1); 2]);

    // Sysfs goes first, and its -1 says nothing.
    let device = |bus: &str| root.path().join("sys/bus/pci/devices").join(bus);
    for (bus, node, cpus) in [("0000:65:00.0", "1", "4-7"), ("0000:66:00.0", "-1", "0-3")] {
        fs::create_dir_all(device(bus)).unwrap();
        fs::write(device(bus).join("numa_node"), format!("{node}\n")).unwrap();
        fs::write(device(bus).join("local_cpulist"), format!("{cpus}\n")).unwrap();
    }
    let nodes: Vec<_> = driver.gpus(root.path(), &two_nodes).iter().map(|gpu| gpu.node).collect();
    assert_eq!(nodes, [Some(NodeId(1)), Some(NodeId(0))]);

    // One node: nothing is nearer than anything else.
    let gpus = driver.gpus(&root.path().join("none"), &machine("synthetic:core:8 pu:1"));
    assert!(gpus.iter().all(|gpu| gpu.node.is_none()));
    assert!(preferences(&gpus, &processes).is_empty());
}

#[test]
fn without_the_library_there_are_no_gpus() {
    assert!(Driver::open_as("/nowhere/libnvidia-ml.so.1".as_ref()).is_none());
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("libnvidia-ml.so.1");
    fs::write(&broken, "no library").unwrap();
    assert!(Driver::open_as(broken.as_ref()).is_none());
}

#[test]
fn the_real_library_is_asked_where_it_is() {
    let Some(driver) = Driver::open() else {
        println!("skipped: there is no GPU, or not its library");
        return;
    };
    let live = topology::read(&Source::Live).unwrap();
    let gpus = driver.gpus(Path::new("/"), &live);
    assert!(!gpus.is_empty());
    for gpu in &gpus {
        println!("{gpu}");
        assert!(!gpu.name.is_empty() && gpu.cpus.is_subset(&live.online) && gpu.cpus != CpuSet::new());
    }
    println!("{} processes drive GPUs", driver.processes().len());
}
