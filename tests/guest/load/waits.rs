//! Who waits while which CPU is idle: the kernel's own account of switches and wake-ups, gone through event by event. Pure.
//!
//! A task waits where it was when it began to: a CPU of the same LLC should come for it at once, one of its node or of
//! another node once it has waited for the delay of that distance. What is found is by how much idle CPUs were later than
//! that ([`Found::neglected`]), and how many tasks were taken from afar too early ([`Found::early`]). Every moment is looked
//! at, not a sample of them.

use std::collections::HashMap;

/// Nearness of a CPU to the place where a task waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distance {
    Llc,
    Node,
    Remote,
}

pub const DISTANCES: [(Distance, &str); 3] =
    [(Distance::Llc, "llc"), (Distance::Node, "node"), (Distance::Remote, "remote")];

/// A machine whose CPUs are numbered through its LLCs, and these through its nodes.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub cpus_per_llc: usize,
    pub cpus_per_node: usize,
}

impl Shape {
    fn distance(self, a: usize, b: usize) -> Distance {
        if a / self.cpus_per_llc == b / self.cpus_per_llc {
            Distance::Llc
        } else if a / self.cpus_per_node == b / self.cpus_per_node {
            Distance::Node
        } else {
            Distance::Remote
        }
    }
}

/// What the kernel's tracer tells. Times in µs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    Switch { cpu: usize, prev: i32, prev_waits: bool, next: i32 },
    Wake { task: i32, cpu: usize },
    Migrate { task: i32, to: usize },
}

/// A line of /sys/kernel/tracing/trace; none for those that are no events of interest.
pub fn parse(line: &str) -> Option<(u64, Event)> {
    let (head, text) = line.split_once(": sched_")?;
    let (place, time) = head.rsplit_once(' ')?;
    let (seconds, micros) = time.split_once('.')?;
    let at = seconds.parse::<u64>().ok()? * 1_000_000 + micros.parse::<u64>().ok()?;
    let field = |name: &str| text.split_once(name)?.1.split(' ').next();
    let number = |name: &str| field(name)?.parse::<i32>().ok();
    let event = match text.split_once(':')?.0 {
        "switch" => Event::Switch {
            cpu: place.rsplit_once('[')?.1.split_once(']')?.0.parse().ok()?,
            prev: number(" prev_pid=")?,
            prev_waits: field(" prev_state=")?.starts_with('R'),
            next: number(" next_pid=")?,
        },
        "wakeup" | "wakeup_new" => Event::Wake { task: number(" pid=")?, cpu: field(" target_cpu=")?.parse().ok()? },
        "migrate_task" => Event::Migrate { task: number(" pid=")?, to: field(" dest_cpu=")?.parse().ok()? },
        _ => return None,
    };
    Some((at, event))
}

#[derive(Clone, Copy, Debug)]
enum State {
    Runs,
    Waits { since: u64, cpu: usize },
    Sleeps,
}

struct Task {
    may_run: Vec<usize>,
    state: State,
}

/// What was found, by distance in the order of [`DISTANCES`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The longest that a CPU was idle beside a task that it might have taken by then, µs.
    pub neglected: [u64; 3],
    /// How many tasks were taken from there while they waited.
    pub taken: [u64; 3],
    /// How many of these had waited for less than three quarters of the delay. (A wait is counted from the switch to another
    /// task, and the task was queued a moment before that.)
    pub early: [u64; 3],
}

/// Goes through events in the order of time.
pub struct Watch {
    shape: Shape,
    /// By distance: how long a task has to wait before it may be taken, µs.
    delays: [u64; 3],
    /// By CPU: since when it has been idle.
    idle: HashMap<usize, u64>,
    tasks: HashMap<i32, Task>,
    found: Found,
}

impl Watch {
    /// Watch these tasks, by id, and the CPUs that they may run on.
    pub fn new(shape: Shape, delays: [u64; 3], tasks: impl IntoIterator<Item = (i32, Vec<usize>)>) -> Self {
        let tasks = tasks.into_iter().map(|(id, may_run)| (id, Task { may_run, state: State::Sleeps })).collect();
        Self { shape, delays, idle: HashMap::new(), tasks, found: Found::default() }
    }

    pub fn found(self) -> Found {
        self.found
    }

    pub fn see(&mut self, at: u64, event: Event) {
        match event {
            Event::Switch { cpu, prev, prev_waits, next } => {
                self.idle_ends(cpu, at);
                self.wait_ends(next, at);
                self.set(next, State::Runs);
                self.set(prev, if prev_waits { State::Waits { since: at, cpu } } else { State::Sleeps });
                if next == 0 {
                    self.idle.insert(cpu, at);
                }
            }
            Event::Wake { task, cpu } => {
                if matches!(self.tasks.get(&task), Some(Task { state: State::Sleeps, .. })) {
                    self.set(task, State::Waits { since: at, cpu });
                }
            }
            Event::Migrate { task, to } => self.taken(task, to, at),
        }
    }

    fn set(&mut self, task: i32, state: State) {
        if let Some(task) = self.tasks.get_mut(&task) {
            task.state = state;
        }
    }

    fn taken(&mut self, task: i32, to: usize, at: u64) {
        let Some(Task { state: State::Waits { since, cpu }, .. }) = self.tasks.get(&task) else { return };
        let (waited, distance) = (at - since, self.shape.distance(*cpu, to) as usize);
        self.wait_ends(task, at);
        self.found.taken[distance] += 1;
        self.found.early[distance] += u64::from(waited < self.delays[distance] * 3 / 4);
        self.set(task, State::Waits { since: at, cpu: to });
    }

    /// A CPU has something to run: who waited for it meanwhile?
    fn idle_ends(&mut self, cpu: usize, at: u64) {
        let Some(idle_since) = self.idle.remove(&cpu) else { return };
        let neglected: Vec<_> =
            self.tasks.values().filter_map(|task| self.neglect(task, cpu, idle_since, at)).collect();
        self.remember(&neglected);
    }

    /// A task has a CPU: which others were idle meanwhile?
    fn wait_ends(&mut self, task: i32, at: u64) {
        let Some(task) = self.tasks.get(&task) else { return };
        let idle = self.idle.iter();
        let neglected: Vec<_> = idle.filter_map(|(cpu, since)| self.neglect(task, *cpu, *since, at)).collect();
        self.remember(&neglected);
    }

    fn neglect(&self, task: &Task, cpu: usize, idle_since: u64, at: u64) -> Option<(Distance, u64)> {
        let State::Waits { since, cpu: waits_at } = task.state else { return None };
        let distance = self.shape.distance(waits_at, cpu);
        let may_be_taken_at = since + self.delays[distance as usize];
        task.may_run.contains(&cpu).then(|| (distance, at.saturating_sub(may_be_taken_at.max(idle_since))))
    }

    fn remember(&mut self, neglected: &[(Distance, u64)]) {
        for (distance, micros) in neglected {
            let most = &mut self.found.neglected[*distance as usize];
            *most = (*most).max(*micros);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape { cpus_per_llc: 2, cpus_per_node: 4 };
    const TASK: i32 = 7;

    fn switch(cpu: usize, prev: i32, next: i32) -> Event {
        Event::Switch { cpu, prev, prev_waits: prev != 0, next }
    }

    /// Task 7 waits on CPU 0 from 1000 µs on and runs at 5000 on `cpu`; CPUs of each distance may be idle.
    fn waited(may_run: &[usize], idle: &[usize], cpu: usize) -> Found {
        let mut watch = Watch::new(SHAPE, [0, 500, 2000], [(TASK, may_run.to_vec())]);
        idle.iter().for_each(|idle| watch.see(0, switch(*idle, 99, 0)));
        watch.see(1000, Event::Wake { task: TASK, cpu: 0 });
        watch.see(1200, Event::Wake { task: TASK, cpu: 0 });
        if cpu != 0 {
            watch.see(5000, Event::Migrate { task: TASK, to: cpu });
        }
        watch.see(5000, switch(cpu, 0, TASK));
        watch.see(9000, switch(cpu, TASK, 0));
        watch.found()
    }

    #[test]
    fn an_idle_cpu_neglects_who_has_waited_for_its_delay() {
        assert_eq!(waited(&[0, 1, 2, 3, 4, 5], &[1, 3, 5], 0).neglected, [4000, 3500, 2000]);
        assert_eq!(waited(&[0, 1, 2, 3, 4, 5], &[5], 0).neglected, [0, 0, 2000]);
        assert_eq!(waited(&[0, 1], &[1, 3, 5], 0).neglected, [4000, 0, 0], "where it may run");
        assert_eq!(waited(&[0, 1, 2, 3, 4, 5], &[], 0).neglected, [0; 3]);
    }

    #[test]
    fn who_is_taken_from_afar_has_waited_for_so_long() {
        let found = waited(&[0, 4], &[4], 4);
        assert_eq!((found.taken, found.early), ([0, 0, 1], [0; 3]));
        assert_eq!(found.neglected, [0, 0, 2000], "it came, but late");
        assert_eq!(waited(&[0, 4], &[4], 0).taken, [0; 3]);
        let mut watch = Watch::new(SHAPE, [0, 500, 2000], [(TASK, vec![0, 4])]);
        watch.see(0, Event::Wake { task: TASK, cpu: 0 });
        watch.see(1400, Event::Migrate { task: TASK, to: 4 });
        assert_eq!(watch.found().early, [0, 0, 1]);
    }

    #[test]
    fn lines_of_the_trace_are_read() {
        let line = " guest load-253     [002] d..2.     5.559406: sched_switch: prev_comm=guest load prev_pid=253 \
                    prev_prio=120 prev_state=R+ ==> next_comm=swapper/2 next_pid=0 next_prio=120";
        assert_eq!(parse(line), Some((5_559_406, switch(2, 253, 0))));
        let line = "   <idle>-0   [000] dNs4.  12.000001: sched_wakeup: comm=a b pid=31 prio=120 target_cpu=007";
        assert_eq!(parse(line), Some((12_000_001, Event::Wake { task: 31, cpu: 7 })));
        let line = "  x-9 [001] d..2. 1.5: sched_migrate_task: comm=x pid=31 prio=120 orig_cpu=0 dest_cpu=3";
        assert_eq!(parse(line).map(|(_, event)| event), Some(Event::Migrate { task: 31, to: 3 }));
        assert_eq!(parse("# entries-in-buffer/entries-written: 145/145   #P:8"), None);
    }
}
