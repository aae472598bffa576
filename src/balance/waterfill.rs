//! Who gets how much of something that several want, by weight: weighted max-min.
//!
//! Water is let into basins that stand side by side, as wide as their weights and as high as they need to hold what is wanted.
//! The level rises in all of them at once; a basin that is full takes no more, and the rest rise the faster:
//!
//! ```text
//! gets = min(wants, weight × level)
//! ```
//!
//! Example: 8 CPUs, and basins of weight 1, 3 and 4 that want 8, 1 and 8. At equal levels they would get 1, 3 and 4. The second
//! is full at 1, and the other two get 7 / 5 = 1.4 for each unit of weight: 1.4 and 5.6.

/// One that wants something.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Basin {
    /// > 0.
    pub weight: f64,
    /// The most that it can use, ≥ 0.
    pub wants: f64,
}

/// The level at which `amount` is used up.
///
/// Where there is more than all of them want, it is the one at which the last is full, or that to which the amount would
/// rise without any bound, whichever is higher; those that want nothing do not count there unless none does. 0 where there
/// is no basin.
#[must_use]
pub fn level(basins: &[Basin], amount: f64) -> f64 {
    let fills_at = |basin: &Basin| basin.wants / basin.weight;
    let mut thirsty: Vec<&Basin> = basins.iter().filter(|basin| basin.wants > 0.0).collect();
    if thirsty.is_empty() {
        let weight: f64 = basins.iter().map(|basin| basin.weight).sum();
        return if weight > 0.0 { amount / weight } else { 0.0 };
    }
    thirsty.sort_by(|a, b| fills_at(a).total_cmp(&fills_at(b)));
    let all: f64 = thirsty.iter().map(|basin| basin.weight).sum();
    let (mut left, mut weight) = (amount, all);
    for basin in &thirsty {
        let level = left / weight;
        if fills_at(basin) > level {
            return level;
        }
        left -= basin.wants;
        weight -= basin.weight;
    }
    thirsty.last().map_or(0.0, |last| fills_at(last)).max(amount / all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn gets(basin: &Basin, level: f64) -> f64 {
        basin.wants.min(basin.weight * level)
    }

    #[test]
    fn what_one_cannot_use_goes_to_the_others() {
        let basins = [(1.0, 8.0), (3.0, 1.0), (4.0, 8.0)].map(|(weight, wants)| Basin { weight, wants });
        let level = level(&basins, 8.0);
        assert!((level - 1.4).abs() < 1e-9);
        assert!((basins.iter().map(|basin| gets(basin, level)).sum::<f64>() - 8.0).abs() < 1e-9);
    }

    #[test]
    fn with_enough_for_all_the_level_is_that_of_the_last() {
        let basins = [(1.0, 2.0), (1.0, 0.5), (9.0, 0.0)].map(|(weight, wants)| Basin { weight, wants });
        assert!((level(&basins, 8.0) - 4.0).abs() < 1e-9);
        assert!((level(&basins, 2.6) - 2.0).abs() < 1e-9);
        assert!((level(&[], 8.0)).abs() < 1e-9);
        assert!((level(&[Basin { weight: 2.0, wants: 0.0 }], 8.0) - 4.0).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn all_is_used_or_all_is_full(
            basins in proptest::collection::vec((1.0..1000.0, 0.0..10.0), 1..8),
            amount in 0.1..40.0,
        ) {
            let basins: Vec<Basin> = basins.into_iter().map(|(weight, wants)| Basin { weight, wants }).collect();
            let level = level(&basins, amount);
            let used: f64 = basins.iter().map(|basin| gets(basin, level)).sum();
            let wanted: f64 = basins.iter().map(|basin| basin.wants).sum();
            prop_assert!((used - amount.min(wanted)).abs() < 1e-6, "{used} of {amount}, {wanted} wanted");
        }
    }
}
