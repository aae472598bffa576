//! A fan-out: one thread wakes many at once through a futex, as a pool of workers is woken by a broadcast.

use std::sync::{Condvar, Mutex};

use crate::account::{Account, Place};
use crate::spec::RanGroup;

#[derive(Default)]
struct Round {
    number: u64,
    began: u64,
    answers: usize,
    over: bool,
}

/// What a team shares.
#[derive(Default)]
pub struct Call {
    round: Mutex<Round>,
    called: Condvar,
    answered: Condvar,
}

const NO_PANIC: &str = "no worker panics with the lock held";

/// Call the others and wait for all answers, again and again.
pub fn lead(place: &Place, call: &Call, others: usize) -> RanGroup {
    let mut account = Account::open(place);
    let mut rounds = 0;
    loop {
        let now = account.look();
        let mut round = call.round.lock().expect(NO_PANIC);
        round.over = now >= place.window.end;
        (round.number, round.began, round.answers) = (round.number + 1, now, 0);
        call.called.notify_all();
        if round.over {
            break;
        }
        account.leave();
        drop(call.answered.wait_while(round, |round| round.answers < others).expect(NO_PANIC));
        rounds += u64::from(place.window.holds(account.back()));
    }
    RanGroup { workers: vec![account.close()], rounds, ..RanGroup::default() }
}

/// Wait to be called, answer; how long after the call each answer came.
pub fn follow(place: &Place, call: &Call, others: usize) -> RanGroup {
    let mut account = Account::open(place);
    let mut late_us = Vec::new();
    let mut seen = 0;
    loop {
        account.leave();
        let round = call.round.lock().expect(NO_PANIC);
        let mut round = call.called.wait_while(round, |round| round.number == seen).expect(NO_PANIC);
        let now = account.back();
        seen = round.number;
        if round.over {
            break;
        }
        if place.window.holds(now) {
            late_us.push(now.saturating_sub(round.began) / 1_000);
        }
        round.answers += 1;
        if round.answers == others {
            call.answered.notify_one();
        }
    }
    RanGroup { workers: vec![account.close()], late_us, ..RanGroup::default() }
}
