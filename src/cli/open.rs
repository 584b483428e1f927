//! `kab open`: the terminal program, at the page of something.

use clap::Args;

/// `kab open`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// An app, one of home, apps, nodes, pods, engines, tasks, or an address: `kab://app/ID@VERSION`, `kab://pod/ID`,
    /// `kab://node/ID`, `kab://engine/ID`, `kab://task/ID`
    #[arg(value_name = "WHAT")]
    pub what: String,
}
