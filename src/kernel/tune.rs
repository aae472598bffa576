//! Tells BPF what may change while it runs (`SETTING` in `bpf/config.bpf.h`): before it is loaded, and after.

use super::configure::Options;
use super::load::Attached;
use super::skel::Settings;
use std::time::Duration;

/// How far a task may be ahead of its domain's clock or behind it, in its own run time. Two slices at least: one slice
/// alone must not take a task to the limit, or all end there and are equal.
const LEAST_LAG_LIMIT: Duration = Duration::from_millis(20);

impl Attached<'_> {
    /// Let slice, load half-life and delays be these from now on. What has a slice already keeps it.
    pub fn tune(&mut self, options: &Options) {
        if let Some(settings) = self.skel.maps.data_settings_data.as_mut() {
            tune(settings, options);
        }
    }
}

/// One value after the other. BPF may see some of them before the others: each pair of old and new ones makes sense.
pub(super) fn tune(settings: &mut Settings, options: &Options) {
    let slice = options.slice.unwrap_or(options.policy.terms().slice);
    let ns = |time: Duration| time.as_nanos() as u64;
    let half_life = ns(options.load_half_life).max(1);
    put(&mut settings.slice_ns, ns(slice));
    put(&mut settings.lag_limit_ns, ns(LEAST_LAG_LIMIT.max(2 * slice)));
    put(&mut settings.duty_half_life_ns, half_life);
    put(&mut settings.duty_scale, (1 << 42) / half_life);
    let delays = [0, ns(options.node_delay), ns(options.remote_delay)];
    for (place, delay) in settings.steal_delay_ns.iter_mut().zip(delays) {
        put(place, delay);
    }
}

fn put(place: &mut u64, value: u64) {
    // SAFETY: a live, aligned u64, in memory that may be mapped from the kernel; BPF reads it, and only we write it.
    unsafe { std::ptr::write_volatile(place, value) };
}
