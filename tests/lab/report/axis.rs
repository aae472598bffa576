use crate::lab::report::pictures::axis::*;

fn texts(scale: Scale, values: &[f64]) -> Vec<String> {
    let axis = Axis::around(String::new(), scale, values.iter().copied());
    axis.ticks().into_iter().map(|(_, text)| text).collect()
}

#[test]
fn ticks_are_round() {
    assert_eq!(texts(Scale::Linear, &[3.0, 41.0]), ["0", "10", "20", "30", "40"]);
    assert_eq!(texts(Scale::Log, &[0.3, 90.0]), ["0.1", "0.2", "0.5", "1", "2", "5", "10", "20", "50", "100"]);
    assert_eq!(texts(Scale::Log, &[0.02, 900.0]), ["0.01", "0.1", "1", "10", "100", "1000"]);
    assert_eq!(texts(Scale::Percentile, &[50.0, 99.0, 100.0]), ["p50", "p90", "p99", "p99.9", "max"]);
}

#[test]
fn nothing_and_naught_have_an_axis_too() {
    assert!(!texts(Scale::Linear, &[]).is_empty());
    assert!(!texts(Scale::Linear, &[0.0]).is_empty());
    assert!(!texts(Scale::Log, &[0.0]).is_empty());
}
