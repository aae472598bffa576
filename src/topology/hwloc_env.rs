//! The environment that hwloc reads while it discovers.
//!
//! hwloc takes a recorded tree, and the order to keep its warnings off stderr, from environment variables alone:
//! no call of its interface does. And variables that a user has set for other programs (`HWLOC_XMLFILE`,
//! `HWLOC_SYNTHETIC`, …) would replace the live machine by another without a word. So each discovery runs inside
//! [`with_hwloc_env`], which sets what is wanted, hides the rest, and puts everything back.

use std::env;
use std::ffi::{OsStr, OsString};
use std::sync::{Mutex, PoisonError};

/// One discovery at a time: the environment belongs to the whole process.
static DISCOVERY: Mutex<()> = Mutex::new(());

/// What changes which machine hwloc reports.
const REDIRECTIONS: [&str; 9] = [
    "HWLOC_FSROOT",
    "HWLOC_XMLFILE",
    "HWLOC_SYNTHETIC",
    "HWLOC_COMPONENTS",
    "HWLOC_THISSYSTEM",
    "HWLOC_CPUID_PATH",
    "HWLOC_DUMPED_HWDATA_DIR",
    "HWLOC_CPUKINDS_RANKING",
    "HWLOC_DEBUG_FAKE_COMPONENT",
];

/// Runs `discover` with `wanted` set, every other redirection unset, and hwloc's own messages off.
pub(super) fn with_hwloc_env<T>(wanted: &[(&str, &OsStr)], discover: impl FnOnce() -> T) -> T {
    let _one_at_a_time = DISCOVERY.lock().unwrap_or_else(PoisonError::into_inner);
    with_variables(wanted, discover)
}

/// The same for whoever holds `DISCOVERY`.
fn with_variables<T>(wanted: &[(&str, &OsStr)], discover: impl FnOnce() -> T) -> T {
    let quiet = [("HWLOC_HIDE_ERRORS", OsStr::new("2"))];
    let names = REDIRECTIONS.iter().chain(&["HWLOC_HIDE_ERRORS"]);
    let restore: Vec<(&str, Option<OsString>)> = names.map(|&name| (name, env::var_os(name))).collect();
    let _restore = Restore(restore);
    for name in REDIRECTIONS {
        set(name, None);
    }
    for (name, value) in wanted.iter().chain(&quiet) {
        set(name, Some(value));
    }
    discover()
}

/// Puts variables back when it goes out of scope, also when the discovery panics.
struct Restore(Vec<(&'static str, Option<OsString>)>);

impl Drop for Restore {
    fn drop(&mut self) {
        for (name, value) in self.0.drain(..) {
            set(name, value.as_deref());
        }
    }
}

fn set(name: &str, value: Option<&OsStr>) {
    // SAFETY: writing the environment is unsound only while another thread reads it behind the standard
    // library's lock, as C code does. The C code of this program that reads it is hwloc (under `DISCOVERY`, like
    // this) and libbpf, which runs in the same thread, after the machine was read. The one other thread waits for
    // signals, in Rust. The name is one of the constants above, the value was an environment variable or a path, so
    // neither holds a NUL; `set_var` would panic.
    unsafe {
        match value {
            Some(value) => env::set_var(name, value),
            None => env::remove_var(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_what_is_wanted_and_puts_it_back() {
        // Held from the first look to the last: other tests discover machines meanwhile.
        let _one_at_a_time = DISCOVERY.lock().unwrap_or_else(PoisonError::into_inner);
        let before = env::var_os("HWLOC_HIDE_ERRORS");
        let wanted = [("HWLOC_FSROOT", OsStr::new("/recorded"))];
        let inside = with_variables(&wanted, || (env::var("HWLOC_FSROOT"), env::var("HWLOC_HIDE_ERRORS")));
        assert_eq!(inside, (Ok("/recorded".to_owned()), Ok("2".to_owned())));
        assert_eq!(env::var_os("HWLOC_FSROOT"), None);
        assert_eq!(env::var_os("HWLOC_HIDE_ERRORS"), before);
    }
}
