//! Where the energy model is read: netlink, else debugfs, else nowhere, and then it is said why.

use std::path::Path;

use super::{EnergyFault, EnergyModel, EnergyOrigin, PerfDomain, debugfs, netlink};
use crate::cpuset::CpuSet;

/// The energy model of this very machine, whose files are under `/`, and what makes no sense of it or cannot be read.
pub(in crate::topology) fn live(online: &CpuSet) -> (EnergyModel, Vec<EnergyFault>) {
    first(
        online,
        [
            (EnergyOrigin::Netlink, netlink::perf_domains()),
            (EnergyOrigin::Debugfs, debugfs::perf_domains(Path::new("/"))),
        ],
    )
}

/// That of the machine recorded under `root`.
pub(in crate::topology) fn recorded(root: &Path, online: &CpuSet) -> (EnergyModel, Vec<EnergyFault>) {
    first(online, [(EnergyOrigin::Debugfs, debugfs::perf_domains(root))])
}

type Found = Result<Option<Vec<PerfDomain>>, EnergyFault>;

/// The first that has domains and makes sense, and what was wrong with those before.
fn first<const N: usize>(online: &CpuSet, sources: [(EnergyOrigin, Found); N]) -> (EnergyModel, Vec<EnergyFault>) {
    let mut faults = Vec::new();
    for (origin, found) in sources {
        let model = match found {
            Ok(Some(domains)) if !domains.is_empty() => EnergyModel::new(domains, origin, online),
            Ok(_) => continue,
            Err(fault) => Err(fault),
        };
        match model {
            Ok(model) => return (model, faults),
            Err(fault) => faults.push(fault),
        }
    }
    let none = if faults.is_empty() { "there is no energy model of the CPUs" } else { "no energy model can be used" };
    (EnergyModel::none(none), faults)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::Uid;
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    /// A recorded tree with an energy model of two domains, in which `break_it` may change something.
    fn tree(break_it: impl FnOnce(&Path)) -> (EnergyModel, Vec<EnergyFault>) {
        let root = tempfile::tempdir().unwrap();
        let model = root.path().join("sys/kernel/debug/energy_model");
        for (name, cpus, speeds) in [("cpu0", "0-1", [1000, 2000]), ("cpu2", "2-3", [1500, 3000])] {
            let folder = model.join(name);
            for (state, speed) in (1..).zip(speeds) {
                let state_folder = folder.join(format!("ps:{speed}000"));
                fs::create_dir_all(&state_folder).unwrap();
                let put = |file: &str, figure: u64| fs::write(state_folder.join(file), format!("{figure}\n")).unwrap();
                put("frequency", speed * 1000);
                put("power", speed * state);
                put("cost", 100 * state);
                put("performance", speed / 3);
                put("inefficient", 0);
            }
            fs::write(folder.join("cpus"), format!("{cpus}\n")).unwrap();
            fs::write(folder.join("flags"), "0x1\n").unwrap();
        }
        fs::create_dir_all(model.join("gpu/ps:500")).unwrap();
        break_it(&model);
        recorded(root.path(), &"0-3".parse().unwrap())
    }

    #[test]
    fn debugfs_is_read() {
        let (model, faults) = tree(|_| {});
        assert_eq!((&model.origin, faults), (&EnergyOrigin::Debugfs, vec![]));
        let domains: Vec<_> =
            model.domains.iter().map(|domain| (domain.cpus.to_string(), domain.states.len())).collect();
        assert_eq!(domains, [("0-1".to_owned(), 2), ("2-3".to_owned(), 2)]);
        assert!(model.domains[0].microwatts && !model.domains[0].artificial);
        assert_eq!(model.domains[1].states[1].cost, 200);
    }

    #[test]
    fn nonsense_is_no_model_and_is_named() {
        let put =
            |file: &'static str, text: &'static str| move |model: &Path| fs::write(model.join(file), text).unwrap();
        let refused = |break_it: &dyn Fn(&Path)| {
            let (model, faults) = tree(break_it);
            assert_eq!(model, EnergyModel::none("no energy model can be used"));
            let [fault @ EnergyFault::Nonsense(_)] = &faults[..] else { panic!("one fault: {faults:?}") };
            fault.to_string()
        };
        for (file, text, reason) in [
            ("cpu0/ps:1000000/cost", "0", "cost 0"),
            ("cpu0/ps:1000000/cost", "-7", "`-7`"),
            ("cpu0/ps:1000000/cost", "NaN", "`NaN`"),
            ("cpu0/ps:1000000/cost", "18446744073709551615", "cost 18446744073709551615"),
            ("cpu0/ps:1000000/power", "99999999999999999999999999", "`99999999999999999999999999`"),
            ("cpu0/ps:1000000/frequency", "2000000", "two states of 2000000 kHz"),
            ("cpu0/ps:1000000/performance", "0", "performance 0"),
            ("cpu0/ps:1000000/performance", "1000", "less performance"),
            ("cpu0/cpus", "1-2", "CPU 2 is in two performance domains"),
            ("cpu0/cpus", "2-1", "`2-1`"),
            ("cpu0/flags", "", "flags holds ``"),
        ] {
            let told = refused(&put(file, text));
            assert!(told.contains(reason), "{file} {text}: {told}");
        }
        let told = refused(&|model| fs::remove_file(model.join("cpu2/ps:3000000/power")).unwrap());
        assert!(told.contains("power is missing"), "{told}");
        let told = refused(&|model| {
            for state in ["ps:1500000", "ps:3000000"] {
                fs::remove_dir_all(model.join("cpu2").join(state)).unwrap();
            }
        });
        assert!(told.contains("no states"), "{told}");
    }

    #[test]
    fn folders_that_lead_in_a_circle_end() {
        let faults = tree(|model| std::os::unix::fs::symlink(".", model.join("cpu0/ps:5")).unwrap()).1;
        assert!(matches!(&faults[..], [EnergyFault::Nonsense(what)] if what.contains("missing")), "{faults:?}");
        let faults = tree(|model| std::os::unix::fs::symlink("loop", model.join("loop")).unwrap()).1;
        assert!(matches!(&faults[..], [EnergyFault::Unreadable(what)] if what.contains("loop")), "{faults:?}");
    }

    /// What an ordinary user finds where debugfs is root's.
    #[test]
    fn a_folder_that_may_not_be_read_is_not_taken_for_none() {
        let root = tempfile::tempdir().unwrap();
        let model = root.path().join("sys/kernel/debug/energy_model");
        fs::create_dir_all(&model).unwrap();
        let read = || recorded(root.path(), &"0".parse().unwrap());
        assert_eq!(read().1, [], "an empty one");
        fs::set_permissions(&model, fs::Permissions::from_mode(0o0)).unwrap();
        let (found, faults) = std::thread::scope(|scope| scope.spawn(|| as_a_user(read)).join()).unwrap();
        fs::set_permissions(&model, fs::Permissions::from_mode(0o700)).unwrap();
        assert_eq!(found, EnergyModel::none("no energy model can be used"));
        let told = faults[0].to_string();
        assert!(told.starts_with("the energy model cannot be read: ") && told.contains("Permission denied"), "{told}");
    }

    /// Does it as another user than root, whom no permission stops. This thread alone changes its user.
    fn as_a_user<T>(what: impl FnOnce() -> T) -> T {
        if rustix::process::geteuid().is_root() {
            rustix::thread::set_thread_res_uid(None, Uid::from_raw(65534), None).unwrap();
        }
        what()
    }

    #[test]
    fn without_a_folder_there_is_none() {
        let root = tempfile::tempdir().unwrap();
        let read = recorded(root.path(), &"0".parse().unwrap());
        assert_eq!(read, (EnergyModel::none("there is no energy model of the CPUs"), vec![]));
    }
}
