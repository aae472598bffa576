//! Reads from /proc which threads there are and what they ran, to find those that are worth asking about. Anybody may, unless
//! /proc is mounted so that one sees only one's own.

use serde::Serialize;
use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// Threads that are looked at, at most: reading one takes about 10 us.
const LOOKED_AT: usize = 10_000;
/// Threads that are asked about, at most: those that ran most. The daemon answers between two rounds.
pub const ASKED: usize = 100;

/// What threads had run when they were last looked at, in clock ticks, by id.
#[derive(Default)]
pub struct Threads {
    ran: HashMap<u32, u64>,
}

/// What /proc says of a thread.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Told {
    pub name: String,
    /// The CPUs that it may run on.
    pub affinity: String,
    pub cgroup: String,
}

/// Of one line of /proc/PID/stat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stat {
    id: u32,
    runnable: bool,
    ran: u64,
}

impl Threads {
    /// The threads that ran most since the last look, or that are runnable now; the busiest first.
    pub fn busiest(&mut self, proc: &Path) -> Vec<u32> {
        let seen: Vec<Stat> = stats(proc);
        let since = |stat: &Stat| stat.ran - self.ran.get(&stat.id).copied().unwrap_or(stat.ran).min(stat.ran);
        let mut busy: Vec<(u64, u32)> = seen
            .iter()
            .map(|stat| (since(stat) + u64::from(stat.runnable), stat.id))
            .filter(|(ran, _)| *ran > 0)
            .collect();
        busy.sort_by_key(|(ran, id)| (std::cmp::Reverse(*ran), *id));
        self.ran = seen.iter().map(|stat| (stat.id, stat.ran)).collect();
        busy.into_iter().take(ASKED).map(|(_, id)| id).collect()
    }
}

/// What there is of a thread; what is not there (any more) is empty.
pub fn told(proc: &Path, id: u32) -> Told {
    let read = |file: &str| fs::read_to_string(proc.join(format!("{id}/{file}"))).unwrap_or_default();
    let (status, cgroups) = (read("status"), read("cgroup"));
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.unwrap_or_default().trim().to_owned()
    };
    let cgroup = cgroups.lines().find_map(|line| line.strip_prefix("0::")).unwrap_or_default().to_owned();
    Told { name: field("Name"), affinity: field("Cpus_allowed_list"), cgroup }
}

fn stats(proc: &Path) -> Vec<Stat> {
    let folders = |path: &Path| {
        let entries = fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path());
        entries.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().parse::<u32>().is_ok()))
    };
    let threads = folders(proc).flat_map(|process| folders(&process.join("task")));
    threads.take(LOOKED_AT).filter_map(|path| stat(&fs::read_to_string(path.join("stat")).ok()?)).collect()
}

/// proc(5): "pid (comm) state ppid …", utime and stime are the 14th and 15th. A name may hold anything, so the last ")" ends it.
fn stat(line: &str) -> Option<Stat> {
    let id = line.split_once(' ')?.0.parse().ok()?;
    let fields: Vec<&str> = line.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
    Some(Stat { id, runnable: fields.first() == Some(&"R"), ran: number(14)? + number(15)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: u32, state: char, ran: u64) -> String {
        format!("{id} (a (b) c) {state} 1 2 3 4 5 6 7 8 9 10 {ran} 0 0 0 20 0 1 0 100 0 0\n")
    }

    #[test]
    fn a_line_is_read_whatever_the_name() {
        assert_eq!(stat(&line(7, 'R', 12)), Some(Stat { id: 7, runnable: true, ran: 12 }));
        assert_eq!([stat(""), stat("7 (x"), stat("7 (x) R 1")], [None; 3]);
    }

    #[test]
    fn those_that_ran_most_since_come_first() {
        let proc = tempfile::tempdir().expect("a folder");
        let write = |id: u32, state, ran| {
            let folder = proc.path().join(format!("{id}/task/{id}"));
            fs::create_dir_all(&folder).expect("it can be made");
            fs::write(folder.join("stat"), line(id, state, ran)).expect("it can be written");
        };
        let mut threads = Threads::default();
        [(1, 'S', 900), (2, 'R', 5), (3, 'S', 10)].into_iter().for_each(|(id, state, ran)| write(id, state, ran));
        assert_eq!(threads.busiest(proc.path()), [2], "of what they ran before nothing is known");
        [(1, 'S', 900), (2, 'R', 6), (3, 'S', 30)].into_iter().for_each(|(id, state, ran)| write(id, state, ran));
        assert_eq!(threads.busiest(proc.path()), [3, 2]);
        assert_eq!(told(proc.path(), 1), Told::default(), "what is not there is empty");
    }
}
