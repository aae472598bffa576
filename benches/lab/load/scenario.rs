//! One scenario: start all workers together, watch the window, collect their books.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Barrier, OnceLock};

use crate::account::{Place, Window};
use crate::clock::{self, NS_PER_MS};
use crate::crowd::Crowd;
use crate::messages::{self, Ends};
use crate::spec::{Daemon, Group, Kind, Ran, RanGroup, Scenario, Session, Worker};
use crate::wakers::{self, Call};
use crate::{daemon, forks, hog, kworkers, program, sleeper, task};

/// What the members of a team share.
enum Role {
    Alone,
    Pipes(Ends),
    Call { call: Arc<Call>, leads: bool, others: usize },
}

pub fn run(session: &Session, scenario: &Scenario, contestant: Option<u32>) -> Ran {
    let seen = Arc::new(session.machine.cpus.iter().map(|_| AtomicU64::new(0)).collect::<Vec<_>>());
    let crowds: Vec<_> =
        scenario.groups.iter().map(|group| Crowd::new(group.workers.len(), group.shares_data, seen.clone())).collect();
    make_cgroups(&scenario.groups);
    let workers: usize = scenario.groups.iter().map(|group| group.workers.len()).sum();
    let ready = Barrier::new(workers + 1);
    let start = OnceLock::new();

    std::thread::scope(|scope| {
        let mut running = Vec::new();
        for (group, crowd) in scenario.groups.iter().zip(&crowds) {
            let (ready, start) = (&ready, &start);
            let threads: Vec<_> = group
                .workers
                .iter()
                .zip(roles(group))
                .enumerate()
                .map(|(index, (worker, role))| {
                    scope.spawn(move || {
                        prepare(worker);
                        ready.wait();
                        ready.wait();
                        let window: Window = *start.get().expect("the start is set between the two waits");
                        let begin = window.start - scenario.warmup_ms * NS_PER_MS + worker.start_us * 1_000;
                        clock::sleep_until(begin);
                        task::set_affinity(task::tid(), &worker.may_run);
                        let (machine, model) = (&session.machine, &session.model);
                        work(group, role, &Place { machine, model, crowd, index, memory: worker.memory, begin, window })
                    })
                })
                .collect();
            running.push(threads);
        }
        ready.wait();
        let begin = clock::now() + 10 * NS_PER_MS + scenario.warmup_ms * NS_PER_MS;
        let window = Window { start: begin, end: begin + scenario.window_ms * NS_PER_MS };
        start.set(window).ok().expect("nobody else sets the start");
        ready.wait();
        let (switches, daemon) = watch(window, contestant);
        let collect = |threads: Vec<std::thread::ScopedJoinHandle<RanGroup>>| {
            threads.into_iter().map(|t| t.join().expect("no worker panics")).reduce(merge).unwrap_or_default()
        };
        let groups = running.into_iter().map(collect).collect();
        Ran { window_ms: scenario.window_ms as f64, groups, switches, daemon }
    })
}

fn roles(group: &Group) -> Vec<Role> {
    let teams = group.workers.len() / group.team.max(1);
    let each = |_| -> Vec<Role> {
        match group.kind {
            Kind::Ring => messages::ring(group.team).into_iter().map(Role::Pipes).collect(),
            Kind::Messages => messages::senders_and_receivers(group.team).into_iter().map(Role::Pipes).collect(),
            Kind::FanOut => {
                let call = Arc::new(Call::default());
                let others = group.team - 1;
                (0..group.team).map(|i| Role::Call { call: call.clone(), leads: i == 0, others }).collect()
            }
            _ => (0..group.team).map(|_| Role::Alone).collect(),
        }
    };
    (0..teams).flat_map(each).collect()
}

fn work(group: &Group, role: Role, place: &Place) -> RanGroup {
    match (group.kind, role) {
        (Kind::Hog { on_ms, off_ms }, _) => hog::run(place, on_ms, off_ms),
        (Kind::Sleeper { period_us, work_us, on_fastest }, _) => sleeper::run(place, period_us, work_us, on_fastest),
        (Kind::Forks { work_us }, _) => forks::run(place, work_us),
        (Kind::Kworkers { period_us }, _) => kworkers::run(place, period_us),
        (Kind::Program, _) => program::run(place, &group.command),
        (Kind::Messages, Role::Pipes(ends)) => messages::exchange(place, ends),
        (_, Role::Pipes(ends)) => messages::pass_on(place, ends),
        (_, Role::Call { call, leads: true, others }) => wakers::lead(place, &call, others),
        (_, Role::Call { call, others, .. }) => wakers::follow(place, &call, others),
        (Kind::Ring | Kind::FanOut | Kind::Messages, Role::Alone) => {
            unreachable!("roles() gives teams their pipes and calls")
        }
    }
}

/// All that has to be so before the start. The worker's own thread does it, to itself.
fn prepare(worker: &Worker) {
    match worker.born {
        Some(cpu) => task::set_affinity(task::tid(), &[cpu]),
        None => task::set_affinity(task::tid(), &worker.may_run),
    }
    task::set_nice(task::tid(), worker.nice);
    let tid = task::tid().as_raw_nonzero().to_string();
    if let Some((number, _)) = worker.cgroup {
        write(cgroup(number).join("cgroup.threads"), &tid);
    }
    if worker.fifo {
        task::set_policy(task::Policy::Fifo);
    }
}

fn cgroup(number: usize) -> PathBuf {
    PathBuf::from(format!("/sys/fs/cgroup/lab-{number}"))
}

fn make_cgroups(groups: &[Group]) {
    let mut wanted: Vec<_> = groups.iter().flat_map(|group| &group.workers).filter_map(|w| w.cgroup).collect();
    wanted.sort_unstable();
    wanted.dedup();
    if !wanted.is_empty() {
        write("/sys/fs/cgroup/cgroup.subtree_control".into(), "+cpu");
    }
    for (number, weight) in wanted {
        let path = cgroup(number);
        if !path.exists() {
            fs::create_dir(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        }
        // The workers are threads of one process: the cgroups have to be threaded for them to be in several.
        write(path.join("cgroup.type"), "threaded");
        write(path.join("cpu.weight"), &weight.to_string());
    }
}

fn write(path: PathBuf, text: &str) {
    fs::write(&path, text).unwrap_or_else(|e| panic!("writing '{text}' to {}: {e}", path.display()));
}

/// Sleep through the window; what the guest and the contestant used in it.
fn watch(window: Window, contestant: Option<u32>) -> (u64, Option<Daemon>) {
    clock::sleep_until(window.start);
    let (switches_before, before) = (switches(), contestant.map(daemon::read));
    clock::sleep_until(window.end);
    let used = contestant.map(daemon::read).zip(before).map(|(after, before)| Daemon {
        cpu_ms: after.cpu_ms - before.cpu_ms,
        memory_kb: after.memory_kb,
        bpf_ms: after.bpf_ms - before.bpf_ms,
    });
    (switches() - switches_before, used)
}

fn switches() -> u64 {
    let stat = fs::read_to_string("/proc/stat").expect("/proc/stat can be read");
    let count = stat.lines().find_map(|line| line.strip_prefix("ctxt ")).and_then(|n| n.trim().parse().ok());
    count.expect("/proc/stat counts context switches")
}

fn merge(mut all: RanGroup, one: RanGroup) -> RanGroup {
    all.workers.extend(one.workers);
    all.late_us.extend(one.late_us);
    all.frames += one.frames;
    all.missed += one.missed;
    all.rounds += one.rounds;
    all.said += &one.said;
    all
}
