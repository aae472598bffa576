//! What cgroups weigh, each round; and what is told of them.

use crate::balance::{self, CgroupSnapshot, Sample};
use crate::kernel::{Attached, KernelError, unhonoured};

/// What is remembered of cgroups from round to round.
pub struct Cgroups {
    last: Vec<CgroupSnapshot>,
    load_shift: u32,
    /// Has it been said that some cgroup asks for what it does not get?
    told_of_limits: bool,
    told_of_too_many: bool,
}

impl Cgroups {
    /// Tells at once of what cgroups ask for already and do not get.
    pub fn new(attached: &Attached) -> Self {
        let mut cgroups = Self { last: Vec::new(), load_shift: 0, told_of_limits: false, told_of_too_many: false };
        cgroups.tell_of_limits(attached);
        cgroups
    }

    /// Give cgroups what cpu.weight promises them.
    ///
    /// # Errors
    /// The scheduler's tables cannot be read or written.
    pub fn weigh(&mut self, attached: &mut Attached, sample: &Sample) -> Result<(), KernelError> {
        let cgroups = attached.cgroups()?;
        let weights = balance::plan_cgroups(&self.last, &cgroups, sample);
        self.last = cgroups;
        self.load_shift = balance::load_shift(self.load_shift, weights.cpu_worth);
        attached.set_load_shift(self.load_shift);
        attached.set_cgroup_shares(&weights.shares)?;
        if !self.told_of_limits && attached.saw_cgroup_limit() {
            self.tell_of_limits(attached);
        }
        let unplaced = attached.unplaced_cgroups();
        if unplaced > 0 && !self.told_of_too_many {
            self.told_of_too_many = true;
            log::warn!(
                "too many cgroups to tell apart: from now on, new ones count as part of their parents ({unplaced} so far)"
            );
        }
        Ok(())
    }

    /// A line for each thing that cgroups ask for and do not get.
    fn tell_of_limits(&mut self, attached: &Attached) {
        for sentence in unhonoured(attached.cgroup_support) {
            log::warn!("{sentence}");
            self.told_of_limits = true;
        }
    }
}
