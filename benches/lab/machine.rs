//! A machine to be emulated: its shape for QEMU, and what the workload has to know of it.

use serde::Deserialize;

use super::catalogue::Failure;
use super::spec;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    pub about: String,
    /// Nodes x LLCs a node x cores an LLC x threads a core.
    pub shape: String,
    #[serde(default = "default_memory")]
    pub memory_mb: u32,
    /// Between nodes, as the firmware tells them; 10 and 21 if not given.
    #[serde(default)]
    pub distances: Vec<Vec<u32>>,
    /// The core classes, in the order of the CPUs; one of all CPUs if not given.
    #[serde(default)]
    pub class: Vec<Class>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// P, E or LP-E: see the power table of model.toml.
    pub name: String,
    pub cpus: usize,
    /// 1024 is the fastest.
    pub capacity: u32,
    /// The maximum frequency that the firmware tells, by which schedulers know the class. Needed with several.
    #[serde(default)]
    pub mhz: Option<u32>,
}

fn default_memory() -> u32 {
    1024
}

/// The class of CPUs on a machine that says nothing of classes.
pub const ONE_CLASS: &str = "P";

impl Machine {
    /// Nodes, LLCs a node, cores an LLC, threads a core.
    fn counts(&self) -> Result<[usize; 4], Failure> {
        let counts: Result<Vec<usize>, _> = self.shape.split('x').map(str::parse).collect();
        let counts = counts.ok().and_then(|counts| <[usize; 4]>::try_from(counts).ok());
        counts
            .filter(|counts| counts.iter().all(|&count| count > 0))
            .ok_or(format!("shape '{}' is not NODESxLLCSxCORESxTHREADS", self.shape))
    }

    pub fn check(&self) -> Result<(), Failure> {
        let counts = self.counts()?;
        let (cpus, nodes) = (counts.iter().product::<usize>(), counts[0]);
        let in_classes: usize = self.class.iter().map(|class| class.cpus).sum();
        if !self.class.is_empty() && in_classes != cpus {
            return Err(format!("its classes have {in_classes} CPUs, its shape has {cpus}"));
        }
        if self.class.len() > 1 && self.class.iter().any(|class| class.mhz.is_none()) {
            return Err("with several classes each needs its mhz, for the guest to know them".into());
        }
        if !self.distances.is_empty()
            && (self.distances.len() != nodes || self.distances.iter().any(|d| d.len() != nodes))
        {
            return Err(format!("its distances are not {nodes} rows of {nodes}"));
        }
        // The kernel takes others for broken, and its own scheduler then leaves half of the machine idle.
        if pairs(&self.distances).any(|(from, to, distance)| self.distances[to][from] != distance) {
            return Err("its distances are not the same both ways".into());
        }
        Ok(())
    }

    pub fn cpus(&self) -> usize {
        self.counts().map_or(0, |counts| counts.iter().product())
    }

    pub fn has_classes(&self) -> bool {
        self.class.len() > 1
    }

    /// The class of each CPU: its name and capacity.
    pub fn classes(&self) -> Vec<(&str, u32)> {
        if self.class.is_empty() {
            return vec![(ONE_CLASS, 1024); self.cpus()];
        }
        self.class.iter().flat_map(|class| vec![(class.name.as_str(), class.capacity); class.cpus]).collect()
    }

    /// The CPUs of the fastest class.
    pub fn fast_cpus(&self) -> Vec<usize> {
        let classes = self.classes();
        let fastest = classes.iter().map(|(_, capacity)| *capacity).max();
        (0..classes.len()).filter(|&cpu| Some(classes[cpu].1) == fastest).collect()
    }

    /// The last CPU of the slowest class.
    pub fn slow_cpu(&self) -> usize {
        let classes = self.classes();
        (0..classes.len()).min_by_key(|&cpu| (classes[cpu].1, std::cmp::Reverse(cpu))).unwrap_or(0)
    }

    /// As the workload sees it. QEMU numbers CPUs through threads, cores, LLCs, nodes.
    pub fn modelled(&self) -> spec::Machine {
        let [_, llcs, cores, threads] = self.counts().unwrap_or([0, 1, 1, 1]);
        let cpu = |(number, (_, capacity)): (usize, (&str, u32))| spec::Cpu {
            core: number / threads,
            llc: number / threads / cores,
            node: number / threads / cores / llcs,
            capacity,
        };
        spec::Machine { cpus: self.classes().into_iter().enumerate().map(cpu).collect() }
    }

    /// Arguments of tests/guest/run that make such a machine.
    pub fn guest_options(&self) -> Vec<String> {
        let mut options = vec!["--shape".into(), self.shape.clone(), "--mem".into(), self.memory_mb.to_string()];
        // Both ways: tests/guest/run has given each pair a distance one way.
        for (from, to, distance) in pairs(&self.distances) {
            let argument = format!("dist,src={from},dst={to},val={distance}");
            options.extend(["--qemu".into(), "-numa".into(), "--qemu".into(), argument]);
        }
        let mhz: Vec<_> =
            self.class.iter().filter_map(|class| Some(format!("{}x{}", class.mhz?, class.cpus))).collect();
        if !mhz.is_empty() {
            options.extend(["--mhz".into(), mhz.join(",")]);
        }
        options
    }
}

/// From each node to each other one, and how far it is.
fn pairs(distances: &[Vec<u32>]) -> impl Iterator<Item = (usize, usize, u32)> {
    let all = distances.iter().enumerate().flat_map(|(from, row)| {
        let to_each = row.iter().enumerate();
        to_each.map(move |(to, &distance)| (from, to, distance))
    });
    all.filter(|(from, to, _)| from != to)
}
