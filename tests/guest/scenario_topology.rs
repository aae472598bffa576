//! What a live kernel shows of classes, costs, heat and GPUs, and what the scheduler makes of it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::{Guest, Outcome};
use crate::scheduler::script;
use serde_json::Value;

/// Two nodes of four CPUs: P-cores 0-1 and 4-5, E-cores 2-3, LP-E cores 6-7; CPPC says so too.
const MHZ: &str = "4800:96x2,3000:60x2,4800:96x2,1600:32x2";

/// First as the kernel shows itself, then with an energy model whose E-cores cost more than P-cores, in place of debugfs;
/// then with one that makes no sense.
const CLASSES: &str = r#"
    echo; scx_domains topology --explain --no-gpu; echo "machine=$(scx_domains topology --json | tr -d '\n')"
    mount -t tmpfs tmpfs /sys/kernel/debug
    model() {
        d=/sys/kernel/debug/energy_model/cpu$1; mkdir -p $d/ps:1000; echo $1-$(($1 + 1)) >$d/cpus; echo 0x5 >$d/flags
        echo 1000 >$d/ps:1000/frequency; echo 0 >$d/ps:1000/power; echo $2 >$d/ps:1000/cost
        echo $3 >$d/ps:1000/performance; echo 0 >$d/ps:1000/inefficient
    }
    model 0 200 1024; model 2 300 640; model 4 200 1024; model 6 100 341
    echo "modelled=$(scx_domains topology --json | tr -d '\n')"
    model 6 0 341; scx_domains topology --explain | grep believed:
    umount /sys/kernel/debug"#;

/// Sensors of both packages, in place of the kernel's: two hogs say where they are while there is no heat, and when it comes near
/// the limit.
const HEAT: &str = r#"
    mount -t tmpfs tmpfs /sys/class
    for n in 0 1; do
        sensor=/sys/class/hwmon/hwmon$n; mkdir -p $sensor; echo coretemp >$sensor/name; echo "Package id $n" >$sensor/temp1_label
        echo 50000 >$sensor/temp1_input; echo 95000 >$sensor/temp1_crit
    done
    places() { for i in 1 2 3 4 5 6 7 8; do cut -d' ' -f39 /proc/$hogs/task/*/stat | tail -n +3; usleep 50000; done | tr '\n' ' '; }
    start -v --no-gpu && { guest-load hogs --threads 2 --seconds 6 >/dev/null & hogs=$!; } && sleep 2 &&
    grep -c 'heat takes' /log; echo "cool=$(places)"
    for n in 0 1; do echo 94500 >/sys/class/hwmon/hwmon$n/temp1_input; done; sleep 2; echo "hot=$(places)"; health; stop
    umount /sys/class"#;

/// Two threads that sleep and wake on node 0, of a process that from some moment on drives a GPU near node 1; with the
/// stand-in of tests/gpu for NVIDIA's library.
const GPU: &str = r#"
    where_they_are() { echo "$1=$(cat /proc/$pid/task/*/stat | cut -d' ' -f39 | tr '\n' ' ')"; }
    sleepers() {
        : >/run/gpu-processes
        taskset 3 guest-load sleepers --threads 2 --count 600 >/dev/null & pid=$!
        sleep 1; for task in /proc/$pid/task/*; do taskset -p ff ${task##*/} >/dev/null; done; usleep 300000
        where_they_are $1-before; echo $pid >/run/gpu-processes; sleep 3; usleep 300000; where_they_are $1-after
        kill $pid; wait $pid
    }
    scx_domains topology | grep GPU
    start && sleepers gpu; health && stop; start --no-gpu && sleepers none; health && stop"#;

/// The stand-in library; lives as long as the folder.
fn stand_in(folder: &Path) -> PathBuf {
    let library = folder.join("libnvidia-ml.so.1");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gpu/nvml.c");
    let status = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(source).status();
    assert!(status.expect("cc can be started").success(), "the stand-in does not build");
    library
}

fn classes(outcome: &Outcome, name: &str) -> Vec<(String, String, u64, u64)> {
    let machine: Value = serde_json::from_str(outcome.said(name)[0]).expect("JSON");
    let class = |class: &Value| {
        let text = |key: &str| class[key].as_str().expect("text").to_owned();
        let number = |key: &str| class[key].as_u64().expect("a number");
        (text("name"), text("cpus"), number("capacity"), number("cost_rank"))
    };
    machine["classes"].as_array().expect("classes").iter().map(class).collect()
}

/// The nodes of the CPUs that a line names.
fn nodes(outcome: &Outcome, name: &str) -> Vec<u32> {
    let cpus = outcome.said(name)[0].split_whitespace().map(|cpu| cpu.parse::<u32>().expect("a CPU"));
    cpus.map(|cpu| cpu / 4).collect()
}

#[test]
fn classes_costs_heat_and_gpus_are_found_and_count() {
    let folder = tempfile::tempdir().expect("a folder");
    let library = stand_in(folder.path());
    let guest = Guest::new().shape("2x1x4x1").mhz(MHZ).limit(600);
    let guest = guest.copy(&format!("{}:/lib/libnvidia-ml.so.1", library.display()));
    let outcome = guest.run(&script(&[CLASSES, HEAT, GPU].join("\n"))).success().healthy();
    let told = |text: &str| assert!(outcome.console.contains(text), "no `{text}` in\n{}", outcome.console);

    let class = |name: &str, cpus: &str, capacity, cost| (name.to_owned(), cpus.to_owned(), capacity, cost);
    let found = [class("P", "0-1,4-5", 1024, 2), class("E", "2-3", 640, 1), class("LP-E", "6-7", 341, 0)];
    assert_eq!(classes(&outcome, "machine"), found);
    told("max frequency  0-1,4-5: 4800 MHz; 2-3: 3000 MHz; 6-7: 1600 MHz (1)");
    told("CPPC           0-1,4-5: 96; 2-3: 60; 6-7: 32 (1)");
    told("by rank: there is no energy model of the CPUs");
    let modelled: Vec<u64> = classes(&outcome, "modelled").into_iter().map(|(_, _, _, cost)| cost).collect();
    assert_eq!(modelled, [1, 2, 0], "the energy model says what costs more");
    told("the energy model is not believed: the performance domain of CPUs 6-7 has cost 0");

    // Half a degree of headroom takes 0.71 of the costliest class of each package; the others are the faster ones then.
    told("\n0\n");
    told("heat takes, in thousandths by domain: [712, 0, 712, 0]");
    let on_e_cores = |name: &str| {
        let places: Vec<&str> = outcome.said(name)[0].split_whitespace().collect();
        places.iter().filter(|cpu| ["2", "3"].contains(cpu)).count() as f64 / places.len() as f64
    };
    println!("on E-cores while cool {}, hot {}", on_e_cores("cool"), on_e_cores("hot"));
    assert!(on_e_cores("cool") < 0.2 && on_e_cores("hot") > 0.8, "load leaves before the processor throttles");

    told("GPU 1: Stand-in 1 (0000:66:00.0), near node 1, CPUs 4-7");
    assert!(nodes(&outcome, "gpu-before").iter().chain(&nodes(&outcome, "none-after")).all(|node| *node == 0));
    // The main thread waits for the others to end, so it has not woken up since.
    let after = nodes(&outcome, "gpu-after");
    assert_eq!(after.iter().filter(|node| **node == 1).count(), 2, "{after:?}\n{}", outcome.console);
}
