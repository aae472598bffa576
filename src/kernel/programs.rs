//! What the verifier had to do for each program.

use super::load::Attached;
use libbpf_rs::skel::Skel;

/// How much the verifier had to look at for one program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramCost {
    /// The program's name.
    pub name: String,
    /// Instructions that the verifier processed.
    pub verified: u32,
    /// Instructions that the program has.
    pub instructions: usize,
}

impl Attached<'_> {
    /// What each program that this kernel needs cost to verify.
    #[must_use]
    pub fn program_costs(&self) -> Vec<ProgramCost> {
        let loaded = self.skel.object().progs().filter(libbpf_rs::ProgramImpl::autoload);
        loaded
            .map(|program| ProgramCost {
                name: program.name().to_string_lossy().into_owned(),
                verified: verified_instructions(&program),
                instructions: program.insn_cnt(),
            })
            .collect()
    }
}

/// 0 where the kernel does not tell.
fn verified_instructions(program: &libbpf_rs::Program<'_>) -> u32 {
    use std::os::fd::{AsFd, AsRawFd};
    let mut info = libbpf_rs::libbpf_sys::bpf_prog_info::default();
    let mut size = size_of_val(&info) as u32;
    // SAFETY: the descriptor is the program's, and the kernel writes at most `size` bytes of plain integers into
    // `info`.
    let failed = unsafe {
        libbpf_rs::libbpf_sys::bpf_obj_get_info_by_fd(
            program.as_fd().as_raw_fd(),
            (&raw mut info).cast(),
            &raw mut size,
        )
    };
    if failed == 0 { info.verified_insns } else { 0 }
}
