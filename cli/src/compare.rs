//! `standin compare`: the differences in verdicts and coverage between two runs.

use std::path::Path;

use standin_test_suite::report::Comparison;

use crate::args::CompareArgs;
use crate::output::{self, Failure};

/// Compares two JSON reports, and prints the differences.
pub(crate) fn run(args: &CompareArgs) -> Result<u8, Failure> {
    let (before, after) = (read(&args.before)?, read(&args.after)?);
    let comparison = Comparison::of(&before, &after).map_err(Failure::usage)?;
    output::print(&comparison.words())?;
    Ok(0)
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure::usage(format!("can't read {}: {error}", path.display())))
}
