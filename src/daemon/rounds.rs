//! Round after round: sample, plan, apply, publish; by time and at the scheduler's signals.

mod answers;
mod changes;
mod live;
mod told;

use super::cgroups::Cgroups;
use super::gpus::GpuWatch;
use super::heat::HeatWatch;
use super::live::LiveWatch;
use super::notify::{Notifier, status_line};
use super::outlets::Outlets;
use super::pace::Pace;
use super::records::Records;
use super::reports::Reports;
use super::requests::Question;
use super::signals::Signals;
use super::wishes::Wishes;
use super::{End, ended};
use crate::balance::{self, Balancer, FlowBook, Plan, Sample, Snapshot};
use crate::config::{Layers, Settings};
use crate::domain::Domains;
use crate::failure::Failure;
use crate::kernel::{Attached, KernelError};
use crate::record::Round;
use crate::stats::Lateness;
use answers::Then;
use crossbeam_channel::{Receiver, at, never, select};
use std::time::{Duration, Instant};
use told::next_report;

/// Rounds in a row that may fail before we give up. BPF schedules on without them.
const MAX_FAILED_ROUNDS: u32 = 10;
/// From one look at the machine and its sensors to the next: temperatures change in seconds, and each look reads some files.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The running scheduler and what is remembered from round to round.
pub struct Rounds<'a> {
    attached: Attached<'a>,
    domains: Domains,
    settings: Settings,
    layers: &'a Layers,
    notifier: Notifier,
    attached_at: Instant,
    last: Snapshot,
    cgroups: Cgroups,
    /// None before it is said how the machine was read.
    live: Option<LiveWatch>,
    /// Why the machine has to be read anew, if it has to.
    anew: Option<String>,
    /// None where there is nothing to be read.
    heat: Option<HeatWatch>,
    /// None where no GPU makes a difference.
    gpus: Option<GpuWatch>,
    sample: Option<Sample>,
    /// Of the last round.
    plan: Plan,
    balancer: Balancer,
    flows: FlowBook,
    wishes: Wishes,
    records: Records,
    lateness: Lateness,
    reports: Reports,
    /// Since the start: all, and those that failed.
    rounds: u64,
    all_failed_rounds: u64,
    pace: Pace,
    /// When the machine is looked at next.
    look_due: Instant,
    /// Did the last look fail?
    look_failed: bool,
    /// When statistics are to be printed next; none where they are not.
    report_due: Option<Instant>,
    /// In a row, up to now.
    failed_rounds: u32,
}

impl<'a> Rounds<'a> {
    /// The first round looks back to here; and the scheduler knows from here on whose rounds they are.
    ///
    /// # Errors
    /// The scheduler's tables cannot be read.
    pub fn new(
        attached: Attached<'a>,
        domains: Domains,
        settings: Settings,
        layers: &'a Layers,
        wishes: Wishes,
        records: Records,
        reports: Reports,
    ) -> Result<Self, KernelError> {
        let last = attached.snapshot()?;
        let now = Instant::now();
        let args = settings.args();
        let cgroups = Cgroups::new(&attached);
        Ok(Self {
            attached_at: now,
            last,
            cgroups,
            live: None,
            anew: None,
            heat: None,
            gpus: None,
            sample: None,
            plan: Plan::default(),
            balancer: Balancer::new(args.params()),
            flows: FlowBook::default(),
            wishes,
            records,
            lateness: Lateness::default(),
            reports,
            rounds: 0,
            all_failed_rounds: 0,
            pace: Pace::new(args.balance_interval, now),
            look_due: now + LOOK_EVERY,
            look_failed: false,
            report_due: next_report(args),
            failed_rounds: 0,
            notifier: Notifier::new(status_line(&domains, args), now),
            attached,
            domains,
            settings,
            layers,
        })
    }

    /// Let changes of the machine count, and heat and GPUs where there are any that can be asked.
    #[must_use]
    pub fn watching(self, live: LiveWatch, heat: Option<HeatWatch>, gpus: Option<GpuWatch>) -> Self {
        Self { live: Some(live), heat, gpus, ..self }
    }

    /// Until the end, which is told. Questions are answered between rounds.
    ///
    /// # Errors
    /// [`Failure`]: the kernel has ended the scheduler, or rounds fail one after the other.
    pub fn run(
        mut self,
        asked: &Signals,
        outlets: &mut Outlets,
        mut questions: Receiver<Question>,
    ) -> Result<End, Failure> {
        let mut signals = self.attached.signals()?;
        let mut asks = outlets.asks().clone();
        // Until the first round, which may be a minute away, nobody knows whether some domain is crowded.
        self.attached.watch_crowding(true);
        loop {
            self.notifier.alive(Instant::now());
            let decisions = self.wishes.decisions();
            select! {
                recv(asked.stop) -> _ => return ended(self.attached.detach()).map(|()| End::Stopped),
                recv(asked.reload) -> _ => self.reload_or_warning(outlets),
                recv(signals) -> told => match told {
                    Ok(()) => self.pace.signalled(Instant::now()),
                    Err(_) => signals = never(), // by time alone, from now on
                },
                recv(asks) -> ask => match ask {
                    Ok(ask) => self.hand_report_to(&ask),
                    Err(_) => asks = never(), // nobody tells reports any more
                },
                recv(questions) -> question => match question {
                    Ok(question) if self.answer(&question, outlets) == Then::Stop => {
                        return ended(self.attached.detach()).map(|()| End::Stopped);
                    }
                    Ok(_) => {}
                    Err(_) => questions = never(), // nobody serves clients any more
                },
                recv(decisions) -> word => self.wishes.hear(&mut self.attached, word),
                recv(at(self.wake())) -> _ => {}
            }
            let outcome = self.do_what_is_due();
            // First: where the kernel has ended the scheduler, its reason says more than what fails because of it.
            if self.attached.exit().is_some() {
                let exit = self.attached.detach();
                exit.iter().for_each(|exit| self.records.end(exit));
                return ended(exit).map(|()| End::Stopped);
            }
            outcome?;
            if let Some(why) = self.anew.take() {
                let settings = Box::new(self.settings.clone());
                drop(self.attached.detach());
                return Ok(End::Anew { why, settings });
            }
        }
    }

    /// When something is due next.
    fn wake(&self) -> Instant {
        let others = [self.report_due, self.notifier.due()];
        others.into_iter().flatten().fold(self.pace.due().min(self.look_due), Instant::min)
    }

    /// The round first: it is what must not be late.
    fn do_what_is_due(&mut self) -> Result<(), Failure> {
        let mut until = Instant::now();
        if self.pace.due() <= until {
            self.round_or_warning()?;
            // A look that would come before the next round comes with this one: an idle machine is woken once a second, not twice.
            until = self.pace.due();
        }
        if self.look_due <= until {
            self.look_due = Instant::now() + LOOK_EVERY;
            let told = std::mem::replace(&mut self.look_failed, false);
            if let Err(error) = self.look_at_machine() {
                self.look_failed = true;
                if !told {
                    log::warn!("what has changed about the machine cannot be taken over, scheduling goes on: {error}");
                }
            }
        }
        if self.report_due.is_some_and(|due| due <= Instant::now()) {
            self.print_stats()?;
            self.report_due = next_report(self.settings.args());
        }
        Ok(())
    }

    /// A round; or a warning if it fails, which BPF schedules on without.
    fn round_or_warning(&mut self) -> Result<(), Failure> {
        let begin = Instant::now();
        self.lateness.add(begin.saturating_duration_since(self.pace.due()));
        let outcome = self.round();
        self.rounds += 1;
        self.all_failed_rounds += u64::from(outcome.is_err());
        // Who saw nothing cannot say that nobody is crowded.
        self.pace.after_round(self.sample.is_none() || self.balancer.is_crowded(), begin);
        self.attached.watch_crowding(self.pace.watch());
        match outcome {
            Ok(()) => self.failed_rounds = 0,
            Err(error) if self.failed_rounds >= MAX_FAILED_ROUNDS => return Err(error.into()),
            Err(error) => {
                if self.failed_rounds == 0 {
                    log::warn!("a round failed, scheduling goes on without it: {error}");
                }
                self.failed_rounds += 1;
            }
        }
        Ok(())
    }

    /// Sample, plan, apply.
    fn round(&mut self) -> Result<(), KernelError> {
        let snapshot = self.attached.snapshot()?;
        self.sample = Sample::between(&self.last, &snapshot);
        if let (Some(heat), Some(sample)) = (&self.heat, &mut self.sample) {
            heat.tell(sample);
        }
        if let Some(gpus) = &mut self.gpus {
            gpus.tell(&mut self.attached)?;
        }
        self.last = snapshot;
        if let Some(sample) = &self.sample {
            self.attached.set_load_caps(&balance::load_caps(&self.domains, sample));
            self.cgroups.weigh(&mut self.attached, sample)?;
        }
        let planned = self.sample.as_ref().map(|sample| self.balancer.plan(&self.domains, sample));
        let plan = planned.filter(|_| !self.settings.args().no_balance).unwrap_or_default();
        for flow in &plan.flows {
            log::debug!("flow {} -> {}: {}", flow.src, flow.dst, flow.amount);
        }
        self.record(&plan);
        self.plan = plan;
        let book = self.attached.apply(&self.plan, 2 * self.settings.args().balance_interval)?;
        self.records.handed_over(self.balancer.imbalances(), &book);
        self.flows.merge(&book);
        self.wishes.after_round(&mut self.attached, self.sample.as_ref())
    }

    fn record(&mut self, plan: &Plan) {
        let Some(sample) = &self.sample else { return };
        let at_ms = u64::try_from(self.attached_at.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.records.add(Round { at_ms, sample: sample.clone(), plan: plan.clone() });
    }
}
