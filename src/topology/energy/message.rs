//! The messages of the generic netlink family `dev-energymodel` (Linux 6.19 and later), as bytes.
//!
//! A message is a header of 16 bytes (length, type, flags, sequence, port), 4 bytes of generic netlink (command, version),
//! and attributes: length and kind in 4 bytes, a payload, padding to 4 (Documentation/userspace-api/netlink/intro.rst; the
//! numbers are those of include/uapi/linux/dev_energymodel.h). Nothing that is read is believed: each length is checked.

use super::{EnergyFault, MAX_PERF_STATES, PerfDomain, PerfState};
use crate::cpuset::MAX_CPU;
use crate::units::CpuId;

pub const FAMILY: &str = "dev-energymodel";
pub const GET_PERF_DOMAINS: u8 = 1;
pub const GET_PERF_TABLE: u8 = 2;

/// The family of families, which gives the others their numbers.
pub const CONTROL: u16 = 0x10;
pub const CONTROL_GET_FAMILY: u8 = 3;
pub const CONTROL_FAMILY_ID: u16 = 1;
pub const CONTROL_FAMILY_NAME: u16 = 2;

/// Flags of a request: one answer, or all that there is.
pub const REQUEST: u16 = 1;
pub const DUMP: u16 = 0x300 | REQUEST;

const HEADER: usize = 16;
const GENERIC_HEADER: usize = 4;
const TYPE_ERROR: u16 = 2;
const TYPE_DONE: u16 = 3;
const DOMAIN_ID: u16 = 2;
const DOMAIN_FLAGS: u16 = 3;
const DOMAIN_CPUS: u16 = 4;
pub const TABLE_DOMAIN_ID: u16 = 1;
const TABLE_STATE: u16 = 2;
const STATE_PERFORMANCE: u16 = 2;
const STATE_FREQUENCY: u16 = 3;
const STATE_POWER: u16 = 4;
const STATE_COST: u16 = 5;
const STATE_FLAGS: u16 = 6;

/// A message that came in.
#[derive(Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// Its attributes.
    Data(&'a [u8]),
    /// The end of a dump.
    Done,
    /// An error of the kernel's, as a positive number; 0 is an acknowledgement.
    Error(i32),
}

/// A request with attributes.
pub fn request(family: u16, command: u8, flags: u16, attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let mut message = vec![0; HEADER];
    message.extend([command, 1, 0, 0]);
    for (kind, payload) in attributes {
        let length = (4 + payload.len()) as u16;
        message.extend(length.to_ne_bytes().into_iter().chain(kind.to_ne_bytes()).chain(payload.iter().copied()));
        message.resize(message.len().next_multiple_of(4), 0);
    }
    let length = message.len() as u32;
    message[..4].copy_from_slice(&length.to_ne_bytes());
    message[4..6].copy_from_slice(&family.to_ne_bytes());
    message[6..8].copy_from_slice(&flags.to_ne_bytes());
    message
}

/// The messages of what was received at once.
pub fn messages(mut bytes: &[u8]) -> Result<Vec<Message<'_>>, EnergyFault> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let (head, rest) = cut(bytes, u32_at(bytes, 0)? as usize, HEADER)?;
        bytes = rest;
        found.push(match u16_at(head, 4)? {
            TYPE_DONE => Message::Done,
            TYPE_ERROR => Message::Error(u32_at(head, HEADER)?.cast_signed().wrapping_neg()),
            _ => Message::Data(head.get(HEADER + GENERIC_HEADER..).ok_or_else(broken)?),
        });
    }
    Ok(found)
}

/// The number of a family, from the answer to [`CONTROL_GET_FAMILY`].
pub fn family_id(attributes_of: &[u8]) -> Result<u16, EnergyFault> {
    let all = attributes(attributes_of)?;
    let (_, id) = all.iter().find(|(kind, _)| *kind == CONTROL_FAMILY_ID).ok_or_else(broken)?;
    u16_at(id, 0)
}

/// A performance domain, as yet without states, and the number by which its states are asked for.
pub fn perf_domain(attributes_of: &[u8]) -> Result<(u32, PerfDomain), EnergyFault> {
    let (mut id, mut flags, mut cpus) = (None, 0, Vec::new());
    for (kind, payload) in attributes(attributes_of)? {
        match kind {
            DOMAIN_ID => id = Some(u32_at(payload, 0)?),
            DOMAIN_FLAGS => flags = u64_at(payload)?,
            DOMAIN_CPUS => cpus.push(u64_at(payload)?),
            _ => {}
        }
    }
    let cpu = |cpu: u64| u32::try_from(cpu).ok().filter(|cpu| *cpu <= MAX_CPU).map(CpuId);
    let cpus = cpus.into_iter().map(cpu).collect::<Option<_>>();
    let cpus = cpus.ok_or_else(|| EnergyFault::Nonsense(format!("a performance domain has a CPU beyond {MAX_CPU}")))?;
    Ok((id.ok_or_else(broken)?, PerfDomain::with_flags(cpus, flags, Vec::new())))
}

/// The states of a performance domain.
pub fn perf_table(attributes_of: &[u8]) -> Result<Vec<PerfState>, EnergyFault> {
    let all = attributes(attributes_of)?;
    let states = all.iter().filter(|(kind, _)| *kind == TABLE_STATE).map(|(_, payload)| perf_state(payload));
    states.take(MAX_PERF_STATES + 1).collect()
}

fn perf_state(attributes_of: &[u8]) -> Result<PerfState, EnergyFault> {
    let mut state = PerfState { frequency: 0, power: 0, cost: 0, performance: 0, inefficient: false };
    for (kind, payload) in attributes(attributes_of)? {
        match kind {
            STATE_PERFORMANCE => state.performance = u64_at(payload)?,
            STATE_FREQUENCY => state.frequency = u64_at(payload)?,
            STATE_POWER => state.power = u64_at(payload)?,
            STATE_COST => state.cost = u64_at(payload)?,
            STATE_FLAGS => state.inefficient = u64_at(payload)? & 1 != 0,
            _ => {}
        }
    }
    Ok(state)
}

/// Kinds and payloads.
fn attributes(mut bytes: &[u8]) -> Result<Vec<(u16, &[u8])>, EnergyFault> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let (head, rest) = cut(bytes, usize::from(u16_at(bytes, 0)?), 4)?;
        bytes = rest;
        // The two highest bits say "nested" and "in network order".
        found.push((u16_at(head, 2)? & 0x3fff, &head[4..]));
    }
    Ok(found)
}

/// The first `length` bytes, of which there are `least`, and what comes after their padding.
fn cut(bytes: &[u8], length: usize, least: usize) -> Result<(&[u8], &[u8]), EnergyFault> {
    if length < least {
        return Err(broken());
    }
    let head = bytes.get(..length).ok_or_else(broken)?;
    Ok((head, bytes.get(length.next_multiple_of(4)..).unwrap_or_default()))
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16, EnergyFault> {
    let bytes = bytes.get(at..).and_then(|bytes| bytes.first_chunk()).ok_or_else(broken)?;
    Ok(u16::from_ne_bytes(*bytes))
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32, EnergyFault> {
    let bytes = bytes.get(at..).and_then(|bytes| bytes.first_chunk()).ok_or_else(broken)?;
    Ok(u32::from_ne_bytes(*bytes))
}

fn u64_at(bytes: &[u8]) -> Result<u64, EnergyFault> {
    bytes.first_chunk().map(|bytes| u64::from_ne_bytes(*bytes)).ok_or_else(broken)
}

fn broken() -> EnergyFault {
    EnergyFault::Nonsense("the kernel's answer by netlink is cut off or broken".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Attributes as the kernel writes them: those of 64 bits behind a pad attribute where that aligns them.
    fn attribute(kind: u16, payload: &[u8]) -> Vec<u8> {
        let whole = request(0, 0, 0, &[(kind, payload)]);
        whole[HEADER + GENERIC_HEADER..].to_vec()
    }

    fn state(performance: u64, frequency: u64, power: u64, cost: u64, flags: u64) -> Vec<u8> {
        let pad = attribute(1, &[]);
        let figures = [performance, frequency, power, cost, flags];
        let all = (2..)
            .zip(figures)
            .flat_map(|(kind, figure)| [pad.clone(), attribute(kind, &figure.to_ne_bytes())].concat());
        attribute(TABLE_STATE | 0x8000, &all.collect::<Vec<u8>>())
    }

    #[test]
    fn a_domain_and_its_states_are_read() {
        let cpus = [4_u64, 5].map(|cpu| attribute(DOMAIN_CPUS, &cpu.to_ne_bytes())).concat();
        let domain = [attribute(DOMAIN_ID, &7_u32.to_ne_bytes()), attribute(DOMAIN_FLAGS, &5_u64.to_ne_bytes()), cpus];
        let (id, domain) = perf_domain(&domain.concat()).unwrap();
        assert_eq!((id, domain.cpus.to_string().as_str()), (7, "4-5"));
        assert!(domain.microwatts && domain.artificial && !domain.skips_inefficient);

        let table = [
            attribute(TABLE_DOMAIN_ID, &7_u32.to_ne_bytes()),
            state(512, 2_000_000, 9, 80, 1),
            state(1024, 4_000_000, 30, 130, 0),
        ];
        let states = perf_table(&table.concat()).unwrap();
        let slow = PerfState { frequency: 2_000_000, power: 9, cost: 80, performance: 512, inefficient: true };
        assert_eq!((states.len(), states[0]), (2, slow));
    }

    #[test]
    fn messages_are_told_apart() {
        let mut received = request(0x20, GET_PERF_DOMAINS, 0, &[(DOMAIN_ID, &[1, 0, 0, 0])]);
        let mut done = request(TYPE_DONE, 0, 0, &[]);
        done[4..6].copy_from_slice(&TYPE_DONE.to_ne_bytes());
        let mut error = request(TYPE_ERROR, 0, 0, &[]);
        error[HEADER..].copy_from_slice(&(-2_i32).to_ne_bytes());
        received.extend(error.into_iter().chain(done));
        let found = messages(&received).unwrap();
        assert!(matches!(found[0], Message::Data(attributes) if attributes.len() == 8));
        assert_eq!(found[1..], [Message::Error(2), Message::Done]);
    }

    #[test]
    fn lengths_that_lie_are_refused() {
        for length in [0_u32, 1, 15, 21, u32::MAX] {
            let mut message = request(0x20, 1, 0, &[]);
            message[..4].copy_from_slice(&length.to_ne_bytes());
            assert!(messages(&message).is_err(), "{length}");
        }
        for length in [0_u16, 3, 9, u16::MAX] {
            let mut bytes = attribute(DOMAIN_ID, &[1, 0, 0, 0]);
            bytes[..2].copy_from_slice(&length.to_ne_bytes());
            assert!(perf_domain(&bytes).is_err(), "{length}");
        }
        let cpu = attribute(DOMAIN_CPUS, &u64::MAX.to_ne_bytes());
        assert!(perf_domain(&[attribute(DOMAIN_ID, &[0; 4]), cpu].concat()).is_err());
        assert!(perf_domain(&[]).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = (messages(&bytes), family_id(&bytes), perf_domain(&bytes), perf_table(&bytes));
        }
    }
}
