//! The commands that ask the running daemon: they ask, and print the answer.

mod restore;
mod settings;
mod task;
mod verdict;

use crate::cli::{Balance, BalanceArgs, ClientArgs};
use crate::control::{Client, ClientError, Reply, Request, Status};
use crate::failure::Failure;
use crate::kernel::{running_scheduler, scheduler_state};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{ErrorKind, Write};
use verdict::{KernelSays, Verdict, verdict};

pub use restore::restore;
pub use settings::{get, reload, set, settings_text};
pub use task::task;

/// `scx_domains status`.
///
/// # Errors
/// [`Failure::Status`] with the exit code, where scx_domains does not schedule or kernel and daemon disagree.
pub fn status(args: &ClientArgs) -> Result<(), Failure> {
    let kernel = kernel_says();
    let (daemon, unanswered) = match ask_status(args) {
        Ok(status) => (Some(status), None),
        Err(error) => (None, Some(error)),
    };
    let hidden = matches!(unanswered, Some(Failure::Client(ClientError::NotAllowed(_))));
    let verdict = verdict(&kernel, daemon.as_ref(), hidden);
    let unanswered = unanswered.map(|error| match error {
        Failure::Client(ClientError::NobodyThere(path)) => format!("none listens at {}", path.display()),
        error => error.to_string(),
    });
    if args.json {
        print(&format!("{}\n", status_json(verdict, &kernel, daemon.as_ref(), unanswered.as_deref())))?;
    } else {
        print(&verdict::text(verdict, &kernel, daemon.as_ref(), unanswered.as_deref()))?;
    }
    match verdict {
        Verdict::Active => Ok(()),
        other => Err(Failure::Status(other.word(), other.exit_code())),
    }
}

fn kernel_says() -> KernelSays {
    KernelSays { state: scheduler_state(), ops: running_scheduler() }
}

fn status_json(verdict: Verdict, kernel: &KernelSays, daemon: Option<&Status>, unanswered: Option<&str>) -> Value {
    json!({
        "status": verdict.word(),
        "kernel": { "state": kernel.state, "ops": kernel.ops },
        "daemon": daemon,
        "unanswered": unanswered,
    })
}

fn ask_status(args: &ClientArgs) -> Result<Status, Failure> {
    match ask_once(args, &Request::Status)? {
        Reply::Status(status) => Ok(status),
        other => Err(unexpected(&other)),
    }
}

/// `scx_domains balance`.
///
/// # Errors
/// [`Failure`]: it cannot be asked, or refuses.
pub fn balance(args: &BalanceArgs) -> Result<(), Failure> {
    let no_balance = |no: bool| Request::Set {
        changes: BTreeMap::from([("no-balance".to_owned(), no.to_string())]),
        persist: false,
    };
    match args.what {
        Balance::On => settings::change(&args.client, &no_balance(false)),
        Balance::Off => settings::change(&args.client, &no_balance(true)),
        Balance::Now => match ask_once(&args.client, &Request::Balance)? {
            Reply::Done(sentence) => done(&args.client, &sentence),
            other => Err(unexpected(&other)),
        },
    }
}

/// `scx_domains explain`.
///
/// # Errors
/// [`Failure`]: it cannot be asked, or refuses.
pub fn explain(args: &ClientArgs) -> Result<(), Failure> {
    match ask_once(args, &Request::Explain)? {
        Reply::Why(sentences) if args.json => print(&format!("{}\n", json!({ "why": sentences }))),
        Reply::Why(sentences) => print(&sentences.iter().map(|sentence| format!("{sentence}\n")).collect::<String>()),
        other => Err(unexpected(&other)),
    }
}

/// `scx_domains dump`.
///
/// # Errors
/// [`Failure`]: it cannot be asked, or refuses.
pub fn dump(args: &ClientArgs) -> Result<(), Failure> {
    match ask_once(args, &Request::Dump)? {
        Reply::Dump(text) if args.json => print(&format!("{}\n", json!({ "dump": text }))),
        Reply::Dump(text) => print(&text),
        other => Err(unexpected(&other)),
    }
}

/// `scx_domains stop`: returns when it has ended.
///
/// # Errors
/// [`Failure`]: it cannot be asked, refuses, or does not end.
pub fn stop(args: &ClientArgs) -> Result<(), Failure> {
    let mut client = Client::connect(&args.daemon.socket())?;
    ask(&mut client, &Request::Stop)?;
    client.wait_for_end()?;
    done(args, "stopped: the kernel schedules by itself again")
}

/// Connect, and ask one thing.
fn ask_once(args: &ClientArgs, request: &Request) -> Result<Reply, Failure> {
    ask(&mut Client::connect(&args.daemon.socket())?, request)
}

/// Ask; a refusal is a failure.
fn ask(client: &mut Client, request: &Request) -> Result<Reply, Failure> {
    client.ask(request)?.map_err(Failure::Refused)
}

fn unexpected(reply: &Reply) -> Failure {
    Failure::Unexpected(format!("the daemon answered something else than it was asked: {reply:?}"))
}

fn done(args: &ClientArgs, sentence: &str) -> Result<(), Failure> {
    print(&if args.json { format!("{}\n", json!({ "done": sentence })) } else { format!("{sentence}\n") })
}

fn print(text: &str) -> Result<(), Failure> {
    std::io::stdout().write_all(text.as_bytes()).or_else(|e| match e.kind() {
        ErrorKind::BrokenPipe => Ok(()),
        _ => Err(Failure::Unexpected(format!("writing the answer: {e}"))),
    })
}
