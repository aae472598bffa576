//! Who has something to say about the class of a CPU, and what each says.
//!
//! A *word* sorts CPUs into groups. Some witnesses know kinds (a core type), the others figures (a frequency), from which
//! groups are made: figures belong to different groups where one is 25 % or more above the next. The bins of one class
//! differ by up to 15 % (Alder Lake's preferred P-cores 5.2 to 5.0 GHz: 4 %), the classes of one machine by 28 % and more
//! (5.0 to 3.9 GHz).

use std::collections::BTreeMap;
use std::fmt;

use crate::cpuset::CpuSet;
use crate::topology::discovery::{CoreType, CpuFacts, Discovery};
use crate::units::CpuId;

/// More groups than this no machine has: who tells so many apart is not believed.
const MAX_GROUPS: usize = 8;

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Witness {
    /// The kernel's folders of performance counters: `cpu_core`, `cpu_atom`, `cpu_lowpower`.
    CoreType,
    /// The processor itself: leaf 0x1A, or AMD's 0x80000026.
    Cpuid,
    /// The part number in Arm's MIDR.
    ArmPart,
    /// Which Efficiency cores are under an L3: nothing else tells Meteor Lake's LP-E cores from its E-cores.
    L3,
    /// The kernel's `cpu_capacity`.
    Capacity,
    /// The firmware's `acpi_cppc/highest_perf`.
    Cppc,
    /// What work costs by the kernel's energy model, at the highest speed.
    Energy,
    BaseFrequency,
    MaxFrequency,
    /// hwloc's rank of a kind of CPU. It is made of the above, so it counts where they are silent.
    HwlocRank,
}

impl Witness {
    pub const ALL: [Self; 10] = [
        Self::CoreType,
        Self::Cpuid,
        Self::ArmPart,
        Self::L3,
        Self::Capacity,
        Self::Cppc,
        Self::Energy,
        Self::BaseFrequency,
        Self::MaxFrequency,
        Self::HwlocRank,
    ];

    /// What it counts for when it says that two CPUs are of different classes. Those that know kinds cannot be wrong by
    /// a figure, and the kernel itself goes by `cpu_capacity`; firmware and frequencies err.
    #[must_use]
    pub const fn weight(self) -> u32 {
        match self {
            Self::CoreType | Self::Cpuid | Self::ArmPart | Self::L3 | Self::Capacity => 3,
            Self::Cppc | Self::Energy | Self::BaseFrequency | Self::MaxFrequency | Self::HwlocRank => 1,
        }
    }

    /// What it counts for when it says that two CPUs are alike. CPUs of one kind can still differ, as E- and LP-E cores do.
    #[must_use]
    pub const fn weight_of_alike(self) -> u32 {
        if matches!(self, Self::Capacity) { 2 } else { 1 }
    }

    /// Does it say which of two groups is the faster?
    const fn orders(self) -> bool {
        !matches!(self, Self::ArmPart)
    }

    /// Does it count when it finds all CPUs alike? Not where it is known to say so of hybrids: `cpu_capacity` is 1024 for
    /// all where SMT is on, some boards give one CPPC value to all, Lunar Lake has one base frequency.
    const fn counts_if_all_alike(self) -> bool {
        matches!(self, Self::CoreType | Self::Cpuid | Self::ArmPart | Self::Energy | Self::MaxFrequency)
    }

    /// Are its figures names of kinds, so that any two differ?
    const fn knows_kinds(self) -> bool {
        matches!(self, Self::CoreType | Self::Cpuid | Self::ArmPart | Self::L3 | Self::HwlocRank)
    }

    fn figure(self, facts: &CpuFacts) -> Option<u64> {
        match self {
            Self::CoreType => facts.core_type.map(CoreType::speed),
            Self::Cpuid => facts.cpuid.map(CoreType::speed),
            Self::ArmPart => facts.arm_part.map(u64::from),
            Self::L3 => facts.under_l3.map(u64::from),
            Self::Capacity => facts.capacity.map(u64::from),
            Self::Cppc => facts.cppc.map(u64::from),
            Self::Energy => facts.energy_cost,
            Self::BaseFrequency => facts.base_mhz.map(u64::from),
            Self::MaxFrequency => facts.max_mhz.map(u64::from),
            Self::HwlocRank => facts.rank.map(u64::from),
        }
    }

    /// A figure for people.
    fn shown(self, figure: u64) -> String {
        match self {
            Self::CoreType | Self::Cpuid => CoreType::name_of_speed(figure).to_owned(),
            Self::ArmPart => format!("part {figure:#x}"),
            Self::L3 => if figure == 1 { "under an L3" } else { "without an L3" }.to_owned(),
            Self::BaseFrequency | Self::MaxFrequency => format!("{figure} MHz"),
            Self::HwlocRank => format!("rank {figure}"),
            Self::Capacity | Self::Cppc | Self::Energy => figure.to_string(),
        }
    }
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::CoreType => "core type",
            Self::Cpuid => "CPUID",
            Self::ArmPart => "Arm part",
            Self::L3 => "L3 cache",
            Self::Capacity => "cpu_capacity",
            Self::Cppc => "CPPC",
            Self::Energy => "energy cost",
            Self::BaseFrequency => "base frequency",
            Self::MaxFrequency => "max frequency",
            Self::HwlocRank => "hwloc rank",
        })
    }
}

/// What one witness says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub witness: Witness,
    /// The fastest first, where the witness orders them.
    pub groups: Vec<Group>,
    /// Why it does not count in the vote; none where it does.
    pub ignored: Option<&'static str>,
    figures: BTreeMap<CpuId, u64>,
}

/// CPUs that a witness finds alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub cpus: CpuSet,
    /// What it says of them, for people: "Performance", "3900 MHz", "64 to 67".
    pub says: String,
}

impl Word {
    /// The position of the group that has a CPU.
    pub(super) fn group_of(&self, cpu: CpuId) -> Option<usize> {
        self.groups.iter().position(|group| group.cpus.contains(cpu))
    }

    /// Its middle figure of some CPUs.
    pub(super) fn figure_of(&self, cpus: &CpuSet) -> Option<u64> {
        let mut figures: Vec<u64> = cpus.iter().filter_map(|cpu| self.figures.get(&cpu).copied()).collect();
        figures.sort_unstable();
        figures.get(figures.len() / 2).copied()
    }

    /// Its figure of one CPU.
    pub(super) fn figure(&self, cpu: CpuId) -> Option<u64> {
        self.figures.get(&cpu).copied()
    }

    /// Which of two sets of CPUs it finds faster; equal where it does not say.
    pub(super) fn compare(&self, one: &CpuSet, two: &CpuSet) -> std::cmp::Ordering {
        let figures = self.figure_of(one).zip(self.figure_of(two)).filter(|_| self.witness.orders());
        figures.map_or(std::cmp::Ordering::Equal, |(one, two)| one.cmp(&two))
    }
}

/// What each witness says of the online CPUs. Those that say nothing are left out.
pub(super) fn words(found: &Discovery) -> Vec<Word> {
    let facts = facts(found);
    let mut words: Vec<Word> = Witness::ALL.iter().filter_map(|&witness| word(witness, &facts)).collect();
    let others = words.iter().any(|word| word.ignored.is_none() && word.witness != Witness::HwlocRank);
    for word in words.iter_mut().filter(|word| word.witness == Witness::HwlocRank && others) {
        word.ignored = Some("it is made of what the others say");
    }
    words
}

/// What is known of each online CPU, from all readers.
fn facts(found: &Discovery) -> BTreeMap<CpuId, CpuFacts> {
    let l3: CpuSet = found.caches.iter().filter(|cache| cache.level >= 3).flat_map(|cache| cache.cpus.iter()).collect();
    let mut facts: BTreeMap<CpuId, CpuFacts> = BTreeMap::new();
    for cpu in found.online.iter() {
        let mut known = found.facts.get(&cpu).cloned().unwrap_or_default();
        if let Some(kind) = found.kinds.iter().find(|kind| kind.cpus.contains(cpu)) {
            known.fill_in(kind);
        }
        known.energy_cost = found.energy.domain_of(cpu).and_then(|domain| domain.top_cost());
        let efficiency = [known.core_type, known.cpuid].contains(&Some(CoreType::Efficiency));
        known.under_l3 = efficiency.then(|| l3.contains(cpu));
        facts.insert(cpu, known);
    }
    facts
}

fn word(witness: Witness, facts: &BTreeMap<CpuId, CpuFacts>) -> Option<Word> {
    let figures: BTreeMap<CpuId, u64> =
        facts.iter().filter_map(|(cpu, facts)| Some((*cpu, witness.figure(facts)?))).collect();
    if figures.is_empty() {
        return None;
    }
    let groups = groups(witness, &figures);
    let ignored = if groups.len() > MAX_GROUPS {
        Some("it tells more kinds apart than any machine has")
    } else if groups.len() == 1 && !witness.counts_if_all_alike() {
        Some("it finds all alike, as it does on machines with several classes")
    } else {
        None
    };
    Some(Word { witness, groups, ignored, figures })
}

/// CPUs with like figures, the highest first.
fn groups(witness: Witness, figures: &BTreeMap<CpuId, u64>) -> Vec<Group> {
    let mut by_figure: BTreeMap<u64, CpuSet> = BTreeMap::new();
    for (cpu, figure) in figures {
        by_figure.entry(*figure).or_default().insert(*cpu);
    }
    // Each with its highest and its lowest figure.
    let mut groups: Vec<(u64, u64, CpuSet)> = Vec::new();
    for (figure, cpus) in by_figure.into_iter().rev() {
        match groups.last_mut() {
            Some((_, lowest, members)) if !witness.knows_kinds() && !is_quarter_above(*lowest, figure) => {
                *lowest = figure;
                members.extend(cpus.iter());
            }
            _ => groups.push((figure, figure, cpus)),
        }
    }
    let says = |high: u64, low: u64| match high == low {
        true => witness.shown(high),
        false => format!("{low} to {}", witness.shown(high)),
    };
    groups.into_iter().map(|(high, low, cpus)| Group { cpus, says: says(high, low) }).collect()
}

fn is_quarter_above(higher: u64, lower: u64) -> bool {
    u128::from(higher) * 4 >= u128::from(lower) * 5
}
