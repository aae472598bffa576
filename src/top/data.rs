//! What there is to show. Pure.

use crate::record::LoggedRound;
use crate::stats::Report;
use crate::units::{CpuId, DomainId};

/// All of it, as of one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Data {
    /// The last report.
    pub report: Report,
    /// The one before, for what has come since; none at first.
    pub before: Option<Report>,
    /// Rounds that planned something, the newest last.
    pub rounds: Vec<LoggedRound>,
    /// The tasks that ran most lately; empty while nobody looks at them.
    pub tasks: Vec<Task>,
    /// Frequencies and temperatures.
    pub heat: Heat,
    /// Why the above is old, if it is.
    pub trouble: Option<String>,
}

/// A task of the scheduler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// The thread's id.
    pub id: u32,
    pub name: String,
    /// The domain that it belongs to.
    pub home: DomainId,
    /// 1024 = a task at nice 0 that always wants to run.
    pub load: u64,
    /// The share of its time that it wants to run, in 1024ths.
    pub duty: u64,
    /// Can it run on one CPU only?
    pub pinned: bool,
    /// Can it run in its home only, by its affinity?
    pub home_only: bool,
    /// How long ago a flow last moved it, ns; none if none did.
    pub moved_ago_ns: Option<u64>,
    /// Where it may run, as a cpulist.
    pub cpus: String,
    pub cgroup: String,
}

impl Default for Task {
    fn default() -> Self {
        Self {
            id: 0,
            name: String::new(),
            home: DomainId(0),
            load: 0,
            duty: 0,
            pinned: false,
            home_only: false,
            moved_ago_ns: None,
            cpus: String::new(),
            cgroup: String::new(),
        }
    }
}

/// What the machine's sensors say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heat {
    /// Of the CPUs that tell.
    pub frequencies: Vec<Frequency>,
    /// Sensors by name, degrees Celsius.
    pub temperatures: Vec<(String, f64)>,
}

/// How fast a CPU is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frequency {
    /// Which.
    pub cpu: CpuId,
    /// Now, kHz.
    pub now: u64,
    /// The most that it may be, kHz.
    pub most: u64,
    /// Times that it was slowed down because it was too hot, since boot; none where the kernel does not count.
    pub throttled: Option<u64>,
}

impl Data {
    /// Take a new report.
    pub fn add(&mut self, report: Report) {
        let last = std::mem::replace(&mut self.report, report);
        // Another run of the scheduler begins to count anew.
        let same_run = last.daemon.uptime > 0.0 && last.daemon.uptime < self.report.daemon.uptime;
        self.before = same_run.then_some(last);
    }

    /// How much of a counter came in a second, from the last report but one to the last; none where there is one only.
    #[must_use]
    pub fn rate(&self, counter: impl Fn(&Report) -> Option<u64>) -> Option<f64> {
        let before = self.before.as_ref()?;
        let seconds = self.report.daemon.uptime - before.daemon.uptime;
        let more = counter(&self.report)?.saturating_sub(counter(before)?);
        (seconds > 0.0).then(|| more as f64 / seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(uptime: f64, moved: u64) -> Report {
        let mut report = Report::default();
        report.daemon.uptime = uptime;
        report.machine.counters.changed_domain = moved;
        report
    }

    #[test]
    fn rates_are_of_one_run_of_the_scheduler() {
        let mut data = Data::default();
        let moved = |report: &Report| Some(report.machine.counters.changed_domain);
        data.add(report(10.0, 100));
        assert_eq!(data.rate(moved), None, "nothing is known of before");
        data.add(report(12.0, 150));
        assert_eq!(data.rate(moved), Some(25.0));
        data.add(report(1.0, 7));
        assert_eq!(data.rate(moved), None, "it was started again");
        data.add(report(2.0, 9));
        assert_eq!(data.rate(moved), Some(2.0));
    }
}
