//! `scx_domains replay`: plans a recorded run again and shows what would differ.
//!
//! The planner is pure, so with the same code and the same parameters it plans what it planned then, on any machine. With
//! others, each round shows what they make of what was seen *then*: later rounds do not know that other flows had moved
//! other tasks.

mod compare;
mod explain;
mod set;

pub use compare::{Comparison, Summary};
pub use explain::explain;
pub use set::set;

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::Path;

use serde_json::json;

use crate::balance::{self, Params};
use crate::cli::ReplayArgs;
use crate::failure::Failure;
use crate::record::{Reader, RecordError, Round};

type Record = Reader<BufReader<File>>;

/// Do it, and print what comes of it.
///
/// # Errors
/// [`Failure::Input`] where the file is no record or a change is none of a parameter.
pub fn run(args: &ReplayArgs) -> Result<(), Failure> {
    let refused = |e: RecordError| Failure::Input(format!("{}: {e}", args.file.display()));
    let mut record = open(&args.file).map_err(refused)?;
    let params = set(record.header().params, &args.set).map_err(Failure::Input)?;
    let mut out = BufWriter::new(io::stdout().lock());
    let mut summary = Summary::default();
    let mut written = Ok(());
    while let Some(round) = record.next().filter(|_| written.is_ok()) {
        let round = round.map_err(refused)?;
        written = show_round(&mut out, &record, &round, &params, args, &mut summary);
    }
    match written.and_then(|()| show_summary(&mut out, &record, &summary, args)).and_then(|()| out.flush()) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::Unexpected(format!("writing what was replayed: {e}")))
        }
        _ => Ok(()),
    }
}

fn open(path: &Path) -> Result<Record, RecordError> {
    Reader::new(BufReader::new(File::open(path)?))
}

/// Plan a round again and show it: as JSON in any case, else where it differs or is to be explained.
fn show_round(
    out: &mut impl Write,
    record: &Record,
    round: &Round,
    params: &Params,
    args: &ReplayArgs,
    summary: &mut Summary,
) -> io::Result<()> {
    let domains = &record.header().domains;
    let plan = balance::plan(domains, &round.sample, params);
    let comparison = Comparison::new(summary.rounds + 1, round, &plan);
    summary.add(&comparison);
    let why = if args.explain { explain(domains, &round.sample, &plan, params) } else { Vec::new() };
    if args.json {
        let mut line = serde_json::to_value(&comparison)?;
        if args.explain {
            line["why"] = json!(why);
        }
        return writeln!(out, "{line}");
    }
    if comparison.differs || !why.is_empty() {
        out.write_all(comparison.text().as_bytes())?;
    }
    why.iter().try_for_each(|sentence| writeln!(out, "  {sentence}"))
}

fn show_summary(out: &mut impl Write, record: &Record, summary: &Summary, args: &ReplayArgs) -> io::Result<()> {
    let header = record.header();
    if args.json {
        return writeln!(
            out,
            "{}",
            json!({ "summary": summary, "cut_off": record.cut_off(), "recorded_by": header.version })
        );
    }
    if !header.balanced {
        writeln!(out, "it was recorded with --no-balance: nothing was planned then")?;
    }
    if record.cut_off() {
        writeln!(out, "its last line was cut off and is left out")?;
    }
    out.write_all(summary.text().as_bytes())
}
