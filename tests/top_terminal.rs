//! `scx_domains top` on a terminal, as script(1) makes one: it gives the terminal back whatever ends it. The daemon is a few lines.

use scx_domains::control::{Reply, Request, Server, Socket};
use scx_domains::stats::Report;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The alternate screen of a terminal, entered and left (xterm's control sequences, DECSET 1049).
const ENTERED: &str = "\x1b[?1049h";
const LEFT: &str = "\x1b[?1049l";

fn daemon(path: &Path) -> (Socket, Server) {
    let socket = Socket::bind(path).expect("a socket can be made in a new folder");
    let report = Report { scheduler: "domains_of_the_test".to_owned(), ..Report::default() };
    let server = Server::start(&socket, move |request, _| match request {
        Request::Stats => Ok(Reply::Stats(Box::new(report.clone()))),
        _ => Ok(Reply::Rounds(Vec::new())),
    })
    .expect("it serves");
    (socket, server)
}

/// A terminal of 80x24 that runs top.
fn top(socket: &Path, arguments: &str) -> Child {
    let program = env!("CARGO_BIN_EXE_scx_domains");
    let line = format!("stty rows 24 cols 80; exec {program} top --socket {} {arguments}", socket.display());
    let mut script = Command::new("script");
    script.args(["-q", "-e", "-f", "-c", &line, "/dev/null"]).env("TERM", "xterm");
    script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("script(1) is part of every Debian")
}

/// Everything up to this text. The test ends by it, or hangs: it waits for no clock.
fn read_until(child: &mut Child, text: &str) -> String {
    let (mut seen, mut byte) = (Vec::new(), [0]);
    while !String::from_utf8_lossy(&seen).contains(text) {
        let read = child.stdout.as_mut().expect("a pipe").read(&mut byte).expect("the pipe can be read");
        assert!(read == 1, "it ended before it showed {text:?}: {}", String::from_utf8_lossy(&seen));
        seen.push(byte[0]);
    }
    String::from_utf8_lossy(&seen).into_owned()
}

fn press(child: &mut Child, keys: &str) {
    child.stdin.as_mut().expect("a pipe").write_all(keys.as_bytes()).expect("the terminal takes keys");
}

#[test]
fn the_terminal_is_given_back_after_a_key_and_after_a_signal() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("socket");
    let server = daemon(&path);

    let mut child = top(&path, "");
    let begin = read_until(&mut child, "domains_of_the_test");
    assert!(begin.contains(ENTERED) && begin.contains("\x1b["), "{begin:?}");
    // Help, back, and a filter with a q in it, which is not the q that ends it. (Only the cells that change are drawn, so what a
    // screen shows later cannot be told from the bytes: tests/top.rs looks at screens.)
    press(&mut child, "?x/q1\rq");
    read_until(&mut child, LEFT);
    assert!(child.wait().expect("it ends").success());

    let mut child = top(&path, "--no-color --screen flows");
    let begin = read_until(&mut child, "from\\to");
    assert!(!begin.contains("\x1b[38;") && !begin.contains("\x1b[36m"), "colours: {begin:?}");
    // script(1) passes its end on to its child as SIGHUP at best; the program itself is told here.
    let top = format!("pkill -TERM -P {}", child.id());
    assert!(Command::new("sh").args(["-c", &top]).status().expect("a shell").success());
    read_until(&mut child, LEFT);
    assert!(child.wait().expect("it ends").success());
    drop(server);
}

#[test]
fn where_there_is_no_terminal_or_no_daemon_a_sentence_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("socket");
    let run = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_scx_domains"));
        let output = command.args(["top", "--socket"]).arg(&path).output().expect("it can be run");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, text) = run();
    assert!(code == Some(1) && text.contains("no scx_domains listens"), "{code:?} {text}");
    let _server = daemon(&path);
    let (code, text) = run();
    assert!(code == Some(2) && text.contains("--once or --batch"), "{code:?} {text}");
}
