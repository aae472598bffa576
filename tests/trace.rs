//! A trace is read back as it was written, by a reader that knows only Perfetto's numbers.

mod pftrace;

use proptest::prelude::*;
use scx_domains::trace::{Event, FlowStep, Perfetto, Thread, What};
use scx_domains::units::{CpuId, DomainId};

fn thread(id: i32, name: &str) -> Thread {
    Thread { id, prio: 120, name: name.to_owned() }
}

fn event(at: u64, cpu: u32, what: What) -> Event {
    Event { at, cpu: CpuId(cpu), what }
}

fn written(events: &[Event]) -> Vec<u8> {
    let names = ["domain 0 (CPUs 0-1)", "domain 1 (CPUs 2-3)"].map(str::to_owned);
    let mut trace = Perfetto::new(Vec::new(), &names).expect("memory takes all");
    events.iter().for_each(|event| trace.add(event).expect("memory takes all"));
    trace.lost(900, 7).expect("memory takes all");
    trace.finish().expect("memory takes all")
}

#[test]
fn every_kind_of_event_is_read_back() {
    let step = FlowStep { from: DomainId(1), to: DomainId(0), moved: 0, refused: 0, left: 1536, applied: 0 };
    let trace = pftrace::read(&written(&[
        event(100, 3, What::Switch { prev: thread(0, "swapper/3"), prev_state: 0, next: thread(7, "hog") }),
        event(110, 0, What::Frequency { khz: 2_400_000 }),
        event(120, 2, What::Domain { domain: DomainId(1), queued: Some(4), runnable: 6, load: -12 }),
        event(130, 2, What::Domain { domain: DomainId(0), queued: None, runnable: 0, load: 0 }),
        event(140, 2, What::Flow(step)),
        event(150, 2, What::Flow(FlowStep { moved: 1, left: -512, applied: 2048, ..step })),
    ]));
    assert_eq!(trace.tracks[&2], ("domain 0 (CPUs 0-1)".to_owned(), None));
    assert_eq!(trace.tracks.len(), 1 + 2 * 5);
    let hog = &trace.switches[0];
    assert_eq!((hog.at, hog.cpu, hog.prev_state), (100, 3, 0));
    assert_eq!((&hog.prev, &hog.next), (&("swapper/3".to_owned(), 0), &("hog".to_owned(), 7)));
    assert_eq!(trace.frequencies, [(0, 2_400_000)]);
    let counters: Vec<_> = trace.counters.iter().map(|c| (c.at, c.track.as_str(), c.value)).collect();
    let second = [(120, "domain 1 queued", 4), (120, "domain 1 runnable", 6), (120, "domain 1 load", -12)];
    assert_eq!(counters[..3], second);
    assert_eq!(
        counters[3..],
        [(130, "domain 0 runnable", 0), (130, "domain 0 load", 0)],
        "nothing is said of the queue"
    );
    let instants: Vec<_> = trace.instants.iter().map(|i| (i.track.as_str(), i.name.as_str())).collect();
    assert_eq!(
        instants,
        [
            ("domain 1 flows", "to 0: 1.50 planned"),
            ("domain 1 flows", "to 0: 1 moved"),
            ("scx_domains", "7 events lost, the buffer was full")
        ]
    );
    assert_eq!((trace.instants[1].notes["left"], trace.instants[1].notes["applied"]), (-512, 2048));
}

/// The bytes themselves: who changes the form sees it here.
#[test]
fn the_form_is_as_it_was() {
    let switch = What::Switch { prev: thread(1, "a"), prev_state: 1, next: thread(2, "b") };
    let bytes = written(&[event(5, 1, switch)]);
    let hex: String = bytes[bytes.len() - 32..].iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, "0a1e50010a1a080112160805100122100a01611001187820012a016230023878");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn nothing_is_lost_on_the_way(seen in prop::collection::vec((0u32..4, 1i32..100, "[a-z]{0,15}"), 0..3000)) {
        let events: Vec<Event> = (0u64..).zip(&seen).map(|(at, (cpu, id, name))| {
            event(at, *cpu, What::Switch { prev: thread(id - 1, "x"), prev_state: 2, next: thread(*id, name) })
        }).collect();
        let mut read = pftrace::read(&written(&events)).switches;
        read.sort_by_key(|switch| switch.at);
        let read: Vec<_> = read.into_iter().map(|s| (s.cpu as u32, s.next.1 as i32, s.next.0)).collect();
        prop_assert_eq!(read, seen);
    }
}
