//! `scx_domains record`: has the daemon's flight recorder told, and writes it down. The file is written by who asks, with his
//! rights; the daemon writes nothing for others.

use super::FlightRecorder;
use crate::cli::RecordArgs;
use crate::control::{Client, Reply, Request};
use crate::failure::Failure;
use std::fs::File;
use std::io::{self, BufWriter, Write};

/// Do it.
///
/// # Errors
/// [`Failure`]: nobody answers at the socket, or the file cannot be written.
pub fn run(args: &RecordArgs) -> Result<(), Failure> {
    let answer = Client::connect(&args.daemon.socket())?.ask(&Request::Record)?.map_err(Failure::Refused)?;
    let Reply::Record(flight) = answer else {
        return Err(Failure::Unexpected("the daemon answered something else than its record".to_owned()));
    };
    write(args, &flight).map_err(|e| {
        Failure::Input(format!("{} cannot be written: {e}; name another with -o", args.output.display()))
    })?;
    let (rounds, span) = flight.extent();
    let file = args.output.display();
    log::info!(
        "{file}: the last {rounds} rounds ({:.0} s); look at it with `scx_domains replay {file}`",
        span.as_secs_f64()
    );
    Ok(())
}

fn write(args: &RecordArgs, flight: &FlightRecorder) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(&args.output)?);
    flight.write(&mut file)?;
    file.flush()
}
