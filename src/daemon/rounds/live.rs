//! A machine that changes while it is scheduled.

use super::Rounds;
use crate::daemon::live::Seen;
use crate::kernel::KernelError;
use crate::placement::Ranks;
use crate::topology::Topology;

impl Rounds<'_> {
    /// Look at what others have set, at the sensors and at the machine, and let what has changed count from now on.
    ///
    /// # Errors
    /// The kernel refuses.
    pub(super) fn look_at_machine(&mut self) -> Result<(), KernelError> {
        self.wishes.watch();
        if let Some(heat) = &mut self.heat {
            heat.look(&self.last);
        }
        let Some(live) = &mut self.live else { return Ok(()) };
        let before = live.ranking().order.clone();
        let seen = live.look(&self.domains, self.heat.as_ref());
        let other = match seen {
            Seen::Same => return Ok(()),
            Seen::Anew(why) => {
                self.anew = Some(why);
                return Ok(());
            }
            Seen::Ranked => false,
            Seen::Changed => true,
        };
        let (ranking, topology) = (live.ranking().clone(), live.topology().clone());
        if other {
            self.take_machine_over(&topology)?;
        }
        let ranked = ranking.ranked(&topology);
        let capacities: Vec<u32> = ranked.classes.iter().map(|class| class.capacity.0).collect();
        let told: Vec<String> =
            ranked.classes.iter().zip(&ranking.room).map(|(class, room)| format!("{} {room}", class.name)).collect();
        // Cooling may lower a ceiling and raise it again each second: that is no news.
        let level = if before == ranking.order { log::Level::Debug } else { log::Level::Info };
        log::log!(level, "what CPUs can do now, by core class, the fastest first: {}", told.join(", "));
        self.attached.rank_classes(&ranking.ranks(&self.domains), &capacities, &ranking.room)?;
        self.wishes.rank(&mut self.attached, &ranked, &ranking.room);
        Ok(())
    }

    /// Let other capacities and preferred CPUs count in what is planned, parked, recorded and told, and for who gets an idle CPU.
    ///
    /// # Errors
    /// The kernel refuses.
    fn take_machine_over(&mut self, topology: &Topology) -> Result<(), KernelError> {
        self.wishes.prefer(topology, &self.domains);
        self.attached.prefer(&Ranks::new(topology, &self.domains))?;
        let domains = self.domains.renewed(topology);
        if domains != self.domains {
            self.records.planned_on(self.settings.args(), &domains);
            self.reports.about(&domains);
            self.domains = domains;
        }
        if let Some(heat) = &mut self.heat {
            heat.renew(topology, &self.domains);
        }
        Ok(())
    }
}
