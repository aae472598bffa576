//! Workers that talk through pipes: rings that pass a token, and groups that send to each other.

use std::io::{PipeReader, PipeWriter, Read, Write, pipe};

use crate::account::{Account, Place};
use crate::clock;
use crate::spec::RanGroup;

/// The bytes of a message: those of hackbench.
const MESSAGE: usize = 100;

/// What one worker holds of its team's pipes.
pub struct Ends {
    pub from: Option<PipeReader>,
    pub to: Vec<PipeWriter>,
    /// It starts, or counts for its team.
    pub leads: bool,
}

/// Each sends to the next, the last to the first.
pub fn ring(team: usize) -> Vec<Ends> {
    let (readers, mut writers): (Vec<_>, Vec<_>) = (0..team).map(|_| pipe().expect("a pipe")).unzip();
    writers.rotate_left(1);
    let ends = readers.into_iter().zip(writers).enumerate();
    ends.map(|(i, (from, to))| Ends { from: Some(from), to: vec![to], leads: i == 0 }).collect()
}

/// The first half sends to each of the second half.
pub fn senders_and_receivers(team: usize) -> Vec<Ends> {
    let senders = team / 2;
    let (readers, writers): (Vec<_>, Vec<_>) = (senders..team).map(|_| pipe().expect("a pipe")).unzip();
    let copy = || writers.iter().map(|w| w.try_clone().expect("a copy of a pipe's end")).collect();
    let mut ends: Vec<_> = (0..senders).map(|_| Ends { from: None, to: copy(), leads: false }).collect();
    ends.extend(readers.into_iter().map(|from| Ends { from: Some(from), to: Vec::new(), leads: true }));
    ends
}

/// Pass the token on until the window ends; the leader counts its rounds.
pub fn pass_on(place: &Place, ends: Ends) -> RanGroup {
    let Ends { from, mut to, leads } = ends;
    let mut from = from.expect("a ring's worker reads");
    let mut account = Account::open(place);
    let mut rounds = 0;
    let mut token = [0];
    if leads {
        send(&mut to, &token);
    }
    loop {
        account.leave();
        // A fellow that ended closes its pipe: so the end goes round.
        if from.read_exact(&mut token).is_err() {
            break;
        }
        let now = account.back();
        if now >= place.window.end {
            break;
        }
        rounds += u64::from(leads && place.window.holds(now));
        if !send(&mut to, &token) {
            break;
        }
    }
    RanGroup { workers: vec![account.close()], rounds, ..RanGroup::default() }
}

/// Send to all, or receive and count, until the window ends.
pub fn exchange(place: &Place, ends: Ends) -> RanGroup {
    let Ends { from, mut to, .. } = ends;
    let mut account = Account::open(place);
    let mut rounds = 0;
    let mut message = [0; MESSAGE];
    match from {
        Some(mut from) => loop {
            account.leave();
            if from.read_exact(&mut message).is_err() {
                break;
            }
            let now = account.back();
            rounds += u64::from(place.window.holds(now));
        },
        None => {
            while clock::now() < place.window.end {
                for end in &mut to {
                    account.leave();
                    send(std::slice::from_mut(end), &message);
                    account.back();
                }
            }
        }
    }
    RanGroup { workers: vec![account.close()], rounds, ..RanGroup::default() }
}

/// False when the other end is gone.
fn send(to: &mut [PipeWriter], bytes: &[u8]) -> bool {
    to.iter_mut().all(|end| end.write_all(bytes).is_ok())
}
