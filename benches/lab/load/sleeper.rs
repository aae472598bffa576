//! Workers that wake each period, work and sleep: how late they woke, and how often they were not done in time.

use crate::account::{Account, Place};
use crate::clock;
use crate::spec::RanGroup;

pub fn run(place: &Place, period_us: u64, work_us: u64) -> RanGroup {
    let (period, work) = (period_us * 1_000, work_us * 1_000);
    let mut account = Account::open(place);
    let mut ran = RanGroup::default();
    let mut due = clock::now() + period;
    // Work is counted from the start on, not from each wake-up: an emulated CPU's clock may jump by more than one
    // wake-up's work, and what was used too much now is used less next time.
    let mut target = clock::thread_cpu();
    loop {
        account.leave();
        clock::sleep_until(due);
        let woke = account.back();
        if woke >= place.window.end {
            break;
        }
        let counts = place.window.holds(due);
        if counts {
            ran.late_us.push(woke.saturating_sub(due) / 1_000);
        }
        target += work;
        let mut now = woke;
        while clock::thread_cpu() < target && now < place.window.end {
            clock::spin();
            now = account.look();
        }
        if counts {
            ran.frames += 1;
            ran.missed += u64::from(now > due + period);
        }
        // Who fell behind goes on from where it is, as a display does with the next frame: lateness must not add up.
        due += period;
        if due < now {
            due += (now - due).div_ceil(period) * period;
        }
    }
    ran.workers = vec![account.close()];
    ran
}
