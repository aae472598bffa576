use crate::lab::report::measure::Better;
use crate::lab::report::pictures::gather::*;

#[test]
fn runs_with_points_of_their_own_are_joined() {
    let runs: [&[(f64, f64)]; 2] = [&[(0.0, 10.0), (2.0, 0.0)], &[(0.0, 4.0), (1.0, 2.0)]];
    let points = over_runs(&runs, Better::Lower);
    let flat: Vec<_> = points.iter().map(|(x, figure)| (*x, figure.median, figure.worst, figure.runs)).collect();
    assert_eq!(flat, [(0.0, 7.0, 10.0, 2), (1.0, 3.5, 5.0, 2), (2.0, 0.0, 0.0, 1)]);
}
