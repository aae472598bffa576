//! Where the machine has its power from, as /sys/class/power_supply has it.
//!
//! As systemd's `on_ac_power` decides: what supplies the machine and is online counts first; else a battery that is discharging.
//! A supply that is offline alone says nothing, since a desktop's USB-C port is one too, but one of the type Mains does: a
//! machine has no such supply unless it may be without. Batteries of mice and headsets (scope Device) are not the machine's.

use super::decide::Power;
use crate::files;
use std::path::Path;

/// None where the kernel does not say. `root` is `/` but in tests.
#[must_use]
pub fn power(root: &Path) -> Option<Power> {
    let folders = files::entries(&root.join("sys/class/power_supply"), "");
    let supplies: Vec<Supply> = folders.iter().filter_map(|folder| Supply::read(folder)).collect();
    if supplies.contains(&Supply::Online) {
        return Some(Power::Mains);
    }
    let without = supplies.contains(&Supply::Discharging) || supplies.contains(&Supply::Offline);
    without.then_some(Power::Battery)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Supply {
    Online,
    /// Mains, that is.
    Offline,
    Discharging,
}

impl Supply {
    /// None where it says nothing of the machine.
    fn read(folder: &Path) -> Option<Self> {
        let read = |name: &str| files::line(folder.join(name)).ok();
        let kind = read("type")?;
        match kind.as_str() {
            _ if read("scope").as_deref() == Some("Device") => None,
            "Battery" => (read("status").as_deref() == Some("Discharging")).then_some(Self::Discharging),
            _ => match files::value(folder.join("online"))? {
                0_u32 => (kind == "Mains").then_some(Self::Offline),
                _ => Some(Self::Online),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A machine with these supplies: name, and its files with what they say.
    fn of(supplies: &[(&str, &[(&str, &str)])]) -> Option<Power> {
        let root = tempfile::tempdir().expect("a folder");
        for (name, files) in supplies {
            let folder = root.path().join("sys/class/power_supply").join(name);
            fs::create_dir_all(&folder).expect("a folder");
            files.iter().for_each(|(file, says)| fs::write(folder.join(file), format!("{says}\n")).expect("a file"));
        }
        power(root.path())
    }

    const DISCHARGING: (&str, &[(&str, &str)]) = ("BAT0", &[("type", "Battery"), ("status", "Discharging")]);

    #[test]
    fn a_notebook_is_on_mains_or_on_battery() {
        assert_eq!(of(&[("AC", &[("type", "Mains"), ("online", "1")]), DISCHARGING]), Some(Power::Mains));
        assert_eq!(of(&[("AC", &[("type", "Mains"), ("online", "0")]), DISCHARGING]), Some(Power::Battery));
        assert_eq!(of(&[("AC", &[("type", "Mains"), ("online", "0")])]), Some(Power::Battery));
        assert_eq!(of(&[("ucsi", &[("type", "USB"), ("online", "1")]), DISCHARGING]), Some(Power::Mains));
        assert_eq!(of(&[("ucsi", &[("type", "USB"), ("online", "0")]), DISCHARGING]), Some(Power::Battery));
    }

    #[test]
    fn a_desktop_says_nothing() {
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[("ucsi", &[("type", "USB"), ("online", "0")])]), None);
        let mouse = [("type", "Battery"), ("scope", "Device"), ("status", "Discharging")];
        assert_eq!(of(&[("hidpp", &mouse)]), None);
        assert_eq!(of(&[("BAT0", &[("type", "Battery"), ("status", "Full")])]), None);
        assert_eq!(of(&[("odd", &[])]), None);
    }
}
