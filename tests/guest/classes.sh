#!/usr/bin/env bash
# Write an ACPI table (SSDT) that gives each CPU its own frequencies, so that the guest's kernel tells core classes apart.
#
#   classes.sh OUT.aml MHZ[:PERF]...     the maximum frequency of each CPU, in the order of their numbers, and what CPPC says of it
#
# `_PSS` lists them, `_PCT` says where to write the wanted one, `_PSD` that no two CPUs share it (ACPI 6.5, 8.4.5). acpi-cpufreq
# then drives them, and their maxima tell the classes apart. The register is port 0x640, which no device of QEMU's q35 claims;
# emulated speed does not change: loads model it by capacity. `_CPC` (8.4.6.1) gives CPPC's figures as constants, and has no
# registers; the kernel reads it where the platform has acknowledged CPPC (`_OSC`, 6.2.12, bit 6).
set -euo pipefail

[[ $# -ge 2 ]] || { echo "usage: classes.sh OUT.aml MHZ[:PERF]..." >&2; exit 1; }
out=$1
shift
command -v iasl >/dev/null || { echo "classes.sh: iasl, of acpica-tools, is missing: run 'make setup'" >&2; exit 1; }

perf() { # what CPPC says: the highest performance
    local none='ResourceTemplate () { Register (SystemMemory, 0, 0, 0, 0) }'
    echo "    Name (_CPC, Package () { 23, 3, $1, $1, 1, 1, $(printf "$none, %.0s" {1..14}) 0, 0, 0 })"
}

cpu() { # number, MHz[:PERF]
    local name max=${2%:*} state states=()
    name=$(printf '\\_SB.CPUS.C%03X' "$1")
    for state in "$max" $((max * 3 / 4)) $((max / 2)) $((max / 4)); do
        # MHz, mW, latencies in us, and what is written to the register and read back from it
        states+=("Package () { $state, $state, 10, 10, $state, $state }")
    done
    cat <<END
  External ($name, DeviceObj)
  Scope ($name)
  {
    Name (_PCT, Package () {
      ResourceTemplate () { Register (SystemIO, 16, 0, 0x640) },
      ResourceTemplate () { Register (SystemIO, 16, 0, 0x640) }
    })
    Name (_PPC, 0)
    Name (_PSD, Package () { Package () { 5, 0, $1, 0xFC, 1 } })
    Name (_PSS, Package () { $(IFS=,; echo "${states[*]}") })
$([[ $2 != *:* ]] || perf "${2#*:}")
  }
END
}

source=${out%.aml}.asl
{
    echo 'DefinitionBlock ("", "SSDT", 2, "LAB", "CLASSES", 1)'
    echo '{'
    [[ $* != *:* ]] || echo '  Scope (\_SB) { Method (_OSC, 4) { Return (Arg3) } }'
    number=0
    for mhz in "$@"; do
        cpu "$number" "$mhz"
        number=$((number + 1))
    done
    echo '}'
} >"$source"
said=$(iasl -p "${out%.aml}" "$source" 2>&1) || { echo "classes.sh: iasl refused the table: $said" >&2; exit 1; }
