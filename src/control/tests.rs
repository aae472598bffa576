//! The server and the client on a real socket, without a scheduler.

use super::*;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A server that counts what it grants, in a folder of its own.
struct Served {
    _server: Server,
    socket: Socket,
    granted: Arc<AtomicU32>,
    _folder: tempfile::TempDir,
}

impl Served {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let socket = Socket::bind(&folder.path().join("s")).expect("a socket");
        let granted = Arc::new(AtomicU32::new(0));
        let count = granted.clone();
        let grant = move |request, _| {
            count.fetch_add(1, Ordering::Relaxed);
            Ok(Reply::Done(format!("{request:?}")))
        };
        let server = Server::start(&socket, grant).expect("a server");
        Self { _server: server, socket, granted, _folder: folder }
    }

    fn path(&self) -> PathBuf {
        self.socket.path().to_owned()
    }

    fn client(&self) -> Client {
        Client::connect(&self.path()).expect("a connection")
    }

    fn raw(&self) -> UnixStream {
        UnixStream::connect(self.path()).expect("a connection")
    }
}

fn done(word: &str) -> Answer {
    Ok(Reply::Done(word.to_owned()))
}

#[test]
fn questions_are_answered_in_order() {
    let served = Served::new();
    let mut client = served.client();
    assert_eq!(client.ask(&Request::Status).expect("an answer"), done("Status"));
    assert_eq!(client.ask(&Request::Stats).expect("an answer"), done("Stats"));
    let mut raw = served.raw();
    let both = protocol::question(&Request::Status) + &protocol::question(&Request::Stats);
    raw.write_all(both.as_bytes()).expect("taken");
    let lines: Vec<String> = BufReader::new(raw).lines().take(2).map(|line| line.expect("an answer")).collect();
    assert!(lines[0].contains("Status") && lines[1].contains("Stats"), "{lines:?}");
}

#[test]
fn garbage_is_answered_and_what_comes_after_it_too() {
    let served = Served::new();
    let mut raw = served.raw();
    raw.write_all(b"junk\n\n{\"version\":9,\"request\":\"status\"}\n").expect("taken");
    raw.write_all(protocol::question(&Request::Status).as_bytes()).expect("taken");
    let lines: Vec<String> = BufReader::new(raw).lines().take(4).map(|line| line.expect("an answer")).collect();
    assert!(lines[..3].iter().all(|line| line.contains("malformed")), "{lines:?}");
    assert!(lines[2].contains("protocol 9") && lines[3].contains("Status"), "{lines:?}");
    assert_eq!(served.granted.load(Ordering::Relaxed), 1);
}

#[test]
fn a_line_without_end_is_refused_and_ends_the_connection() {
    let served = Served::new();
    let mut raw = served.raw();
    // More than is ever read: the rest is refused by the kernel once the other side has hung up.
    while raw.write_all(&[b'x'; 4096]).is_ok() {}
    let mut answer = String::new();
    let _ = raw.read_to_string(&mut answer);
    assert!(answer.is_empty() || answer.contains("8192 bytes at most"), "{answer}");
    assert_eq!(served.client().ask(&Request::Status).expect("an answer"), done("Status"));
}

/// More clients than there are places, half of them silent, with half a line, or gone at once.
#[test]
fn hostile_clients_keep_nobody_out() {
    let served = Served::new();
    let mut hostile = Vec::new();
    for number in 0..150 {
        let mut raw = served.raw();
        match number % 3 {
            0 => hostile.push(raw),
            1 => {
                raw.write_all(b"{\"version\":1,").expect("taken");
                hostile.push(raw);
            }
            _ => drop(raw),
        }
        if number % 10 == 0 {
            assert_eq!(served.client().ask(&Request::Status).expect("an answer"), done("Status"), "{number}");
        }
    }
    assert_eq!(served.client().ask(&Request::Status).expect("an answer"), done("Status"));
}

#[test]
fn connections_end_with_the_server() {
    let served = Served::new();
    let mut client = served.client();
    assert!(client.ask(&Request::Stop).expect("an answer").is_ok());
    let path = served.path();
    drop(served);
    client.wait_for_end().expect("the end");
    assert!(matches!(Client::connect(&path), Err(ClientError::NobodyThere(_))));
}

#[test]
fn something_else_in_the_sockets_place_is_told_as_such() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    assert!(matches!(Client::connect(file.path()), Err(ClientError::NoSocket(_))));
}

/// Nobody but root and the group may change things; here nobody is either, by asking for another's rights.
#[test]
fn who_may_not_change_things_may_still_look() {
    let nobody = Peer { uid: 4_000_000, gid: 4_000_000 };
    let mut granted = 0;
    let mut ask = |request| {
        super::server::granted(
            &mut |_, _| {
                granted += 1;
                done("it")
            },
            None,
            request,
            nobody,
        )
    };
    assert!(ask(Request::Status).is_ok());
    assert!(matches!(ask(Request::Stop), Err(Refusal { why: Why::NotAllowed, .. })));
    assert_eq!(granted, 1);
}
