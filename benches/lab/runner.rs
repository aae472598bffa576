//! Goes through the boots, some at a time, and keeps what came of them.

use std::collections::VecDeque;
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressStyle};

use super::catalogue::Failure;
use super::guest::{self, Kernel, Told};
use super::matrix::Boot;
use super::measures;
use super::model::Model;
use super::programs::Programs;
use super::results::{Outcome, Record, Results};

pub struct Runner<'a> {
    pub model: &'a Model,
    pub kernel: &'a Kernel,
    pub programs: &'a Programs,
    /// Guests at a time; each keeps one CPU of the host busy.
    pub jobs: usize,
}

impl Runner<'_> {
    /// Run all boots that lack a result; returns the new records.
    pub fn run(&self, boots: Vec<Boot>, results: Results) -> Result<Vec<Record>, Failure> {
        let all = boots.len();
        let to_run: VecDeque<_> =
            boots.into_iter().filter(|boot| !boot.records().iter().all(|record| results.has(&record.key()))).collect();
        let bar = progress_bar(to_run.len());
        if to_run.len() < all {
            say(&bar, &format!("lab: {} of {all} boots have their results already", all - to_run.len()));
        }
        let queue = Mutex::new(to_run);
        let kept = Mutex::new((results, Vec::new()));
        let failure = Mutex::new(None);
        let locked = "no worker panics with a lock held";
        std::thread::scope(|scope| {
            for _ in 0..self.jobs {
                scope.spawn(|| {
                    while failure.lock().expect(locked).is_none() {
                        let Some(boot) = queue.lock().expect(locked).pop_front() else { break };
                        bar.set_message(boot.name());
                        let kept_now = guest::run(&boot, self.kernel, self.programs).and_then(|told| {
                            let (results, records) = &mut *kept.lock().expect(locked);
                            for record in self.records(&boot, told) {
                                say(&bar, &summary(&record));
                                results.add(&record)?;
                                records.push(record);
                            }
                            Ok(())
                        });
                        if let Err(error) = kept_now {
                            *failure.lock().expect(locked) = Some(error);
                        }
                        bar.inc(1);
                    }
                });
            }
        });
        bar.finish_and_clear();
        match failure.into_inner().expect(locked) {
            Some(error) => Err(error),
            None => Ok(kept.into_inner().expect(locked).1),
        }
    }

    fn records(&self, boot: &Boot, told: Vec<Told>) -> Vec<Record> {
        let scenarios = boot.records().into_iter().zip(&boot.session.scenarios).zip(told);
        let record = |((mut record, resolved), told): ((Record, _), Told)| {
            (record.outcome, record.note) = (told.outcome, told.note);
            if let Some(ran) = &told.ran {
                match measures::of(resolved, boot.machine, self.model, ran) {
                    Ok((measures, series)) => (record.measures, record.series) = (measures, series),
                    Err(error) => (record.outcome, record.note) = (Outcome::Lost, error),
                }
            }
            if let Some(attach) = told.attach.filter(|_| record.outcome == Outcome::Ok) {
                record.measures.insert("attach_ms".into(), attach.ms);
                record.measures.insert("verified_instructions".into(), attach.verified_instructions as f64);
            }
            record
        };
        scenarios.map(record).collect()
    }
}

fn progress_bar(boots: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} boots, {eta} left: {msg}");
    let bar = ProgressBar::new(boots as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.enable_steady_tick(std::time::Duration::from_secs(1));
    bar
}

/// A line above the bar, and without one where there is no terminal to draw it on.
fn say(bar: &ProgressBar, line: &str) {
    if bar.is_hidden() { eprintln!("{line}") } else { bar.println(line) }
}

/// A line for who looks on: the outcome and the figures that tell most.
fn summary(record: &Record) -> String {
    const TELLING: [&str; 8] = [
        "delivered_percent",
        "share_error_mean_percent",
        "share_error_worst_percent",
        "progress_percent",
        "wake_p99_ms",
        "missed_frames_percent",
        "round_trips_per_s",
        "messages_per_s",
    ];
    let run = format!("{} {} {} seed {}", record.machine, record.contestant, record.scenario, record.seed);
    if record.outcome != Outcome::Ok {
        return format!("{run}: {}: {}", record.outcome, record.note);
    }
    let figures = TELLING.iter().filter_map(|name| Some(format!("{name} {:.1}", record.measures.get(*name)?)));
    format!("{run}: {}", figures.collect::<Vec<_>>().join(", "))
}
