//! Looks at the machine: has something changed that the scheduler goes by?

use std::path::Path;
use std::time::{Duration, Instant};

use super::heat::HeatWatch;
use crate::cpuset::CpuSet;
use crate::domain::Domains;
use crate::live::{Files, Ranking, Renewed, renewed, unknown};
use crate::placement::Ranks;
use crate::topology::{Reading, Topology};

/// The least time between two attachments: a machine that changes without end must not be without us for more than a tenth of
/// the time.
const SETTLED: Duration = Duration::from_secs(10);

/// The machine as it was read, and as it is by now.
pub struct LiveWatch {
    reading: Reading,
    /// Is it what was read, and not what a user says of it?
    own: bool,
    topology: Topology,
    ranking: Ranking,
    files: Files,
    /// Has a file changed that nothing has followed from yet?
    changed: bool,
    /// Did the last look find that the machine has to be read anew?
    doubted: bool,
    begun: Instant,
}

/// What follows from a look.
pub enum Seen {
    /// Nothing.
    Same,
    /// Classes rank otherwise, for what their CPUs may do.
    Ranked,
    /// The machine has other capacities or preferred CPUs; and its classes may rank otherwise.
    Changed,
    /// It has to be read anew: why.
    Anew(String),
}

impl LiveWatch {
    /// Of a machine that has just been read. `own`: is it what was read, and not what a user says of it?
    pub fn new(reading: Reading, own: bool) -> Self {
        let topology = reading.topology.clone();
        let files = Files::find(Path::new("/"), &topology.online);
        let ranking = Ranking::new(&topology);
        Self { reading, own, topology, ranking, files, changed: false, doubted: false, begun: Instant::now() }
    }

    /// The machine as it is now, its classes in the order in which it was read.
    pub fn topology(&self) -> &Topology {
        &self.topology
    }

    /// How its classes rank now.
    pub fn ranking(&self) -> &Ranking {
        &self.ranking
    }

    /// Look.
    pub fn look(&mut self, domains: &Domains, heat: Option<&HeatWatch>) -> Seen {
        // Where the user has described the machine, that is what holds, and a CPU that comes has the nearest one's place.
        let new = if self.own { unknown(domains, &self.files.online()) } else { CpuSet::new() };
        self.changed |= self.own && self.files.changed();
        let (mut seen, mut anew) = (Seen::Same, None);
        if !new.is_empty() {
            anew = Some(format!("CPUs {new} have come that were not there before"));
        } else if self.changed {
            match self.reading.again(Path::new("/")).map(|now| renewed(&self.topology, &now)) {
                Ok(Renewed::Same) => self.changed = false,
                // Where all were alike, what prefers some to others has not been loaded.
                Ok(Renewed::InPlace(topology))
                    if Ranks::new(&topology, domains).differ()
                        && !Ranks::new(&self.reading.topology, domains).differ() =>
                {
                    anew = Some("CPUs differ now that were alike".to_owned());
                }
                Ok(Renewed::InPlace(topology)) => {
                    (self.topology, self.changed, seen) = (*topology, false, Seen::Changed);
                }
                Ok(Renewed::Anew(why)) => anew = Some(why),
                Err(error) => log::debug!("the machine is in the middle of a change: {error}"),
            }
        }
        // Twice in a row: a look in the middle of a change of all CPUs finds half of them other than the rest.
        let sure = std::mem::replace(&mut self.doubted, anew.is_some());
        if let Some(why) = anew.filter(|_| sure && self.begun.elapsed() >= SETTLED) {
            return Seen::Anew(why);
        }
        let ranking = self.ranking.next(&self.topology, &heat.map(HeatWatch::held).unwrap_or_default());
        if ranking != self.ranking {
            self.ranking = ranking;
            seen = if matches!(seen, Seen::Changed) { seen } else { Seen::Ranked };
        }
        seen
    }
}
