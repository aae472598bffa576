//! Figures out of what the programs of others print.

use super::catalogue::Failure;

/// What a program said, by its name: each figure with its unit in the name.
pub fn figures(program: &str, said: &str) -> Result<Vec<(&'static str, f64)>, Failure> {
    let figures = match program {
        "hackbench" => numbers(said, "Time:").first().map(|s| vec![("hackbench_s", *s)]),
        "cyclictest" => cyclictest(&numbers(said, "Avg:"), &numbers(said, "Max:")),
        _ => return Err(format!("benches/lab/said.rs does not know what '{program}' prints")),
    };
    figures.ok_or_else(|| format!("{program} printed no figures: {}", said.trim()))
}

/// A line a thread, in µs: "T: 0 (  42) P: 0 I:2000 C:    500 Min:      4 Act:    7 Avg:    9 Max:      55".
fn cyclictest(averages: &[f64], most: &[f64]) -> Option<Vec<(&'static str, f64)>> {
    let worst = most.iter().copied().reduce(f64::max)?;
    let average = averages.iter().sum::<f64>() / averages.len() as f64;
    Some(vec![("cyclictest_avg_ms", average / 1e3), ("cyclictest_max_ms", worst / 1e3)])
}

/// The numbers behind each `label`.
fn numbers(said: &str, label: &str) -> Vec<f64> {
    said.split(label).skip(1).filter_map(|rest| rest.split_whitespace().next()?.parse().ok()).collect()
}
