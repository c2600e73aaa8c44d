//! `standin`: a stand-in for an SDK vendor's backend, and the judge of everything that talks to it.

mod args;
mod contract;
mod output;
mod rules;
mod schema;
mod serve;
mod settings;
mod verify;

use std::process::ExitCode;

fn main() -> ExitCode {
    output::exit(args::run())
}
