use crate::lab::report::figure::*;
use crate::lab::report::measure::Better;
use proptest::prelude::*;

#[test]
fn median_and_worst_by_which_way_is_better() {
    let values = [3.0, 1.0, 9.0, 2.0, 4.0];
    let lower = Figure::of(&values, Better::Lower).expect("values");
    assert_eq!((lower.median, lower.worst, lower.best, lower.runs), (3.0, 9.0, 1.0, 5));
    let higher = Figure::of(&values, Better::Higher).expect("values");
    assert_eq!((higher.median, higher.worst, higher.spread()), (3.0, 1.0, 2.0));
    assert_eq!(Figure::of(&[1.0, 2.0], Better::Lower).expect("values").median, 1.5);
    assert_eq!(Figure::of(&[], Better::Lower), None);
}

#[test]
fn three_figures() {
    let texts = [0.0, 12.34, 0.001_234, 100.0, 12_345.6, 2_500_000.0, -1.5, 0.000_012].map(number);
    assert_eq!(texts, ["0", "12.3", "0.00123", "100", "12346", "2.5 M", "-1.5", "1.20e-5"]);
}

#[test]
fn ratios_near_one_keep_their_digits() {
    assert_eq!([0.0, 0.0123, 0.98, 1.0, 12.4].map(times), ["0×", "0.0123×", "0.98×", "1.00×", "12×"]);
}

proptest! {
    #[test]
    fn the_median_lies_between_best_and_worst(values in prop::collection::vec(-1e6..1e6_f64, 1..20)) {
        for better in [Better::Lower, Better::Higher] {
            let figure = Figure::of(&values, better).expect("values");
            let (low, high) = (figure.best.min(figure.worst), figure.best.max(figure.worst));
            prop_assert!(low <= figure.median && figure.median <= high);
        }
    }
}
