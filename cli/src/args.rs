//! The command line: every command and flag, with the help that explains it.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Parser, Subcommand, ValueEnum};
use standin_contracts::protocol::Millis;
use standin_test_suite::sdk::CrashPoint;

/// A stateful mock server for SDK vendors' backends and a conformance test suite (scripted scenarios, property-based
/// tests, wire snapshots) for the client backends, SDKs and apps that talk to them
#[derive(Debug, Parser)]
#[command(name = "standin", version, arg_required_else_help = true, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    /// The command to run.
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "Exit codes:
  0  every required rule was exercised and passed
  1  a MUST rule failed, a snapshot changed, or the subject called the mock's admin API
  2  the command line, a file or a filter is wrong
  3  the subject could not start, or it ended; for health: no healthy mock answered
  4  Standin itself failed
  5  a rule accepted as not exercised was exercised after all
  6  a required rule was not exercised, or no app request ever succeeded; for check: no rule was exercised";

/// The commands of the program.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a mock server for one or more vendors
    Serve(ServeArgs),
    /// Check that a running mock server is healthy
    Health(HealthArgs),
    /// Test a client backend, an SDK, an app or a pair of them against the mock server; without a file, test the
    /// references
    Verify(VerifyArgs),
    /// Play the test case of a regression file again and report whether it still fails
    Replay(ReplayArgs),
    /// Judge recorded histories by the rules
    Check(CheckArgs),
    /// Compare the verdicts and the coverage of two runs
    Compare(CompareArgs),
    /// Check, list and show contracts
    #[command(subcommand)]
    Contract(ContractCommand),
    /// List the rules, or show one rule's page
    Rules {
        /// Name of a rule, such as credential/shared
        name: Option<String>,
    },
    /// Print the JSON Schema of one of Standin's formats
    Schema {
        /// Name of the format
        format: SchemaOf,
    },
}

/// The arguments of `standin serve`.
#[derive(Debug, clap::Args)]
pub(crate) struct ServeArgs {
    /// TOML file with settings; flags override it
    #[arg(long, value_name = "FILE", env = "STANDIN_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:7357]
    #[arg(long, value_name = "ADDRESS", env = "STANDIN_LISTEN", value_parser = address)]
    pub(crate) listen: Option<SocketAddr>,
    /// Vendor to serve, by name or as a contract file; may be repeated [default: all shipped vendors]
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) vendor: Vec<String>,
    /// Change a key or a root fact, such as sentiance.credential.lifetime=30s; may be repeated
    #[arg(long, value_name = "VENDOR.NAME=VALUE")]
    pub(crate) set: Vec<String>,
    /// Seed for all randomness [default: 1]
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Largest request body to read, in bytes [default: 1048576]
    #[arg(long, value_name = "BYTES")]
    pub(crate) body_limit: Option<usize>,
    /// Write each sandbox's history into this folder
    #[arg(long, value_name = "FOLDER")]
    pub(crate) history: Option<PathBuf>,
    /// Judge the traffic live, and report at the end which rules were exercised
    #[arg(long)]
    pub(crate) judge: bool,
    /// Format of the message that the server is ready
    #[arg(long, value_enum, default_value_t = Output::Human)]
    pub(crate) output: Output,
}

/// The arguments of `standin health`.
#[derive(Debug, clap::Args)]
pub(crate) struct HealthArgs {
    /// Address and port that the mock server listens on [default: 127.0.0.1:7357]
    #[arg(long, value_name = "ADDRESS", env = "STANDIN_LISTEN", value_parser = address)]
    pub(crate) listen: Option<SocketAddr>,
    /// URL of the mock server, if it is not on this machine, such as http://mock:7357
    #[arg(long, value_parser = plain_url)]
    pub(crate) url: Option<String>,
    /// Time limit for the answer
    #[arg(long, value_name = "TIME", default_value = "3s")]
    pub(crate) within: Millis,
}

fn plain_url(text: &str) -> Result<String, &'static str> {
    if text.starts_with("http://") { Ok(text.to_owned()) } else { Err("the mock speaks plain HTTP: write http://…") }
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "write an IP address and a port, such as 127.0.0.1:7357")
}

/// The arguments of `standin verify`.
#[derive(Debug, clap::Args)]
pub(crate) struct VerifyArgs {
    /// TOML file that describes the subject under test
    pub(crate) file: Option<PathBuf>,
    /// Test against this vendor only; without a file, a contract file is possible too
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) vendor: Option<String>,
    /// Judge by this rule only
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
    /// Start no further test case after this time; without --cases, run as many as fit
    #[arg(long, value_name = "TIME")]
    pub(crate) time_budget: Option<Millis>,
    /// Play only the generated test case with this number
    #[arg(long, value_name = "N", conflicts_with_all = ["cases", "time_budget", "scenario", "regression"])]
    pub(crate) case: Option<u64>,
    /// Play only the test case of this regression file
    #[arg(long, value_name = "PATH", requires = "file", conflicts_with_all = ["cases", "time_budget", "scenario"])]
    pub(crate) regression: Option<PathBuf>,
    /// Kill the app at every event of every SDK scenario and judge each run
    #[arg(long, conflicts_with_all = ["case", "regression"])]
    pub(crate) crash_points: bool,
    /// Play only one scenario with one crash, such as relaunch:phone-1:request:2:after
    #[arg(long, value_name = "POINT", conflicts_with_all = ["cases", "time_budget", "scenario", "case", "regression", "crash_points", "fleet"])]
    pub(crate) crash_point: Option<CrashPoint>,
    /// Simulate a vendor outage for N installs and report the retry load
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(20..=1000), conflicts_with_all = ["case", "regression"])]
    pub(crate) fleet: Option<u16>,
    /// Include the scenarios that take minutes of real time
    #[arg(long)]
    pub(crate) slow: bool,
    /// Let warnings fail the run
    #[arg(long)]
    pub(crate) strict: bool,
    /// Change a root fact, such as sentiance.credential.lifetime=30s; may be repeated
    #[arg(long, value_name = "VENDOR.NAME=VALUE")]
    pub(crate) set: Vec<String>,
    /// Write a report file in addition; may be repeated
    #[arg(long, value_name = "json=PATH|junit=PATH")]
    pub(crate) report: Vec<String>,
    /// Compare the recorded traffic with the snapshots in this folder
    #[arg(long, value_name = "FOLDER")]
    pub(crate) snapshots: Option<PathBuf>,
    /// Accept the recorded traffic as the new snapshots
    #[arg(long, requires = "snapshots")]
    pub(crate) update: bool,
    /// Create no snapshot or regression files; most CI systems set the variable
    #[arg(long, env = "CI", value_parser = FalseyValueParser::new(), hide_env_values = true)]
    pub(crate) ci: bool,
    /// Write the run's history into this folder
    #[arg(long, value_name = "FOLDER")]
    pub(crate) history: Option<PathBuf>,
}

/// The arguments of `standin replay`.
#[derive(Debug, clap::Args)]
pub(crate) struct ReplayArgs {
    /// Regression file that an earlier run wrote
    pub(crate) regression: PathBuf,
    /// TOML file of the subject [default: the one next to the regression's folder]
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

/// The arguments of `standin compare`.
#[derive(Debug, clap::Args)]
pub(crate) struct CompareArgs {
    /// JSON report of the earlier run
    pub(crate) before: PathBuf,
    /// JSON report of the later run
    pub(crate) after: PathBuf,
}

/// The arguments of `standin check`.
#[derive(Debug, clap::Args)]
pub(crate) struct CheckArgs {
    /// History files that serve --history or verify --history wrote
    #[arg(required = true, value_name = "HISTORY")]
    pub(crate) histories: Vec<PathBuf>,
    /// Contract file to judge its vendor by; may be repeated [default: the shipped contracts]
    #[arg(long, value_name = "FILE")]
    pub(crate) contract: Vec<String>,
    /// Judge by this rule only
    #[arg(long, value_name = "NAME")]
    pub(crate) rule: Option<String>,
    /// Write a report file in addition; may be repeated
    #[arg(long, value_name = "json=PATH|junit=PATH")]
    pub(crate) report: Vec<String>,
}

/// The commands of `standin contract`.
#[derive(Debug, Subcommand)]
pub(crate) enum ContractCommand {
    /// Check contract files and report all errors in them
    Check {
        /// Contract files to check
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// List the shipped vendors
    List,
    /// Show a vendor's operations and facts
    Show {
        /// Name of a shipped vendor, or a contract file
        vendor: String,
    },
}

/// The formats of the ready message of `standin serve`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// Text for a person
    Human,
    /// One line of JSON
    Json,
}

/// The formats that have a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    /// The annotations of a contract
    Contract,
    /// The TOML file for standin verify
    Verify,
    /// The TOML file with settings for standin serve
    Serve,
    /// The JSON report of standin verify and standin check
    Report,
    /// The lines of a history
    History,
    /// The messages between Standin and an SDK's adapter
    Adapter,
}
