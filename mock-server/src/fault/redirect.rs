//! The vendor redirects its client to another origin. A client that follows with its key leaks the key.

use http::Uri;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use standin_contracts::contract::WireResponse;

use super::{Act, Behaviour, Scene};

/// The redirect statuses (RFC 9110, section 15.4).
const STATUSES: [u16; 5] = [301, 302, 303, 307, 308];

/// A redirect by the vendor, without processing the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Redirect {
    /// The status: 301, 302, 303, 307 or 308.
    pub status: u16,
    /// The absolute URL for the `Location` header.
    pub to: String,
}

impl Behaviour for Redirect {
    fn words(&self) -> String {
        format!("redirect {}", self.status)
    }

    fn act(&self, _: &Scene<'_>) -> Act {
        let headers = vec![("location".to_owned(), self.to.clone())];
        Act::Answer(WireResponse { status: self.status, headers, body: Vec::new() })
    }

    fn wrong(&self) -> Option<String> {
        if !STATUSES.contains(&self.status) {
            return Some(format!("the status {} is not 301, 302, 303, 307 or 308", self.status));
        }
        let url: Option<Uri> = self.to.parse().ok();
        let is_whole = url.is_some_and(|url| url.scheme().is_some() && url.authority().is_some());
        (!is_whole).then(|| format!("`{}` is no whole URL such as http://127.0.0.1:9000/", self.to))
    }
}
