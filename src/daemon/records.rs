//! What is written down of rounds: each at once, for who asked for a record; and the last ones in memory, for when the kernel
//! throws the scheduler out.

use super::ejection;
use crate::balance::{FlowBook, Imbalance};
use crate::cli::RunArgs;
use crate::domain::Domains;
use crate::failure::Failure;
use crate::kernel::Exit;
use crate::record::{FlightRecorder, Header, LoggedRound, Recorder, Round, RoundLog};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The records of a run.
pub struct Records {
    /// None where nothing is recorded, or the record could not be written any more.
    recorder: Option<Recorder>,
    flight: FlightRecorder,
    log: RoundLog,
    /// Where ejections are written to, if anywhere.
    folder: Option<PathBuf>,
}

impl Records {
    /// Begin them, before anything is loaded: who cannot have what he asked for should know it now. `on_disk`: may one be written
    /// there? Not over one of a moment ago.
    ///
    /// # Errors
    /// [`Failure::Input`]: something cannot be written.
    pub fn begin(args: &RunArgs, domains: &Domains, on_disk: bool) -> Result<Self, Failure> {
        let header = header(args, domains);
        let recorder = args.record.as_deref().filter(|_| on_disk).map(|path| create(path, &header)).transpose()?;
        if let Some(folder) = &args.flight_recorder {
            ejection::prepare(folder).map_err(|e| {
                let folder = folder.display();
                Failure::Input(format!("--flight-recorder {folder}: it cannot be written: {e}; name a folder that can"))
            })?;
        }
        Ok(Self {
            recorder,
            flight: FlightRecorder::new(header),
            log: RoundLog::default(),
            folder: args.flight_recorder.clone(),
        })
    }

    /// Add a round. Where the record on disk fails, scheduling goes on without.
    pub fn add(&mut self, round: Round) {
        if let Some(Err(error)) = self.recorder.as_mut().map(|recorder| recorder.add(&round)) {
            log::warn!("the record ends here, scheduling goes on: writing it failed: {error}");
            self.recorder = None;
        }
        self.flight.add(round);
    }

    /// The plan of the last round has been handed over. It was made on these imbalances, and the book tells what came of the
    /// last one.
    pub fn handed_over(&mut self, imbalances: &[Imbalance], book: &FlowBook) {
        if let Some(round) = self.flight.last() {
            self.log.add(round, imbalances, book);
        }
    }

    /// Is a record being written to disk?
    pub fn on_disk(&self) -> bool {
        self.recorder.is_some()
    }

    /// From now on it is planned as these settings say. A record says once how that was, so where it is otherwise the flight
    /// recorder begins anew.
    pub fn planned_as(&mut self, args: &RunArgs) {
        let now = header(args, &self.flight.header().domains);
        let last = self.flight.header();
        if (now.balanced, now.params) != (last.balanced, last.params) {
            self.flight = FlightRecorder::new(now);
        }
    }

    /// From now on the domains are these: the same CPUs, which can do more or less than before. A record says once what they can
    /// do, so that on disk ends, and the flight recorder begins anew.
    pub fn planned_on(&mut self, args: &RunArgs, domains: &Domains) {
        if self.recorder.take().is_some() {
            log::warn!(
                "the record ends here, scheduling goes on: what CPUs can do has changed, and a record says that once"
            );
        }
        self.flight = FlightRecorder::new(header(args, domains));
    }

    /// The rounds of the last minutes.
    pub fn flight(&self) -> &FlightRecorder {
        &self.flight
    }

    /// The last rounds that planned something, in words.
    pub fn log(&self) -> Vec<LoggedRound> {
        self.log.told(&self.flight.header().domains, &self.flight.header().params)
    }

    /// The scheduler has ended. If the kernel threw it out, write what led up to that.
    pub fn end(&self, exit: &Exit) {
        let Some(folder) = self.folder.as_ref().filter(|_| exit.kind.is_ejection()) else { return };
        let (rounds, span) = self.flight.extent();
        match ejection::save(folder, SystemTime::now(), &self.flight, exit) {
            Ok(path) => log::info!(
                "the last {rounds} rounds ({:.0} s) are in {}, and the kernel's dump beside it",
                span.as_secs_f64(),
                path.display()
            ),
            Err(error) => log::warn!("what led up to this cannot be written to {}: {error}", folder.display()),
        }
    }
}

/// What records of this run begin with.
fn header(args: &RunArgs, domains: &Domains) -> Header {
    let interval_ms = u64::try_from(args.balance_interval.as_millis()).unwrap_or(u64::MAX);
    Header::new(interval_ms, !args.no_balance, args.params(), domains.clone())
}

fn create(path: &Path, header: &Header) -> Result<Recorder, Failure> {
    Recorder::create(path, header).map_err(|e| {
        Failure::Input(format!("--record {}: it cannot be written: {e}; name a file that can", path.display()))
    })
}
