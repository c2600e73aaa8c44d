//! Checks paths: readable, with declared parameters, and each leading to one operation.

use std::collections::HashMap;
use std::ops::Range;

use super::{Loader, PlacedOperation};
use crate::contract::route::is_parameter;
use crate::contract::yaml::Key;
use crate::contract::{Location, Parameter};

impl Loader<'_> {
    pub(super) fn path_is_readable(&mut self, path: &Key) {
        if !path.text.starts_with('/') {
            let help = format!("write `/{}`", path.text);
            self.wrong(path.span.clone(), "a path begins with a slash", help);
        }
        let half = path.text.split('/').find(|part| part.contains(['{', '}', '?', '#']) && !is_parameter(part));
        if let Some(part) = half {
            let help = "a parameter fills the whole of a segment, as in `/users/{id}`; a query has no place here";
            self.wrong(path.span.clone(), format!("the segment `{part}` can't be read"), help);
        }
    }

    /// Checks that the parameters in the path's braces are the declared ones.
    pub(super) fn path_is_declared(&mut self, path: &Key, parameters: &[(Parameter, Range<usize>)]) {
        let in_path: Vec<&str> =
            path.text.split('/').filter(|part| is_parameter(part)).map(|part| &part[1..part.len() - 1]).collect();
        let in_place = parameters.iter().filter(|(parameter, _)| parameter.location == Location::Path);
        let declared: Vec<(&str, &Range<usize>)> =
            in_place.map(|(parameter, span)| (parameter.name.as_str(), span)).collect();
        for name in in_path.iter().filter(|name| !declared.iter().any(|(known, _)| known == *name)) {
            let help = format!("add `{{name: {name}, in: path, required: true, schema: ...}}` to `parameters`");
            self.wrong(path.span.clone(), format!("the path's parameter `{name}` is not declared"), help);
        }
        for (name, span) in declared.iter().filter(|(name, _)| !in_path.contains(name)) {
            let help = format!("write `{{{name}}}` where it stands in the path");
            self.wrong((*span).clone(), format!("the path `{}` has no parameter `{name}`", path.text), help);
        }
    }

    /// Checks that each method and path leads to one operation, and that each id names one. Paths that differ only in
    /// the names of parameters are the same.
    pub(super) fn operations_are_distinct(&mut self, placed: &[PlacedOperation]) {
        let mut lines: HashMap<String, &str> = HashMap::new();
        let mut ids: HashMap<&str, String> = HashMap::new();
        for PlacedOperation { operation, method, id } in placed {
            let blank = operation.path.iter().map(|segment| if is_parameter(segment) { "{}" } else { segment });
            let line = format!("{} /{}", operation.method, blank.collect::<Vec<_>>().join("/"));
            if let Some(other) = lines.insert(line, &operation.id) {
                let message = format!("`{}` and `{other}` have the same method and path", operation.id);
                self.wrong(method.clone(), message, "a request must lead to one operation: change one of the two");
            }
            if let Some(other) = ids.insert(&operation.id, operation.line()) {
                let message = format!("two operations have the id `{}`; the other is {other}", operation.id);
                self.wrong(id.clone(), message, "each `operationId` names one operation: change one of the two");
            }
        }
    }
}
