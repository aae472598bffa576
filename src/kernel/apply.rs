//! Hands plans to BPF, and learns what became of the last ones.

use super::error::KernelError;
use super::libbpf::{run, step};
use super::load::Attached;
use super::skel::{MapValue, intf};
use crate::balance::{Flow, FlowBook, FlowTotals, MAX_FLOWS_PER_DOMAIN, Plan};
use crate::units::DomainId;
use libbpf_rs::{MapCore, MapFlags};
use std::time::Duration;

const _: () = assert!(MAX_FLOWS_PER_DOMAIN == intf::limits_MAX_FLOWS as usize);

impl Attached<'_> {
    /// Put the flows of `plan` in force, for `ttl` at most, in place of those of the last plan; and move at once what
    /// waits and fits. Returns what became of the flows that ended, and counts the new ones as planned.
    ///
    /// # Errors
    /// [`KernelError::Step`] if the kernel refuses; flows that were in force then end by their own time.
    pub fn apply(&mut self, plan: &Plan, ttl: Duration) -> Result<FlowBook, KernelError> {
        let mut book = FlowBook::default();
        for src in 0..self.domains as u32 {
            let flows: Vec<&Flow> = plan.flows.iter().filter(|flow| flow.src == DomainId(src)).collect();
            if flows.is_empty() && !self.in_force[src as usize] {
                continue;
            }
            ended(DomainId(src), &self.exchange(src, &flows, ttl)?, &mut book);
            for flow in &flows {
                book.add(flow.src, flow.dst, FlowTotals { planned: flow.amount, ..FlowTotals::default() });
            }
            self.in_force[src as usize] = !flows.is_empty();
        }
        Ok(book)
    }

    /// Let no task count for more than this in loads of the domains of each class, by its id; any slower ones count as the last.
    pub fn set_load_caps(&mut self, caps: &[u64]) {
        let Some(last) = caps.last() else { return };
        if let Some(data) = self.skel.maps.data_data.as_mut() {
            let all = std::array::from_fn(|class| *caps.get(class).unwrap_or(last));
            // SAFETY: live, aligned u64s in memory that is mapped from the kernel; BPF reads them, and only we write them.
            unsafe { std::ptr::write_volatile(&raw mut data.load_caps, all) };
        }
    }

    /// Count weights this many doublings up in loads.
    pub fn set_load_shift(&mut self, shift: u32) {
        if let Some(bss) = self.skel.maps.bss_data.as_mut() {
            // SAFETY: as in `set_load_caps`, with a u32.
            unsafe { std::ptr::write_volatile(&raw mut bss.load_shift, shift) };
        }
    }

    /// Put the flows of one domain in force; returns those that were before.
    fn exchange(&self, src: u32, flows: &[&Flow], ttl: Duration) -> Result<intf::domain_flows, KernelError> {
        let mut exchange = intf::plan_exchange::zeroed();
        exchange.src = src;
        exchange.ttl_ns = ttl.as_nanos() as u64;
        exchange.next.nr = flows.len().min(exchange.next.flow.len()) as u32;
        for (slot, flow) in exchange.next.flow.iter_mut().zip(flows) {
            slot.to = flow.dst.0;
            slot.left = i64::try_from(flow.amount).unwrap_or(i64::MAX);
            slot.min_load = flow.min_load;
            slot.max_load = flow.max_load;
            slot.off_memory = u32::from(flow.off_memory);
        }
        let failed = |e: libbpf_rs::Error| step("handing the plan to the scheduler", &e);
        let map = &self.skel.maps.plan_exchanges;
        map.update(0u32.as_bytes(), exchange.as_bytes(), MapFlags::ANY).map_err(failed)?;
        run(&self.skel.progs.apply_plan, "handing the plan to the scheduler")?;
        let answer = map.lookup(0u32.as_bytes(), MapFlags::ANY).map_err(failed)?;
        Ok(answer.as_deref().and_then(intf::plan_exchange::from_bytes).unwrap_or(exchange).last)
    }
}

/// What became of flows that are no longer in force.
fn ended(src: DomainId, flows: &intf::domain_flows, book: &mut FlowBook) {
    for flow in flows.flow.iter().take(flows.nr as usize) {
        let totals = FlowTotals {
            planned: 0,
            applied: flow.applied,
            expired: u64::try_from(flow.left).unwrap_or(0),
            moved: u64::from(flow.nr_moved),
            refused: u64::from(flow.refused),
            refused_memory: u64::from(flow.refused_memory),
        };
        book.add(src, DomainId(flow.to), totals);
    }
}
