//! Reads hwloc XML of version 2, without hwloc: the parser built into hwloc 2.9 crashes on some damaged files, and a
//! description that a user hands over is not to be trusted.
//!
//! Only what a [`Discovery`] holds is read. Elements and attributes that are not known are let pass, as hwloc does.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use roxmltree::{Document, Node as Element, ParsingOptions};

use super::discovery::{Discovery, FoundCache, FoundDistances, FoundKind, FoundNode};
use super::{MAX_CPUS, TopologyError};
use crate::cpuset::{CpuSet, MAX_CPU};
use crate::units::{CpuId, NodeId};

/// The largest file that is read, in bytes: a machine of 4096 CPUs with all its devices takes about 4 MiB.
const MAX_BYTES: u64 = 64 << 20;

/// The most elements, attributes aside; keeps what 64 MiB of XML unfolds to below some 200 MiB.
const MAX_ELEMENTS: u32 = 2 << 20;

/// The most CPUs in all sets together, several times what a machine of [`MAX_CPUS`] needs. A few bytes of bitmap
/// can name thousands of CPUs.
const MAX_MEMBERS: usize = 1 << 20;

/// The most NUMA nodes, as many as kernels are built for, and the most kinds of CPU.
const MAX_NODES: usize = 1024;
const MAX_KINDS: usize = 1024;

/// hwloc's flag for a matrix of latencies.
const MEANS_LATENCY: u32 = 4;

/// Reads the XML file at `path`.
///
/// # Errors
///
/// The file cannot be read, is too large, is not hwloc XML of version 2, or describes too many CPUs.
pub(super) fn read(path: &Path) -> Result<Discovery, TopologyError> {
    let text = text(path)?;
    let bad = |reason: String| TopologyError::BadXml { path: path.to_owned(), reason };
    // hwloc writes a DOCTYPE.
    let options = ParsingOptions { allow_dtd: true, nodes_limit: MAX_ELEMENTS, ..ParsingOptions::default() };
    let document = Document::parse_with_options(&text, options).map_err(|error| bad(error.to_string()))?;

    let root = document.root_element();
    if root.tag_name().name() != "topology" {
        return Err(bad(format!("its outermost element is `{}`, not `topology`", root.tag_name().name())));
    }
    let version = root.attribute("version").unwrap_or("1");
    if version.split('.').next() != Some("2") {
        return Err(TopologyError::XmlVersion { path: path.to_owned(), version: version.to_owned() });
    }
    let found = discovery(root).map_err(bad)?;
    if found.online.len() > MAX_CPUS {
        let origin = path.display().to_string();
        return Err(TopologyError::TooManyCpus { origin, count: found.online.len() });
    }
    Ok(found)
}

fn text(path: &Path) -> Result<String, TopologyError> {
    let unreadable = |source| TopologyError::Unreadable { path: path.to_owned(), source };
    let file = File::open(path).map_err(unreadable)?;
    let size = file.metadata().map_err(unreadable)?.len();
    let too_large = |size| TopologyError::TooLarge { path: path.to_owned(), size, limit: MAX_BYTES };
    if size > MAX_BYTES {
        return Err(too_large(size));
    }
    // The file may grow, or have no size to tell, as those in /proc do.
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(too_large(bytes.len() as u64));
    }
    String::from_utf8(bytes).map_err(|error| TopologyError::BadXml { path: path.to_owned(), reason: error.to_string() })
}

/// Collects what the elements under `root` say; an error is the reason alone.
fn discovery(root: Element<'_, '_>) -> Result<Discovery, String> {
    let mut found = Discovery::default();
    let mut members = 0;
    for element in root.descendants().filter(Element::is_element) {
        match element.tag_name().name() {
            "object" => members += object(element, &mut found)?,
            "cpukind" => {
                let kind = kind(element)?;
                members += kind.cpus.len();
                found.kinds.push(kind);
            }
            "distances2" if found.distances.is_none() => found.distances = distances(element)?,
            _ => {}
        }
        if members > MAX_MEMBERS || found.nodes.len() > MAX_NODES || found.kinds.len() > MAX_KINDS {
            return Err("it has more objects than any machine".to_owned());
        }
    }
    let machine = root.children().find(|child| child.has_tag_name("object"));
    let complete =
        machine.and_then(|machine| machine.attribute("complete_cpuset")).map_or(Ok(CpuSet::new()), bitmap)?;
    found.offline = complete.difference(&found.online);
    Ok(found)
}

/// Takes in an object; returns how many CPUs its set has.
fn object(element: Element<'_, '_>, found: &mut Discovery) -> Result<usize, String> {
    let mut members = 0;
    let mut cpus = || -> Result<CpuSet, String> {
        let cpus = element.attribute("cpuset").map_or(Ok(CpuSet::new()), bitmap)?;
        members = cpus.len();
        Ok(cpus)
    };
    let object_type = element.attribute("type").unwrap_or_default();
    match object_type {
        "PU" => {
            let cpu = CpuId(os_index(element, "PU")?);
            if cpu.0 > MAX_CPU {
                return Err(format!("it has a CPU {cpu}, and CPU numbers go up to {MAX_CPU}"));
            }
            if !found.online.insert(cpu) {
                return Err(format!("it has CPU {cpu} twice"));
            }
        }
        "NUMANode" => {
            let id = NodeId(os_index(element, "NUMA node")?);
            if found.nodes.iter().any(|node| node.id == id) {
                return Err(format!("it has NUMA node {id} twice"));
            }
            found.nodes.push(FoundNode { id, cpus: cpus()? });
        }
        "Package" => found.packages.push(cpus()?),
        "Core" => found.cores.push(cpus()?),
        _ => {
            let level = object_type.strip_prefix('L').and_then(|rest| rest.strip_suffix("Cache"));
            if let Some(level @ 1..=5) = level.and_then(|level| level.parse().ok()) {
                found.caches.push(FoundCache { level, cpus: cpus()? });
            }
        }
    }
    Ok(members)
}

fn os_index(element: Element<'_, '_>, what: &str) -> Result<u32, String> {
    let index = element.attribute("os_index").ok_or_else(|| format!("it has a {what} without an os_index"))?;
    index.parse().map_err(|_| format!("the os_index `{index}` of a {what} is not a number"))
}

fn kind(element: Element<'_, '_>) -> Result<FoundKind, String> {
    let cpus = element.attribute("cpuset").map_or(Ok(CpuSet::new()), bitmap)?;
    let rank = element.attribute("forced_efficiency").and_then(|rank| rank.parse().ok());
    let mut kind = FoundKind { cpus, rank, ..FoundKind::default() };
    for info in element.children().filter(|child| child.has_tag_name("info")) {
        if let (Some(name), Some(value)) = (info.attribute("name"), info.attribute("value")) {
            kind.learn(name, value);
        }
    }
    Ok(kind)
}

/// A matrix of latencies between NUMA nodes; none where it is of something else.
fn distances(element: Element<'_, '_>) -> Result<Option<FoundDistances>, String> {
    let kind = element.attribute("kind").and_then(|kind| kind.parse::<u32>().ok()).unwrap_or(0);
    let of_nodes = element.attribute("type") == Some("NUMANode") && element.attribute("indexing") == Some("os");
    if !of_nodes || kind & MEANS_LATENCY == 0 {
        return Ok(None);
    }
    let numbers = |name: &str| -> Result<Vec<u64>, String> {
        let texts = element.children().filter(|child| child.has_tag_name(name)).filter_map(|child| child.text());
        let words = texts.flat_map(str::split_whitespace);
        words.map(|word| word.parse().map_err(|_| format!("the distance or index `{word}` is not a number"))).collect()
    };
    let indexes = numbers("indexes")?.into_iter().map(u32::try_from);
    let nodes = indexes.map(|index| index.map(NodeId).map_err(|_| "a distance is of no NUMA node".to_owned()));
    Ok(Some(FoundDistances { nodes: nodes.collect::<Result<_, _>>()?, values: numbers("u64values")? }))
}

/// Reads hwloc's bitmaps: words of 32 bits in hexadecimal, the highest first, an empty one being zero. One that goes
/// on for ever (`0xf...f`) is how hwloc says "unknown", and is empty here.
fn bitmap(text: &str) -> Result<CpuSet, String> {
    if text.starts_with("0xf...f") {
        return Ok(CpuSet::new());
    }
    let words = text.split(',').rev();
    let mut cpus = CpuSet::new();
    for (word, base) in words.zip((0..).step_by(32)) {
        let digits = word.strip_prefix("0x").unwrap_or(word);
        let bits = if digits.is_empty() { Ok(0) } else { u32::from_str_radix(digits, 16) };
        let bits = bits.map_err(|_| format!("the CPU bitmap `{word}` is not hexadecimal"))?;
        if bits != 0 && base + 31 - bits.leading_zeros() > MAX_CPU {
            return Err(format!("a CPU bitmap goes beyond CPU {MAX_CPU}"));
        }
        cpus.extend((0..32).filter(|bit| bits & (1 << bit) != 0).map(|bit| CpuId(base + bit)));
    }
    Ok(cpus)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_bitmaps() {
        let read = |text: &str| bitmap(text).map(|cpus| cpus.to_string());
        assert_eq!(read("0x000ff000"), Ok("12-19".to_owned()));
        assert_eq!(read("0x80000000,,,0x0"), Ok("127".to_owned()));
        assert_eq!(read("0x00000001,0xffffffff"), Ok("0-32".to_owned()));
        assert_eq!(read("0xf...f,0x0"), Ok(String::new()));
        assert_eq!(read(""), Ok(String::new()));
        assert!(read("0xzz").unwrap_err().contains("0xzz"));
        assert!(read("0x1ffffffff").is_err());
        assert!(read(&format!("0x1{}", ",".repeat(2048))).unwrap_err().contains("65535"));
    }
}
