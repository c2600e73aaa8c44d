//! `standin`: a stateful mock server for SDK vendors' backends and a conformance test suite for the client backends,
//! SDKs and apps that talk to them. This crate is the command line.

mod args;
mod check;
mod compare;
mod contract;
mod health;
mod output;
mod printer;
mod progress;
mod replay;
mod reports;
mod rules;
mod schema;
mod serve;
mod settings;
mod verify;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Cli, Command};

fn main() -> ExitCode {
    output::log_to_stderr();
    output::exit(match Cli::parse().command {
        Command::Serve(args) => serve::run(&args),
        Command::Health(args) => health::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Compare(args) => compare::run(&args),
        Command::Contract(command) => contract::run(&command),
        Command::Rules { name } => rules::run(name.as_deref()),
        Command::Schema { format } => schema::run(format),
    })
}
