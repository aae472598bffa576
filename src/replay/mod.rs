//! `scx_domains replay`: plans a recorded run again and shows what would differ.
//!
//! The planner is pure, and what it remembers it learns from the first round on, so with the same code and the same
//! parameters it plans what it planned then, on any machine. With others, each round shows what they make of what was seen
//! *then*: later rounds do not know that other flows had moved other tasks.

mod compare;
mod explain;
mod set;

pub use compare::{Comparison, Summary};
pub use explain::explain;
pub use set::set;

use set::in_words;

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::Path;

use serde_json::json;

use crate::balance::{Balancer, Params, Plan};
use crate::cli::ReplayArgs;
use crate::failure::Failure;
use crate::record::{Header, Reader, RecordError, Round};

type Record = Reader<BufReader<File>>;

/// Do it, and print what comes of it.
///
/// # Errors
/// [`Failure::Input`] where the file is no record or a change is none of a parameter.
pub fn run(args: &ReplayArgs) -> Result<(), Failure> {
    let refused = |e: RecordError| Failure::Input(format!("{}: {e}", args.file.display()));
    let mut record = open(&args.file).map_err(refused)?;
    let header = record.header().clone();
    let params = set(header.params, &args.set).map_err(Failure::Input)?;
    let mut replay = Replay { header, params, balancer: Balancer::new(params), args, summary: Summary::default() };
    let mut out = BufWriter::new(io::stdout().lock());
    let mut written = if args.json { Ok(()) } else { out.write_all(replay.beginning().as_bytes()) };
    while let Some(round) = record.next().filter(|_| written.is_ok()) {
        written = replay.round(&mut out, &round.map_err(refused)?);
    }
    match written.and_then(|()| replay.end(&mut out, record.cut_off())).and_then(|()| out.flush()) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::Unexpected(format!("writing what was replayed: {e}")))
        }
        _ => Ok(()),
    }
}

fn open(path: &Path) -> Result<Record, RecordError> {
    Reader::new(BufReader::new(File::open(path)?))
}

/// What is known from round to round.
struct Replay<'a> {
    header: Header,
    params: Params,
    balancer: Balancer,
    args: &'a ReplayArgs,
    summary: Summary,
}

impl Replay<'_> {
    /// What the record is of, how it is planned again, and how to read what follows.
    fn beginning(&self) -> String {
        let Header { version, params, domains, .. } = &self.header;
        let this = env!("CARGO_PKG_VERSION");
        let by = if version == this { String::new() } else { format!(", planned again by {this}") };
        let otherwise = if self.params == *params { String::new() } else { format!("; now {}", in_words(self.params)) };
        let cpus: usize = domains.domains.iter().map(|domain| domain.cpus.len()).sum();
        let mut text = format!(
            "recorded by scx_domains {version}{by}: {cpus} CPUs in {} domains, {}{otherwise}\n\
             load 1.00 is a task at nice 0 that always wants to run; \"0 -> 1: 0.50\" moves 0.50 from domain 0 to domain 1\n",
            domains.len(),
            in_words(*params),
        );
        if self.args.explain {
            for domain in &domains.domains {
                text += &format!("domain {}: CPUs {}, node {}\n", domain.id, domain.cpus, domain.node);
            }
        }
        text
    }

    /// Plan a round again and show it: as JSON in any case, else where it differs or is to be explained.
    fn round(&mut self, out: &mut impl Write, round: &Round) -> io::Result<()> {
        let plan = self.balancer.plan(&self.header.domains, &round.sample);
        let comparison = Comparison::new(self.summary.rounds + 1, round, &plan);
        self.summary.add(&comparison);
        let why = if self.args.explain { self.why(round, &plan) } else { Vec::new() };
        if self.args.json {
            let mut line = serde_json::to_value(&comparison)?;
            if self.args.explain {
                line["why"] = json!(why);
            }
            return writeln!(out, "{line}");
        }
        if comparison.differs || !why.is_empty() {
            out.write_all(comparison.text().as_bytes())?;
        }
        why.iter().try_for_each(|sentence| writeln!(out, "  {sentence}"))
    }

    fn why(&self, round: &Round, plan: &Plan) -> Vec<String> {
        let domains = &self.header.domains;
        explain(domains, &round.sample, self.balancer.imbalances(), plan, &self.params)
    }

    /// The summary.
    fn end(&self, out: &mut impl Write, cut_off: bool) -> io::Result<()> {
        let Self { header, summary, .. } = self;
        if self.args.json {
            let line = json!({ "summary": summary, "cut_off": cut_off, "recorded_by": header.version });
            return writeln!(out, "{line}");
        }
        if !header.balanced {
            writeln!(out, "recorded with --no-balance: nothing was planned then")?;
        }
        if cut_off {
            writeln!(out, "the record's last line was cut off and is left out")?;
        }
        out.write_all(summary.text().as_bytes())
    }
}
