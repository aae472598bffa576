//! Workers that wake each period, work and sleep: how late they woke, and how often they were not done in time.

use crate::account::{Account, Place};
use crate::clock;
use crate::spec::RanGroup;

pub fn run(place: &Place, period_us: u64, work_us: u64, on_fastest: bool) -> RanGroup {
    let (period, work) = (period_us * 1_000, work_us * 1_000);
    let mut account = Account::open(place);
    let mut ran = RanGroup::default();
    let mut due = place.begin + period;
    // Work is counted from the start on, not from each wake-up: an emulated CPU's clock may jump by more than one
    // wake-up's work, and what was used too much now is used less next time.
    let done = |account: &Account| if on_fastest { account.progress() } else { clock::thread_cpu() };
    let mut target = done(&account);
    loop {
        account.leave();
        clock::sleep_until(due);
        let woke = account.back();
        // Who wakes only after the window was late in it all the same.
        if place.window.holds(due) {
            ran.late_us.push(woke.saturating_sub(due) / 1_000);
        }
        target += work;
        let mut now = woke;
        while done(&account) < target && now < place.window.end {
            clock::spin();
            now = account.look();
        }
        frame(&mut ran, place, due, now > due + period);
        // Who fell behind goes on with the next period, as a display does: lateness must not add up. The periods in
        // between had no frame, and count as late from when they were due, lest starvation hides itself by taking no
        // samples ("coordinated omission").
        due += period;
        while due < now.min(place.window.end) {
            frame(&mut ran, place, due, true);
            if place.window.holds(due) {
                ran.late_us.push((now - due) / 1_000);
            }
            due += period;
        }
        if now >= place.window.end {
            break;
        }
    }
    ran.workers = vec![account.close()];
    ran
}

fn frame(ran: &mut RanGroup, place: &Place, due: u64, missed: bool) {
    if place.window.holds(due) {
        ran.frames += 1;
        ran.missed += u64::from(missed);
    }
}
