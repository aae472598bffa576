//! What a run's pictures are made of: shares over time, and the distribution of latencies.

/// Five tenths of a second: in less, slices of some ms alone make shares uneven.
const EVEN_TENTHS: usize = 5;

/// EEVDF's hogs that have long been spread are 9 to 15 % from their shares in a half second (12 on 8 CPUs).
const EVEN_BELOW_PERCENT: f64 = 20.0;

/// The percentiles that latency curves are drawn through.
const PERCENTILES: [f64; 7] = [25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 100.0];

/// How far workers were from their shares in the half second from each tenth on, on average, in percent. A row is a
/// worker's share in CPUs, and the CPU time in µs that it got in each tenth of a second.
pub fn share_errors(rows: &[(f64, &[u64])]) -> Vec<f64> {
    let tenths = rows.iter().map(|(_, tenths)| tenths.len()).min().unwrap_or(0);
    let error_from = |first: usize| {
        let error = |(share, tenths): &(f64, &[u64])| {
            let got = tenths[first..first + EVEN_TENTHS].iter().sum::<u64>() as f64 / 1e3;
            let due = share * EVEN_TENTHS as f64 * 100.0;
            (got - due).abs() / due * 100.0
        };
        rows.iter().map(error).sum::<f64>() / rows.len() as f64
    };
    (0..(tenths + 1).saturating_sub(EVEN_TENTHS)).map(error_from).collect()
}

/// From when on half seconds have even shares, for good; the whole window if that never came. Between two tenths of a
/// second as if the error fell evenly.
pub fn settle_ms(errors: &[f64], window_ms: f64) -> f64 {
    match errors.iter().rposition(|error| *error > EVEN_BELOW_PERCENT) {
        None if errors.is_empty() => window_ms,
        None => 0.0,
        Some(last) => errors.get(last + 1).map_or(window_ms, |next| {
            let part = (errors[last] - EVEN_BELOW_PERCENT) / (errors[last] - next);
            (last as f64 + part) * 100.0
        }),
    }
}

/// Errors as points at the end of their half seconds, when all that they tell had happened.
pub fn over_s(errors: &[f64]) -> Vec<(f64, f64)> {
    let at = |first: usize| (first + EVEN_TENTHS) as f64 / 10.0;
    errors.iter().enumerate().map(|(first, error)| (at(first), (error * 10.0).round() / 10.0)).collect()
}

/// Latencies in µs, in ascending order, as points of percentile and ms.
pub fn by_percentile(sorted_us: &[u64]) -> Vec<(f64, f64)> {
    PERCENTILES.map(|part| (part, percentile(sorted_us, part) as f64 / 1e3)).to_vec()
}

/// The smallest value that `part` of 100 do not exceed.
pub fn percentile(sorted: &[u64], part: f64) -> u64 {
    let rank = (sorted.len() as f64 * part / 100.0).ceil().max(1.0) as usize - 1;
    sorted.get(rank).copied().unwrap_or(0)
}
