//! The kernel's own counters of sched_ext.

use std::collections::BTreeMap;

/// By the kernel's names, such as `SCX_EV_DISPATCH_KEEP_LAST`; empty where it has none (before Linux 6.15).
#[must_use]
pub fn events() -> BTreeMap<String, u64> {
    parse(&std::fs::read_to_string("/sys/kernel/sched_ext/root/events").unwrap_or_default())
}

/// Of lines "NAME VALUE".
fn parse(text: &str) -> BTreeMap<String, u64> {
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    lines.filter_map(|(name, value)| Some((name.to_owned(), value.trim().parse().ok()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn lines_that_are_no_counters_are_left_out() {
        let events = parse("SCX_EV_SELECT_CPU_FALLBACK 3\nSCX_EV_BYPASS_DURATION 12000\nodd\nworse x\n");
        assert_eq!(events.len(), 2);
        assert_eq!(events["SCX_EV_BYPASS_DURATION"], 12_000);
    }
}
