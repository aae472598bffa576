use crate::lab::ideal::*;

fn want(weight: f64, may_run: &[usize]) -> Want {
    Want { weight, most: 1.0, may_run: may_run.to_vec() }
}

fn assert_shares(wants: &[Want], cpus: usize, expected: &[f64]) {
    let shares = shares(wants, cpus);
    let near = shares.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-3);
    assert!(near && shares.len() == expected.len(), "{shares:?} instead of {expected:?}");
}

#[test]
fn equals_share_equally_and_none_gets_more_than_a_cpu() {
    let all: Vec<_> = (0..8).collect();
    assert_shares(&vec![want(1024.0, &all); 12], 8, &[2.0 / 3.0; 12]);
    assert_shares(&vec![want(1024.0, &all); 3], 8, &[1.0; 3]);
}

#[test]
fn who_deserves_more_than_a_cpu_gets_one() {
    assert_shares(&[want(3.0, &[0, 1]), want(1.0, &[0, 1]), want(1.0, &[0, 1])], 2, &[1.0, 0.5, 0.5]);
}

#[test]
fn affinity_binds_and_the_others_make_room() {
    // Two pinned to CPU 0 leave CPU 1 to the third.
    assert_shares(&[want(1.0, &[0]), want(1.0, &[0]), want(1.0, &[0, 1])], 2, &[0.5, 0.5, 1.0]);
    // Four on half of the machine, four anywhere: 2 CPUs for the first, so that each of the eight has 0.5.
    let half = vec![want(1.0, &[0, 1]); 4];
    let anywhere = vec![want(1.0, &[0, 1, 2, 3]); 4];
    assert_shares(&[half, anywhere].concat(), 4, &[0.5; 8]);
}

#[test]
fn who_wants_little_leaves_the_rest() {
    let sleeper = Want { weight: 1.0, most: 0.1, may_run: vec![0] };
    assert_shares(&[sleeper, want(1.0, &[0]), want(2.0, &[0])], 1, &[0.1, 0.3, 0.6]);
}

#[test]
fn extreme_weights_keep_their_ratio() {
    let wants = [want(weight(-20), &[0]), want(weight(19), &[0])];
    let shares = shares(&wants, 1);
    assert!((shares[0] / shares[1] / (88761.0 / 15.0) - 1.0).abs() < 0.01, "{shares:?}");
}
