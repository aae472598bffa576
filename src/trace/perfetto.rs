//! Writes events as a trace that <https://ui.perfetto.dev> reads. Pure, but for where the bytes go.
//!
//! A trace is a row of `TracePacket`s in protobuf (github.com/google/perfetto, protos/perfetto/trace). The fields that are
//! used here are few, so they are written by their numbers; the names beside those are Perfetto's.
//!
//! - Switches and frequencies are what the kernel's ftrace would tell, in bundles by CPU. So the viewer shows them as it
//!   does any trace of a kernel: a row a CPU, and a row a thread.
//! - Each domain is a track, with counters and the instants of its flows under it.
//!
//! All times are of `CLOCK_BOOTTIME`, Perfetto's default.

use super::event::{Event, FlowStep, Thread, What};
use crate::units::DomainId;
use quick_protobuf::Writer;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Bytes of a CPU's bundle after which it is written: bundles cost 12 bytes, and Perfetto reads one at a time.
const BUNDLE: usize = 32 * 1024;

// Fields of TracePacket.
const FTRACE_EVENTS: u32 = 1;
const TIMESTAMP: u32 = 8;
const SEQUENCE_ID: u32 = 10;
const TRACK_EVENT: u32 = 11;
const SEQUENCE_FLAGS: u32 = 13;
const TRACK_DESCRIPTOR: u32 = 60;
/// All packets are of one writer, which has to say so.
const SEQUENCE: u64 = 1;
/// `SEQ_INCREMENTAL_STATE_CLEARED`: nothing was before the first packet.
const STATE_CLEARED: u64 = 1;

/// `TrackEvent.Type`.
const INSTANT: u64 = 3;
const COUNTER: u64 = 4;

/// The tracks of a domain: its own, then those under it. Ids are `domain * TRACKS + which + 2`; 0 is Perfetto's, 1 the
/// trace's own.
#[derive(Clone, Copy)]
enum Track {
    Domain,
    Queued,
    Runnable,
    Load,
    Flows,
}
const TRACKS: u64 = 5;
const OWN_TRACK: u64 = 1;

impl Track {
    fn of(self, domain: DomainId) -> u64 {
        u64::from(domain.0) * TRACKS + self as u64 + 2
    }
}

/// A protobuf message that is being made.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn number(mut self, field: u32, value: u64) -> Self {
        self.write(|to| to.write_tag(field << 3).and_then(|()| to.write_uint64(value)));
        self
    }

    /// Below 0 as protobuf's `int32` and `int64` have it.
    fn signed(self, field: u32, value: i64) -> Self {
        self.number(field, value.cast_unsigned())
    }

    fn bytes(mut self, field: u32, bytes: &[u8]) -> Self {
        self.write(|to| to.write_tag(field << 3 | 2).and_then(|()| to.write_bytes(bytes)));
        self
    }

    fn text(self, field: u32, text: &str) -> Self {
        self.bytes(field, text.as_bytes())
    }

    fn message(self, field: u32, inner: &Self) -> Self {
        self.bytes(field, &inner.0)
    }

    fn write(&mut self, write: impl FnOnce(&mut Writer<&mut Vec<u8>>) -> quick_protobuf::Result<()>) {
        // Writing to memory cannot fail.
        let _ = write(&mut Writer::new(&mut self.0));
    }
}

/// A trace that is being written.
pub struct Perfetto<W> {
    out: W,
    /// By CPU: the ftrace events that are not written yet.
    bundles: BTreeMap<u32, Message>,
}

impl<W: Write> Perfetto<W> {
    /// Begin a trace of these domains, by id, each with a name to be shown.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn new(out: W, domains: &[String]) -> io::Result<Self> {
        let mut trace = Self { out, bundles: BTreeMap::new() };
        let first = Message::default().number(SEQUENCE_ID, SEQUENCE).number(SEQUENCE_FLAGS, STATE_CLEARED);
        trace.packet(first.message(TRACK_DESCRIPTOR, &track(OWN_TRACK, "scx_domains", 0)))?;
        for (id, name) in (0u32..).map(DomainId).zip(domains) {
            let parent = Track::Domain.of(id);
            trace.describe(&track(parent, name, 0))?;
            for (which, what) in [(Track::Queued, "queued"), (Track::Runnable, "runnable"), (Track::Load, "load")] {
                // CounterDescriptor: unit = UNIT_COUNT.
                let counter = Message::default().number(3, 2);
                let name = format!("domain {id} {what}");
                trace.describe(&track(which.of(id), &name, parent).message(8, &counter))?;
            }
            trace.describe(&track(Track::Flows.of(id), &format!("domain {id} flows"), parent))?;
        }
        Ok(trace)
    }

    /// Add an event.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn add(&mut self, event: &Event) -> io::Result<()> {
        match &event.what {
            What::Switch { prev, prev_state, next } => self.ftrace(event, prev.id, 4, &switch(prev, *prev_state, next)),
            What::Frequency { khz } => {
                let cpu = u64::from(event.cpu.0);
                self.ftrace(event, 0, 11, &Message::default().number(1, u64::from(*khz)).number(2, cpu))
            }
            What::Domain { domain, queued, runnable, load } => {
                if let Some(queued) = queued {
                    self.counter(event.at, Track::Queued.of(*domain), i64::from(*queued))?;
                }
                self.counter(event.at, Track::Runnable.of(*domain), i64::from(*runnable))?;
                self.counter(event.at, Track::Load.of(*domain), *load)
            }
            What::Flow(step) => self.instant(event.at, Track::Flows.of(step.from), &flow_name(step), &flow_notes(step)),
        }
    }

    /// Tell that events are missing before this moment.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn lost(&mut self, at: u64, events: u64) -> io::Result<()> {
        let notes = [("lost", events.cast_signed())];
        self.instant(at, OWN_TRACK, &format!("{events} events lost, the buffer was full"), &notes)
    }

    /// Write all that there is.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(mut self) -> io::Result<W> {
        let cpus: Vec<u32> = self.bundles.keys().copied().collect();
        cpus.into_iter().try_for_each(|cpu| self.write_bundle(cpu))?;
        self.out.flush()?;
        Ok(self.out)
    }

    /// FtraceEvent: timestamp, pid, and the event's own message.
    fn ftrace(&mut self, event: &Event, thread: i32, field: u32, inner: &Message) -> io::Result<()> {
        let message = Message::default().number(1, event.at).signed(2, i64::from(thread)).message(field, inner);
        let bundle = self.bundles.remove(&event.cpu.0).unwrap_or_default().message(2, &message);
        let full = bundle.0.len() >= BUNDLE;
        self.bundles.insert(event.cpu.0, bundle);
        if full { self.write_bundle(event.cpu.0) } else { Ok(()) }
    }

    /// FtraceEventBundle: cpu, events.
    fn write_bundle(&mut self, cpu: u32) -> io::Result<()> {
        let Some(events) = self.bundles.remove(&cpu) else { return Ok(()) };
        let mut bundle = Message::default().number(1, u64::from(cpu));
        bundle.0.extend(events.0);
        self.packet(Message::default().number(SEQUENCE_ID, SEQUENCE).message(FTRACE_EVENTS, &bundle))
    }

    fn describe(&mut self, track: &Message) -> io::Result<()> {
        self.packet(Message::default().number(SEQUENCE_ID, SEQUENCE).message(TRACK_DESCRIPTOR, track))
    }

    fn counter(&mut self, at: u64, track: u64, value: i64) -> io::Result<()> {
        self.track_event(at, &Message::default().number(9, COUNTER).number(11, track).signed(30, value))
    }

    /// `notes` are shown where the instant is looked at.
    fn instant(&mut self, at: u64, track: u64, name: &str, notes: &[(&str, i64)]) -> io::Result<()> {
        let mut event = Message::default().number(9, INSTANT).number(11, track).text(23, name);
        for (name, value) in notes {
            // DebugAnnotation: name, int_value.
            event = event.message(4, &Message::default().text(10, name).signed(4, *value));
        }
        self.track_event(at, &event)
    }

    fn track_event(&mut self, at: u64, event: &Message) -> io::Result<()> {
        let packet = Message::default().number(TIMESTAMP, at).number(SEQUENCE_ID, SEQUENCE);
        self.packet(packet.message(TRACK_EVENT, event))
    }

    /// Trace: packets.
    fn packet(&mut self, packet: Message) -> io::Result<()> {
        self.out.write_all(&Message::default().message(1, &packet).0)
    }
}

/// TrackDescriptor: uuid, name, parent_uuid.
fn track(id: u64, name: &str, parent: u64) -> Message {
    let track = Message::default().number(1, id).text(2, name);
    if parent == 0 { track } else { track.number(5, parent) }
}

/// SchedSwitchFtraceEvent.
fn switch(prev: &Thread, prev_state: u32, next: &Thread) -> Message {
    let message = Message::default().text(1, &prev.name).signed(2, i64::from(prev.id)).signed(3, i64::from(prev.prio));
    let message = message.number(4, u64::from(prev_state)).text(5, &next.name);
    message.signed(6, i64::from(next.id)).signed(7, i64::from(next.prio))
}

fn flow_name(step: &FlowStep) -> String {
    let FlowStep { to, moved, left, .. } = step;
    if *moved == 0 {
        format!("to {to}: {:.2} planned", *left as f64 / 1024.0)
    } else {
        format!("to {to}: {moved} moved")
    }
}

fn flow_notes(step: &FlowStep) -> [(&'static str, i64); 5] {
    [
        ("to", i64::from(step.to.0)),
        ("moved", i64::from(step.moved)),
        ("refused", i64::from(step.refused)),
        ("left", step.left),
        ("applied", step.applied.cast_signed()),
    ]
}
