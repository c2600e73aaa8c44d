//! The outputs of a run's report: standard output, and the files that `--report` names.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use standin_test_suite::report::{RunDocument, junit, render};

use crate::output::{self, Failure};

/// Prints the document and writes it under the name of the command that made it. Returns its exit code.
pub(crate) fn tell(document: &RunDocument, places: &[ReportTarget], command: &str) -> Result<u8, Failure> {
    output::print(&render(document, true))?;
    for ReportTarget { form, path } in places {
        write(*form, path, document, command)?;
    }
    Ok(document.exit_code)
}

#[derive(Debug, Clone, Copy)]
enum Form {
    Json,
    Junit,
}

/// A format, and the file to write in it.
pub(crate) struct ReportTarget {
    form: Form,
    path: PathBuf,
}

/// The report files that the flags name. Each is opened before the run, so that a run never ends without a place for
/// its report.
pub(crate) fn places(flags: &[String]) -> Result<Vec<ReportTarget>, Failure> {
    let place = |flag: &String| match flag.split_once('=') {
        Some(("json", path)) if !path.is_empty() => Ok(ReportTarget { form: Form::Json, path: path.into() }),
        Some(("junit", path)) if !path.is_empty() => Ok(ReportTarget { form: Form::Junit, path: path.into() }),
        _ => Err(Failure::usage(format!(
            "`--report {flag}` names no form and path, such as json=report.json or junit=report.xml"
        ))),
    };
    let places: Vec<ReportTarget> = flags.iter().map(place).collect::<Result<_, _>>()?;
    for ReportTarget { path, .. } in &places {
        OpenOptions::new().create(true).append(true).open(path).map_err(|error| unwritten(path, &error))?;
    }
    Ok(places)
}

fn write(form: Form, path: &Path, document: &RunDocument, command: &str) -> Result<(), Failure> {
    let text = match form {
        Form::Json => serde_json::to_string_pretty(document).map_err(Failure::ours)? + "\n",
        Form::Junit => junit(document, command).map_err(Failure::ours)?,
    };
    std::fs::write(path, text).map_err(|error| unwritten(path, &error))
}

fn unwritten(path: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!("can't write the report {}: {error}", path.display()))
}
