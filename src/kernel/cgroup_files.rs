//! What cgroups ask for and do not get under this scheduler, as their files tell.

use super::btf::KernelBtf;
use crate::files;
use std::fs;
use std::path::Path;

const CGROUPS: &str = "/sys/fs/cgroup";

/// What a kernel tells a scheduler of cgroups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CgroupSupport {
    /// Cgroups and their cpu.weight (`CONFIG_EXT_GROUP_SCHED`).
    pub weight: bool,
    /// cpu.idle (6.19).
    pub idle: bool,
    /// That a cgroup gets a limit in cpu.max (6.17).
    pub limits: bool,
}

impl CgroupSupport {
    /// Of this kernel.
    #[must_use]
    pub fn of(btf: &KernelBtf) -> Self {
        let told = |callback| btf.has_member("sched_ext_ops", callback);
        Self { weight: told("cgroup_init"), idle: told("cgroup_set_idle"), limits: told("cgroup_set_bandwidth") }
    }
}

/// A sentence for each thing that some cgroup asks for now and does not get.
#[must_use]
pub fn unhonoured(support: CgroupSupport) -> Vec<String> {
    let limited = cgroups_where("cpu.max", |text| !text.starts_with("max"));
    let idle = if support.idle { Vec::new() } else { cgroups_where("cpu.idle", |text| text == "1") };
    sentences(support, &limited, &idle)
}

fn sentences(support: CgroupSupport, limited: &[String], idle: &[String]) -> Vec<String> {
    let some = |paths: &[String], what: &str| match paths {
        [] => None,
        [one] => Some(format!("{what} is not honoured: {one} has it")),
        [first, rest @ ..] => Some(format!("{what} is not honoured: {first} and {} more cgroups have it", rest.len())),
    };
    let weight = "cpu.weight is not honoured: the kernel was built without CONFIG_EXT_GROUP_SCHED";
    let told = [
        (!support.weight).then(|| weight.to_owned()),
        some(limited, "the limit in cpu.max"),
        some(idle, "cpu.idle (which takes Linux 6.19)"),
    ];
    told.into_iter().flatten().collect()
}

/// The paths, from the root's on, of all cgroups whose file says so. Those that go away meanwhile are passed over.
fn cgroups_where(file: &str, says: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(CGROUPS).to_path_buf()];
    while let Some(folder) = folders.pop() {
        if files::line(folder.join(file)).is_ok_and(|line| says(&line)) {
            let below = folder.strip_prefix(CGROUPS).unwrap_or(&folder);
            found.push(format!("/{}", below.display()));
        }
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
        folders.extend(entries.filter(|e| e.file_type().is_ok_and(|kind| kind.is_dir())).map(|e| e.path()));
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_honoured_is_told_with_an_example() {
        let all = CgroupSupport { weight: true, idle: true, limits: true };
        assert_eq!(sentences(all, &[], &[]), Vec::<String>::new());
        let paths = ["/a", "/b", "/c/d"].map(str::to_owned);
        assert_eq!(
            sentences(all, &paths, &[]),
            ["the limit in cpu.max is not honoured: /a and 2 more cgroups have it"]
        );
        let none = CgroupSupport { weight: false, idle: false, limits: false };
        let told = sentences(none, &paths[..1], &paths[2..]);
        assert_eq!(told.len(), 3);
        assert!(told[0].contains("CONFIG_EXT_GROUP_SCHED") && told[2].ends_with("/c/d has it"), "{told:?}");
    }
}
