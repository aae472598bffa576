//! Unpacks `topologies/*/machine.tree`, a machine's `sys/` in a few lines, so that what reads files has files to read.
//!
//! ```text
//! package 0-23                          CPUs of a package
//! core 0-15/2 16-23/1                   cores: CPUs 0-15 in twos, 16-23 each its own
//! core 0-95/1+96                        each of 0-95 with the CPU 96 further
//! l2 0-15/2 16-23/4                     caches, in the same way
//! node 0 0-23 10 21                     CPUs and distances
//! cpus 16-23 cpufreq/cpuinfo_max_freq 3900000
//! device cpu_atom/cpus 16-23            a file below sys/devices
//! energy 0-3 0x1 1700000:20:120:250 …   a performance domain: flags, then kHz:power:cost:performance
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use scx_domains::cpuset::CpuSet;
use scx_domains::units::CpuId;
use tempfile::TempDir;

/// A folder with the `sys/` that `text` stands for.
pub fn unpacked(text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut tree = Tree { devices: folder.path().join("sys/devices"), packages: 0, cores: 0, online: CpuSet::new() };
    for line in text.lines().map(|line| line.split('#').next().unwrap_or("").trim()).filter(|line| !line.is_empty()) {
        let (what, rest) = line.split_once(' ').unwrap_or_else(|| panic!("{line}"));
        tree.line(what, &rest.split_whitespace().collect::<Vec<_>>());
    }
    let online = tree.online.to_string();
    for name in ["online", "present", "possible"] {
        tree.put(&format!("system/cpu/{name}"), &online);
    }
    folder
}

struct Tree {
    devices: PathBuf,
    packages: u32,
    cores: u32,
    online: CpuSet,
}

impl Tree {
    fn line(&mut self, what: &str, words: &[&str]) {
        match (what, words) {
            ("package", groups) => groups.iter().flat_map(|text| grouped(text)).for_each(|cpus| self.package(&cpus)),
            ("core", groups) => groups.iter().flat_map(|text| grouped(text)).for_each(|cpus| self.core(&cpus)),
            ("l2" | "l3", groups) => {
                groups.iter().flat_map(|text| grouped(text)).for_each(|cpus| self.cache(what, &cpus))
            }
            ("node", [id, cpus, distances @ ..]) => self.node(id, &set(cpus), distances),
            ("cpus", [cpus, file, value]) => set(cpus).iter().for_each(|cpu| self.put_cpu(cpu, file, value)),
            ("device", [file, value]) => self.put(file, value),
            ("energy", [cpus, flags, states @ ..]) => self.energy(cpus, flags, states),
            _ => panic!("{what} {words:?}"),
        }
    }

    fn package(&mut self, cpus: &CpuSet) {
        for cpu in cpus.iter() {
            self.online.insert(cpu);
            self.put_cpu(cpu, "topology/physical_package_id", &self.packages.to_string());
            self.put_cpu(cpu, "topology/core_siblings", &mask(cpus));
        }
        self.packages += 1;
    }

    fn core(&mut self, cpus: &CpuSet) {
        for cpu in cpus.iter() {
            self.put_cpu(cpu, "topology/core_id", &self.cores.to_string());
            self.put_cpu(cpu, "topology/thread_siblings", &mask(cpus));
        }
        self.cores += 1;
    }

    fn cache(&self, what: &str, cpus: &CpuSet) {
        let level = what.trim_start_matches('l');
        for cpu in cpus.iter() {
            let put = |file: &str, value: &str| self.put_cpu(cpu, &format!("cache/index{level}/{file}"), value);
            put("level", level);
            put("type", "Unified");
            put("size", "1024K");
            put("shared_cpu_map", &mask(cpus));
        }
    }

    fn node(&self, id: &str, cpus: &CpuSet, distances: &[&str]) {
        self.put(&format!("system/node/node{id}/cpumap"), &mask(cpus));
        self.put(&format!("system/node/node{id}/distance"), &distances.join(" "));
    }

    fn energy(&self, cpus: &str, flags: &str, states: &[&str]) {
        let folder = format!("../kernel/debug/energy_model/cpu{}", set(cpus).first().unwrap());
        self.put(&format!("{folder}/cpus"), cpus);
        self.put(&format!("{folder}/flags"), flags);
        for state in states {
            let figures: Vec<&str> = state.split(':').collect();
            for (file, figure) in ["frequency", "power", "cost", "performance"].iter().zip(&figures) {
                self.put(&format!("{folder}/ps:{}/{file}", figures[0]), figure);
            }
            self.put(&format!("{folder}/ps:{}/inefficient", figures[0]), "0");
        }
    }

    fn put_cpu(&self, cpu: CpuId, file: &str, value: &str) {
        self.put(&format!("system/cpu/cpu{cpu}/{file}"), value);
    }

    fn put(&self, file: &str, value: &str) {
        // `..` needs the folder before it to be there.
        fs::create_dir_all(&self.devices).unwrap();
        let path = self.devices.join(file);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).unwrap();
        fs::write(path, format!("{value}\n")).unwrap();
    }
}

fn set(text: &str) -> CpuSet {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// The groups of `CPUS`, `CPUS/SIZE` or `CPUS/SIZE+PARTNER`.
fn grouped(text: &str) -> Vec<CpuSet> {
    let (cpus, size) = text.split_once('/').unwrap_or((text, "65536"));
    let (size, partner) = size.split_once('+').unwrap_or((size, "0"));
    let partner: u32 = partner.parse().unwrap();
    let cpus: Vec<CpuId> = set(cpus).iter().collect();
    let group = |part: &[CpuId]| part.iter().flat_map(|cpu| [*cpu, CpuId(cpu.0 + partner)]).collect();
    cpus.chunks(size.parse().unwrap()).map(group).collect()
}

/// The kernel's bitmaps: words of 32 bits in hexadecimal, the highest first.
fn mask(cpus: &CpuSet) -> String {
    let words = cpus.last().map_or(1, |last| last.index() / 32 + 1);
    let mut mask = vec![0_u32; words];
    for cpu in cpus.iter() {
        mask[words - 1 - cpu.index() / 32] |= 1 << (cpu.0 % 32);
    }
    mask.iter().map(|word| format!("{word:08x}")).collect::<Vec<_>>().join(",")
}
