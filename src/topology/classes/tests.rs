use super::super::discovery::{CoreType, CpuFacts, FoundCache, FoundKind};
use super::super::energy::{EnergyModel, EnergyOrigin, PerfDomain, PerfState};
use super::*;

/// A kind with CPUs, core type, maximum MHz and capacity; empty and 0 for "not known".
fn kind(cpus: &str, core_type: &str, max_mhz: u32, capacity: u32) -> FoundKind {
    FoundKind {
        cpus: cpus.parse().unwrap(),
        core_type: (!core_type.is_empty()).then(|| core_type.to_owned()),
        max_mhz: Some(max_mhz).filter(|mhz| *mhz > 0),
        capacity: Some(capacity).filter(|capacity| *capacity > 0),
        ..FoundKind::default()
    }
}

fn found(online: &str, kinds: Vec<FoundKind>, l3: &str) -> Discovery {
    let caches = vec![FoundCache { level: 3, cpus: l3.parse().unwrap() }];
    Discovery { online: online.parse().unwrap(), kinds, caches, ..Discovery::default() }
}

fn shown(classes: &[Class]) -> Vec<String> {
    classes.iter().map(|class| format!("{} {}: {}", class.name, class.capacity, class.cpus)).collect()
}

fn lines(online: &str, kinds: Vec<FoundKind>, l3: &str) -> Vec<String> {
    shown(&classes(&found(online, kinds, l3)).0)
}

/// Facts of the CPUs of each cpulist.
fn machine(parts: &[(&str, CpuFacts)]) -> Discovery {
    let mut found = Discovery::default();
    for (cpus, facts) in parts {
        let cpus: CpuSet = cpus.parse().unwrap();
        found.online.extend(cpus.iter());
        found.facts.extend(cpus.iter().map(|cpu| (cpu, facts.clone())));
    }
    found
}

fn figures(cppc: u32, base_mhz: u32, max_mhz: u32) -> CpuFacts {
    let known = |figure: u32| Some(figure).filter(|figure| *figure > 0);
    CpuFacts { cppc: known(cppc), base_mhz: known(base_mhz), max_mhz: known(max_mhz), ..CpuFacts::default() }
}

fn typed(core_type: CoreType, facts: CpuFacts) -> CpuFacts {
    CpuFacts { core_type: Some(core_type), cpuid: Some(core_type), ..facts }
}

use CoreType::{Efficiency, Performance};

#[test]
fn five_kinds_of_turbo_bins_are_two_classes() {
    let bins = || {
        let fast = [kind("0-3", "", 5000, 0), kind("4-7", "", 5200, 0), kind("8-11", "", 4800, 0)];
        let slow = [kind("12-15", "", 3700, 0), kind("16-19", "", 3600, 0)];
        slow.into_iter().chain(fast)
    };
    // 3700 of 5000, the middle of each class.
    assert_eq!(lines("0-19", bins().collect(), ""), ["P 1024: 0-11", "E 757: 12-19"]);
    let types = |(index, kind): (usize, FoundKind)| {
        let core_type = if index < 2 { "IntelAtom" } else { "IntelCore" };
        FoundKind { core_type: Some(core_type.to_owned()), ..kind }
    };
    let typed = bins().enumerate().map(types).collect();
    let (classes, _) = classes(&found("0-19", typed, "0-19"));
    assert_eq!(shown(&classes), ["P 1024: 0-11", "E 757: 12-19"]);
    let preferred: Vec<String> = classes[0].preferred.iter().map(CpuSet::to_string).collect();
    assert_eq!(preferred, ["4-7", "0-3", "8-11"]);
}

#[test]
fn a_quarter_faster_is_another_class_and_less_is_not() {
    let two = |fast, slow| lines("0-1", vec![kind("0", "", slow, 0), kind("1", "", fast, 0)], "");
    assert_eq!(two(4999, 4000), ["cpu 1024: 0-1"]);
    assert_eq!(two(5000, 4000), ["P 1024: 1", "E 819: 0"]);
}

#[test]
fn low_power_cores_are_told_by_the_l3_that_they_lack() {
    let kinds = vec![kind("2-5", "IntelAtom", 0, 0), kind("0-1", "IntelCore", 0, 0)];
    assert_eq!(lines("0-5", kinds, "0-3"), ["P 1024: 0-1", "E 620: 2-3", "LP-E 400: 4-5"]);
    // Where no core has an L3, as hypervisors have it, nothing follows from that.
    let kinds = vec![kind("2-5", "IntelAtom", 0, 0), kind("0-1", "IntelCore", 0, 0)];
    assert_eq!(lines("0-5", kinds, ""), ["P 1024: 0-1", "E 620: 2-5"]);
}

#[test]
fn e_and_lp_e_cores_of_one_type_are_two_classes() {
    let mut found = machine(&[
        ("0-3", typed(Performance, figures(62, 1400, 4800))),
        ("4-7", typed(Efficiency, figures(41, 900, 3800))),
        ("8-9", typed(Efficiency, figures(26, 700, 2500))),
    ]);
    found.caches.push(FoundCache { level: 3, cpus: "0-7".parse().unwrap() });
    let (classes, report) = classes(&found);
    assert_eq!(shown(&classes), ["P 1024: 0-3", "E 677: 4-7", "LP-E 429: 8-9"]);
    assert_eq!((report.tallies[1].weight_of_different(), report.tallies[1].weight_of_alike()), (6, 2));
    assert_eq!(classes.iter().map(|class| class.cost_rank).collect::<Vec<_>>(), [2, 1, 0]);
}

#[test]
fn one_capacity_for_all_says_nothing() {
    let kinds = vec![kind("0-1", "", 5000, 1024), kind("2-3", "", 3000, 1024)];
    assert_eq!(lines("0-3", kinds, ""), ["P 1024: 0-1", "E 614: 2-3"]);
}

#[test]
fn an_e_core_with_the_higher_clock_is_not_above_the_p_core() {
    let kinds = vec![kind("0", "IntelCore", 3000, 0), kind("1", "IntelAtom", 3900, 0)];
    let (classes, report) = classes(&found("0-1", kinds, ""));
    assert_eq!(shown(&classes), ["P 1024: 0", "E 620: 1"]);
    assert_eq!(report.capacities.disbelieved, [(Witness::MaxFrequency, "it orders the classes another way")]);
}

/// A board whose firmware gives the E-cores the P-cores' figures and the other way round.
#[test]
fn swapped_cppc_is_outvoted() {
    let found = machine(&[
        ("0-7", typed(Performance, figures(39, 3200, 5000))),
        ("8-15", typed(Efficiency, figures(64, 2400, 3900))),
    ]);
    let (classes, report) = classes(&found);
    assert_eq!(shown(&classes), ["P 1024: 0-7", "E 798: 8-15"]);
    assert_eq!(report.capacities.from, Some(Witness::MaxFrequency));
    // Two frequencies outvote it too where no core types are known.
    let found = machine(&[("0-7", figures(39, 3200, 5000)), ("8-15", figures(64, 2400, 3900))]);
    assert_eq!(shown(&super::classes(&found).0), ["P 1024: 0-7", "E 798: 8-15"]);
}

#[test]
fn inflated_cppc_makes_no_capacity() {
    for cppc in [63, 10] {
        let found = machine(&[
            ("0-7", typed(Performance, figures(64, 3200, 5000))),
            ("8-15", typed(Efficiency, figures(cppc, 2400, 3900))),
        ]);
        let report = classes(&found).1;
        assert_eq!(report.capacities.disbelieved, [(Witness::Cppc, "it does not go with the frequencies")]);
    }
}

#[test]
fn a_lone_liar_makes_no_classes() {
    // All run at one speed, and CPPC alone says otherwise.
    let found = machine(&[("0-7", figures(255, 0, 4000)), ("8-15", figures(100, 0, 4000))]);
    let (classes, report) = classes(&found);
    assert_eq!(shown(&classes), ["cpu 1024: 0-15"]);
    assert_eq!(report.outvoted, [Witness::Cppc]);
}

#[test]
fn preferred_cores_rank_inside_one_class() {
    // 7950X3D: the ranking puts the frequency CCD first; X3D mode turns it round.
    let ranked = |preference, max_mhz| CpuFacts { preference: Some(preference), ..figures(166, 0, max_mhz) };
    let found = machine(&[("0-7", ranked(186, 5250)), ("8-15", ranked(231, 5700)), ("16", ranked(236, 5700))]);
    let (classes, report) = classes(&found);
    assert_eq!(shown(&classes), ["cpu 1024: 0-16"]);
    let preferred: Vec<String> = classes[0].preferred.iter().map(CpuSet::to_string).collect();
    assert_eq!(preferred, ["16", "8-15", "0-7"]);
    assert_eq!(report.preferred_by, [("0-16".parse().unwrap(), "amd_pstate_prefcore_ranking")]);
}

/// CPPC tells the classes apart and finds the P-cores alike, whose frequencies differ.
#[test]
fn who_ranks_cpus_is_asked_inside_each_class() {
    let found = machine(&[
        ("0-1", typed(Performance, figures(64, 3200, 5200))),
        ("2-7", typed(Performance, figures(64, 3200, 5000))),
        ("8-11", typed(Efficiency, figures(39, 2400, 3900))),
        ("12-13", typed(Efficiency, figures(40, 2400, 3900))),
    ]);
    let (classes, report) = classes(&found);
    let preferred = |class: &Class| -> Vec<String> { class.preferred.iter().map(CpuSet::to_string).collect() };
    assert_eq!(classes.iter().map(preferred).collect::<Vec<_>>(), [["0-1", "2-7"], ["12-13", "8-11"]]);
    let by = [("0-7".parse().unwrap(), "max frequency"), ("8-13".parse().unwrap(), "CPPC")];
    assert_eq!(report.preferred_by, by);
}

#[test]
fn who_has_no_figure_is_ranked_by_another_or_not_at_all() {
    let ranked = |preference, max_mhz| CpuFacts { preference, ..figures(0, 0, max_mhz) };
    let found = machine(&[("0", ranked(Some(9), 5000)), ("1", ranked(None, 5100))]);
    assert_eq!(classes(&found).1.preferred_by[0].1, "max frequency");
    let found = machine(&[("0", ranked(Some(9), 5000)), ("1", ranked(None, 5000))]);
    assert_eq!(classes(&found).1.preferred_by, []);
}

#[test]
fn cpus_that_nobody_compares_join_the_fastest_and_are_named() {
    let strays = |parts: &[(&str, CpuFacts)]| {
        let (classes, report) = classes(&machine(parts));
        (shown(&classes), report.strays.to_string())
    };
    let (fast, slow) = (("0-1", figures(0, 0, 5000)), ("2-3", figures(0, 0, 3000)));
    let found = strays(&[fast.clone(), slow.clone(), ("4-5", figures(0, 0, 0))]);
    assert_eq!(found, (vec!["P 1024: 0-1,4-5".to_owned(), "E 614: 2-3".to_owned()], "4-5".to_owned()));
    assert_eq!(strays(&[fast, slow]).1, "");
    assert_eq!(strays(&[("0-3", figures(0, 0, 0))]).1, "", "all alike for all that is known");
}

#[test]
fn parts_and_capacities_make_three_classes_on_arm() {
    let part =
        |part: u32, capacity: u32| CpuFacts { arm_part: Some(part), capacity: Some(capacity), ..CpuFacts::default() };
    // The middle cores are within 25 % of the big one by capacity; their parts differ.
    let found = machine(&[("0-3", part(0x41d80, 250)), ("4-6", part(0x41d81, 860)), ("7", part(0x41d82, 1024))]);
    assert_eq!(shown(&classes(&found).0), ["big 1024: 7", "mid 860: 4-6", "little 250: 0-3"]);
}

#[test]
fn energy_costs_tell_classes_apart_and_rank_them() {
    let domain = |cpus: &str, cost, performance| PerfDomain {
        cpus: cpus.parse().unwrap(),
        microwatts: false,
        artificial: true,
        skips_inefficient: false,
        states: vec![PerfState { frequency: 1000, power: 0, cost, performance, inefficient: false }],
    };
    let mut found = found("0-3", vec![], "");
    let domains = vec![domain("0-1", 900, 1024), domain("2-3", 300, 600)];
    found.energy = EnergyModel::new(domains, EnergyOrigin::Debugfs, &found.online).unwrap();
    let classes = classes(&found).0;
    assert_eq!(shown(&classes), ["P 1024: 0-1", "E 620: 2-3"]);
    assert_eq!([classes[0].cost_rank, classes[1].cost_rank], [1, 0]);
}

#[test]
fn ranks_count_where_nothing_else_is_known() {
    let ranked = |cpus: &str, rank| FoundKind { rank: Some(rank), ..kind(cpus, "", 0, 0) };
    let kinds = vec![ranked("0", 0), ranked("1", 1), ranked("2", 2), ranked("3", 3)];
    assert_eq!(lines("0-3", kinds, ""), ["P 1024: 3", "E 620: 2", "LP-E 400: 1", "class3 400: 0"]);
    assert_eq!(lines("0-1", vec![kind("0", "", 0, 0), ranked("1", 1)], ""), ["cpu 1024: 0-1"]);
}

#[test]
fn every_online_cpu_and_no_other_has_one_class() {
    assert_eq!(lines("0-3", vec![], ""), ["cpu 1024: 0-3"]);
    let overlapping = vec![kind("0-2", "", 5000, 0), kind("2-9", "", 3000, 0)];
    assert_eq!(lines("0-3,5", overlapping, ""), ["P 1024: 0-2", "E 614: 3,5"]);
    assert_eq!(lines("0-3", vec![kind("2", "", 3000, 0)], ""), ["cpu 1024: 0-3"]);
    assert_eq!(lines("0-1", vec![kind("7", "", 3000, 0)], ""), ["cpu 1024: 0-1"]);
}

#[test]
fn who_tells_more_kinds_apart_than_there_can_be_is_not_believed() {
    let doubling: Vec<(String, CpuFacts)> = (0..20).map(|cpu| (cpu.to_string(), figures(1 << cpu, 0, 0))).collect();
    let doubling: Vec<(&str, CpuFacts)> = doubling.iter().map(|(cpu, facts)| (cpu.as_str(), facts.clone())).collect();
    assert_eq!(shown(&classes(&machine(&doubling)).0), ["cpu 1024: 0-19"]);
}

proptest::proptest! {
    /// Whatever the witnesses say, each CPU is in one class, and capacities and costs are ranked.
    #[test]
    fn any_words_make_sound_classes(
        all in proptest::collection::vec((0..4_u32, 0..9_u32, 0..9_u32, 0..9_u32, 0..3_u32), 1..40)
    ) {
        let facts = |(kind, cppc, base, max, capacity): &(u32, u32, u32, u32, u32)| {
            let core_type = [None, Some(Performance), Some(Efficiency), Some(CoreType::LowPower)][*kind as usize];
            CpuFacts { core_type, capacity: Some(capacity * 512).filter(|c| *c > 0), ..figures(cppc * 30, base * 500, max * 700) }
        };
        let parts: Vec<(String, CpuFacts)> =
            all.iter().enumerate().map(|(cpu, one)| (cpu.to_string(), facts(one))).collect();
        let parts: Vec<(&str, CpuFacts)> = parts.iter().map(|(cpu, facts)| (cpu.as_str(), facts.clone())).collect();
        let found = machine(&parts);
        let (topology, report) = super::super::assemble::assemble(&found);
        topology.verify_invariants().unwrap();
        let descending = topology.classes.windows(2).all(|pair| pair[0].capacity >= pair[1].capacity);
        proptest::prop_assert!(descending && topology.classes.len() <= MAX_CLASSES);
        proptest::prop_assert_eq!(report.tallies.len() + 1, topology.classes.len());
    }
}
