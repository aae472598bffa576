use crate::lab::report::figure::Figure;
use crate::lab::report::grid::Cell;
use crate::lab::report::grid::Failures;
use crate::lab::report::measure::Better;
use crate::lab::report::verdict::*;
use crate::lab::results::Outcome;
use proptest::prelude::*;

fn cell(values: &[f64], better: Better) -> Cell {
    Cell::Measured(Figure::of(values, better).expect("values"), Failures::default())
}

fn stalled(of: usize) -> Failures {
    Failures { count: [(Outcome::Stalled, 1)].into(), of }
}

fn lower(ours: &[f64], theirs: &[f64]) -> Verdict {
    compare(&cell(ours, Better::Lower), &cell(theirs, Better::Lower), Better::Lower).verdict
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
fn a_failure_of_ours_is_a_loss() {
    let good = cell(&[9.0; 5], Better::Lower);
    assert_eq!(compare(&Cell::Failed(stalled(1)), &good, Better::Lower).verdict, Verdict::Loss);
    let mostly = Cell::Measured(Figure::of(&[1.0; 5], Better::Lower).expect("values"), stalled(6));
    assert_eq!(compare(&mostly, &good, Better::Lower).verdict, Verdict::Loss);
    assert_eq!(compare(&good, &mostly, Better::Lower).verdict, Verdict::Loss);
    assert_eq!(compare(&good, &Cell::Failed(stalled(1)), Better::Lower).verdict, Verdict::None("theirs has none"));
    assert_eq!(compare(&Cell::NotRun, &good, Better::Lower).verdict, Verdict::None("not run"));
}

#[test]
fn a_ratio_to_nothing_is_none() {
    let (ours, theirs) = (cell(&[1.0; 5], Better::Lower), cell(&[0.0; 5], Better::Lower));
    assert_eq!(compare(&ours, &theirs, Better::Lower).ratio_text(), "–");
    assert_eq!(compare(&theirs, &ours, Better::Lower).ratio_text(), "0×");
}

proptest! {
    #[test]
    fn a_win_of_one_is_a_loss_of_the_other(
        a in prop::collection::vec(0.0..100_f64, 5..9),
        b in prop::collection::vec(0.0..100_f64, 5..9),
    ) {
        for better in [Better::Lower, Better::Higher] {
            let verdict = |a: &[f64], b: &[f64]| compare(&cell(a, better), &cell(b, better), better).verdict;
            let turned = match verdict(&b, &a) {
                Verdict::Win => Verdict::Loss,
                Verdict::Loss => Verdict::Win,
                same => same,
            };
            prop_assert_eq!(verdict(&a, &b), turned);
        }
    }
}
