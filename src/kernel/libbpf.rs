//! What every step with libbpf needs: what it says, what goes wrong, and filling a map.

use super::error::KernelError;
use super::skel::MapValue;
use libbpf_rs::{MapCore, MapFlags, PrintLevel, ProgramInput};
use std::sync::Mutex;

/// libbpf's first warning about the step that is being done, to be shown with the error that it belongs to.
static WARNING: Mutex<String> = Mutex::new(String::new());

/// libbpf's words go to the log (shown with -vv), not raw to the terminal.
pub fn listen_to_libbpf() {
    fn print(level: PrintLevel, line: String) {
        let line = line.trim_end();
        log::trace!(target: "libbpf", "{line}");
        if level == PrintLevel::Warn
            && let Ok(mut warning) = WARNING.lock()
            && warning.is_empty()
        {
            warning.push_str(line.lines().next().unwrap_or_default());
        }
    }
    libbpf_rs::set_print(Some((PrintLevel::Debug, print)));
}

/// Run a `SEC("syscall")` program of ours.
pub fn run(program: &libbpf_rs::ProgramMut<'_>, what: &str) -> Result<(), KernelError> {
    let output = program.test_run(ProgramInput::default()).map_err(|e| step(what, &e))?;
    if output.return_value == 0 {
        return Ok(());
    }
    let cause = format!("the program returned {}", output.return_value.cast_signed());
    Err(KernelError::Step { step: what.to_owned(), cause, log: String::new() })
}

/// The error of a step of ours, with what libbpf said about it.
pub fn step(what: &str, error: &libbpf_rs::Error) -> KernelError {
    let log = WARNING.lock().map(|mut warning| std::mem::take(&mut *warning)).unwrap_or_default();
    KernelError::Step { step: what.to_owned(), cause: error.to_string(), log }
}

/// Put these values into an array, from its beginning.
pub fn fill_map<V: MapValue>(map: &impl MapCore, values: &[V]) -> libbpf_rs::Result<()> {
    for (index, value) in (0u32..).zip(values) {
        map.update(index.as_bytes(), value.as_bytes(), MapFlags::ANY)?;
    }
    Ok(())
}
