use crate::lab::catalogue::*;

#[test]
fn data_files_are_sound_and_scenarios_have_names_of_their_own() {
    let catalogue = Catalogue::read(&folder()).unwrap();
    let mut names: Vec<_> = catalogue.suites.values().flat_map(|suite| &suite.scenario).map(|s| &s.name).collect();
    names.extend(catalogue.suites.keys());
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all, "two suites or scenarios have the same name");
}

#[test]
fn unknown_names_are_answered_with_those_there_are() {
    let catalogue = Catalogue::read(&folder()).unwrap();
    let unknown = ["4096c".to_string()];
    let said = catalogue.machines(&unknown).unwrap_err();
    assert!(said.starts_with("there is no machine '4096c'; there are: ") && said.contains("8c2n"), "{said}");
    let said = catalogue.scenarios(&unknown).unwrap_err();
    assert!(said.contains("hogs") && said.contains("ping-pong-1"), "{said}");
    let said = catalogue.contestants(&unknown).unwrap_err();
    assert!(said.contains("eevdf") && said.contains("scx_rusty"), "{said}");
}

#[test]
fn suites_and_scenarios_are_chosen_by_name_and_machine() {
    let catalogue = Catalogue::read(&folder()).unwrap();
    let names = |wanted: &[&str]| -> Vec<_> {
        let wanted: Vec<_> = wanted.iter().map(ToString::to_string).collect();
        catalogue.scenarios(&wanted).unwrap().iter().map(|chosen| chosen.scenario.name.as_str()).collect()
    };
    assert_eq!(names(&["cost"]), ["idle", "switch-cost"]);
    assert_eq!(names(&["switch-cost", "hogs-few"]), ["switch-cost", "hogs-few"]);
    assert_eq!(names(&["cost", "idle"]), names(&["cost"]));
    assert_eq!(names(&[]).len(), catalogue.suites.values().map(|suite| suite.scenario.len()).sum::<usize>());

    let classes = &catalogue.suites["classes"];
    assert!(classes.is_for("hybrid-4p4e") && !classes.is_for("64c"));
    assert!(catalogue.suites["hogs"].is_for("64c"));
}
