//! Compiles `bpf/` and generates its Rust bindings.
//!
//! `vmlinux.h` and the scx headers come with scx_cargo, so this works on a host whose own kernel knows no sched_ext.

use std::path::Path;
use std::process::Command;

/// The oldest clang whose BPF backend does what the programs need (bpf_for loops, 64-bit enums, CO-RE on both).
const OLDEST_CLANG: u32 = 17;
const NEWEST_CLANG: u32 = 30;

fn main() {
    for entry in std::fs::read_dir("bpf").expect("bpf/ is part of the source tree") {
        println!("cargo:rerun-if-changed={}", entry.expect("bpf/ is readable").path().display());
    }
    println!("cargo:rerun-if-env-changed=BPF_CLANG");
    if std::env::var_os("BPF_CLANG").is_none() {
        let clang = find_clang();
        // SAFETY: a build script has one thread, and nothing has read the environment yet.
        unsafe { std::env::set_var("BPF_CLANG", clang) };
    }
    scx_cargo::BpfBuilder::new()
        .and_then(|mut builder| {
            builder.enable_intf("bpf/intf.h", "bpf_intf.rs").enable_skel("bpf/main.bpf.c", "bpf").build()
        })
        .and_then(|()| scx_cargo::BpfBuilder::new()?.enable_skel("bpf/trace.bpf.c", "trace").build())
        .unwrap_or_else(|error| panic!("the BPF programs in bpf/ do not build: {error:#}"));
}

/// `clang` where it is new enough, else the newest `clang-N` on the PATH.
fn find_clang() -> String {
    let versioned = (OLDEST_CLANG..NEWEST_CLANG).rev().map(|major| format!("clang-{major}"));
    std::iter::once("clang".to_owned())
        .chain(versioned)
        .find(|name| major_version(name).is_some_and(|major| major >= OLDEST_CLANG))
        .unwrap_or_else(|| {
            panic!(
                "no clang of version {OLDEST_CLANG} or newer on the PATH: install clang-19, or name one in BPF_CLANG"
            )
        })
}

/// The major version that `name --version` prints, e.g. 19 for "Debian clang version 19.1.7 (3~deb12u1)".
fn major_version(name: &str) -> Option<u32> {
    let output = Command::new(Path::new(name)).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let after = text.split("version ").nth(1)?;
    after.split('.').next()?.parse().ok()
}
