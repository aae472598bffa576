//! The command: starts the trace, writes what comes, and tells what it was.

use super::{Event, Perfetto, What};
use crate::cli::TraceArgs;
use crate::cpuset::CpuSet;
use crate::daemon::Signals;
use crate::failure::Failure;
use crate::files;
use crate::kernel::{TraceObject, Tracing};
use crate::units::CpuId;
use rustix::time::{ClockId, clock_gettime};
use std::fs::File;
use std::io::{self, BufWriter};
use std::time::{Duration, Instant};

/// How often the buffer is emptied: its default of 16 MiB then holds 9 million events a second.
const LOOK: Duration = Duration::from_millis(20);

/// What came of it.
#[derive(Default)]
struct Counts {
    switches: u64,
    domains: u64,
    flows: u64,
    frequencies: u64,
    lost: u64,
}

/// Do it, until the time is over or somebody ends it, which makes a trace that is only shorter.
///
/// # Errors
/// [`Failure`]: no scheduler of ours runs, the kernel refuses, or the file cannot be written.
pub fn run(args: &TraceArgs) -> Result<(), Failure> {
    let stop = Signals::listen()?.stop;
    let unwritten = |e: io::Error| {
        Failure::Input(format!("{} cannot be written: {e}; name another with -o", args.output.display()))
    };
    let mut object = TraceObject::uninit();
    // The kernel first: a file that is there stays what it is where nothing can be traced.
    let tracing = Tracing::start(&mut object, args.buffer_mib)?;
    let file = BufWriter::new(File::create(&args.output).map_err(unwritten)?);
    let names: Vec<String> = tracing.domains().iter().enumerate().map(|(id, cpus)| name(id, cpus)).collect();
    let mut trace = Perfetto::new(file, &names).map_err(unwritten)?;
    let mut counts = Counts::default();
    for event in frequencies_now(tracing.domains()) {
        counts.count(&event);
        trace.add(&event).map_err(unwritten)?;
    }
    log::info!("tracing for {} s; Ctrl-C ends it earlier", args.seconds);
    let end = Instant::now() + Duration::from_secs(args.seconds);
    let mut ended = false;
    while !ended {
        let wait = end.saturating_duration_since(Instant::now()).min(LOOK);
        ended = stop.recv_timeout(wait).is_ok() || Instant::now() >= end;
        for event in tracing.events()? {
            counts.count(&event);
            trace.add(&event).map_err(unwritten)?;
        }
        let lost = tracing.lost();
        if lost > counts.lost {
            trace.lost(boot_time(), lost - counts.lost).map_err(unwritten)?;
            counts.lost = lost;
        }
    }
    trace.finish().map_err(unwritten)?;
    counts.tell(args);
    Ok(())
}

impl Counts {
    fn count(&mut self, event: &Event) {
        let counter = match event.what {
            What::Switch { .. } => &mut self.switches,
            What::Domain { .. } => &mut self.domains,
            What::Flow(_) => &mut self.flows,
            What::Frequency { .. } => &mut self.frequencies,
        };
        *counter += 1;
    }

    fn tell(&self, args: &TraceArgs) {
        let Self { switches, domains, flows, frequencies, lost } = self;
        log::info!(
            "{}: {switches} switches, {domains} looks at domains, {flows} steps of flows, {frequencies} frequencies, \
             {lost} events lost. Open it at https://ui.perfetto.dev",
            args.output.display()
        );
        if *lost > 0 {
            log::warn!(
                "events are missing where the buffer of {} MiB was full; try a larger --buffer-mib",
                args.buffer_mib
            );
        }
    }
}

fn name(id: usize, cpus: &CpuSet) -> String {
    format!("domain {id} (CPUs {cpus})")
}

/// What the CPUs run at as the trace begins, where the kernel tells; later it tells of changes.
fn frequencies_now(domains: &[CpuSet]) -> Vec<Event> {
    let at = boot_time();
    let event = |cpu: CpuId| {
        let path = format!("/sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_cur_freq");
        Some(Event { at, cpu, what: What::Frequency { khz: files::value(path)? } })
    };
    domains.iter().flat_map(CpuSet::iter).filter_map(event).collect()
}

/// ns.
fn boot_time() -> u64 {
    let now = clock_gettime(ClockId::Boottime);
    now.tv_sec.cast_unsigned() * 1_000_000_000 + now.tv_nsec.cast_unsigned()
}
