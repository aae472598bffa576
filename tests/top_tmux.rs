//! `scx_domains top` in a real terminal, tmux: what is on its screen as the window changes its size, and after it ends.

use scx_domains::control::{Reply, Request, Server, Socket};
use scx_domains::stats::Report;
use std::path::Path;
use std::process::{Command, Output};

/// A tmux server of its own, with one window.
struct Tmux<'a> {
    socket: &'a Path,
}

impl Tmux<'_> {
    fn run(&self, arguments: &[&str]) -> Output {
        let mut tmux = Command::new("tmux");
        tmux.arg("-S").arg(self.socket).args(["-f", "/dev/null"]).args(arguments);
        tmux.env("TERM", "xterm-256color").env("LC_ALL", "C.UTF-8").output().expect("tmux can be started")
    }

    #[track_caller]
    fn ask(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "tmux {arguments:?}: {said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The screen once this can be said of it. It comes or the test hangs: it waits for no clock.
    #[track_caller]
    fn screen(&self, is_there: impl Fn(&[&str]) -> bool) -> String {
        loop {
            let screen = self.ask(&["capture-pane", "-p", "-t", "top"]);
            if is_there(&screen.lines().collect::<Vec<_>>()) {
                return screen;
            }
            assert_eq!(self.format("#{pane_dead}"), "0", "it ended with this on the screen:\n{screen}");
        }
    }

    #[track_caller]
    fn format(&self, format: &str) -> String {
        self.ask(&["display-message", "-p", "-t", "top", format]).trim().to_owned()
    }
}

impl Drop for Tmux<'_> {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}

fn has(lines: &[&str], word: &str) -> bool {
    lines.iter().any(|line| line.contains(word))
}

#[test]
fn top_follows_its_window_and_leaves_it_as_it_was() {
    if Command::new("tmux").arg("-V").output().is_err() {
        println!("tmux is not there (Debian: tmux): nothing is looked at");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("control");
    let socket = Socket::bind(&path).expect("a socket can be made in a new folder");
    let report = Report { scheduler: "domains_of_the_test".to_owned(), ..Report::default() };
    let _server = Server::start(&socket, move |request, _| match request {
        Request::Stats => Ok(Reply::Stats(Box::new(report.clone()))),
        _ => Ok(Reply::Rounds(Vec::new())),
    })
    .expect("it serves");

    let tmux_socket = folder.path().join("tmux");
    let tmux = Tmux { socket: &tmux_socket };
    let line = format!("echo before; exec {} top --socket {}", env!("CARGO_BIN_EXE_scx_domains"), path.display());
    tmux.ask(&[
        "new-session",
        "-d",
        "-s",
        "top",
        "-x",
        "80",
        "-y",
        "24",
        &line,
        ";",
        "set",
        "-w",
        "remain-on-exit",
        "on",
    ]);

    let first = |lines: &[&str]| lines.first().is_some_and(|line| line.starts_with("domains_of_the_test"));
    let at_the_end = |lines: &[&str], row: usize| lines.get(row).is_some_and(|line| line.starts_with("sorted by id"));
    tmux.screen(|lines| first(lines) && at_the_end(lines, 23));
    tmux.ask(&["send-keys", "-t", "top", "?"]);
    tmux.screen(|lines| has(lines, "any key goes back"));
    tmux.ask(&["send-keys", "-t", "top", "x"]);
    tmux.screen(|lines| has(lines, "ID") && !has(lines, "any key goes back"));

    for (width, height) in [("120", "40"), ("30", "5"), ("80", "24")] {
        tmux.ask(&["resize-window", "-t", "top", "-x", width, "-y", height]);
        let rows: usize = height.parse().expect("a number");
        let shown = tmux.screen(|lines| if rows < 8 { has(lines, "Enlarge it") } else { at_the_end(lines, rows - 1) });
        assert!(rows < 8 || shown.starts_with("domains_of_the_test"), "at {width}x{height}:\n{shown}");
    }

    assert_eq!(tmux.format("#{alternate_on}"), "1", "it has a screen of its own");
    tmux.ask(&["send-keys", "-t", "top", "q"]);
    // tmux sees that the terminal is closed before it is told that the program has ended, and how; and where that was lost on it, as
    // was seen once, another child that ends has it look after all of them.
    while tmux.format("#{pane_dead_status}#{pane_dead_signal}").is_empty() {
        tmux.ask(&["run-shell", "true"]);
    }
    assert_eq!(tmux.format("#{pane_dead_status} #{alternate_on}"), "0 0");
    // A window that was small for a while has pushed lines out at the top.
    let after = tmux.ask(&["capture-pane", "-p", "-S", "-", "-t", "top"]);
    assert!(after.contains("before") && !after.contains("domains_of_the_test"), "what was there is back:\n{after}");
}
