//! A set of CPUs, read and written in the kernel's cpulist form: `0-3,8`.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

use crate::units::CpuId;

/// The largest CPU number that a cpulist may hold: far above what any kernel is built for, and small enough that
/// a mistyped range cannot fill the memory.
pub const MAX_CPU: u32 = 65_535;

/// A set of CPUs, iterated in ascending order.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CpuSet(BTreeSet<CpuId>);

/// Why a text is not a cpulist.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CpuListError {
    #[error("`{0}` is not a CPU number: write a cpulist such as 0-3,8")]
    NotANumber(String),
    #[error("the CPU range `{0}` runs backwards: write the lower number first")]
    Reversed(String),
    #[error("CPU {0} is out of range: CPU numbers go up to {MAX_CPU}")]
    TooLarge(u64),
}

impl CpuSet {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The CPUs in ascending order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = CpuId> + ExactSizeIterator + Clone + '_ {
        self.0.iter().copied()
    }

    #[must_use]
    pub fn contains(&self, cpu: CpuId) -> bool {
        self.0.contains(&cpu)
    }

    /// Adds `cpu`; true if it was not there before.
    pub fn insert(&mut self, cpu: CpuId) -> bool {
        self.0.insert(cpu)
    }

    /// Takes `cpu` out; true if it was there.
    pub fn remove(&mut self, cpu: CpuId) -> bool {
        self.0.remove(&cpu)
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The lowest CPU.
    #[must_use]
    pub fn first(&self) -> Option<CpuId> {
        self.0.first().copied()
    }

    /// The highest CPU.
    #[must_use]
    pub fn last(&self) -> Option<CpuId> {
        self.0.last().copied()
    }

    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).copied().collect())
    }

    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).copied().collect())
    }

    /// The CPUs of this set that are not in `other`.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        Self(self.0.difference(&other.0).copied().collect())
    }

    #[must_use]
    pub fn is_disjoint(&self, other: &Self) -> bool {
        self.0.is_disjoint(&other.0)
    }

    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }
}

impl FromIterator<CpuId> for CpuSet {
    fn from_iter<I: IntoIterator<Item = CpuId>>(cpus: I) -> Self {
        Self(cpus.into_iter().collect())
    }
}

impl Extend<CpuId> for CpuSet {
    fn extend<I: IntoIterator<Item = CpuId>>(&mut self, cpus: I) {
        self.0.extend(cpus);
    }
}

impl fmt::Display for CpuSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        let mut cpus = self.iter().peekable();
        while let Some(first) = cpus.next() {
            let mut last = first;
            while let Some(next) = cpus.next_if(|next| last.0.checked_add(1) == Some(next.0)) {
                last = next;
            }
            if !text.is_empty() {
                text.push(',');
            }
            text.push_str(&first.to_string());
            if last > first {
                text.push('-');
                text.push_str(&last.to_string());
            }
        }
        f.pad(&text)
    }
}

impl FromStr for CpuSet {
    type Err = CpuListError;

    /// Reads a cpulist. White space around it and around its parts is let pass; an empty text is the empty set.
    fn from_str(text: &str) -> Result<Self, CpuListError> {
        let text = text.trim();
        let mut set = Self::new();
        if text.is_empty() {
            return Ok(set);
        }
        for part in text.split(',') {
            let (first, last) = match part.split_once('-') {
                Some((first, last)) => (cpu_number(first)?, cpu_number(last)?),
                None => {
                    let cpu = cpu_number(part)?;
                    (cpu, cpu)
                }
            };
            if first > last {
                return Err(CpuListError::Reversed(part.trim().to_owned()));
            }
            set.extend((first..=last).map(CpuId));
        }
        Ok(set)
    }
}

fn cpu_number(text: &str) -> Result<u32, CpuListError> {
    let text = text.trim();
    // `u64::from_str` would let a leading plus sign pass.
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(CpuListError::NotANumber(text.to_owned()));
    }
    let number = text.parse::<u64>().unwrap_or(u64::MAX);
    match u32::try_from(number) {
        Ok(cpu) if cpu <= MAX_CPU => Ok(cpu),
        _ => Err(CpuListError::TooLarge(number)),
    }
}

impl Serialize for CpuSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CpuSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set(text: &str) -> CpuSet {
        text.parse().unwrap()
    }

    #[test]
    fn reads_what_the_kernel_writes() {
        assert_eq!(set("0-3,8\n").iter().map(|cpu| cpu.0).collect::<Vec<_>>(), [0, 1, 2, 3, 8]);
        assert!(set("\n").is_empty());
        assert!(set("").is_empty());
        assert_eq!(set(" 5 , 2-2 ").to_string(), "2,5");
    }

    #[test]
    fn writes_ranges_as_short_as_they_go() {
        assert_eq!(set("3,1,2,0,7,9-10").to_string(), "0-3,7,9-10");
        assert_eq!(CpuSet::new().to_string(), "");
        assert_eq!(format!("{:<5}|", set("0-1")), "0-1  |");
    }

    #[test]
    fn refuses_what_is_no_cpulist() {
        use CpuListError::*;
        let refused = |text: &str| text.parse::<CpuSet>().unwrap_err();
        assert_eq!(refused("3-1"), Reversed("3-1".into()));
        assert_eq!(refused("0-4000000000"), TooLarge(4_000_000_000));
        assert_eq!(refused("99999999999999999999999"), TooLarge(u64::MAX));
        assert_eq!(refused("65536"), TooLarge(65_536));
        for text in ["x", "0,,1", "1-", "-1", "+1", "0-31:1/2", "0x3", "1 2"] {
            assert!(matches!(refused(text), NotANumber(_)), "{text}");
        }
    }

    #[test]
    fn is_a_string_in_json() {
        assert_eq!(serde_json::to_string(&set("0-1,4")).unwrap(), "\"0-1,4\"");
        assert!(serde_json::from_str::<CpuSet>("\"1-0\"").is_err());
    }

    fn any_set() -> impl Strategy<Value = CpuSet> {
        prop::collection::btree_set(0..=300_u32, 0..60).prop_map(|cpus| cpus.into_iter().map(CpuId).collect())
    }

    proptest! {
        #[test]
        fn text_and_json_round_trip(cpus in any_set()) {
            prop_assert_eq!(&set(&cpus.to_string()), &cpus);
            let json = serde_json::to_string(&cpus).unwrap();
            prop_assert_eq!(serde_json::from_str::<CpuSet>(&json).unwrap(), cpus);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[0-9,\\- x\n]{0,24}") {
            if let Ok(cpus) = text.parse::<CpuSet>() {
                prop_assert_eq!(set(&cpus.to_string()), cpus);
            }
        }

        #[test]
        fn set_algebra_holds(a in any_set(), b in any_set()) {
            let common = a.intersection(&b);
            prop_assert_eq!(a.union(&b).len() + common.len(), a.len() + b.len());
            prop_assert_eq!(a.difference(&b).union(&common), a.clone());
            prop_assert!(a.difference(&b).is_disjoint(&b));
            prop_assert!(common.is_subset(&a) && common.is_subset(&b));
            prop_assert_eq!(common.is_empty(), a.is_disjoint(&b));
        }
    }
}
