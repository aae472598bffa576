//! Goes through the boots, some at a time, and keeps what came of them.

use std::collections::VecDeque;
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressStyle};

use super::catalogue::Failure;
use super::guest::{self, Kernel};
use super::hearing::Told;
use super::matrix::Boot;
use super::measures;
use super::programs::Programs;
use super::results::{Outcome, Record, Results};

pub struct Runner<'a> {
    pub kernel: &'a Kernel,
    pub programs: &'a Programs,
    /// Guests at a time; each keeps one CPU of the host busy.
    pub jobs: usize,
}

const LOCKED: &str = "no worker panics with a lock held";

impl Runner<'_> {
    /// Run what lacks a result; returns the new records.
    pub fn run(&self, mut boots: Vec<Boot>, results: Results) -> Result<Vec<Record>, Failure> {
        let count = |boots: &[Boot]| boots.iter().map(|boot| boot.runs.len()).sum::<usize>();
        let all = count(&boots);
        for boot in &mut boots {
            keep(boot, |boot, index| !results.has(&boot.record(index).key()));
        }
        let to_run = count(&boots);
        let bar = progress_bar(to_run);
        if to_run < all {
            say(&bar, &format!("lab: {} of {all} runs have their results already", all - to_run));
        }
        let queue = Mutex::new(VecDeque::from(boots));
        let kept = Mutex::new((results, Vec::new()));
        let failure = Mutex::new(None);
        std::thread::scope(|scope| {
            for _ in 0..self.jobs {
                scope.spawn(|| {
                    while failure.lock().expect(LOCKED).is_none() {
                        let Some(boot) = queue.lock().expect(LOCKED).pop_front() else { break };
                        bar.set_message(boot.name());
                        let ran = self.boot(boot, |record| {
                            say(&bar, &summary(&record));
                            bar.inc(1);
                            let (results, records) = &mut *kept.lock().expect(LOCKED);
                            results.add(&record)?;
                            records.push(record);
                            Ok(())
                        });
                        if let Err(error) = ran {
                            *failure.lock().expect(LOCKED) = Some(error);
                        }
                    }
                });
            }
        });
        bar.finish_and_clear();
        match failure.into_inner().expect(LOCKED) {
            Some(error) => Err(error),
            None => Ok(kept.into_inner().expect(LOCKED).1),
        }
    }

    /// Run all of a boot; where a guest ends in the middle, those that it did not come to get another.
    fn boot(&self, mut boot: Boot, add: impl Fn(Record) -> Result<(), Failure>) -> Result<(), Failure> {
        while !boot.runs.is_empty() {
            let told = guest::run(&boot, self.kernel, self.programs, |index, told| add(record(&boot, index, told)))?;
            keep(&mut boot, |_, index| !told.contains(&index));
        }
        Ok(())
    }
}

/// Take the other runs out of a boot.
fn keep(boot: &mut Boot, wanted: impl Fn(&Boot, usize) -> bool) {
    let mut wanted = (0..boot.runs.len()).map(|index| wanted(boot, index)).collect::<Vec<_>>().into_iter();
    boot.runs.retain(|_| wanted.next().unwrap_or(false));
}

fn record(boot: &Boot, index: usize, told: Told) -> Record {
    let mut record = boot.record(index);
    (record.outcome, record.note) = (told.outcome, told.note);
    let resolved = &boot.runs[index].resolved;
    if let Some(ran) = &told.ran {
        match measures::of(resolved, boot.machine, boot.model, ran) {
            Ok((measures, series)) => (record.measures, record.series) = (measures, series),
            Err(error) => (record.outcome, record.note) = (Outcome::Lost, error),
        }
    }
    // Attaching is told once a boot, so it is a figure of one scenario: the one that has nothing else to do.
    let is_idle = resolved.groups.is_empty() && record.outcome == Outcome::Ok;
    if let Some(attach) = told.attach.filter(|_| is_idle) {
        record.measures.insert("attach_ms".into(), attach.ms);
        record.measures.insert("verified_instructions".into(), attach.verified_instructions as f64);
    }
    record
}

fn progress_bar(runs: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} runs, {eta} left: {msg}");
    let bar = ProgressBar::new(runs as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.enable_steady_tick(std::time::Duration::from_secs(1));
    bar
}

/// A line above the bar, and without one where there is no terminal to draw it on.
fn say(bar: &ProgressBar, line: &str) {
    if bar.is_hidden() { eprintln!("{line}") } else { bar.println(line) }
}

/// A line for who looks on: the outcome and the figures that tell most.
fn summary(record: &Record) -> String {
    const TELLING: [&str; 11] = [
        "attach_ms",
        "delivered_percent",
        "share_error_mean_percent",
        "share_error_worst_percent",
        "progress_percent",
        "wake_p99_ms",
        "missed_frames_percent",
        "round_trips_per_s",
        "messages_per_s",
        "hackbench_s",
        "cyclictest_max_ms",
    ];
    let run = format!("{} {} {} seed {}", record.machine, record.contestant, record.scenario, record.seed);
    if record.outcome != Outcome::Ok {
        return format!("{run}: {}: {}", record.outcome, record.note);
    }
    let figures = TELLING.iter().filter_map(|name| Some(format!("{name} {:.1}", record.measures.get(*name)?)));
    format!("{run}: {}", figures.collect::<Vec<_>>().join(", "))
}
