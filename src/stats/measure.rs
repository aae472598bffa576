//! How a statistic is told: its name, whether it goes up and down or only up, what it is counted in, and what it means. Pure.
//!
//! [`measures!`] makes a struct and its table at once, so that a value cannot be there without a word on it. The reports,
//! `--help-stats`, docs/statistics.md and all exporters are made from these tables.

/// How a value changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Up and down.
    Gauge,
    /// Up only, since the scheduler was attached.
    Counter,
}

impl Kind {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
        }
    }
}

/// What a value is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// How many, or how often.
    Number,
    /// Load: 1.00 is one task at nice 0 that always wants to run.
    Load,
    /// Relative throughput: 1024 is one CPU of the fastest class.
    Capacity,
    /// CPUs, or CPU seconds a second.
    Cpus,
    /// Part of a whole, 0 to 1.
    Ratio,
    Seconds,
    Bytes,
}

impl Unit {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Load => "load",
            Self::Capacity => "capacity",
            Self::Cpus => "cpus",
            Self::Ratio => "ratio",
            Self::Seconds => "seconds",
            Self::Bytes => "bytes",
        }
    }
}

/// One statistic of a `T`.
#[derive(Debug)]
pub struct Measure<T> {
    /// The field's name.
    pub name: &'static str,
    pub kind: Kind,
    pub unit: Unit,
    /// What it is, to follow the name.
    pub help: &'static str,
    /// Is it a whole number?
    pub whole: bool,
    /// The value.
    pub of: fn(&T) -> f64,
}

/// A struct of statistics and its table, `MEASURES`: a line each, "name: type, kind, unit, what it is". Fields that a
/// report does not have are read as 0, so that reports of other versions can be read.
macro_rules! measures {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty, $kind:ident, $unit:ident, $help:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(default)]
        pub struct $name {
            $(#[doc = $help] pub $field: $type,)*
        }

        impl $name {
            /// What there is, in order.
            pub const MEASURES: &[$crate::stats::measure::Measure<Self>] = &[$($crate::stats::measure::Measure {
                name: stringify!($field),
                kind: $crate::stats::measure::Kind::$kind,
                unit: $crate::stats::measure::Unit::$unit,
                help: $help,
                whole: <$type>::MAX as f64 == u64::MAX as f64,
                of: |stats| stats.$field as f64,
            },)*];

            /// Add another's values to these: of what is summed up, such as counters.
            pub fn add(&mut self, other: &Self) {
                $(self.$field += other.$field;)*
            }
        }
    };
}
pub(super) use measures;
