use crate::lab::report::figure::Figure;
use crate::lab::report::grid::Cell;
use crate::lab::report::grid::Failures;
use crate::lab::report::measure::{Better, Measure, measure};
use crate::lab::report::verdict::*;
use crate::lab::results::Outcome;
use proptest::prelude::*;

fn cell(values: &[f64], better: Better) -> Cell {
    Cell::Measured(Figure::of(values, better).expect("values"), Failures::default())
}

/// Lower is better, and 1 % is nothing.
fn share_error() -> Measure {
    measure("share_error_mean_percent")
}

fn stalled(of: usize) -> Failures {
    Failures { count: [(Outcome::Stalled, 1)].into(), of }
}

fn lower(ours: &[f64], theirs: &[f64]) -> Verdict {
    compare(&cell(ours, Better::Lower), &cell(theirs, Better::Lower), &share_error()).verdict
}

#[test]
fn a_win_within_the_spread_of_either_is_a_tie() {
    assert_eq!(lower(&[1.0, 1.0, 1.0, 1.0, 1.5], &[3.0; 5]), Verdict::Win);
    assert_eq!(lower(&[1.0, 1.0, 1.0, 1.0, 3.5], &[3.0; 5]), Verdict::Tie);
    assert_eq!(lower(&[1.0; 5], &[3.0, 3.0, 3.0, 3.0, 5.0]), Verdict::Tie);
    assert_eq!(lower(&[3.0; 5], &[1.0; 5]), Verdict::Loss);
    assert_eq!(lower(&[2.0; 5], &[2.0; 5]), Verdict::Tie);
    assert_eq!(lower(&[1.0; 4], &[9.0; 5]), Verdict::None("too few runs"));
}

#[test]
fn what_nobody_would_notice_is_a_tie() {
    assert_eq!(lower(&[0.003; 5], &[0.028; 5]), Verdict::Tie);
    assert_eq!(lower(&[1.0; 5], &[2.0; 5]), Verdict::Tie);
    assert_eq!(lower(&[1.0; 5], &[2.1; 5]), Verdict::Win);
}

#[test]
fn a_failure_of_ours_is_a_loss() {
    let good = cell(&[9.0; 5], Better::Lower);
    assert_eq!(compare(&Cell::Failed(stalled(1)), &good, &share_error()).verdict, Verdict::Loss);
    let mostly = Cell::Measured(Figure::of(&[1.0; 5], Better::Lower).expect("values"), stalled(6));
    assert_eq!(compare(&mostly, &good, &share_error()).verdict, Verdict::Loss);
    assert_eq!(compare(&good, &mostly, &share_error()).verdict, Verdict::Loss);
    assert_eq!(compare(&good, &Cell::Failed(stalled(1)), &share_error()).verdict, Verdict::None("theirs has none"));
    assert_eq!(compare(&Cell::NotRun, &good, &share_error()).verdict, Verdict::None("not run"));
}

#[test]
fn a_ratio_to_nothing_is_none() {
    let (ours, theirs) = (cell(&[1.0; 5], Better::Lower), cell(&[0.0; 5], Better::Lower));
    assert_eq!(compare(&ours, &theirs, &share_error()).ratio_text(), "–");
    assert_eq!(compare(&theirs, &ours, &share_error()).ratio_text(), "0×");
}

#[test]
fn hardly_anything_is_not_far_from_nothing() {
    let distance = |ours: f64, theirs: f64| {
        compare(&cell(&[ours; 5], Better::Lower), &cell(&[theirs; 5], Better::Lower), &share_error()).distance
    };
    assert_eq!((distance(1.0, 0.0), distance(0.0, 1.0)), (1.0, 1.0));
    assert!(distance(2.0, 0.0) < distance(40.0, 10.0));
    let failed = compare(&Cell::Failed(stalled(1)), &cell(&[1.0; 5], Better::Lower), &share_error());
    assert_eq!(failed.distance, f64::INFINITY);
}

proptest! {
    #[test]
    fn a_win_of_one_is_a_loss_of_the_other(
        a in prop::collection::vec(0.0..100_f64, 5..9),
        b in prop::collection::vec(0.0..100_f64, 5..9),
    ) {
        for judged in [share_error(), measure("delivered_percent")] {
            let of = |values: &[f64]| cell(values, judged.better);
            let verdict = |a: &[f64], b: &[f64]| compare(&of(a), &of(b), &judged).verdict;
            let turned = match verdict(&b, &a) {
                Verdict::Win => Verdict::Loss,
                Verdict::Loss => Verdict::Win,
                same => same,
            };
            prop_assert_eq!(verdict(&a, &b), turned);
        }
    }
}
