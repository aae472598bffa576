use crate::lab::fingerprint::*;

#[test]
fn it_is_the_same_on_every_host() {
    // The hash of nothing, and of "a", as the authors of FNV give them.
    assert_eq!(of(b""), "cbf29ce484222325");
    assert_eq!(of(b"a"), "af63dc4c8601ec8c");
}

#[test]
fn only_sources_count() {
    // bpf/ holds a budget beside its sources, scenarios/ holds none.
    assert_eq!(of_sources(&["benches/lab/scenarios"]), Ok(of(b"")));
    assert_ne!(of_sources(&["bpf"]), Ok(of(b"")));
    assert_ne!(of_sources(&["bpf"]), of_sources(&["bpf", "src"]));
    assert!(of_sources(&["no-such-folder"]).unwrap_err().contains("no-such-folder"));
}
