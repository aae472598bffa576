//! What power-profiles-daemon says, by its signals on the system's message bus.
//!
//! It has two names on the bus, by its age (0.20 renamed it), and may come and go: a change of a name's owner is followed too. It
//! is not started for our sake. Where there is no bus, or it ends, one is looked for from time to time.

use crossbeam_channel::Sender;
use std::future::poll_fn;
use std::io::ErrorKind;
use std::pin::Pin;
use std::time::Duration;
use zbus::connection::Builder;
use zbus::export::futures_core::Stream;
use zbus::message::Type;
use zbus::{Connection, MessageStream, OwnedVariant};

/// Its names, the newer first, and where it is to be found. Its interface is called as the name.
const DAEMONS: [(&str, &str); 2] = [
    ("org.freedesktop.UPower.PowerProfiles", "/org/freedesktop/UPower/PowerProfiles"),
    ("net.hadess.PowerProfiles", "/net/hadess/PowerProfiles"),
];
const BUS: (&str, &str) = ("org.freedesktop.DBus", "/org/freedesktop/DBus");
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// How long an answer may take, before is decided without.
const ANSWER: Duration = Duration::from_millis(500);
/// How often a daemon that takes longer is asked again: for 25 s, which is what D-Bus itself gives an answer.
const AGAIN: u32 = 50;
/// How often a bus that is not there is looked for.
const LOOK_FOR_BUS: Duration = Duration::from_secs(10);

/// Tell the active profile at first, and whenever it may be another; none where no daemon says one. Until nobody wants to know any
/// more. `address` is the bus's, as D-Bus writes it.
pub(super) fn tell(address: &str, words: &Sender<Option<String>>) {
    let mut told = false;
    loop {
        let Err(error) = zbus::block_on(listen(address, words)) else { return };
        if !told {
            log::info!("no message bus ({error}): the profile goes by power supply and energy preferences");
            told = true;
        }
        if words.send(None).is_err() {
            return;
        }
        std::thread::sleep(LOOK_FOR_BUS);
    }
}

/// As [`tell`], as long as the bus is there.
async fn listen(address: &str, words: &Sender<Option<String>>) -> zbus::Result<()> {
    let bus = Builder::address(address).method_timeout(ANSWER).build().await?;
    let mut messages = MessageStream::from(&bus);
    // Before the first question: then no change is missed.
    for (name, path) in DAEMONS {
        let changed = format!("type='signal',sender='{name}',path='{path}',interface='{PROPERTIES}'");
        let owner = format!("type='signal',sender='{}',member='NameOwnerChanged',arg0='{name}'", BUS.0);
        for rule in [changed, owner] {
            bus.call_method(Some(BUS.0), BUS.1, Some(BUS.0), "AddMatch", &rule).await?;
        }
    }
    let mut asked_again = 0;
    loop {
        let (mut word, mut silent) = (None, false);
        for (name, path) in DAEMONS {
            if word.is_none() {
                (word, silent) = match active_profile(&bus, name, path).await {
                    Answer::Profile(profile) => (Some(profile), false),
                    Answer::None => (None, silent),
                    Answer::Silence => (None, true),
                };
            }
        }
        if words.send(word).is_err() {
            return Ok(());
        }
        if silent && asked_again < AGAIN {
            asked_again += 1;
            // What has come up to now is answered by the next question.
            messages = MessageStream::from(&bus);
        } else {
            asked_again = 0;
            wait_for_signal(&mut messages).await?;
        }
    }
}

/// What a daemon says.
enum Answer {
    Profile(String),
    /// It is not there, or has no profile.
    None,
    /// Nothing as yet.
    Silence,
}

/// What the daemon with this name says is its active profile.
async fn active_profile(bus: &Connection, name: &str, path: &str) -> Answer {
    // By its owner's address, where there is one: the bus would start the daemon for a call to its name.
    let Ok(owner) = bus.call_method(Some(BUS.0), BUS.1, Some(BUS.0), "GetNameOwner", &name).await else {
        return Answer::None;
    };
    let Ok(owner) = owner.body().deserialize::<String>() else { return Answer::None };
    let question = &(name, "ActiveProfile");
    match bus.call_method(Some(owner.as_str()), path, Some(PROPERTIES), "Get", question).await {
        Ok(answer) => {
            let profile = answer.body().deserialize::<OwnedVariant>().ok().and_then(|word| String::try_from(word).ok());
            profile.map_or(Answer::None, Answer::Profile)
        }
        Err(error) => {
            log::debug!("{name} does not say its active profile: {error}");
            let late = matches!(&error, zbus::Error::InputOutput(error) if error.kind() == ErrorKind::TimedOut);
            if late { Answer::Silence } else { Answer::None }
        }
    }
}

/// # Errors
/// The bus is gone.
async fn wait_for_signal(messages: &mut MessageStream) -> zbus::Result<()> {
    loop {
        match poll_fn(|context| Pin::new(&mut *messages).poll_next(context)).await {
            Some(Ok(message)) if message.message_type() == Type::Signal => return Ok(()),
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(error),
            None => return Err(std::io::Error::from(ErrorKind::ConnectionReset).into()),
        }
    }
}
