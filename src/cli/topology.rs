//! `scx_domains topology`.

use crate::topology::ClassSpec;
use clap::Args;

#[derive(Debug, Args)]
pub struct TopologyArgs {
    /// The machine to show: an hwloc XML file, a folder with a recorded `sys/`, or an hwloc synthetic string such as
    /// "synthetic:node:2 l3:2 core:4 pu:2". The live machine if not given.
    #[arg(long, value_name = "MACHINE")]
    pub topology: Option<String>,

    /// Take these for the core classes, whatever the machine says: CPUS=NAME:CAPACITY, 1024 for the fastest, such as
    /// "0-11=P:1024,12-19=E:620".
    #[arg(long, value_name = "CLASSES")]
    pub classes: Option<ClassSpec>,

    /// Do not look for GPUs.
    #[arg(long)]
    pub no_gpu: bool,

    /// Say who said what of core classes, what was believed and why.
    #[arg(long, conflicts_with = "json")]
    pub explain: bool,

    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}
