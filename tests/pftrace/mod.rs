//! Reads back the traces that `scx_domains trace` writes, field by field as Perfetto's protos number them
//! (github.com/google/perfetto, protos/perfetto/trace): what this reads, its viewer does too.

use quick_protobuf::BytesReader;
use std::collections::BTreeMap;

/// A trace.
#[derive(Debug, Default, PartialEq)]
pub struct Trace {
    /// Names of tracks by id, with the name of the one that they hang under, if any.
    pub tracks: BTreeMap<u64, (String, Option<String>)>,
    pub counters: Vec<Counter>,
    pub instants: Vec<Instant>,
    pub switches: Vec<Switch>,
    pub frequencies: Vec<(u64, u64)>,
}

#[derive(Debug, PartialEq)]
pub struct Counter {
    pub at: u64,
    pub track: String,
    pub value: i64,
}

#[derive(Debug, PartialEq)]
pub struct Instant {
    pub at: u64,
    pub track: String,
    pub name: String,
    pub notes: BTreeMap<String, i64>,
}

#[derive(Debug, PartialEq)]
pub struct Switch {
    pub at: u64,
    pub cpu: u64,
    pub prev: (String, i64),
    pub prev_state: u64,
    pub next: (String, i64),
}

/// A message's fields by number, in order.
#[derive(Debug, Default)]
struct Fields<'a> {
    numbers: BTreeMap<u32, u64>,
    parts: Vec<(u32, &'a [u8])>,
}

impl<'a> Fields<'a> {
    /// # Panics
    /// Where it is no protobuf of numbers and parts.
    fn of(bytes: &'a [u8]) -> Self {
        let mut fields = Self::default();
        let mut reader = BytesReader::from_bytes(bytes);
        while !reader.is_eof() {
            let tag = reader.next_tag(bytes).expect("a tag");
            match tag & 7 {
                0 => {
                    fields.numbers.insert(tag >> 3, reader.read_uint64(bytes).expect("a number"));
                }
                2 => fields.parts.push((tag >> 3, reader.read_bytes(bytes).expect("a part"))),
                other => panic!("a field of wire type {other}"),
            }
        }
        fields
    }

    fn number(&self, field: u32) -> u64 {
        self.numbers.get(&field).copied().unwrap_or(0)
    }

    fn signed(&self, field: u32) -> i64 {
        self.number(field) as i64
    }

    fn all(&self, field: u32) -> impl Iterator<Item = &'a [u8]> + '_ {
        self.parts.iter().filter(move |(number, _)| *number == field).map(|(_, part)| *part)
    }

    fn one(&self, field: u32) -> Option<Fields<'a>> {
        self.all(field).next().map(Fields::of)
    }

    fn text(&self, field: u32) -> String {
        self.all(field).next().map_or(String::new(), |part| String::from_utf8(part.to_vec()).expect("UTF-8"))
    }
}

/// Read a trace.
///
/// # Panics
/// Where it is none, or names a track that it did not describe before.
pub fn read(bytes: &[u8]) -> Trace {
    let mut trace = Trace::default();
    for (index, packet) in Fields::of(bytes).all(1).map(Fields::of).enumerate() {
        assert_eq!(packet.number(10), 1, "every packet is of the one sequence");
        assert_eq!(packet.number(13), u64::from(index == 0), "the first packet clears the state");
        if let Some(track) = packet.one(60) {
            let parent = track.numbers.get(&5).map(|id| trace.track(*id));
            trace.tracks.insert(track.number(1), (track.text(2), parent));
        } else if let Some(event) = packet.one(11) {
            trace.track_event(packet.number(8), &event);
        } else if let Some(bundle) = packet.one(1) {
            bundle.all(2).map(Fields::of).for_each(|event| trace.ftrace(bundle.number(1), &event));
        } else {
            panic!("a packet of another kind: {packet:?}");
        }
    }
    trace
}

impl Trace {
    fn track(&self, id: u64) -> String {
        self.tracks.get(&id).unwrap_or_else(|| panic!("track {id} was not described")).0.clone()
    }

    fn track_event(&mut self, at: u64, event: &Fields<'_>) {
        let track = self.track(event.number(11));
        match event.number(9) {
            3 => {
                let notes = event.all(4).map(Fields::of).map(|note| (note.text(10), note.signed(4))).collect();
                self.instants.push(Instant { at, track, name: event.text(23), notes });
            }
            4 => self.counters.push(Counter { at, track, value: event.signed(30) }),
            other => panic!("a track event of type {other}"),
        }
    }

    fn ftrace(&mut self, cpu: u64, event: &Fields<'_>) {
        if let Some(switch) = event.one(4) {
            assert_eq!(event.signed(2), switch.signed(2), "the event's thread is the one that ran");
            self.switches.push(Switch {
                at: event.number(1),
                cpu,
                prev: (switch.text(1), switch.signed(2)),
                prev_state: switch.number(4),
                next: (switch.text(5), switch.signed(6)),
            });
        } else if let Some(frequency) = event.one(11) {
            self.frequencies.push((frequency.number(2), frequency.number(1)));
        } else {
            panic!("an event of another kind: {event:?}");
        }
    }
}
