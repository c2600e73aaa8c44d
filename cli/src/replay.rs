//! `standin replay`: plays the case of a regression file again, and says whether it still fails.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Parser;

use crate::args::{Cli, Command, ReplayArgs};
use crate::output::Failure;
use crate::verify;

/// The suffix of a folder with regressions. The subject's file name stands before it.
const FOLDER: &str = ".regressions";

/// Runs, prints the report, and returns its exit code.
pub(crate) fn run(args: &ReplayArgs) -> Result<u8, Failure> {
    let file = match &args.file {
        Some(file) => file.clone(),
        None => file_beside(&args.regression)?,
    };
    let words: [OsString; 5] =
        ["standin".into(), "verify".into(), file.into(), "--regression".into(), args.regression.clone().into()];
    match Cli::try_parse_from(words).map_err(Failure::ours)?.command {
        Command::Verify(args) => verify::run(&args),
        _ => Err(Failure::ours("a replay is a run")),
    }
}

/// The subject's file, next to the folder that the regression is in.
fn file_beside(regression: &Path) -> Result<PathBuf, Failure> {
    let folder = regression.parent().and_then(|folder| folder.file_name()).map(|name| name.to_string_lossy());
    let stem = folder.as_ref().and_then(|name| name.strip_suffix(FOLDER));
    let file = stem.map(|stem| regression.with_file_name("").with_file_name(format!("{stem}.toml")));
    file.filter(|file| file.is_file()).ok_or_else(|| {
        let regression = regression.display();
        Failure::usage(format!(
            "there is no file of a subject beside the folder of {regression}: name it with `--file`"
        ))
    })
}
