//! Queries: parameters added to a target.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Adds a percent-encoded parameter to a target's query.
pub(super) fn add_query(target: &mut String, name: &str, value: &str) {
    target.push(if target.contains('?') { '&' } else { '?' });
    target.extend(utf8_percent_encode(name, NON_ALPHANUMERIC));
    target.push('=');
    target.extend(utf8_percent_encode(value, NON_ALPHANUMERIC));
}
