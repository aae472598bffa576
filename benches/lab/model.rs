//! The modelled hardware, as model.toml gives it, and the energy that it makes of busy times.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::catalogue::Failure;
use super::fingerprint;
use super::spec;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    pub work: spec::Model,
    /// By core class.
    pub power: BTreeMap<String, Power>,
    #[serde(rename = "power-limits")]
    pub limits: PowerLimits,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Power {
    pub busy_mw: f64,
    pub idle_mw: f64,
    pub deep_idle_mw: f64,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PowerLimits {
    pub deep_below_percent: f64,
}

impl Model {
    /// Tells these figures from others.
    pub fn fingerprint(&self) -> String {
        fingerprint::of(serde_json::json!(self).to_string().as_bytes())
    }

    /// In mJ: each CPU's busy time at its class's power, the rest of the window idle.
    pub fn energy_mj(&self, classes: &[(&str, u32)], busy_ms: &[f64], window_ms: f64) -> Result<f64, Failure> {
        let mut energy = 0.0;
        for ((class, _), busy_ms) in classes.iter().zip(busy_ms) {
            let power = self.power.get(*class).ok_or_else(|| {
                let known: Vec<_> = self.power.keys().map(String::as_str).collect();
                format!("model.toml has no power for class '{class}'; it has: {}", known.join(", "))
            })?;
            let deep = *busy_ms < window_ms * self.limits.deep_below_percent / 100.0;
            let idle_mw = if deep { power.deep_idle_mw } else { power.idle_mw };
            energy += (busy_ms * power.busy_mw + (window_ms - busy_ms).max(0.0) * idle_mw) / 1e3;
        }
        Ok(energy)
    }
}
