//! The command line: every command and flag, with the help that explains it.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Parser, Subcommand, ValueEnum};
use standin_contracts::protocol::Millis;
use standin_test_suite::sdk::CrashPoint;

/// A stand-in for an SDK vendor's backend, and the judge of everything that talks to it
#[derive(Debug, Parser)]
#[command(name = "standin", version, arg_required_else_help = true, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "Exit codes:
  0  clean
  1  a rule that says must failed, or a snapshot changed
  2  the command line, a file or a filter is wrong
  3  the subject could not start, or it ended; for health: no mock is well there
  4  Standin itself failed
  5  an accepted rule was seen after all
  6  a required rule was not seen; for check: no rule was exercised";

/// What the program does.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the mock vendors
    Serve(ServeArgs),
    /// Ask a running mock whether it is well
    Health(HealthArgs),
    /// Drive a client backend, an SDK or both, and judge them; without a file, the references
    Verify(VerifyArgs),
    /// Play a course that failed once again, and say whether it still fails
    Replay(ReplayArgs),
    /// Judge histories that were recorded before
    Check(CheckArgs),
    /// Tell what a later run of an SDK has covered and found that an earlier one had not, and the other way round
    Compare(CompareArgs),
    /// Look at contracts
    #[command(subcommand)]
    Contract(ContractCommand),
    /// List the rules, or show one rule's page
    Rules {
        /// The rule, such as credential/shared
        name: Option<String>,
    },
    /// Print the JSON Schema of one of Standin's own formats
    Schema {
        /// Which format
        format: SchemaOf,
    },
}

/// What `standin serve` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct ServeArgs {
    /// Settings in a TOML file; flags win over it
    #[arg(long, value_name = "FILE", env = "STANDIN_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Where to listen; port 0 takes a free one [default: 127.0.0.1:7357]
    #[arg(long, value_name = "ADDRESS", env = "STANDIN_LISTEN", value_parser = address)]
    pub(crate) listen: Option<SocketAddr>,
    /// A shipped vendor or a contract file; may be repeated [default: all shipped vendors]
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) vendor: Vec<String>,
    /// Change a key or a root fact, such as sentiance.credential.lifetime=30s; may be repeated
    #[arg(long, value_name = "VENDOR.NAME=VALUE")]
    pub(crate) set: Vec<String>,
    /// Seed for all randomness [default: 1]
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// The largest request body that is read, in bytes [default: 1048576]
    #[arg(long, value_name = "BYTES")]
    pub(crate) body_limit: Option<usize>,
    /// Keep each sandbox's history in this folder
    #[arg(long, value_name = "FOLDER")]
    pub(crate) history: Option<PathBuf>,
    /// Judge what is said while it is said, and tell at the end what was exercised
    #[arg(long)]
    pub(crate) judge: bool,
    /// How to say that the server is ready
    #[arg(long, value_enum, default_value_t = Output::Human)]
    pub(crate) output: Output,
}

/// What `standin health` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct HealthArgs {
    /// Where the mock listens, as `serve` was told [default: 127.0.0.1:7357]
    #[arg(long, value_name = "ADDRESS", env = "STANDIN_LISTEN", value_parser = address)]
    pub(crate) listen: Option<SocketAddr>,
    /// Where the mock is reached, if that is elsewhere, such as http://mock:7357
    #[arg(long, value_parser = plain_url)]
    pub(crate) url: Option<String>,
    /// How long it may take to answer
    #[arg(long, value_name = "TIME", default_value = "3s")]
    pub(crate) within: Millis,
}

fn plain_url(text: &str) -> Result<String, &'static str> {
    if text.starts_with("http://") { Ok(text.to_owned()) } else { Err("the mock speaks plain HTTP: write http://…") }
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "write an IP address and a port, such as 127.0.0.1:7357")
}

/// What `standin verify` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct VerifyArgs {
    /// The TOML file that describes what is under test
    pub(crate) file: Option<PathBuf>,
    /// Run against this vendor only; without a file it may be a contract file
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) vendor: Option<String>,
    /// Judge this rule only
    #[arg(long, value_name = "NAME")]
    pub(crate) rule: Option<String>,
    /// Play this scenario only
    #[arg(long, value_name = "NAME")]
    pub(crate) scenario: Option<String>,
    /// Seed for all randomness
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Run N generated test cases after the scenarios
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) cases: Option<u64>,
    /// Begin no further case after this much time; alone, as many cases as fit are played
    #[arg(long, value_name = "TIME")]
    pub(crate) time_budget: Option<Millis>,
    /// Play only the generated test case of this number
    #[arg(long, value_name = "N", conflicts_with_all = ["cases", "time_budget", "scenario", "regression"])]
    pub(crate) case: Option<u64>,
    /// Play only the test case that a regression file keeps
    #[arg(long, value_name = "PATH", requires = "file", conflicts_with_all = ["cases", "time_budget", "scenario"])]
    pub(crate) regression: Option<PathBuf>,
    /// Kill the app at every event of every scenario of an SDK, and judge each
    #[arg(long, conflicts_with_all = ["case", "regression"])]
    pub(crate) crash_points: bool,
    /// Play only the scenario with this crash, such as relaunch:phone-1:request:2:after
    #[arg(long, value_name = "POINT", conflicts_with_all = ["cases", "time_budget", "scenario", "case", "regression", "crash_points", "fleet"])]
    pub(crate) crash_point: Option<CrashPoint>,
    /// Simulate a vendor outage for N installs and report the retry load
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(20..=1000), conflicts_with_all = ["case", "regression"])]
    pub(crate) fleet: Option<u16>,
    /// Play the scenarios that take minutes of real time as well
    #[arg(long)]
    pub(crate) slow: bool,
    /// Change a root fact, such as sentiance.credential.lifetime=30s; may be repeated
    #[arg(long, value_name = "VENDOR.NAME=VALUE")]
    pub(crate) set: Vec<String>,
    /// Write a report as well; may be repeated
    #[arg(long, value_name = "json=PATH|junit=PATH")]
    pub(crate) report: Vec<String>,
    /// Compare what was said with the snapshots in this folder
    #[arg(long, value_name = "FOLDER")]
    pub(crate) snapshots: Option<PathBuf>,
    /// Take what was said as the new snapshots
    #[arg(long, requires = "snapshots")]
    pub(crate) update: bool,
    /// Create no snapshot or regression files, since nobody would look at them; most CI systems set the variable
    #[arg(long, env = "CI", value_parser = FalseyValueParser::new(), hide_env_values = true)]
    pub(crate) ci: bool,
    /// Keep the run's history in this folder
    #[arg(long, value_name = "FOLDER")]
    pub(crate) history: Option<PathBuf>,
}

/// What `standin replay` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct ReplayArgs {
    /// The regression file, as a run kept it
    pub(crate) regression: PathBuf,
    /// The TOML file of the subject [default: the one next to the regression's folder]
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

/// What `standin compare` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct CompareArgs {
    /// The JSON report of the earlier run
    pub(crate) before: PathBuf,
    /// The JSON report of the later run
    pub(crate) after: PathBuf,
}

/// What `standin check` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct CheckArgs {
    /// The histories, as `serve --history` and `verify --history` write them
    #[arg(required = true, value_name = "HISTORY")]
    pub(crate) histories: Vec<PathBuf>,
    /// Judge its vendor by this contract file; may be repeated [default: the shipped contracts]
    #[arg(long, value_name = "FILE")]
    pub(crate) contract: Vec<String>,
    /// Judge this rule only
    #[arg(long, value_name = "NAME")]
    pub(crate) rule: Option<String>,
    /// Write a report as well; may be repeated
    #[arg(long, value_name = "json=PATH|junit=PATH")]
    pub(crate) report: Vec<String>,
}

/// What `standin contract` does.
#[derive(Debug, Subcommand)]
pub(crate) enum ContractCommand {
    /// Check contract files, and say all that is wrong with them
    Check {
        /// The files
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// List the shipped vendors
    List,
    /// Show a vendor's operations and facts
    Show {
        /// A shipped vendor or a contract file
        vendor: String,
    },
}

/// How `standin serve` says that it is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// A banner for a person
    Human,
    /// One line of JSON
    Json,
}

/// The formats that have a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    /// The annotations of a contract
    Contract,
    /// The file that describes what `standin verify` drives
    Verify,
    /// The file of settings for `standin serve`
    Serve,
    /// The JSON report of `standin verify` and `standin check`
    Report,
    /// The lines of a history
    History,
    /// The messages by which an SDK is driven
    Adapter,
}
