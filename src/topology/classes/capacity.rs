//! What a CPU of each class can do.
//!
//! By the first of these that orders the classes as they were believed: the kernel's `cpu_capacity`, CPPC's highest
//! performance, the maximum frequency, a guess by rank. The middle CPU of a class speaks for it, so preferred cores do not.
//!
//! CPPC is believed within what frequencies allow. A slower class does less in a cycle, down to about half, never more: of
//! a P-core's 5.0 GHz an E-core's 3.9 GHz are 0.78, so its capacity is from 0.35 to 0.86 of the P-core's, a tenth of
//! slack either way. Alder Lake's CPPC says 39 of 64, 0.61. Boards that give E-cores 64 too, or 10, are not believed.

use super::witness::{Witness, Word};
use crate::cpuset::CpuSet;
use crate::units::Capacity;

/// Assumed capacities of the classes from the fastest down where nobody has a figure: about what an E-core of Alder
/// Lake does of its P-core's single-threaded work, and a low-power E-core of Meteor Lake of its P-core's.
const ASSUMED: [u32; 3] = [1024, 620, 400];

/// The capacities of the classes, and whose figures they are; none: a guess.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capacities {
    pub of: Vec<Capacity>,
    pub from: Option<Witness>,
    /// Who was asked first and not believed, and why.
    pub disbelieved: Vec<(Witness, &'static str)>,
}

/// One capacity a class, 1024 for the first, and no class above the one before.
pub(super) fn capacities(words: &[Word], classes: &[CpuSet]) -> Capacities {
    let mut disbelieved = Vec::new();
    let frequencies = figures(words, Witness::MaxFrequency, classes);
    for witness in [Witness::Capacity, Witness::Cppc, Witness::MaxFrequency] {
        let Some(figures) = figures(words, witness, classes).filter(|_| classes.len() > 1) else { continue };
        let fault = if figures.windows(2).all(|pair| pair[0] == pair[1]) {
            Some("it finds all classes alike")
        } else if figures.windows(2).any(|pair| pair[0] < pair[1]) {
            Some("it orders the classes another way")
        } else if witness == Witness::Cppc && !frequencies.as_ref().is_none_or(|mhz| agree(&figures, mhz)) {
            Some("it does not go with the frequencies")
        } else {
            None
        };
        match fault {
            Some(fault) => disbelieved.push((witness, fault)),
            None => return Capacities { of: scaled(&figures), from: Some(witness), disbelieved },
        }
    }
    let guess: Vec<u64> = (0..classes.len()).map(|rank| u64::from(ASSUMED[rank.min(2)])).collect();
    Capacities { of: scaled(&guess), from: None, disbelieved }
}

/// A witness's figure of each class; none where it lacks one.
fn figures(words: &[Word], witness: Witness, classes: &[CpuSet]) -> Option<Vec<u64>> {
    let word = words.iter().find(|word| word.witness == witness)?;
    classes.iter().map(|class| word.figure_of(class)).collect()
}

/// Could CPUs of these frequencies perform so, relative to the first?
fn agree(figures: &[u64], mhz: &[u64]) -> bool {
    let relative = |all: &[u64], index: usize| all[index] as f64 / all[0].max(1) as f64;
    (1..figures.len()).all(|class| {
        let (performance, speed) = (relative(figures, class), relative(mhz, class));
        performance <= speed * 1.1 && performance >= speed * 0.45
    })
}

fn scaled(figures: &[u64]) -> Vec<Capacity> {
    let top = u128::from(figures.first().copied().unwrap_or(1).max(1));
    let scale = |figure: &u64| u32::try_from((u128::from(*figure) * 1024 / top).clamp(1, 1024)).unwrap_or(1024);
    figures.iter().map(|figure| Capacity(scale(figure))).collect()
}
