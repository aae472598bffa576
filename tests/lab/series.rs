use crate::lab::series::*;

/// A worker that should have all of a CPU, and got so many ms of it in each tenth of a second.
fn errors(ms: &[u64]) -> Vec<f64> {
    let tenths: Vec<u64> = ms.iter().map(|ms| ms * 1_000).collect();
    share_errors(&[(1.0, &tenths)])
}

#[test]
fn shares_are_even_from_when_they_stay_so() {
    assert_eq!(settle_ms(&errors(&[100; 10]), 1000.0), 0.0);
    // Half of the CPU for half a second: the half seconds that begin at 0.3 s are good enough, if only just.
    let late = errors(&[50, 50, 50, 50, 50, 100, 100, 100, 100, 100]);
    assert_eq!(late, [50.0, 40.0, 30.0, 20.0, 10.0, 0.0]);
    assert_eq!(settle_ms(&late, 1000.0), 300.0);
    assert_eq!(settle_ms(&[50.0, 25.0, 15.0], 1000.0), 150.0);
    assert_eq!(over_s(&late)[..2], [(0.5, 50.0), (0.6, 40.0)]);
}

#[test]
fn who_never_gets_even_takes_the_whole_window() {
    assert_eq!(settle_ms(&errors(&[100, 100, 100, 100, 100, 0, 0, 0, 0, 0]), 1000.0), 1000.0);
    assert_eq!(settle_ms(&errors(&[100, 100]), 200.0), 200.0);
}

#[test]
fn percentiles_are_values_that_were_there() {
    let hundred: Vec<u64> = (1..=100).map(|ms| ms * 1_000).collect();
    let points = by_percentile(&hundred);
    assert_eq!((points[0], points[1], points[6]), ((25.0, 25.0), (50.0, 50.0), (100.0, 100.0)));
    assert_eq!(percentile(&[7], 99.0), 7);
    assert_eq!(percentile(&[], 99.0), 0);
}
