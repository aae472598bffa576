use crate::lab::said::figures;

#[test]
fn what_the_programs_print_is_understood() {
    let hackbench = "Running in process mode with 1 groups using 40 file descriptors each (== 40 tasks)\nTime: 0.143\n";
    assert_eq!(figures("hackbench", hackbench), Ok(vec![("hackbench_s", 0.143)]));
    let cyclictest = "\
        # /dev/cpu_dma_latency set to 0us\n\
        T: 0 (   42) P: 0 I:2000 C:    500 Min:      4 Act:    7 Avg:   10 Max:      55\n\
        T: 1 (   43) P: 0 I:2500 C:    400 Min:      4 Act:    7 Avg:   30 Max:     110\n";
    assert_eq!(figures("cyclictest", cyclictest), Ok(vec![("cyclictest_avg_ms", 0.02), ("cyclictest_max_ms", 0.11)]));
}

#[test]
fn nothing_understood_is_no_figure() {
    assert!(figures("hackbench", "SENDER: write (error: Broken pipe)").unwrap_err().contains("Broken pipe"));
    assert!(figures("cyclictest", "").is_err());
    assert!(figures("tetris", "Time: 1").unwrap_err().contains("tetris"));
}
