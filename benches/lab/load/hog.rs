//! Workers that want a CPU, always or for a part of each period.

use crate::account::{Account, Place};
use crate::clock::{self, NS_PER_MS};
use crate::spec::RanGroup;

pub fn run(place: &Place, on_ms: u64, off_ms: u64) -> RanGroup {
    let mut account = Account::open(place);
    let mut rest_at = if off_ms == 0 { u64::MAX } else { clock::now() + on_ms * NS_PER_MS };
    loop {
        clock::spin();
        let now = account.look();
        if now >= place.window.end {
            break;
        }
        if now >= rest_at {
            account.leave();
            clock::sleep_until(now + off_ms * NS_PER_MS);
            rest_at = account.back() + on_ms * NS_PER_MS;
        }
    }
    RanGroup { workers: vec![account.close()], ..RanGroup::default() }
}
