use crate::lab::catalogue::{Catalogue, folder};

#[test]
fn slow_cpus_and_deep_sleep_save_energy() {
    let model = Catalogue::read(&folder()).unwrap().model;
    let classes = [("P", 1024), ("E", 512)];
    let energy = |busy: [f64; 2]| model.energy_mj(&classes, &busy, 1000.0).unwrap();
    // One second of P at 5 W and E hardly woken at 10 mW; E at 1.25 W and P deep at 20 mW.
    assert_eq!(energy([1000.0, 0.0]), 5010.0);
    assert_eq!(energy([0.0, 1000.0]), 1270.0);
    assert!(energy([500.0, 0.0]) < energy([490.0, 20.0]) + 15.0);
    assert!(model.energy_mj(&[("big", 1024)], &[0.0], 1.0).unwrap_err().contains("it has: E, LP-E, P"));
}
