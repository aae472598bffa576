//! `--profile auto`: a private message bus with a stand-in for power-profiles-daemon on it, and a power supply of files.

use scx_domains::profile::Follower;
use std::collections::HashMap;
use std::fs;
use std::future::poll_fn;
use std::path::Path;
use std::pin::Pin;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;
use zbus::connection::Builder;
use zbus::export::futures_core::Stream;
use zbus::message::Type;
use zbus::{Connection, MessageStream, Variant};

const NEW: (&str, &str) = ("org.freedesktop.UPower.PowerProfiles", "/org/freedesktop/UPower/PowerProfiles");
const OLD: (&str, &str) = ("net.hadess.PowerProfiles", "/net/hadess/PowerProfiles");

/// Long enough for any host; nothing waits for it to pass.
const PATIENCE: Duration = Duration::from_secs(60);

/// A bus of our own.
struct Bus {
    daemon: Child,
    address: String,
}

impl Bus {
    fn start(folder: &Path) -> Self {
        let config = folder.join("bus.conf");
        let (socket, ready) = (folder.join("bus"), folder.join("ready"));
        let address = format!("unix:path={}", socket.display());
        let text = format!(
            "<busconfig><listen>{address}</listen><auth>EXTERNAL</auth><policy context=\"default\">\
             <allow user=\"*\"/><allow own=\"*\"/><allow send_destination=\"*\"/><allow receive_sender=\"*\"/>\
             </policy></busconfig>"
        );
        fs::write(&config, text).expect("a file");
        let daemon = Command::new("dbus-daemon")
            .args(["--nofork", "--print-address", "--config-file"])
            .arg(&config)
            .stdout(fs::File::create(&ready).expect("a file"))
            .stdin(Stdio::null())
            .spawn()
            .expect("dbus-daemon is there: `make setup` installs it");
        // It prints its address when it listens.
        while fs::read_to_string(&ready).expect("a file").is_empty() {
            thread::yield_now();
        }
        Self { daemon, address }
    }

    fn end(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        self.end();
    }
}

/// A stand-in for power-profiles-daemon.
struct Desktop {
    name: (&'static str, &'static str),
    profile: Arc<Mutex<&'static str>>,
    connection: Connection,
}

impl Desktop {
    fn start(bus: &Bus, name: (&'static str, &'static str), profile: &'static str) -> Self {
        Self::answering(bus, name, profile, 1)
    }

    /// It answers no question before it has been asked so many.
    fn answering(bus: &Bus, name: (&'static str, &'static str), profile: &'static str, from: usize) -> Self {
        let (address, profile) = (bus.address.clone(), Arc::new(Mutex::new(profile)));
        let (sender, connections) = mpsc::channel();
        let says = Arc::clone(&profile);
        thread::spawn(move || zbus::block_on(answer(&address, name.0, &says, from, &sender)));
        Self { name, profile, connection: connections.recv().expect("it is on the bus") }
    }

    fn says(&self, profile: &'static str) {
        *self.profile.lock().expect("no panic") = profile;
        let changed = HashMap::from([("ActiveProfile", Variant::from(profile))]);
        let body = &(self.name.0, changed, Vec::<&str>::new());
        let to_all = None::<&str>;
        let signal = self.connection.emit_signal(
            to_all,
            self.name.1,
            "org.freedesktop.DBus.Properties",
            "PropertiesChanged",
            body,
        );
        zbus::block_on(signal).expect("a signal");
    }

    fn end(self) {
        zbus::block_on(self.connection.close()).expect("an end");
    }
}

async fn answer(
    address: &str,
    name: &str,
    profile: &Mutex<&'static str>,
    mut from: usize,
    ready: &mpsc::Sender<Connection>,
) {
    let connection = Builder::address(address).build().await.expect("the bus");
    let mut messages = MessageStream::from(&connection);
    connection.request_name(name).await.expect("the name");
    ready.send(connection.clone()).expect("somebody waits");
    let mut asked = Vec::new();
    while let Some(Ok(message)) = poll_fn(|context| Pin::new(&mut messages).poll_next(context)).await {
        if message.message_type() != Type::MethodCall {
            continue;
        }
        asked.push(message);
        if asked.len() < from {
            continue;
        }
        from = 1;
        for question in asked.drain(..) {
            let says = Variant::from(*profile.lock().expect("no panic"));
            connection.reply(&question.header(), &says).await.expect("a reply");
        }
    }
}

fn mains(root: &Path, online: &str) {
    let folder = root.join("sys/class/power_supply/AC");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("type"), "Mains\n").expect("a file");
    fs::write(folder.join("online"), online).expect("a file");
}

fn next(follower: &Follower) -> String {
    follower.decisions().recv_timeout(PATIENCE).expect("a decision").to_string()
}

#[test]
fn the_desktop_is_followed_while_it_is_there_and_power_and_preferences_else() {
    let root = tempfile::tempdir().expect("a folder");
    mains(root.path(), "1\n");
    let mut bus = Bus::start(root.path());
    let preferences = Arc::new(Mutex::new(vec!["balance_performance".to_owned()]));
    let set_by_others = Arc::clone(&preferences);
    let follower = Follower::start(root.path(), &bus.address, move || set_by_others.lock().expect("no panic").clone())
        .expect("threads");
    assert_eq!(next(&follower), "balanced, for nobody asks for another");
    *preferences.lock().expect("no panic") = vec!["performance".to_owned()];
    assert_eq!(next(&follower), "performance, for all CPUs prefer 'performance'");
    mains(root.path(), "0\n");
    assert_eq!(next(&follower), "powersave, on battery");

    let desktop = Desktop::start(&bus, NEW, "performance");
    assert_eq!(next(&follower), "performance, said by power-profiles-daemon");
    desktop.says("power-saver");
    assert_eq!(next(&follower), "powersave, said by power-profiles-daemon");
    desktop.says("cool-and-quiet");
    assert_eq!(next(&follower), "balanced, for power-profiles-daemon says 'cool-and-quiet'");
    desktop.says("balanced");
    assert_eq!(next(&follower), "balanced, said by power-profiles-daemon", "a word of the future ends nothing");

    desktop.end();
    assert_eq!(next(&follower), "powersave, on battery");
    let old = Desktop::start(&bus, OLD, "balanced");
    assert_eq!(next(&follower), "balanced, said by power-profiles-daemon", "it came back, by its older name");
    old.says("performance");
    assert_eq!(next(&follower), "performance, said by power-profiles-daemon");
    let new = Desktop::start(&bus, NEW, "power-saver");
    assert_eq!(next(&follower), "powersave, said by power-profiles-daemon", "of two, the newer");
    new.end();
    assert_eq!(next(&follower), "performance, said by power-profiles-daemon");

    bus.end();
    assert_eq!(next(&follower), "powersave, on battery", "the bus is gone");
    mains(root.path(), "1\n");
    assert_eq!(next(&follower), "performance, for all CPUs prefer 'performance'");
    assert!(follower.decisions().is_empty(), "nothing is said twice");
}

#[test]
fn a_daemon_that_answers_late_is_asked_again() {
    for name in [NEW, OLD] {
        let root = tempfile::tempdir().expect("a folder");
        mains(root.path(), "0\n");
        let bus = Bus::start(root.path());
        // Not the second: the bus tells who comes that it has a name, and that is a signal, after which is asked as well.
        let desktop = Desktop::answering(&bus, name, "performance", 4);
        let follower = Follower::start(root.path(), &bus.address, Vec::new).expect("threads");
        assert_eq!(next(&follower), "powersave, on battery", "nobody waits for it");
        assert_eq!(next(&follower), "performance, said by power-profiles-daemon", "with no signal");
        desktop.says("power-saver");
        assert_eq!(next(&follower), "powersave, said by power-profiles-daemon");
    }
}

#[test]
fn without_a_bus_the_power_supply_decides() {
    let root = tempfile::tempdir().expect("a folder");
    mains(root.path(), "0\n");
    let nowhere = format!("unix:path={}/none", root.path().display());
    for bus in [nowhere.as_str(), "no address", ""] {
        let follower = Follower::start(root.path(), bus, Vec::new).expect("threads");
        assert_eq!(next(&follower), "powersave, on battery", "{bus:?}");
    }
}
