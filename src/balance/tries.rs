//! Flows of which nothing comes rest for a while.
//!
//! Problem. A domain that is a third of a task over its share has a flow for that, and no task is that small. (Among equals no
//! swap gives anything either.) The flow expires, and is planned again the next round: what is planned then says little, and
//! BPF goes through both queues in vain each time. Tasks that may not run elsewhere do the same to flows of any size.
//!
//! Mechanism. The balancer sees no tasks, but it sees whether what a flow was for is still there the next time. If it is, and
//! nothing has changed, the flow was tried in vain, and rests for 1, 2, 4, then 8 rounds. One that the mean task of its source
//! fits gets three more tries first: who would fit may just not have been waiting. A flow is tried at once, as if for the
//! first time, when
//!
//! - it is for a quarter more, so that larger tasks fit than before: what is owed (`deficit`) grows to that;
//! - it is for a quarter less: something was done, by it or by chance;
//! - the mean task has begun to fit;
//! - there was no need of it for a round.
//!
//! What rests is left to the giver, who may try it on one that is farther away.
//!
//! Example. Seven and six equal hogs on two domains, over by half a task, and owed grows by 0.1 task a round: flows for 0.5,
//! 0.64 and 0.8 are planned, and the last moves a hog, instead of 0.5, 0.6, 0.7 and 0.8. A residue of 0.2 for good is planned
//! in one round of nine in the end.

use super::flow::fits;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Tries in vain that a flow has which the mean task fits, before it rests.
const PATIENCE: u32 = 3;
/// The longest rest is 2 to this many rounds.
const MOST_DOUBLINGS: u32 = 3;

/// What was last tried between two domains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Try {
    amount: u64,
    mean_fits: bool,
    /// In a row, up to now.
    in_vain: u32,
    /// Rounds that it still rests.
    rests: u32,
    /// Was it planned the last time, so that it is known by now what came of it?
    planned: bool,
    /// Was there need of it in this round?
    needed: bool,
}

impl Try {
    fn first(amount: u64, mean_fits: bool) -> Self {
        Self { amount, mean_fits, planned: true, needed: true, ..Self::default() }
    }

    /// Is a flow for so much another one than what was tried?
    fn differs(&self, amount: u64, mean_fits: bool) -> bool {
        let (least, most) = (self.amount - self.amount / 4, self.amount.saturating_add(self.amount / 4));
        amount < least || amount > most || (mean_fits && !self.mean_fits)
    }

    /// Once more; or no, it rests.
    fn again(&mut self) -> bool {
        self.needed = true;
        if self.planned {
            self.in_vain += 1;
            let over = self.in_vain.saturating_sub(if self.mean_fits { PATIENCE } else { 0 });
            self.rests = if over > 0 { 1 << (over - 1).min(MOST_DOUBLINGS) } else { 0 };
        }
        self.planned = self.rests == 0;
        self.rests = self.rests.saturating_sub(1);
        self.planned
    }
}

/// What was tried between which domains.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Tries {
    /// By source and destination, as one number: JSON has no pairs as keys.
    last: BTreeMap<u64, Try>,
}

impl Tries {
    /// Shall a flow for this `amount` be planned, or does it rest? `mean` is the mean load of the tasks of the source. Asked
    /// once a round.
    pub fn plans(&mut self, src: usize, dst: usize, amount: u64, mean: u64) -> bool {
        let mean_fits = fits(mean, amount);
        let key = (src as u64) << 32 | dst as u64;
        match self.last.get_mut(&key) {
            Some(last) if !last.differs(amount, mean_fits) => last.again(),
            _ => {
                self.last.insert(key, Try::first(amount, mean_fits));
                true
            }
        }
    }

    /// A round has been planned: forget what there was no need of.
    pub fn round_ends(&mut self) {
        self.last.retain(|_, last| std::mem::take(&mut last.needed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In which of these rounds a flow from 0 to 1 for `amount` is planned, while the mean task has 1000.
    fn planned(amounts: impl IntoIterator<Item = u64>) -> Vec<usize> {
        let mut tries = Tries::default();
        let mut plans = |amount| {
            let plans = amount > 0 && tries.plans(0, 1, amount, 1000);
            tries.round_ends();
            plans
        };
        amounts.into_iter().enumerate().filter(|(_, amount)| plans(*amount)).map(|(round, _)| round).collect()
    }

    #[test]
    fn what_fits_no_task_rests_longer_and_longer() {
        assert_eq!(planned([300; 40]), [0, 2, 5, 10, 19, 28, 37]);
    }

    #[test]
    fn what_the_mean_task_fits_gets_more_tries() {
        assert_eq!(planned([1000; 20]), [0, 1, 2, 3, 5, 8, 13]);
    }

    #[test]
    fn what_has_changed_is_tried_at_once() {
        assert_eq!(planned([300, 300, 380]), [0, 2], "a quarter more");
        assert_eq!(planned([300, 300, 220]), [0, 2], "a quarter less");
        assert_eq!(planned([740, 740, 760]), [0, 2], "the mean task fits");
        assert_eq!(planned([300, 0, 300]), [0, 2], "not needed between");
        assert_eq!(planned([500, 600, 700, 800]), [0, 2, 3]);
    }
}
