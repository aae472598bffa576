//! `scx_domains trace`.

use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct TraceArgs {
    /// How long; Ctrl-C ends it earlier, and what there is is kept.
    #[arg(long, value_name = "SECS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub seconds: u64,

    /// Where to write the trace, in place of what is there. It grows by about 70 bytes a context switch.
    #[arg(short, long, value_name = "FILE", default_value = "scx_domains.pftrace")]
    pub output: PathBuf,

    /// Memory for what the kernel has seen and is not written yet, MiB: a power of two. Where it is full, events are lost,
    /// which is told.
    #[arg(long, value_name = "MIB", default_value = "16", value_parser = power_of_two)]
    pub buffer_mib: u32,
}

fn power_of_two(text: &str) -> Result<u32, String> {
    let mib = text.parse().ok().filter(|mib: &u32| mib.is_power_of_two() && *mib <= 1024);
    mib.ok_or_else(|| "it has to be 1, 2, 4, 8 or another power of two up to 1024".to_owned())
}

#[cfg(test)]
mod tests {
    use super::power_of_two;

    #[test]
    fn buffers_are_powers_of_two() {
        assert_eq!((power_of_two("1"), power_of_two("1024")), (Ok(1), Ok(1024)));
        for bad in ["0", "3", "2048", "-1", "16M", ""] {
            assert!(power_of_two(bad).is_err(), "{bad:?} was accepted");
        }
    }
}
