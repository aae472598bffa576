//! What domains owe to their tasks.
//!
//! Problem. Tasks are indivisible. Of thirteen equal hogs on two domains of four CPUs, seven are on one: that domain is
//! half a task over, the other half a task under, no move makes it better, and the seven get a seventh less than the
//! six, for ever.
//!
//! Mechanism. What a domain is over its share, times how long, is exactly the service that its tasks have lost to those
//! of others. It is integrated, and the plan is made for `over + owed`:
//!
//! ```text
//! owed += over × dt / PAYBACK − owed × dt / FORGET,      |owed| ≤ one task
//! ```
//!
//! So the sum of both passes what a task is worth some time, one moves although that does not lower the imbalance of
//! the moment, and now the others lose. Example, with the half task: a flow fits a task from 3/4 of its load on
//! (`flow.rs`). `owed` grows by 0.5 / PAYBACK = 1 task a second; after 0.25 s it is 0.25, a task goes, the domain is
//! half a task under, and after 0.5 s `owed` is -0.25 and one comes back: two moves a second, and each task gets its
//! share over any second. A residue of 0.14 task (a nice -20 and twelve nice 0) changes sides for 0.3 s every 2 s. This
//! is how a sigma-delta converter renders a value between two steps.
//!
//! It is kept for residues only. Where the imbalance is larger than one task, tasks have to move, and who has lost what
//! moves with them; where a domain has a CPU for each of its tasks, none of them loses. What all have lost alike is
//! nobody's: the mean by share is taken off. FORGET makes a residue of less than a twentieth of a task move nothing,
//! however long it lasts: at 1/20 `owed` ends at 16/20 - 1/20.
//!
//! Sources: the deficit of deficit round robin (Shreedhar and Varghese, 1995), kept a domain instead of a queue; and
//! the lag of EEVDF (Stoica and Abdel-Wahab, 1995), which within a domain its clock keeps up.

/// What was lost is made up for as if in this time: shorter moves more, longer leaves shares wrong for longer.
const PAYBACK_NS: f64 = 500e6;
/// What was lost this long ago is forgotten to 1/e. Tasks have come and gone since.
const FORGET_NS: f64 = 16.0 * PAYBACK_NS;

/// `owed` of one domain after one more round of `span_ns`, in which it was `over` its share. `task` is the most that
/// one task counts for.
pub(super) fn integrate(owed: f64, over: f64, crowded: bool, span_ns: u64, task: f64) -> f64 {
    // A late round is no reason to believe that it was like that all the time.
    let span = (span_ns as f64).min(PAYBACK_NS);
    let lost = if crowded && over.abs() < task { over } else { 0.0 };
    (owed + lost * span / PAYBACK_NS - owed * span / FORGET_NS).clamp(-task, task)
}

/// Take off what all have lost alike, by share.
pub(super) fn relative(owed: &[f64], shares: &[u64]) -> Vec<f64> {
    let (sum, all): (f64, f64) = (owed.iter().sum(), shares.iter().map(|share| *share as f64).sum());
    owed.iter().zip(shares).map(|(own, share)| if all > 0.0 { own - sum * *share as f64 / all } else { 0.0 }).collect()
}
