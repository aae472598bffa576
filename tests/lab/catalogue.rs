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

/// What is said of the data files when `text` is put behind one of them.
fn said_of(file: &str, text: &str) -> String {
    let copy = tempfile::tempdir().unwrap();
    for part in ["machines", "scenarios"] {
        std::fs::create_dir(copy.path().join(part)).unwrap();
        for entry in std::fs::read_dir(folder().join(part)).unwrap().flatten() {
            std::fs::copy(entry.path(), copy.path().join(part).join(entry.file_name())).unwrap();
        }
    }
    for part in ["contestants.toml", "model.toml"] {
        std::fs::copy(folder().join(part), copy.path().join(part)).unwrap();
    }
    let path = copy.path().join(file);
    std::fs::write(&path, std::fs::read_to_string(&path).unwrap() + text).unwrap();
    Catalogue::read(copy.path()).err().unwrap_or_default()
}

#[test]
fn unknown_parameters_are_answered_with_those_there_are() {
    let scenario = |group: &str| format!("[[scenario]]\nname = 'x'\nabout = ''\ngroup = [{{ {group} }}]");
    for (file, text, unknown, there_are) in [
        (
            "scenarios/hogs.toml",
            scenario("kind = 'hog', count = 1, weight = 3"),
            "weight",
            &["`nice`", "`work_ms`"][..],
        ),
        ("scenarios/hogs.toml", scenario("kind = 'pig', count = 1"), "pig", &["`hog`", "`sleeper`"]),
        (
            "scenarios/hogs.toml",
            scenario("kind = 'hog', count = { per_core = 1 }"),
            "count",
            &["per_cpu", "per_fast_cpu"],
        ),
        ("machines/8c2n.toml", "\nspeed = 3".to_string(), "speed", &["`shape`", "`distances`"]),
        ("contestants.toml", "\ncolour = 'red'".to_string(), "colour", &["`program`", "`arguments`"]),
        ("model.toml", "\ncolour = 'red'".to_string(), "colour", &["`deep_below_percent`"]),
    ] {
        let said = said_of(file, &text);
        let all = [file, unknown].into_iter().chain(there_are.iter().copied());
        assert!(all.clone().all(|part| said.contains(part)), "{file}: {said}");
    }
    let said = said_of("scenarios/hogs.toml", "");
    assert_eq!(said, "", "nothing unknown");
}
