//! Reads what is runnable in cgroups, and tells BPF what they weigh.

use super::cgroup_files::CgroupSupport;
use super::error::KernelError;
use super::libbpf::{run, step};
use super::load::Attached;
use super::sample::read_first;
use super::skel::{MapValue, OpenBpfSkel, intf};
use crate::balance::{CgroupShare, CgroupSnapshot};
use libbpf_rs::{MapCore, MapFlags};

/// By slot: whose share was last handed over, and which.
pub type CgroupShares = std::collections::HashMap<u32, CgroupShare>;

/// A multiplier that differs by less than this part from what is in force is left alone, and the most that a task weighs
/// by less than that: each change costs every task of the cgroup two holds of its domain's lock.
const WORTH_TELLING: f64 = 0.02;
const MOST_WORTH_TELLING: f64 = 0.125;

/// Size the maps; or, where the kernel does not tell of cgroups or their weights are not wanted, leave all of it out.
pub fn configure(
    open: &mut OpenBpfSkel<'_>,
    domains: u32,
    wanted: bool,
    support: CgroupSupport,
) -> libbpf_rs::Result<()> {
    let on = wanted && support.weight;
    if let Some(rodata) = open.maps.rodata_data.as_mut() {
        rodata.cgroup_weights = on;
    }
    let slots = if on { intf::limits_MAX_CGROUPS } else { 1 };
    open.maps.cgroup_states.set_max_entries(slots)?;
    open.maps.cgroup_shares.set_max_entries(slots)?;
    open.maps.cgroup_loads.set_max_entries(slots * domains)?;
    let ops = open.struct_ops.domains_ops_mut();
    if !support.idle {
        ops.cgroup_set_idle = std::ptr::null_mut();
    }
    if !support.limits {
        ops.cgroup_set_bandwidth = std::ptr::null_mut();
    }
    if on {
        return Ok(());
    }
    ops.cgroup_init = std::ptr::null_mut();
    ops.cgroup_exit = std::ptr::null_mut();
    ops.cgroup_move = std::ptr::null_mut();
    ops.cgroup_set_weight = std::ptr::null_mut();
    ops.cgroup_set_idle = std::ptr::null_mut();
    ops.cgroup_set_bandwidth = std::ptr::null_mut();
    open.progs.advance_cgroups.set_autoload(false);
    open.maps.cgroup_ctxs.set_autocreate(false)
}

impl Attached<'_> {
    /// The cgroups that have a slot of their own, and what was runnable in them. Empty where their weights are ignored.
    ///
    /// # Errors
    /// [`KernelError::Step`] if a map cannot be read.
    pub fn cgroups(&self) -> Result<Vec<CgroupSnapshot>, KernelError> {
        let end = self.skel.maps.bss_data.as_ref().map_or(0, |bss| bss.cgroups_used);
        if end == 0 {
            return Ok(Vec::new());
        }
        run(&self.skel.progs.advance_cgroups, "bringing the loads of cgroups up to date")?;
        // The root's, slot 0, is read with the others.
        let states: Vec<intf::cgroup_state> = read_first(&self.skel.maps.cgroup_states, end + 1, MapFlags::ANY)?;
        let used = (0..).zip(&states).skip(1).filter(|(_, state)| state.id != 0);
        Ok(used.map(|(slot, state)| snapshot(slot, state)).collect())
    }

    /// How many cgroups there were too many of to be told apart, since the start.
    #[must_use]
    pub fn unplaced_cgroups(&self) -> u32 {
        self.skel.maps.bss_data.as_ref().map_or(0, |bss| bss.cgroups_unplaced)
    }

    /// Has the kernel told of a limit in cpu.max?
    #[must_use]
    pub fn saw_cgroup_limit(&self) -> bool {
        self.skel.maps.bss_data.as_ref().is_some_and(|bss| bss.cgroup_limited != 0)
    }

    /// Let cgroups weigh this from now on.
    ///
    /// # Errors
    /// [`KernelError::Step`] if the map cannot be written.
    pub fn set_cgroup_shares(&mut self, shares: &[CgroupShare]) -> Result<(), KernelError> {
        for share in shares {
            if self.cgroup_shares.get(&share.slot).is_some_and(|last| !differs(last, share)) {
                continue;
            }
            let map = &self.skel.maps.cgroup_shares;
            let told = map.update(share.slot.as_bytes(), fixed_point(share).as_bytes(), MapFlags::ANY);
            told.map_err(|e| step("telling what a cgroup weighs", &e))?;
            self.cgroup_shares.insert(share.slot, *share);
            log::debug!("cgroup {}: multiplier {:.4}, {:.0} at most", share.id, share.multiplier, share.most);
        }
        Ok(())
    }
}

fn snapshot(slot: u32, state: &intf::cgroup_state) -> CgroupSnapshot {
    CgroupSnapshot {
        slot,
        id: state.id,
        parent: state.parent,
        weight: state.weight,
        idle: state.idle != 0,
        at: state.at,
        weight_integral: state.weight_integral,
        runnable_integral: state.runnable_integral,
    }
}

fn differs(last: &CgroupShare, now: &CgroupShare) -> bool {
    let moved = |from: f64, to: f64, by: f64| (to - from).abs() > by * from;
    last.id != now.id
        || moved(last.multiplier, now.multiplier, WORTH_TELLING)
        || moved(last.most, now.most, MOST_WORTH_TELLING)
}

fn fixed_point(share: &CgroupShare) -> intf::cgroup_share {
    let mut fixed = intf::cgroup_share::zeroed();
    fixed.multiplier = (share.multiplier * f64::from(1 << intf::limits_CGROUP_FRACTION_BITS)).round() as u64;
    fixed.most = (share.most.round() as u64).max(1);
    fixed
}
