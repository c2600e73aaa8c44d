//! Finds the operation of a method and path.

use super::{Contract, Operation};

/// The result of routing a method and path.
#[derive(Debug)]
pub enum Route<'c> {
    /// An operation, with the path's parameters decoded.
    Found {
        /// The operation.
        operation: &'c Operation,
        /// The parameters of the path, decoded.
        parameters: Vec<(String, String)>,
    },
    /// The path exists, but not with this method.
    WrongMethod {
        /// The methods that the path has.
        allowed: Vec<&'c str>,
    },
    /// The path does not exist.
    Unknown,
}

impl Contract {
    /// Finds the operation at `method` and `path` (without the query). A literal segment wins over a parameter.
    pub fn route(&self, method: &str, path: &str) -> Route<'_> {
        let segments: Vec<&str> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
        let mut here: Vec<&Operation> =
            self.operations.iter().filter(|operation| matches(&operation.path, &segments)).collect();
        // OpenAPI matches a concrete path before a templated one, independent of their methods.
        let parameters_in = |operation: &&Operation| operation.path.iter().filter(|part| is_parameter(part)).count();
        let fewest = here.iter().map(parameters_in).min();
        here.retain(|operation| Some(parameters_in(operation)) == fewest);
        match here.iter().find(|operation| operation.method == method) {
            Some(operation) => Route::Found { operation, parameters: parameters(&operation.path, &segments) },
            None if here.is_empty() => Route::Unknown,
            None => Route::WrongMethod { allowed: here.iter().map(|operation| operation.method.as_str()).collect() },
        }
    }
}

/// Whether a path's segment stands for a parameter.
pub(crate) fn is_parameter(segment: &str) -> bool {
    segment.starts_with('{') && segment.ends_with('}')
}

fn matches(pattern: &[String], segments: &[&str]) -> bool {
    pattern.len() == segments.len()
        && pattern
            .iter()
            .zip(segments)
            .all(|(known, here)| if is_parameter(known) { !here.is_empty() } else { known == here })
}

fn parameters(pattern: &[String], segments: &[&str]) -> Vec<(String, String)> {
    pattern
        .iter()
        .zip(segments)
        .filter(|(known, _)| is_parameter(known))
        .map(|(known, here)| {
            let value = percent_encoding::percent_decode_str(here).decode_utf8_lossy().into_owned();
            (known[1..known.len() - 1].to_owned(), value)
        })
        .collect()
}
