//! Asks the kernel for its energy model by generic netlink, which Linux answers from 6.19 on, to any user.

use std::collections::BTreeSet;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink, sockopt};

use super::message::{self, Message};
use super::{EnergyFault, PerfDomain};

/// The most performance domains: more are the sign of a dump that goes round in a circle.
const MAX_DOMAINS: usize = 1024;

/// What is received at once: the kernel sends dumps in pieces of up to 32 KiB, a table of 1024 states is one of 72.
const BUFFER: usize = 128 * 1024;

/// How long the kernel may take for an answer, which it gives at once.
const PATIENCE: Duration = Duration::from_secs(1);

/// The performance domains; none where the kernel does not know the family.
///
/// # Errors
///
/// What cannot be asked, or makes no sense.
pub fn perf_domains() -> Result<Option<Vec<PerfDomain>>, EnergyFault> {
    let Some(family) = family()? else { return Ok(None) };
    let mut domains = Vec::new();
    for (id, domain) in listed(family)? {
        domains.push(PerfDomain { states: states(family, id)?, ..domain });
    }
    Ok(Some(domains))
}

/// The family's number.
fn family() -> Result<Option<u16>, EnergyFault> {
    let socket = connected()?;
    let name = [message::FAMILY.as_bytes(), b"\0"].concat();
    let attributes = [(message::CONTROL_FAMILY_NAME, name.as_slice())];
    send(&socket, &message::request(message::CONTROL, message::CONTROL_GET_FAMILY, message::REQUEST, &attributes))?;
    let mut buffer = vec![0; BUFFER];
    for message in message::messages(received(&socket, &mut buffer)?)? {
        match message {
            Message::Data(attributes) => return message::family_id(attributes).map(Some),
            Message::Error(errno) if errno == Errno::NOENT.raw_os_error() => return Ok(None),
            Message::Error(errno) => return Err(refused("which families it has", errno)),
            Message::Done => {}
        }
    }
    Err(EnergyFault::Unreadable("the kernel does not answer by netlink which families it has".to_owned()))
}

/// All domains with their numbers, by a dump: asked for one that is not there, kernels up to 7.0 crash. A dump that is too
/// large for one piece begins anew with the next, and never ends; so it is over at the first number that comes twice.
fn listed(family: u16) -> Result<Vec<(u32, PerfDomain)>, EnergyFault> {
    let socket = connected()?;
    send(&socket, &message::request(family, message::GET_PERF_DOMAINS, message::DUMP, &[]))?;
    let (mut domains, mut seen) = (Vec::new(), BTreeSet::new());
    let mut buffer = vec![0; BUFFER];
    loop {
        for message in message::messages(received(&socket, &mut buffer)?)? {
            let attributes = match message {
                Message::Data(attributes) => attributes,
                Message::Done | Message::Error(0) => return Ok(domains),
                Message::Error(errno) => return Err(refused("for its performance domains", errno)),
            };
            let domain = message::perf_domain(attributes)?;
            if domains.len() == MAX_DOMAINS || !seen.insert(domain.0) {
                return Ok(domains);
            }
            domains.push(domain);
        }
    }
}

/// The states of a domain that a dump has told of.
fn states(family: u16, id: u32) -> Result<Vec<super::PerfState>, EnergyFault> {
    let socket = connected()?;
    let attributes = [(message::TABLE_DOMAIN_ID, id.to_ne_bytes())];
    let attributes = attributes.each_ref().map(|(kind, payload)| (*kind, payload.as_slice()));
    send(&socket, &message::request(family, message::GET_PERF_TABLE, message::REQUEST, &attributes))?;
    let mut buffer = vec![0; BUFFER];
    for message in message::messages(received(&socket, &mut buffer)?)? {
        match message {
            Message::Data(attributes) => return message::perf_table(attributes),
            Message::Error(errno) if errno != 0 => {
                return Err(refused("for the states of a performance domain", errno));
            }
            Message::Error(_) | Message::Done => {}
        }
    }
    Err(EnergyFault::Unreadable(format!("the kernel does not tell the states of performance domain {id} by netlink")))
}

fn connected() -> Result<OwnedFd, EnergyFault> {
    let flags = SocketFlags::CLOEXEC;
    let socket = rustix::net::socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, Some(netlink::GENERIC))
        .map_err(failed)?;
    sockopt::set_socket_timeout(&socket, sockopt::Timeout::Recv, Some(PATIENCE)).map_err(failed)?;
    rustix::net::connect(&socket, &netlink::SocketAddrNetlink::new(0, 0)).map_err(failed)?;
    Ok(socket)
}

fn send(socket: &OwnedFd, request: &[u8]) -> Result<(), EnergyFault> {
    rustix::net::send(socket, request, SendFlags::empty()).map(drop).map_err(failed)
}

fn received<'a>(socket: &OwnedFd, buffer: &'a mut [u8]) -> Result<&'a [u8], EnergyFault> {
    let (_, length) = rustix::net::recv(socket, &mut *buffer, RecvFlags::TRUNC).map_err(failed)?;
    buffer.get(..length).filter(|bytes| !bytes.is_empty()).ok_or_else(|| {
        EnergyFault::Unreadable(format!(
            "the kernel's answer by netlink has {length} bytes, and {BUFFER} is the most that is read"
        ))
    })
}

fn failed(errno: Errno) -> EnergyFault {
    EnergyFault::Unreadable(format!("netlink cannot be used: {}", std::io::Error::from(errno)))
}

fn refused(what: &str, errno: i32) -> EnergyFault {
    EnergyFault::Unreadable(format!(
        "the kernel, asked by netlink {what}: {}",
        std::io::Error::from_raw_os_error(errno)
    ))
}
