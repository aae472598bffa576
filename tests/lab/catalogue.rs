use crate::lab::catalogue::*;

#[test]
fn data_files_are_sound_and_scenarios_have_names_of_their_own() {
    let catalogue = Catalogue::read(&folder()).unwrap();
    let mut names: Vec<_> = catalogue.suites.values().flatten().map(|s| &s.name).collect();
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
    let said = catalogue.suites(&unknown).unwrap_err();
    assert!(said.contains("hogs") && said.contains("ping-pong-1"), "{said}");
    let said = catalogue.contestants(&unknown).unwrap_err();
    assert!(said.contains("eevdf") && said.contains("scx_rusty"), "{said}");
}
