//! Axes: where a value lies on one, and which values are written beside it.

use super::super::figure::number;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    Linear,
    /// Powers of ten; values below the least that is shown are put there.
    Log,
    /// Percentiles, as far apart as their distances from 100 % are by powers of ten.
    Percentile,
}

/// The rightmost percentile that has a place of its own; the maximum comes a step after.
const LAST_NINE: f64 = 3.0;

/// One axis of a chart.
#[derive(Clone, Debug)]
pub struct Axis {
    pub label: String,
    pub scale: Scale,
    /// The first and the last position.
    pub ends: (f64, f64),
}

impl Axis {
    /// An axis on which all of `values` fit.
    pub fn around(label: String, scale: Scale, values: impl Iterator<Item = f64>) -> Self {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for position in values.map(|value| scale.position(value)).filter(|position| position.is_finite()) {
            (low, high) = (low.min(position), high.max(position));
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        let ends = match scale {
            Scale::Linear => (low.min(0.0), if high > low.min(0.0) { high * 1.05 } else { low + 1.0 }),
            Scale::Log => (low.floor(), high.ceil().max(low.floor() + 1.0)),
            Scale::Percentile => (low - 0.15, high + 0.15),
        };
        Self { label, scale, ends }
    }

    /// Positions, and what is written there.
    pub fn ticks(&self) -> Vec<(f64, String)> {
        let (low, high) = self.ends;
        let ticks: Vec<(f64, String)> = match self.scale {
            Scale::Linear => {
                let step = round_step((high - low) / 5.0);
                let first = (low / step).ceil() as i64;
                (first..first + 12).map(|n| (n as f64 * step, number(n as f64 * step))).collect()
            }
            Scale::Log => {
                let sparse = high - low > 3.0;
                let digits: &[f64] = if sparse { &[1.0] } else { &[1.0, 2.0, 5.0] };
                let powers = low.floor() as i32..=high.ceil() as i32;
                let values = powers.flat_map(|power| digits.iter().map(move |digit| digit * 10_f64.powi(power)));
                values.map(|value| (value.log10(), number(value))).collect()
            }
            Scale::Percentile => {
                let named =
                    [(0.0, "min"), (50.0, "p50"), (90.0, "p90"), (99.0, "p99"), (99.9, "p99.9"), (100.0, "max")];
                named.map(|(value, name)| (Scale::Percentile.position(value), name.to_owned())).to_vec()
            }
        };
        ticks.into_iter().filter(|(position, _)| (low - 1e-9..=high + 1e-9).contains(position)).collect()
    }
}

impl Scale {
    pub fn position(self, value: f64) -> f64 {
        match self {
            Self::Linear => value,
            Self::Log => value.max(1e-3).log10(),
            Self::Percentile if value >= 100.0 => LAST_NINE + 0.7,
            Self::Percentile => (-(1.0 - value / 100.0).log10()).min(LAST_NINE),
        }
    }
}

/// 1, 2 or 5 times a power of ten, at least `step`.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= step);
    factor.unwrap_or(10.0) * power
}
