//! `scx_domains topology`.

use clap::Args;

#[derive(Debug, Args)]
pub struct TopologyArgs {
    /// The machine to show: an hwloc XML file, a folder with a recorded `sys/`, or an hwloc synthetic string such as
    /// "synthetic:node:2 l3:2 core:4 pu:2". The live machine if not given.
    #[arg(long, value_name = "MACHINE")]
    pub topology: Option<String>,

    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}
