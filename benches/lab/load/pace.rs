//! How much a worker gets done with its CPU time: the modelled hardware.
//!
//! Progress = CPU time × capacity of the CPU × SMT × warmth × nearness of memory × nearness of fellows.
//! An example with model.toml's numbers: a worker that moves to another LLC runs at 0.5 for 1 ms; on an E-core of
//! capacity 512 that millisecond is worth 0.25 ms of the fastest CPU.

use crate::clock::NS_PER_MS;
use crate::crowd::Crowd;
use crate::distance::Distance;
use crate::spec::{Machine, Model, Refill};

/// A CPU on which no worker was seen for so long is taken for idle. Busy emulated CPUs take turns of about a
/// millisecond, so with 16 of them one may be unseen for as many.
const UNSEEN_NS: u64 = 30 * NS_PER_MS;

/// Where the worker's memory is. Unless it is bound there, it follows a worker that stays away.
struct Memory {
    node: usize,
    bound: bool,
    away_ns: u64,
}

impl Memory {
    /// The worker uses `ns` on `node`.
    fn is_remote(&mut self, node: usize, ns: u64, follows_ns: u64) -> bool {
        if node == self.node {
            self.away_ns = 0;
            return false;
        }
        self.away_ns += ns;
        if !self.bound && self.away_ns >= follows_ns {
            self.node = node;
        }
        true
    }
}

pub struct Pace<'a> {
    machine: &'a Machine,
    model: &'a Model,
    crowd: &'a Crowd,
    /// Which of the crowd's workers this is.
    index: usize,
    memory: Memory,
    cold: Refill,
    cold_left_ns: u64,
    /// Capacity of the fastest CPUs.
    fastest: u32,
}

impl<'a> Pace<'a> {
    pub fn new(
        machine: &'a Machine,
        model: &'a Model,
        crowd: &'a Crowd,
        index: usize,
        memory: Option<usize>,
        cpu: usize,
    ) -> Self {
        let memory = match memory {
            Some(node) => Memory { node, bound: true, away_ns: 0 },
            None => Memory { node: machine.cpus[cpu].node, bound: false, away_ns: 0 },
        };
        crowd.arrive(index, machine.cpus[cpu].llc);
        let fastest = machine.cpus.iter().map(|cpu| cpu.capacity).max().unwrap_or(0);
        Pace { machine, model, crowd, index, memory, cold: model.cold.core, cold_left_ns: 0, fastest }
    }

    /// Is it one of the fastest CPUs?
    pub fn is_fastest(&self, cpu: usize) -> bool {
        self.machine.cpus[cpu].capacity == self.fastest
    }

    /// The worker is on another CPU than before.
    pub fn moved(&mut self, from: usize, to: usize) -> Distance {
        let distance = self.machine.distance(from, to);
        let cold = match distance {
            Distance::None | Distance::Smt => return distance,
            Distance::Core => self.model.cold.core,
            Distance::Llc => self.model.cold.llc,
            Distance::Node => self.model.cold.node,
        };
        // What is still missing from an earlier, longer move is not there any sooner.
        if cold.us * 1_000 > self.cold_left_ns {
            (self.cold, self.cold_left_ns) = (cold, cold.us * 1_000);
        }
        self.crowd.arrive(self.index, self.machine.cpus[to].llc);
        distance
    }

    /// Progress in ns for `ns` of CPU time on `cpu` at guest time `now`.
    pub fn progress(&mut self, ns: u64, cpu: usize, now: u64) -> f64 {
        let here = &self.machine.cpus[cpu];
        self.crowd.seen(cpu, now);
        let cold_ns = ns.min(self.cold_left_ns);
        self.cold_left_ns -= cold_ns;
        let warmth = cold_ns as f64 * self.cold.speed + (ns - cold_ns) as f64;

        let mut speed = f64::from(here.capacity) / 1024.0;
        if self.siblings(cpu).any(|sibling| self.crowd.busy(sibling, now, UNSEEN_NS)) {
            speed *= self.model.smt;
        }
        if self.memory.is_remote(here.node, ns, self.model.memory_follows_ms * NS_PER_MS) {
            speed *= self.model.remote_memory;
        }
        let apart = self.crowd.fellows_apart(self.index, here.llc);
        warmth * speed * (1.0 - apart * (1.0 - self.model.fellows_apart))
    }

    fn siblings(&self, cpu: usize) -> impl Iterator<Item = usize> {
        let cpus = &self.machine.cpus;
        (0..cpus.len()).filter(move |&other| other != cpu && cpus[other].core == cpus[cpu].core)
    }
}
