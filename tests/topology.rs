//! Machines of every shape give a topology and domains that hold their invariants, the machines in `topologies/` give
//! what is written down for them, and what is no machine gives one clear sentence.

mod tree;

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use scx_domains::cpuset::CpuSet;
use scx_domains::domain::{Domains, MAX_DOMAIN_CPUS, Proximity};
use scx_domains::show;
use scx_domains::topology::{self, Source, Topology, same_machine};
use scx_domains::units::{Capacity, CpuId, NodeId};

fn read(text: &str) -> Topology {
    Source::parse(text).and_then(|source| topology::read(&source)).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refusal(text: &str) -> String {
    match Source::parse(text).and_then(|source| topology::read(&source)) {
        Ok(_) => panic!("{text} was read"),
        Err(error) => error.to_string(),
    }
}

fn domains(topology: &Topology) -> Domains {
    let domains = Domains::build(topology).unwrap();
    domains.verify_invariants().unwrap();
    domains
}

fn machines() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut machines: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    machines.sort();
    machines
}

/// What to give to `--topology` for a machine in `topologies/` that is not a tree.
fn argument(machine: &Path) -> String {
    match fs::read_to_string(machine.join("machine.synthetic")) {
        Ok(text) => text.trim().to_owned(),
        Err(_) => machine.join("machine.xml").to_str().unwrap().to_owned(),
    }
}

/// The machine in a folder of `topologies/`.
fn described(folder: &Path) -> Topology {
    match fs::read_to_string(folder.join("machine.tree")) {
        Ok(text) => read(tree::unpacked(&text).path().to_str().unwrap()),
        Err(_) => read(&argument(folder)),
    }
}

fn machine(name: &str) -> Topology {
    described(&Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies").join(name))
}

#[test]
fn machines_are_as_written_down() {
    let machines = machines();
    assert!(machines.len() >= 16, "{machines:?}");
    for folder in machines {
        let topology = described(&folder);
        let json = show::json(&topology, &domains(&topology));
        let expected = fs::read_to_string(folder.join("expected.json")).unwrap();
        let expected: serde_json::Value = serde_json::from_str(&expected).unwrap();
        assert_eq!(json, expected, "{}: it is now\n{json:#}", folder.display());
    }
}

#[test]
fn the_tree_names_all_that_is_there() {
    let topology = machine("sparse-nodes");
    let tree = show::tree(&topology, &domains(&topology));
    let expected = "\
machine: 6 CPUs, 6 cores, 2 LLCs, 3 nodes, 2 domains, offline 2,7
classes: cpu (capacity 1024) CPUs 0-1,3-6
├─ node 0: CPUs 0-1,3
│  └─ LLC 0: CPUs 0-1,3
│     └─ domain 0: class cpu, CPUs 0-1,3, capacity 3072
├─ node 3: CPUs 4-6
│  └─ LLC 1: CPUs 4-6
│     └─ domain 1: class cpu, CPUs 4-6, capacity 3072
└─ node 8: memory only
distances (10 is local)
       0  3  8
   0: 10 21 31
   3: 22 10 14
   8: 32 14 10
";
    assert_eq!(tree, expected);
    let topology = machine("l3-spans-nodes");
    let tree = show::tree(&topology, &domains(&topology));
    assert!(tree.contains("LLC 0: CPUs 2-3 (also in node 0)"), "{tree}");
}

#[test]
fn explain_says_who_said_what_and_what_was_believed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies/core-ultra-7-155h/machine.tree");
    let tree = tree::unpacked(&fs::read_to_string(folder).unwrap());
    let source = Source::Recorded(tree.path().to_owned());
    let expected = "\
what was said of core classes (what it counts for)
  core type      0-11: Performance; 12-21: Efficiency (3)
  L3 cache       12-19: under an L3; 20-21: without an L3 (3)
  cpu_capacity   0-21: 1024 (0; it finds all alike, as it does on machines with several classes)
  base frequency 0-11: 1400 MHz; 12-19: 900 MHz; 20-21: 700 MHz (1)
  max frequency  0-19: 3800 to 4800 MHz; 20-21: 2500 MHz (1)
  hwloc rank     0-11: rank 2; 12-19: rank 1; 20-21: rank 0 (0; it is made of what the others say)
  silent: CPUID, Arm part, CPPC, energy cost
what was believed
  P (0-11) is above E (12-19): different 4 (core type, base frequency), alike 1 (max frequency)
  E (12-19) is above LP-E (20-21): different 5 (L3 cache, base frequency, max frequency), alike 1 (core type)
  capacity P 1024, E 864, LP-E 568, by max frequency; not by cpu_capacity: it finds all classes alike
  preferred in P, by max frequency: 4-7 before 0-3,8-11
  cheapest first: LP-E, E, P (by rank: there is no energy model of the CPUs)
";
    let reading = topology::examine(&source).unwrap();
    assert_eq!(show::explanation(&reading), expected);

    let given = reading.with_classes(&"0-11=fast:1024,12-21=slow:600".parse().unwrap()).unwrap();
    let told = show::explanation(&given);
    assert!(told.contains("what --classes says, whatever was said: fast (0-11) 1024, slow (12-21) 600"), "{told}");
    assert_eq!(domains(&given.topology).len(), 3, "two classes, and the L3 splits the slow one");

    // What makes no sense is named; hwloc reads the same files, and is not believed either.
    let cpu = tree.path().join("sys/devices/system/cpu/cpu3");
    fs::write(cpu.join("cpufreq/base_frequency"), "NaN").unwrap();
    fs::write(cpu.join("cpu_capacity"), "99999999").unwrap();
    let reading = topology::examine(&source).unwrap();
    let told = show::explanation(&reading);
    assert!(told.contains("cpu3/cpufreq/base_frequency makes no sense and is not believed: `NaN`"), "{told}");
    assert!(told.contains("cpu3/cpu_capacity makes no sense and is not believed: `99999999`"), "{told}");
    assert!(told.contains("cpu_capacity   0-2,4-21: 1024 (0;"), "{told}");
    assert_eq!(reading.topology.classes[0].cpus.to_string(), "0-11");
}

#[test]
fn explain_names_who_is_not_compared_and_an_energy_model_that_makes_no_sense_whatever_the_classes() {
    let tree = contradictory_tree();
    let told = || show::explanation(&topology::examine(&Source::Recorded(tree.path().to_owned())).unwrap());
    let put = |name: &str, text: &str| {
        let path = tree.path().join("sys").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    assert!(told().ends_with(
        "one class, cpu (0-3): nothing is decided by class\n  capacity cpu 1024, as it is the only class\n"
    ));

    put("kernel/debug/energy_model/cpu0/cpus", "0-1\n");
    put("kernel/debug/energy_model/cpu0/flags", "0x1\n");
    let fault = "\n  the energy model is not believed: the performance domain of CPUs 0-1 has no states\n";
    assert!(told().contains("one class") && told().ends_with(fault), "{}", told());

    for (cpu, capacity) in [("0", "512"), ("1", "512"), ("2", "1024")] {
        put(&format!("devices/system/cpu/cpu{cpu}/cpu_capacity"), capacity);
    }
    let told = told();
    assert!(told.contains("\n  CPUs 3 are in P as nobody compares them with others\n"), "{told}");
    assert!(told.contains("(by rank: no energy model can be used)\n") && told.ends_with(fault), "{told}");
}

#[test]
fn neighbours_go_from_near_to_far_and_in_a_circle() {
    let topology = machine("two-nodes");
    let domains = domains(&topology);
    let order = |id: usize| domains.neighbours[id].iter().map(|other| other.domain.0).collect::<Vec<_>>();
    assert_eq!(order(0), [1, 2, 3]);
    assert_eq!(order(1), [0, 2, 3]);
    assert_eq!(order(2), [3, 0, 1]);
    assert_eq!(order(3), [2, 0, 1]);
    assert_eq!(domains.neighbours[0][0].proximity, Proximity::SameNode);
    assert_eq!(domains.neighbours[0][1].proximity, Proximity::Remote { distance: 20 });

    let hybrid = Domains::build(&machine("hybrid-lp-e")).unwrap();
    let proximities: Vec<Proximity> = hybrid.neighbours[1].iter().map(|other| other.proximity).collect();
    assert_eq!(proximities, [Proximity::SameLlc, Proximity::SameNode]);

    // Four equal nodes: each domain begins with another one.
    let equal = Domains::build(&read("synthetic:node:4 l3:1 core:2 pu:1")).unwrap();
    let first: Vec<u32> = equal.neighbours.iter().map(|row| row[0].domain.0).collect();
    assert_eq!(first, [1, 2, 3, 0]);
}

#[test]
fn domain_of_knows_online_cpus_only() {
    let domains = domains(&machine("sparse-nodes"));
    assert_eq!(domains.domain_of(CpuId(4)).map(|id| id.0), Some(1));
    assert_eq!(domains.domain_of(CpuId(2)), None);
    assert_eq!(domains.domain_of(CpuId(99)), None);
}

#[test]
fn broken_values_are_found() {
    let sound = machine("two-nodes");
    let broken = |break_it: fn(&mut Topology)| {
        let mut topology = sound.clone();
        break_it(&mut topology);
        let error = topology.verify_invariants().unwrap_err();
        assert_eq!(Domains::build(&topology).unwrap_err(), error);
        error.to_string()
    };
    assert_eq!(
        broken(|topology| {
            topology.online.insert(CpuId(16));
        }),
        "CPU 16 is in no node"
    );
    assert_eq!(
        broken(|topology| {
            topology.llcs[1].cpus.insert(CpuId(0));
        }),
        "CPU 0 is in more than one LLC"
    );
    assert_eq!(
        broken(|topology| {
            topology.cores[0].cpus.remove(CpuId(1));
        }),
        "CPU 1 is in no core"
    );
    assert_eq!(broken(|topology| topology.classes[0].capacity = Capacity(1025)), "core class cpu has capacity 1025");
    assert_eq!(broken(|topology| topology.nodes[1].distances.truncate(1)), "node 1 has 1 distances");
    assert_eq!(broken(|topology| topology.llcs[0].node = NodeId(7)), "LLC 0 has no CPU in its node 7");
    assert_eq!(broken(|topology| topology.offline = topology.online.clone()), "a CPU is both online and offline");

    let mut wrong = domains(&sound);
    wrong.neighbours[0].swap(0, 2);
    assert!(wrong.verify_invariants().unwrap_err().to_string().contains("nearest first"));
    wrong.neighbours[0].pop();
    assert!(wrong.verify_invariants().unwrap_err().to_string().contains("not all the others"));
    wrong.domains[0].cpus.insert(CpuId(15));
    assert!(wrong.verify_invariants().unwrap_err().to_string().contains("another one too"));
}

#[test]
fn a_description_of_another_machine_is_told_from_this_one() {
    let live = machine("two-nodes");
    let other = |text: &str| same_machine(&read(text), &live).unwrap_err().to_string();
    assert_eq!(same_machine(&live.clone(), &live), Ok(()));
    assert!(other("synthetic:pu:2").contains("CPUs 0-1 online, this machine has 0-15"));
    assert!(other("synthetic:node:1 l3:4 core:2 pu:2").contains("node 0 has CPUs 0-15, this machine's has 0-7"));
    assert!(other("synthetic:node:2 l3:1 core:4 pu:2").contains("CPUs 0-7 share a last-level cache"));
    assert!(other("synthetic:node:2 l3:2 core:4 pu:1").contains("CPUs 0 are one core"));

    let mut slower = live.clone();
    slower.classes[0].capacity = Capacity(900);
    slower.nodes[0].distances[1] = 17;
    assert_eq!(same_machine(&slower, &live), Ok(()));
}

#[test]
fn the_live_machine_is_read() {
    let topology = topology::read(&Source::Live).unwrap();
    domains(&topology);
    let online: CpuSet = fs::read_to_string("/sys/devices/system/cpu/online").unwrap().parse().unwrap();
    assert_eq!(topology.online, online);
}

/// Variables that a user has set for other programs do not put another machine in this one's place.
#[test]
fn the_live_machine_is_read_whatever_hwloc_is_told() {
    let this = std::env::current_exe().unwrap();
    for (name, value) in [("HWLOC_SYNTHETIC", "pu:77"), ("HWLOC_FSROOT", "/nowhere"), ("HWLOC_XMLFILE", "/nowhere")] {
        let mut child = std::process::Command::new(&this);
        let output = child.args(["the_live_machine_is_read", "--exact"]).env(name, value).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{name}: {text}");
    }
}

#[test]
fn a_synthetic_description_has_to_make_sense() {
    let texts = [
        "synthetic:",
        "synthetic:pu",
        "synthetic:pu:0",
        "synthetic:node:2",
        "synthetic:x:2 pu:2",
        "synthetic:pu:-1",
        "synthetic:core:2 [numa pu:1",
        "synthetic:pu:2 core:2",
        "synthetic:misc:2 pu:1",
        "synthetic:pu:2\0",
        // hwloc itself ends the program over these.
        "synthetic:pu:4(indexes=numa:core)",
        "synthetic:pu:2 [numa(indexes=1,01)]",
    ];
    for text in texts {
        assert!(refusal(text).contains("is not a synthetic machine that hwloc understands"), "{text}");
    }
    for text in ["synthetic:core:100000 pu:100000", "synthetic:pu:99999999999999999999999", "synthetic:pu:16385"] {
        assert!(refusal(text).contains("more than the 16384"), "{text}");
    }
    assert!(refusal("synthetic:pu:2(indexes=70000,1)").contains("CPUs beyond number 65535"));
}

#[test]
fn paths_that_are_no_machine_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    assert!(refusal(path).contains("point at the folder that holds sys"));
    assert!(refusal("/nowhere/at/all").contains("/nowhere/at/all: No such file"));
    assert!(refusal("/dev/null").contains("neither a file nor a directory"));
    fs::create_dir(folder.path().join("sys")).unwrap();
    assert!(refusal(path).contains("hwloc could not read"));
}

#[test]
fn xml_that_is_no_machine_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("machine.xml");
    let refused = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        let message = refusal(path.to_str().unwrap());
        assert!(message.contains("machine.xml") && !message.contains('\n'), "{message}");
        message
    };
    let whole = argument(&Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies/hybrid-lp-e"));
    let whole = fs::read_to_string(whole).unwrap();

    assert!(refused(b"").contains("not an hwloc XML file"));
    assert!(refused(b"not XML at all").contains("not an hwloc XML file"));
    assert!(refused(b"\xff\xfe\0\0").contains("not an hwloc XML file"));
    assert!(refused(b"<svg/>").contains("outermost element is `svg`"));
    assert!(refused(b"<topology version=\"2.0\"/>").contains("no online CPU"));
    assert!(refused(whole.replace("version=\"2.0\"", "version=\"3.0\"").as_bytes()).contains("version 3.0"));
    assert!(refused(whole.replace(" version=\"2.0\"", "").as_bytes()).contains("of version 1,"));
    assert!(
        refused(whole.replace("\"PU\" os_index=\"9\"", "\"PU\" os_index=\"8\"").as_bytes()).contains("CPU 8 twice")
    );
    assert!(refused(whole.replace("\"PU\" os_index=\"9\"", "\"PU\" os_index=\"4e9\"").as_bytes()).contains("4e9"));
    assert!(refused(whole.replace("\"PU\" os_index=\"9\"", "\"PU\" os_index=\"65536\"").as_bytes()).contains("65535"));
    for part in 1..40 {
        refused(&whole.as_bytes()[..whole.len() * part / 40]);
    }
}

#[test]
fn xml_that_would_fill_the_memory_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("machine.xml");
    let refused = |text: &str| {
        fs::write(&path, text).unwrap();
        refusal(path.to_str().unwrap())
    };
    let inside = |body: &str| format!("<topology version=\"2.0\">{body}</topology>");

    let many: String = (0..=16_384).map(|cpu| format!("<object type=\"PU\" os_index=\"{cpu}\"/>")).collect();
    assert!(refused(&inside(&many)).contains("more than the 16384"));
    let wide = format!("<object type=\"Core\" cpuset=\"0x{}\"/>", ["ffffffff"; 2048].join(",0x"));
    assert!(refused(&inside(&wide.repeat(20))).contains("more objects than any machine"));
    let nodes: String = (0..1025).map(|node| format!("<object type=\"NUMANode\" os_index=\"{node}\"/>")).collect();
    assert!(refused(&inside(&nodes)).contains("more objects than any machine"));
    let deep = format!("{}{}", "<object>".repeat(100_000), "</object>".repeat(100_000));
    assert!(refused(&inside(&deep)).contains("machine.xml"));
    let laughs = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \
                  \"&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;\">]><topology>&d;&d;&d;&d;&d;</topology>";
    assert!(refused(laughs).contains("machine.xml"));

    // A hole of 65 MiB: it takes no room on the disk.
    fs::File::create(&path).unwrap().set_len(65 << 20).unwrap();
    assert!(refusal(path.to_str().unwrap()).contains("more than the 67108864"));
}

/// A recorded tree of four CPUs in two packages whose middle two share an L3, which cannot be.
fn contradictory_tree() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| {
        let path = folder.path().join("sys/devices/system/cpu").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put("online", "0-3\n");
    put("present", "0-4\n");
    for (cpu, package, sharing) in [(0, "3", "1"), (1, "3", "6"), (2, "c", "6"), (3, "c", "8")] {
        put(&format!("cpu{cpu}/topology/thread_siblings"), &format!("{:x}", 1 << cpu));
        put(&format!("cpu{cpu}/topology/core_siblings"), package);
        put(&format!("cpu{cpu}/topology/physical_package_id"), &(cpu / 2).to_string());
        put(&format!("cpu{cpu}/topology/core_id"), &(cpu % 2).to_string());
        put(&format!("cpu{cpu}/cache/index3/level"), "3");
        put(&format!("cpu{cpu}/cache/index3/type"), "Unified");
        put(&format!("cpu{cpu}/cache/index3/shared_cpu_map"), sharing);
        put(&format!("cpu{cpu}/cache/index3/size"), "1024K");
    }
    folder
}

#[test]
fn a_tree_that_contradicts_itself_is_made_the_best_of() {
    let folder = contradictory_tree();
    let topology = read(folder.path().to_str().unwrap());
    domains(&topology);
    assert_eq!((topology.online.to_string(), topology.offline.to_string()), ("0-3".to_owned(), "4".to_owned()));
}

#[test]
fn a_cpu_that_hwloc_does_not_see_is_an_error() {
    let folder = contradictory_tree();
    fs::write(folder.path().join("sys/devices/system/cpu/online"), "0-5\n").unwrap();
    let message = refusal(folder.path().to_str().unwrap());
    assert!(message.contains("CPUs 4-5 online"), "{message}");
}

/// hwloc warns on stderr of a tree like this, where a program's own messages should be alone. The tree is read in a
/// process of its own, by the test above, since a test cannot look at its own stderr.
#[test]
fn hwloc_is_silent() {
    let test = "a_tree_that_contradicts_itself_is_made_the_best_of";
    let this = std::env::current_exe().unwrap();
    let output = std::process::Command::new(this).args([test, "--exact", "--nocapture"]).output().unwrap();
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

/// A synthetic machine of random shape, and how many CPUs it has.
fn shape() -> impl Strategy<Value = (String, usize)> {
    let level = |name: &'static str, most: usize| {
        prop::option::of(1..=most).prop_map(move |count| count.map(|count| (name, count)))
    };
    let levels = (level("package", 3), level("node", 3), level("l3", 3), level("l2", 2), level("core", 5), 1..=4_usize);
    levels.prop_map(|(package, node, l3, l2, core, pu)| {
        let levels = [package, node, l3, l2, core, Some(("pu", pu))];
        let text: Vec<String> = levels.iter().flatten().map(|(name, count)| format!("{name}:{count}")).collect();
        (format!("synthetic:{}", text.join(" ")), levels.iter().flatten().map(|(_, count)| count).product())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn every_shape_holds_the_invariants((text, cpus) in shape()) {
        let topology = read(&text);
        topology.verify_invariants().unwrap();
        prop_assert_eq!(topology.online.len(), cpus);
        let domains = domains(&topology);
        let covered: CpuSet = domains.domains.iter().flat_map(|domain| domain.cpus.iter()).collect();
        prop_assert_eq!(&covered, &topology.online);
        for domain in &domains.domains {
            prop_assert!(domain.cpus.len() <= MAX_DOMAIN_CPUS);
            prop_assert!(domain.cpus.is_subset(&topology.node(domain.node).unwrap().cpus));
            prop_assert!(domain.cpus.is_subset(&topology.llcs[domain.llc.index()].cpus));
            prop_assert!(domain.cpus.is_subset(&topology.classes[domain.class.index()].cpus));
        }
        for core in &topology.cores {
            let holders = domains.domains.iter().filter(|domain| !domain.cpus.is_disjoint(&core.cpus));
            prop_assert_eq!(holders.count(), 1);
        }
    }

    #[test]
    fn damaged_xml_is_read_or_refused(damage in prop::collection::vec((any::<prop::sample::Index>(), 0x20..0x7f_u8), 1..6)) {
        let path = argument(&Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies/sparse-nodes"));
        let mut bytes = fs::read(path).unwrap();
        for (index, byte) in damage {
            let index = index.index(bytes.len());
            bytes[index] = byte;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("machine.xml");
        fs::write(&path, bytes).unwrap();
        if let Ok(topology) = topology::read(&Source::Xml(path)) {
            topology.verify_invariants().unwrap();
            domains(&topology);
        }
    }
}
