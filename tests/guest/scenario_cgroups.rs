//! Cgroups get the CPU time that cpu.weight promises them, over their hierarchy, whatever runs in them.

use crate::harness::{Guest, Outcome, lacks_6_12};
use crate::scheduler::script;

/// Shell functions: cgroups, loads in them, and what they use.
const CGROUPS: &str = "
    root=/sys/fs/cgroup
    group() { # Make a cgroup of this cpu.weight, with the cpu controller on for it.
        mkdir $root/$1 && echo +cpu >$(dirname $root/$1)/cgroup.subtree_control && echo $2 >$root/$1/cpu.weight
    }
    hogs() { # Start so many hogs in a cgroup. They end when they are told to.
        sh -c 'echo 0 >/sys/fs/cgroup/$0/cgroup.procs; exec guest-load hogs --threads $1 --seconds 60 >/dev/null' $1 $2 &
        loads=\"$loads $!\"
    }
    used() { # The CPU time that each of these cgroups has used, in us.
        for one; do sed -n 's/^usage_usec //p' $root/$one/cpu.stat; done
    }
    measure() { # NAME=what each of these cgroups uses in two seconds, in us.
        name=$1; shift
        before=$(used $*); sleep 2; after=$(used $*)
        echo $name=$(echo $before $after | awk '{ for (i = 1; i <= NF / 2; i++) print $(i + NF / 2) - $i }')
    }
    clear() { # End all loads, and take these cgroups away.
        for one; do echo 1 >$root/$one/cgroup.kill; done; wait $loads; loads=
        for one; do rmdir $root/$one || echo failed=rmdir; done
    }";

/// What each cgroup used of the eight CPUs, as `measure` printed it. Together they used all.
#[track_caller]
fn measured(outcome: &Outcome, name: &str) -> Vec<f64> {
    let said = outcome.said(name);
    let [line] = said.as_slice() else { panic!("{name} was not measured once\n{}{}", outcome.console, outcome.errors) };
    let used: Vec<f64> = line.split(' ').map(|us| us.parse().expect("a number")).collect();
    let all: f64 = used.iter().sum();
    used.iter().map(|us| us / all * 8.0).collect()
}

/// By what part of its promise the cgroup that is farthest from it misses it.
fn missed(used: &[f64], promised: &[f64]) -> f64 {
    assert_eq!(used.len(), promised.len());
    used.iter().zip(promised).map(|(used, promised)| (used / promised - 1.0).abs()).fold(0.0, f64::max)
}

/// Twelve hogs in each of two siblings of 100 and 300, and then of 600 and 300; a second after the start, and two rounds
/// after the change.
const SIBLINGS: &str = "
    group a 100; group b 300
    hogs a 12; hogs b 12; sleep 1; measure siblings a b
    echo 600 >$root/a/cpu.weight; usleep 250000; measure changed a b
    clear a b";

/// p and q are due 4 CPUs each. In p, c is due three of them and can use one, so d gets the other three.
const TREE: &str = "
    group p 100; group q 100; group p/c 300; group p/d 100
    hogs q 8; hogs p/c 1; hogs p/d 8; sleep 1; measure tree p/c p/d q
    clear p/c p/d p q";

/// Half of a's hogs go to b, which changes what each hog gets but not what the cgroups get.
const MOVED: &str = "
    group a 100; group b 300
    hogs a 6; hogs a 6; going=$!; hogs b 4; sleep 1
    echo $going >$root/b/cgroup.procs; usleep 250000; measure moved a b
    clear a b";

/// Cgroups come and go while tasks run and end in them, among others that stay.
const COME_AND_GO: &str = "
    group a 100; group b 300
    hogs a 8; hogs b 8; staying=$loads
    for round in 1 2 3 4 5 6 7 8 9 10; do
        loads=; group x 50; group x/y 200; hogs x/y 3; group z 400; hogs z 1
        usleep 50000; clear x/y x z
    done
    loads=$staying; usleep 250000; measure stayed a b
    clear a b";

fn run(kernel: &str, options: &str, body: &str) -> Outcome {
    let body = format!("{CGROUPS}\nstart {options} || exit\n{body}\nhealth; stop");
    let outcome = Guest::new().kernel(kernel).shape("2x1x4x1").limit(600).run(&script(&body)).success().healthy();
    assert_eq!(outcome.said("failed"), Vec::<&str>::new(), "{}{}", outcome.console, outcome.errors);
    outcome
}

#[track_caller]
fn promises_are_kept(kernel: &str) {
    let outcome = run(kernel, "", &[SIBLINGS, TREE, MOVED, COME_AND_GO].concat());
    let promises: [(&str, &[f64]); 5] = [
        ("siblings", &[2.0, 6.0]),
        ("changed", &[16.0 / 3.0, 8.0 / 3.0]),
        ("tree", &[1.0, 3.0, 4.0]),
        ("moved", &[2.0, 6.0]),
        ("stayed", &[2.0, 6.0]),
    ];
    for (name, promised) in promises {
        let used = measured(&outcome, name);
        println!(
            "on {kernel}, {name}: {used:.2?} of {promised:.2?} CPUs, {:.1} % missed",
            100.0 * missed(&used, promised)
        );
    }
    for (name, promised) in promises {
        assert!(missed(&measured(&outcome, name), promised) < 0.10, "{name}\n{}", outcome.console);
    }
}

#[test]
fn cgroup_promises_are_kept_on_the_newest() {
    promises_are_kept("newest");
}

#[test]
#[ignore = "make test-all"]
fn cgroup_promises_are_kept_on_6_18() {
    promises_are_kept("6.18");
}

#[test]
#[ignore = "make test-all"]
fn cgroup_promises_are_kept_on_6_12() {
    if !lacks_6_12() {
        promises_are_kept("6.12");
    }
}

/// Where weights are ignored, none of this is true; so it is not the load that keeps the promises.
#[test]
#[ignore = "make test-all"]
fn cgroup_promises_are_broken_without_weights() {
    let outcome = run("newest", "--no-cgroup-weights", &[SIBLINGS, TREE].concat());
    let promises: [(&str, &[f64]); 3] =
        [("siblings", &[2.0, 6.0]), ("changed", &[16.0 / 3.0, 8.0 / 3.0]), ("tree", &[1.0, 3.0, 4.0])];
    for (name, promised) in promises {
        assert!(missed(&measured(&outcome, name), promised) > 0.10, "{name}\n{}", outcome.console);
    }
}

/// A limit is told when it is set, once, and by `check`; without one, neither says anything of it.
#[test]
fn limits_that_are_not_honoured_are_told() {
    let body = format!(
        "{CGROUPS}
        group a 100; scx_domains check | grep '^ok.*cpu.weight' | sed 's/^/unlimited=/'
        start || exit
        sleep 1; echo said=$(grep -c cpu.max /log)
        echo '50000 100000' >$root/a/cpu.max; sleep 1; echo said=$(grep -c 'cpu.max is not honoured: /a has it' /log)
        sleep 1; echo said=$(grep -c cpu.max /log)
        scx_domains check | grep '^note.*cpu.max.*/a' | sed 's/^/limited=/'
        health; stop"
    );
    let outcome = Guest::new().shape("1x1x2x1").run(&script(&body)).success().healthy();
    assert_eq!(outcome.said("said"), ["0", "1", "1"], "{}", outcome.console);
    assert_eq!((outcome.said("unlimited").len(), outcome.said("limited").len()), (1, 1), "{}", outcome.console);
}
