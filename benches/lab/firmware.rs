//! Core classes that the guest's kernel believes in: an ACPI table (SSDT) that gives each CPU its own frequencies.
//!
//! `_PSS` lists them, `_PCT` says where to write the wanted one, `_PSD` that no two CPUs share it (ACPI 6.5, 8.4.5).
//! acpi-cpufreq then drives them, and their maxima tell the classes apart. The register is port 0x640, which no device
//! of QEMU's q35 claims; emulated speed does not change, the workload models it by capacity.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::catalogue::Failure;

/// An Intel CPU (Ivy Bridge) whose TSC the kernel takes for constant: on later models it asks for a feature that
/// emulation lacks, and with changing frequencies falls back to a clock that needs a system call to read.
pub const CPU: &str = "max,vendor=GenuineIntel,family=6,model=58";

/// The source of a table for CPUs of these maximum frequencies.
pub fn source(mhz: &[u32]) -> String {
    let cpus: String = mhz.iter().enumerate().map(|(number, mhz)| cpu(number, *mhz)).collect();
    format!("DefinitionBlock (\"\", \"SSDT\", 2, \"LAB\", \"CLASSES\", 1)\n{{\n{cpus}}}\n")
}

fn cpu(number: usize, max_mhz: u32) -> String {
    // MHz, mW, latencies in µs, and what is written to the register and read back from it.
    let states = [max_mhz, max_mhz * 3 / 4, max_mhz / 2, max_mhz / 4]
        .map(|mhz| format!("Package () {{ {mhz}, {mhz}, 10, 10, {mhz}, {mhz} }}"));
    format!(
        "  External (\\_SB.CPUS.C{number:03X}, DeviceObj)
  Scope (\\_SB.CPUS.C{number:03X})
  {{
    Name (_PCT, Package () {{
      ResourceTemplate () {{ Register (SystemIO, 16, 0, 0x640) }},
      ResourceTemplate () {{ Register (SystemIO, 16, 0, 0x640) }}
    }})
    Name (_PPC, 0)
    Name (_PSD, Package () {{ Package () {{ 5, 0, {number}, 0xFC, 1 }} }})
    Name (_PSS, Package () {{ {} }})
  }}
",
        states.join(", ")
    )
}

/// Compile a table into `folder`.
pub fn compile(mhz: &[u32], folder: &Path) -> Result<PathBuf, Failure> {
    let asl = folder.join("classes.asl");
    std::fs::write(&asl, source(mhz)).map_err(|e| format!("{}: {e}", asl.display()))?;
    let output = Command::new("iasl").arg(&asl).output();
    let output = output.map_err(|e| format!("iasl, of acpica-tools, cannot be started (run 'make setup'): {e}"))?;
    if !output.status.success() {
        return Err(format!("iasl refused {}: {}", asl.display(), String::from_utf8_lossy(&output.stdout).trim()));
    }
    Ok(asl.with_extension("aml"))
}
