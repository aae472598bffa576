use crate::lab::machine::*;

fn machine(text: &str) -> Machine {
    toml::from_str(&format!("about = ''\n{text}")).unwrap()
}

#[test]
fn neighbours_are_those_of_the_shape() {
    let machine = machine("shape = '2x2x2x2'").modelled();
    assert_eq!(machine.cpus.len(), 16);
    let places = [0, 1, 2, 4, 8].map(|cpu: usize| {
        let cpu = &machine.cpus[cpu];
        (cpu.core, cpu.llc, cpu.node)
    });
    assert_eq!(places, [(0, 0, 0), (0, 0, 0), (1, 0, 0), (2, 1, 0), (4, 2, 1)]);
}

#[test]
fn classes_follow_the_order_of_the_cpus() {
    let machine = machine(
        "shape = '1x1x4x1'\n[[class]]\nname = 'P'\ncpus = 1\ncapacity = 1024\nmhz = 4000\n[[class]]\nname = 'E'\ncpus = 3\ncapacity = 512\nmhz = 2000",
    );
    assert_eq!(machine.check(), Ok(()));
    assert_eq!(machine.classes(), [("P", 1024), ("E", 512), ("E", 512), ("E", 512)]);
    assert_eq!(machine.fast_cpus(), [0]);
    assert_eq!(machine.slow_cpu(), 3);
    assert_eq!(machine.guest_options().last().map(String::as_str), Some("4000x1,2000x3"));
}

#[test]
fn machines_that_contradict_themselves_are_refused() {
    for text in [
        "shape = '2x2'",
        "shape = '0x1x1x1'",
        "shape = '2x1x4x1'\ndistances = [[10]]",
        "shape = '2x1x4x1'\ndistances = [[10, 16], [20, 10]]",
        "shape = '1x1x4x1'\n[[class]]\nname = 'P'\ncpus = 3\ncapacity = 1024",
    ] {
        assert!(machine(text).check().is_err(), "{text}");
    }
}

#[test]
fn distances_are_told_both_ways() {
    let machine = machine("shape = '2x1x4x1'\ndistances = [[10, 16], [16, 10]]");
    assert_eq!(machine.check(), Ok(()));
    let options = machine.guest_options().join(" ");
    assert!(options.contains("dist,src=0,dst=1,val=16") && options.contains("dist,src=1,dst=0,val=16"), "{options}");
}
