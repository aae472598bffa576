//! Holds the direction of imports that ARCHITECTURE.md draws, by reading the paths in `src/`:
//!
//! base (`units`, `cpuset`) ← pure (values and decisions) ← shared (what several edges do alike) ← edges (the outside world) ←
//! top (wiring).
//!
//! An edge never imports another edge, pure code reads no clock and no file, and `unsafe` stays in the rooms that
//! talk to C or to the kernel. What the compiler cannot say about a crate of one piece is said here.

use std::collections::BTreeSet;
use std::path::Path;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Layer {
    Base,
    Pure,
    Shared,
    Edge,
    Top,
}

use Layer::{Base, Edge, Pure, Shared, Top};

/// The layer of each module; one that is not named has its parent's.
const LAYERS: &[(&str, Layer)] = &[
    ("units", Base),
    ("cpuset", Base),
    ("topology", Pure),
    ("topology::cpu_files", Edge),
    ("topology::cpuid", Edge),
    ("topology::energy::debugfs", Edge),
    ("topology::energy::netlink", Edge),
    ("topology::energy::read", Edge),
    ("topology::hwloc", Edge),
    ("topology::hwloc_env", Edge),
    ("topology::recorded", Edge),
    ("topology::source", Edge),
    ("topology::sysfs", Edge),
    ("topology::xml", Edge),
    ("domain", Pure),
    ("balance", Pure),
    ("gpu", Pure),
    ("gpu::nvml", Edge),
    ("heat", Pure),
    ("heat::files", Edge),
    ("heat::packages", Edge),
    ("live", Pure),
    ("live::files", Edge),
    ("placement", Pure),
    ("profile", Pure),
    ("profile::desktop", Edge),
    ("profile::follow", Edge),
    ("profile::supply", Edge),
    ("frequency", Pure),
    ("frequency::apply", Edge),
    ("frequency::file", Edge),
    ("frequency::journal", Edge),
    ("frequency::probe", Edge),
    ("stats", Pure),
    ("stats::system", Edge),
    ("record", Pure),
    ("record::command", Top),
    ("record::read", Edge),
    ("record::write", Edge),
    ("control", Edge),
    ("control::budget", Pure),
    ("control::lines", Pure),
    ("control::protocol", Pure),
    ("kernel", Edge),
    ("outlets", Edge),
    ("show", Edge),
    ("files", Shared),
    ("sockets", Shared),
    ("ask", Top),
    ("ask::verdict", Pure),
    ("check", Top),
    ("config", Top),
    ("cli", Top),
    ("daemon", Top),
    ("failure", Top),
    ("lib", Top),
    ("logging", Top),
    ("main", Top),
    ("monitor", Top),
    ("replay", Top),
    ("replay::compare", Pure),
    ("replay::explain", Pure),
    ("replay::set", Pure),
    ("top", Pure),
    ("top::command", Top),
    ("top::sensors", Edge),
    ("top::terminal", Edge),
    ("top::threads", Edge),
    ("trace", Pure),
    ("trace::command", Top),
];

/// Rooms that may hold `unsafe`: those that call C libraries or the kernel.
const UNSAFE_ROOMS: &[&str] = &["kernel", "topology::hwloc", "topology::hwloc_env"];

/// What pure code has no business with.
const IMPURE: &[&str] = &["std::fs", "std::net", "std::process", "std::thread", "Instant", "SystemTime", "libbpf_rs"];

#[test]
fn imports_run_one_way() {
    let mut faults = Vec::new();
    for (module, source) in modules(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))) {
        faults.extend(check(&module, &source));
    }
    assert!(faults.is_empty(), "ARCHITECTURE.md does not allow:\n{}", faults.join("\n"));
}

/// The rules catch what they are there for: each of these sources breaks one.
#[test]
fn broken_sources_are_caught() {
    for (module, source, fault) in [
        ("units", "use crate::domain::Domain;", "units (Base) imports domain (Pure)"),
        ("balance::flow", "use crate::kernel::Sample;", "balance::flow (Pure) imports kernel (Edge)"),
        ("domain", "fn f() { crate::kernel::load() }", "domain (Pure) imports kernel (Edge)"),
        ("balance", "use crate::{units::Id,\n kernel::{load, apply::X}};", "balance (Pure) imports kernel (Edge)"),
        ("topology::assemble", "use super::sysfs::read;", "topology::assemble (Pure) imports topology::sysfs (Edge)"),
        ("show", "use crate::kernel::load;", "show (Edge) imports kernel (Edge) of another room"),
        ("sockets", "use crate::outlets::listen;", "sockets (Shared) imports outlets (Edge)"),
        ("heat", "use crate::sockets::UnixSocket;", "heat (Pure) imports sockets (Shared)"),
        ("kernel::load", "use crate::daemon;", "kernel::load (Edge) imports daemon (Top)"),
        ("show", "unsafe { f() }", "show holds unsafe"),
        ("balance", "let t = std::time::Instant::now();", "balance (Pure) uses Instant"),
        ("attic", "", "attic has no layer: name it in tests/imports.rs"),
    ] {
        assert_eq!(check(module, source), [fault], "for {source:?} in {module}");
    }
}

#[test]
fn sound_sources_pass() {
    for (module, source) in [
        ("balance::flow", "use crate::domain::Domains; use crate::units::{A, B}; use super::Sample;"),
        ("kernel::load", "use super::features; use crate::balance::Plan; unsafe { f() }"),
        ("outlets::listen", "use crate::sockets::UnixSocket;"),
        ("daemon", "use crate::{kernel, show, topology::read};"),
        ("units", "// unlike crate::kernel, unsafe\n/* use crate::kernel; */ fn f() {}"),
        ("units", "fn f() {}\n#[cfg(test)]\nmod tests { use crate::kernel; }"),
    ] {
        assert_eq!(check(module, source), [""; 0], "for {source:?} in {module}");
    }
}

/// What a module's source does that its layer forbids.
fn check(module: &str, source: &str) -> Vec<String> {
    let Some(layer) = layer(module) else {
        return vec![format!("{module} has no layer: name it in tests/imports.rs")];
    };
    let code = code(source);
    let mut faults = Vec::new();
    for target in imports(module, &code) {
        // A path that leads to no known module is a name of the crate's root, or of this module's own.
        let Some((target, target_layer)) = known(&target) else { continue };
        let fault = format!("{module} ({layer:?}) imports {target} ({target_layer:?})");
        if target_layer > layer {
            faults.push(fault);
        } else if layer == Edge && target_layer == Edge && room(module) != room(target) {
            faults.push(fault + " of another room");
        }
    }
    faults.dedup();
    if layer <= Pure {
        let used = IMPURE.iter().filter(|name| code.contains(*name));
        faults.extend(used.map(|name| format!("{module} ({layer:?}) uses {name}")));
    }
    if words(&code).any(|word| word == "unsafe") && !UNSAFE_ROOMS.iter().any(|room| is_within(module, room)) {
        faults.push(format!("{module} holds unsafe"));
    }
    faults
}

fn layer(module: &str) -> Option<Layer> {
    known(module).map(|(_, layer)| layer)
}

/// The entry of `LAYERS` that a path falls under: the longest that it begins with.
fn known(path: &str) -> Option<(&'static str, Layer)> {
    LAYERS.iter().filter(|(module, _)| is_within(path, module)).max_by_key(|(module, _)| module.len()).copied()
}

fn is_within(path: &str, module: &str) -> bool {
    path.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn room(module: &str) -> &str {
    module.split("::").next().unwrap_or(module)
}

/// Every module below `dir` with its source: `("kernel::load", "…")`.
fn modules(dir: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).expect("src/ can be read") {
        let path = entry.expect("src/ can be read").path();
        let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
        if path.is_dir() {
            let inner = modules(&path);
            found.extend(inner.into_iter().map(|(module, source)| match module.as_str() {
                "mod" => (name.clone(), source),
                _ => (format!("{name}::{module}"), source),
            }));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((name, std::fs::read_to_string(&path).expect("a source is text")));
        }
    }
    found
}

/// A source without its comments and without the unit tests at its end.
fn code(source: &str) -> String {
    let source = source.split("#[cfg(test)]\nmod ").next().unwrap_or(source);
    let mut code = String::new();
    let mut rest = source;
    while let Some(at) = rest.find("/*") {
        code += &rest[..at];
        rest = rest[at..].split_once("*/").map_or("", |(_, after)| after);
    }
    code += rest;
    let lines = code.lines().map(|line| line.split("//").next().unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// The absolute paths that a module's code names by `crate::…` or `super::…`.
fn imports(module: &str, code: &str) -> BTreeSet<String> {
    let parent = module.rsplit_once("::").map_or("", |(parent, _)| parent);
    let mut paths = BTreeSet::new();
    for (keyword, base) in [("crate::", ""), ("super::", parent)] {
        for (at, _) in code.match_indices(keyword) {
            let before = &code[..at];
            // `super::super::x` is read from its first word on; `my_crate::x` is another word.
            if before.ends_with(|c: char| c.is_alphanumeric() || c == '_') || before.ends_with("super::") {
                continue;
            }
            follow(base, &code[at + keyword.len()..], &mut paths);
        }
    }
    paths
}

/// Read a path, or a group of paths in braces, that hangs under `base`; returns what comes after it.
fn follow<'a>(base: &str, text: &'a str, paths: &mut BTreeSet<String>) -> &'a str {
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
            if rest.is_empty() {
                return rest;
            }
            if let Some(after) = rest.strip_prefix('}') {
                return after;
            }
            rest = follow(base, rest, paths);
        }
    }
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let path = match name {
        "super" => base.rsplit_once("::").map_or("", |(parent, _)| parent).to_string(),
        _ if base.is_empty() => name.to_string(),
        _ => format!("{base}::{name}"),
    };
    match rest.strip_prefix("::") {
        Some(more) => follow(&path, more, paths),
        None => {
            paths.insert(path);
            // Over whatever a group's entry still says ("as other", "*"), to the comma or brace that ends it.
            let end = rest.find([',', '}', ';', '\n']).unwrap_or(rest.len());
            &rest[end..]
        }
    }
}
