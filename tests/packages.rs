//! All ways to install put the same files in the same places: `make install`, the .deb and the .rpm (`Cargo.toml`), Arch's
//! PKGBUILD and Nix (both by `make install`). That they work is tested in guests (`tests/guest/scenario_service.rs`).

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use toml::{Table, Value};

type Paths = BTreeSet<String>;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn metadata(package: &str) -> Table {
    let manifest: Table = fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    let metadata = &manifest["package"]["metadata"][package];
    metadata.as_table().unwrap().clone()
}

/// Run `scripts/install.sh` and list the files below `dest` that are there afterwards.
fn install(action: &str, dest: &Path, prefix: &str) -> Paths {
    let done = Command::new(root().join("scripts/install.sh"))
        .args([action, env!("CARGO_BIN_EXE_scx_domains")])
        .env("DESTDIR", dest)
        .env("PREFIX", prefix)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let mut paths = Paths::new();
    list(dest, dest, &mut paths);
    paths
}

fn list(folder: &Path, dest: &Path, into: &mut Paths) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            list(&path, dest, into);
        } else {
            into.insert(format!("/{}", path.strip_prefix(dest).unwrap().display()));
        }
    }
}

/// Where an asset goes: all that its source matches ("man/*.8"), into a folder ("…/") or under another name.
fn add_asset(source: &str, destination: &str, into: &mut Paths) {
    let (folder, name) = source.rsplit_once('/').unwrap_or(("", source));
    let matching: Vec<String> = match name.strip_prefix('*') {
        // Of a build, which need not have been.
        None if folder == "target/release" => vec![name.to_owned()],
        None => vec![name.to_owned()].into_iter().filter(|name| root().join(folder).join(name).is_file()).collect(),
        Some(ending) => {
            let names =
                fs::read_dir(root().join(folder)).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
            names.filter(|name| name.ends_with(ending)).collect()
        }
    };
    assert!(!matching.is_empty(), "{source}: there is no such file");
    let destination = format!("/{}", destination.trim_start_matches('/'));
    for name in matching {
        into.insert(if destination.ends_with('/') { destination.clone() + &name } else { destination.clone() });
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn every_way_installs_the_same_files() {
    let dest = tempfile::tempdir().unwrap();
    let by_hand = install("install", dest.path(), "/usr");
    assert!(by_hand.contains("/usr/bin/scx_domains") && by_hand.len() > 10, "{by_hand:?}");

    let mut rpm = Paths::new();
    for asset in metadata("generate-rpm")["assets"].as_array().unwrap() {
        add_asset(text(&asset["source"]), text(&asset["dest"]), &mut rpm);
    }
    assert_eq!(rpm, by_hand);

    // Debian has other places for some; the unit and the licence cargo-deb puts there by itself.
    let metadata = metadata("deb");
    let mut deb = Paths::new();
    for asset in metadata["assets"].as_array().unwrap() {
        add_asset(text(&asset[0]), text(&asset[1]), &mut deb);
    }
    let units = metadata["systemd-units"].as_table().unwrap();
    let unit = format!("{}.service", text(&units["unit-name"]));
    add_asset(&format!("{}/{unit}", text(&units["unit-scripts"])), "/usr/lib/systemd/system/", &mut deb);
    add_asset(text(&metadata["license-file"][0]), "/usr/share/licenses/scx_domains/", &mut deb);

    let usual = |path: &String| {
        path.replace("/doc/scx-domains/", "/doc/scx_domains/")
            .replace("/zsh/vendor-completions/", "/zsh/site-functions/")
    };
    let deb: Paths = deb.iter().map(usual).collect();
    assert_eq!(deb, by_hand);
}

#[test]
fn what_was_installed_can_be_taken_away() {
    let dest = tempfile::tempdir().unwrap();
    install("install", dest.path(), "/opt/scx");
    let unit = fs::read_to_string(dest.path().join("opt/scx/lib/systemd/system/scx_domains.service")).unwrap();
    assert!(
        unit.contains("\nExecStart=/opt/scx/bin/scx_domains\n") && !unit.contains("/usr/bin/scx_domains"),
        "{unit}"
    );

    let config = dest.path().join("etc/scx_domains/config.toml");
    fs::write(&config, "# mine\n").unwrap();
    install("install", dest.path(), "/opt/scx");
    assert_eq!(fs::read_to_string(&config).unwrap(), "# mine\n", "what somebody has changed stays");
    assert_eq!(install("uninstall", dest.path(), "/opt/scx"), Paths::from(["/etc/scx_domains/config.toml".to_owned()]));
}

/// The .rpm as it is made, installed into a folder by rpm itself; without its scripts, which need a system around them.
#[test]
#[ignore = "builds cargo-generate-rpm, which takes minutes"]
fn an_rpm_installs_what_make_install_does() {
    if Command::new("rpm").arg("--version").output().is_err() {
        println!("rpm is not there (Debian: rpm): nothing is installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("release")).unwrap();
    let program = folder.path().join("release/scx_domains");
    run(Command::new("strip").arg("-o").arg(&program).arg(env!("CARGO_BIN_EXE_scx_domains")));
    let (package, installed) = (folder.path().join("scx_domains.rpm"), folder.path().join("installed"));
    run(Command::new(root().join("scripts/cargo-tool.sh"))
        .args(["generate-rpm", "--payload-compress", "none", "--output"])
        .arg(&package)
        .env("CARGO_TARGET_DIR", folder.path())
        .current_dir(root()));
    fs::create_dir(&installed).unwrap();
    let rpm = |arguments: &[&str]| {
        let mut rpm = Command::new("rpm");
        rpm.arg("--root").arg(&installed).args(["--dbpath", "/rpmdb"]).args(arguments);
        rpm
    };
    run(rpm(&["--install", "--nodeps", "--noscripts"]).arg(&package));
    let listed = |installed: &Path| {
        let mut paths = Paths::new();
        list(installed, installed, &mut paths);
        paths.into_iter().filter(|path| !path.starts_with("/rpmdb/")).collect::<Paths>()
    };
    let dest = folder.path().join("by-hand");
    assert_eq!(listed(&installed), install("install", &dest, "/usr"));
    let bytes = |path: &Path| fs::read(path).unwrap();
    assert_eq!(bytes(&installed.join("usr/bin/scx_domains")), bytes(&program));

    // A setting that somebody has changed outlives an upgrade.
    let config = installed.join("etc/scx_domains/config.toml");
    fs::write(&config, "# mine\n").unwrap();
    run(rpm(&["--upgrade", "--force", "--nodeps", "--noscripts"]).arg(&package));
    assert_eq!(fs::read_to_string(&config).unwrap(), "# mine\n");
    run(&mut rpm(&["--erase", "--noscripts", "scx_domains"]));
    assert!(listed(&installed).iter().all(|path| path.starts_with("/etc/")), "{:?}", listed(&installed));
}

#[track_caller]
fn run(command: &mut Command) {
    let done = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let said = [done.stdout, done.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    assert!(done.status.success(), "{command:?}: {}", said.join("\n"));
}

/// Recipes and scripts are at least of their languages, as far as who speaks these is there.
#[test]
fn recipes_can_be_read() {
    let checks: [(&str, &[&str], &[&str]); 5] = [
        ("bash", &["-n"], &["packaging/arch/PKGBUILD", "packaging/arch/scx_domains.install"]),
        ("sh", &["-n"], &["packaging/rpm/post-install.sh"]),
        ("sh", &["-n"], &["packaging/rpm/pre-uninstall.sh"]),
        ("namcap", &[], &["packaging/arch/PKGBUILD"]),
        ("nix-instantiate", &["--parse"], &["packaging/nix/default.nix"]),
    ];
    for (program, arguments, files) in checks {
        for file in files {
            match Command::new(program).args(arguments).arg(root().join(file)).output() {
                Ok(read) => assert!(read.status.success(), "{file}: {}", String::from_utf8_lossy(&read.stderr)),
                Err(_) => println!("{program} is not there: {file} is not read by it"),
            }
        }
    }
}

#[test]
fn arch_has_the_version_of_the_crate() {
    let recipe = fs::read_to_string(root().join("packaging/arch/PKGBUILD")).unwrap();
    assert!(recipe.contains(concat!("\npkgver=", env!("CARGO_PKG_VERSION"), "\n")), "{recipe}");
}
