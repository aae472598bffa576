//! What userspace pays: cutting a machine into domains, once a start, and planning a round, ten times a second.
//!
//! Machines are built as plain values, so that neither hwloc nor a file is in the figures. `docs/lab/planner.md` has
//! what came out and how it grows.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use scx_domains::balance::{Balancer, DomainSample, DomainSnapshot, Sample, Snapshot};
use scx_domains::cpuset::CpuSet;
use scx_domains::domain::Domains;
use scx_domains::topology::{Class, Core, LOCAL_DISTANCE, Llc, Node, Topology};
use scx_domains::units::{Capacity, ClassId, CoreId, CpuId, LlcId, NodeId};

const SIZES: [u32; 7] = [8, 32, 128, 512, 1024, 2048, 4096];

/// A machine of `cpus` CPUs, two a core, `per_llc` of them under one cache and at most 128 in a node; the nodes are in
/// a ring, so that distances differ.
fn machine(cpus: u32, per_llc: u32) -> Topology {
    let set = |first: u32, count: u32| (first..(first + count).min(cpus)).map(CpuId).collect::<CpuSet>();
    let per_node = cpus.min(128);
    let count = cpus / per_node;
    let distance = |from: u32, to: u32| match from.abs_diff(to).min(count - from.abs_diff(to)) {
        0 => LOCAL_DISTANCE,
        hops => 2 * LOCAL_DISTANCE + hops,
    };
    let node = |id: u32| Node {
        id: NodeId(id),
        cpus: set(id * per_node, per_node),
        distances: (0..count).map(|to| distance(id, to)).collect(),
    };
    let llc = |id: u32| Llc { id: LlcId(id), node: NodeId(id * per_llc / per_node), cpus: set(id * per_llc, per_llc) };
    let core = |id: u32| Core { id: CoreId(id), llc: LlcId(2 * id / per_llc), cpus: set(2 * id, 2) };
    let class = Class {
        id: ClassId(0),
        name: "all".into(),
        capacity: Capacity::FULL,
        cost_rank: 0,
        cpus: set(0, cpus),
        preferred: vec![],
    };
    Topology {
        nodes: (0..count).map(node).collect(),
        llcs: (0..cpus.div_ceil(per_llc)).map(llc).collect(),
        cores: (0..cpus / 2).map(core).collect(),
        classes: vec![class],
        perf_domains: vec![],
        gpus: vec![],
        online: set(0, cpus),
        offline: CpuSet::new(),
    }
}

/// `count` domains of 8 CPUs.
fn domains(count: u32) -> Domains {
    let domains = Domains::build(&machine(8 * count, 8)).expect("the machine is sound");
    assert_eq!(domains.len(), count as usize);
    domains
}

/// Hogs at nice 0, `hogs` of them in each domain of 8 CPUs.
fn sample(hogs: impl Iterator<Item = u64>) -> Sample {
    let domain =
        |hogs: u64| DomainSample { load: hogs * 1024, runnable_milli: hogs * 1000, online: 8, ..Default::default() };
    Sample { span_ns: 100_000_000, domains: hogs.map(domain).collect() }
}

/// What domains look like that nobody has balanced: 8 to 39 hogs, the same ones each time.
fn uneven(count: u32) -> Sample {
    sample((0..count).map(|id| 8 + u64::from(id.wrapping_mul(2_654_435_761) >> 27)))
}

/// One half of the machine has all that is too much, so that a giver looks past all those near it, who give too.
fn far_apart(count: u32) -> Sample {
    sample((0..count).map(|id| if id < count / 2 { 24 } else { 8 }))
}

fn building(criterion: &mut Criterion) {
    for (name, per_llc) in [("domains/LLCs of 8 CPUs", 8), ("domains/LLCs of 128 CPUs", 128)] {
        let mut group = criterion.benchmark_group(name);
        for cpus in SIZES {
            let machine = machine(cpus, per_llc.min(cpus));
            group.bench_with_input(BenchmarkId::from_parameter(cpus), &machine, |bencher, machine| {
                bencher.iter(|| Domains::build(black_box(machine)).expect("the machine is sound"));
            });
        }
    }
}

/// The domain of each CPU, as the kernel's tables ask for it.
fn looking_up(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("domain of each CPU");
    for cpus in SIZES {
        group.bench_with_input(BenchmarkId::from_parameter(cpus), &domains(cpus / 8), |bencher, domains| {
            bencher.iter(|| (0..cpus).filter_map(|cpu| black_box(domains).domain_of(CpuId(cpu))).count());
        });
    }
}

fn planning(criterion: &mut Criterion) {
    for (name, loads) in [("plan/uneven", uneven as fn(u32) -> Sample), ("plan/far apart", far_apart)] {
        let mut group = criterion.benchmark_group(name);
        for count in (1..=9).map(|power| 1 << power) {
            let (domains, sample) = (domains(count), loads(count));
            group.bench_with_input(BenchmarkId::from_parameter(count), &sample, |bencher, sample| {
                bencher.iter(|| Balancer::default().plan(black_box(&domains), black_box(sample)));
            });
        }
    }
}

/// The other part of a round that grows: the means between two snapshots.
fn sampling(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sample");
    for count in (1..=9).map(|power| 1_usize << power) {
        let snapshot = |at: u64| {
            let counters = DomainSnapshot { at, load_integral: 9216 * at, online: 8, ..Default::default() };
            Snapshot { domains: vec![counters; count] }
        };
        let (before, after) = (snapshot(1_000_000), snapshot(101_000_000));
        group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
            bencher.iter(|| Sample::between(black_box(&before), black_box(&after)));
        });
    }
}

/// Short: the figures differ by powers of ten, and whoever runs this waits for it.
fn short() -> Criterion {
    Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1))
}

criterion_group! { name = planner; config = short(); targets = building, looking_up, planning, sampling }
criterion_main!(planner);
