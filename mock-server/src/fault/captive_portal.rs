//! A captive portal answers in the vendor's place: status 200, with a page that the client did not ask for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use standin_contracts::contract::WireResponse;

use super::{Act, Behaviour, Scene};

const PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Welcome to the network</title></head>\
<body><h1>Sign in to use this network</h1><form method=\"post\" action=\"/login\"><button>Accept</button></form></body></html>\n";

/// A network's sign-in page with status 200. The request never reaches the vendor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaptivePortal {}

impl Behaviour for CaptivePortal {
    fn words(&self) -> String {
        "captive portal".to_owned()
    }

    fn act(&self, _: &Scene<'_>) -> Act {
        Act::Answer(WireResponse {
            status: 200,
            headers: vec![("content-type".to_owned(), "text/html; charset=utf-8".to_owned())],
            body: PAGE.as_bytes().to_vec(),
        })
    }
}
