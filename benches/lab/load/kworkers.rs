//! Kernel threads at work: each period the kworker of every CPU has a moment's work to do, and all are waited for.
//!
//! A write to this file folds the counters of each CPU into the machine's, by a work item in that CPU's own kworker, which
//! may run nowhere else (mm/vmstat.c, `vmstat_refresh`).

use std::fs;

use crate::account::{Account, Place};
use crate::clock;
use crate::spec::RanGroup;

const FOLD_COUNTERS: &str = "/proc/sys/vm/stat_refresh";

pub fn run(place: &Place, period_us: u64) -> RanGroup {
    let mut account = Account::open(place);
    let mut ran = RanGroup::default();
    let mut due = place.begin;
    while due < place.window.end {
        account.leave();
        clock::sleep_until(due);
        fs::write(FOLD_COUNTERS, "1").unwrap_or_else(|e| panic!("{FOLD_COUNTERS}: {e}"));
        let done = account.back();
        ran.rounds += u64::from(place.window.holds(done));
        // Calls that came due meanwhile count as made then, lest one long wait hides many (see sleeper.rs).
        while due <= done {
            if place.window.holds(due) {
                ran.late_us.push((done - due) / 1_000);
            }
            due += period_us * 1_000;
        }
    }
    ran.workers = vec![account.close()];
    ran
}
