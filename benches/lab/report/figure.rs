//! The median and the worst of some runs.

use super::measure::Better;

/// Fewer runs than these say nothing about who is better.
pub const MIN_RUNS: usize = 5;

/// What came out of the runs that went well.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    pub median: f64,
    /// The worst; the greatest where nobody has said which way is better.
    pub worst: f64,
    pub best: f64,
    pub runs: usize,
}

impl Figure {
    /// None of no values. Those that are no number have been left out before.
    pub fn of(values: &[f64], better: Better) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (least, greatest) = (*sorted.first()?, *sorted.last()?);
        let (best, worst) = if better == Better::Higher { (greatest, least) } else { (least, greatest) };
        Some(Self { median: median(&sorted), worst, best, runs: sorted.len() })
    }

    /// For a figure of fewer than `MIN_RUNS`.
    pub fn few_runs(&self) -> String {
        format!("only {} run{}", self.runs, if self.runs == 1 { "" } else { "s" })
    }

    /// How far chaos alone carries a run: what a win has to pass.
    pub fn spread(&self) -> f64 {
        (self.worst - self.median).abs()
    }
}

fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { f64::midpoint(sorted[middle - 1], sorted[middle]) }
}

/// Three figures that count.
pub fn number(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return if value == 0.0 { "0".into() } else { value.to_string() };
    }
    let magnitude = value.abs().log10().floor() as i32;
    match magnitude {
        6.. => format!("{} M", number(value / 1e6)),
        ..-3 => format!("{value:.2e}"),
        _ => {
            let decimals = usize::try_from(2 - magnitude).unwrap_or(0);
            let text = format!("{value:.decimals$}");
            if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
        }
    }
}

/// How many times as large: 1 is written as 1.00, since a ratio near it is about the last digits.
pub fn times(ratio: f64) -> String {
    match ratio {
        0.0 => "0×".into(),
        ..0.1 => format!("{}×", number(ratio)),
        ..10.0 => format!("{ratio:.2}×"),
        _ => format!("{ratio:.0}×"),
    }
}
