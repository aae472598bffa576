use crate::lab::report::markdown::*;

#[test]
fn cells_cannot_break_the_table() {
    let text = table(&[("a", Align::Left), ("b", Align::Right)], &[vec!["x|y".into(), "1\n2".into()]]);
    assert_eq!(text, "| a | b |\n| --- | ---: |\n| x\\|y | 1 2 |\n");
}

#[test]
fn names_of_files_are_plain() {
    assert_eq!(slug("hogs (count=12, nice=0)"), "hogs-count-12-nice-0");
}
