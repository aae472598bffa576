//! Flows of which nothing comes rest for a while.
//!
//! Problem. A domain that is a third of a task over its share has a flow for that, and no task is that small. (Among equals no
//! swap gives anything either.) The flow expires, and is planned again the next round: what is planned then says little, and
//! BPF goes through both queues in vain each time. Tasks that may not run elsewhere do the same to flows of any size.
//!
//! Mechanism. The balancer sees no tasks, but it sees whether what a flow was for is still there the next time. If it is, the
//! flow was tried in vain, and rests for 1, 2, 4, then 8 rounds. For each pair of domains there are two memories:
//!
//! - of *small* flows, which the mean task of the source does not fit (3/4 of it, `flow`), so that they take a smaller one, or a
//!   swap. A quarter more than was ever tried is tried at once, since larger tasks fit then. The memory is kept for KEPT
//!   rounds after the last need: a residue that changes sides (`deficit`) is the same one when it is back. It goes where a
//!   small flow has done something.
//! - of those that the mean task fits. They get PATIENCE more tries before they rest: who fits may just not have waited. A
//!   quarter more or less than the last time, or a round without need, is a new one.
//!
//! What rests is left to the giver, who may try it on one that is farther away.
//!
//! Example. Seven and six equal hogs on two domains of four CPUs: over by half a task, owed grows, a hog goes over, and over
//! again, 33 times in 200 rounds. Flows are planned in 75 of them, where it would be in all.

use super::flow::fits;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Tries in vain that a flow has which the mean task fits, before it rests.
const PATIENCE: u32 = 3;
/// The longest rest is 2 to this many rounds.
const MOST_DOUBLINGS: u32 = 3;
/// For so many rounds without need, what was tried of small flows is remembered.
const KEPT: u32 = 16;

/// What was last tried between two domains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Try {
    amount: u64,
    /// In a row, up to now.
    in_vain: u32,
    /// Rounds that it still rests.
    rests: u32,
    /// Was it planned when there was need of it last, and is not known yet what came of it?
    planned: bool,
    /// Was there need of it in this round?
    needed: bool,
    /// Rounds without need.
    idle: u32,
}

impl Try {
    fn first(amount: u64) -> Self {
        Self { amount, planned: true, needed: true, ..Self::default() }
    }

    fn is_less(&self, amount: u64) -> bool {
        amount < self.amount - self.amount / 4
    }

    fn is_more(&self, amount: u64) -> bool {
        amount > self.amount.saturating_add(self.amount / 4)
    }

    /// Nothing came of it. It rests once that has happened more often than `patience`.
    fn fails(&mut self, patience: u32) {
        self.in_vain += 1;
        self.planned = false;
        self.rests = match self.in_vain.saturating_sub(patience) {
            0 => 0,
            times => 1 << (times - 1).min(MOST_DOUBLINGS),
        };
    }

    /// There is need of it again: plan it, or does it rest?
    fn again(&mut self, patience: u32) -> bool {
        self.needed = true;
        if self.planned {
            self.fails(patience);
        }
        self.planned = self.rests == 0;
        self.rests = self.rests.saturating_sub(1);
        self.planned
    }

    /// There is need of more than was ever tried.
    fn grows(&mut self, amount: u64) -> bool {
        let in_vain = self.in_vain + u32::from(self.planned);
        *self = Self { in_vain, ..Self::first(amount) };
        true
    }
}

/// What was tried between which domains.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Tries {
    /// By source and destination, as one number: JSON has no pairs as keys.
    small: BTreeMap<u64, Try>,
    fitting: BTreeMap<u64, Try>,
}

impl Tries {
    /// Shall a flow for this `amount` be planned, or does it rest? `mean` is the mean load of the tasks of the source. Asked
    /// once a round.
    pub fn plans(&mut self, src: usize, dst: usize, amount: u64, mean: u64) -> bool {
        let pair = (src as u64) << 32 | dst as u64;
        let (tries, small) = if fits(mean, amount) { (&mut self.fitting, false) } else { (&mut self.small, true) };
        match tries.get_mut(&pair) {
            Some(last) if small && last.is_more(amount) => last.grows(amount),
            Some(last) if small && !(last.planned && last.is_less(amount)) => last.again(0),
            Some(last) if !small && !last.is_more(amount) && !last.is_less(amount) => last.again(PATIENCE),
            _ => {
                tries.insert(pair, Try::first(amount));
                true
            }
        }
    }

    /// A round has been planned: forget what there is no need of any more.
    pub fn round_ends(&mut self) {
        self.fitting.retain(|_, last| std::mem::take(&mut last.needed));
        let fitting = &self.fitting;
        self.small.retain(|pair, last| {
            if std::mem::take(&mut last.needed) {
                last.idle = 0;
                return true;
            }
            if last.planned && !fitting.contains_key(pair) {
                return false; // it was for what is not there any more: done
            }
            if last.planned {
                last.fails(0); // it has grown until the mean task fits
            }
            last.idle += 1;
            last.idle <= KEPT
        });
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
        assert_eq!(planned([300, 220, 220]), [0, 1], "a quarter less: something was done");
        assert_eq!(planned([740, 740, 760]), [0, 2], "the mean task fits");
        assert_eq!(planned([300, 0, 300]), [0, 2], "it was done");
    }

    #[test]
    fn a_residue_that_is_back_is_the_same_one() {
        assert_eq!(planned([500, 600, 700, 800, 0, 0, 500, 600, 700, 800]), [0, 2, 3, 8, 9]);
    }
}
