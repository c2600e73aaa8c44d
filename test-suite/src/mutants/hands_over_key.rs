//! Tells its app the server key, in a header that was meant for debugging.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Mutant;
use crate::reference::{AppAnswer, Conduct, Conforming, Desk, Outcome};

pub(super) const MUTANT: Mutant = Mutant {
    name: "hands-over-key",
    mistake: "shows the server key to its app, in base64",
    breaks: "key/outside-server-leg",
    make: || Arc::new(HandsOverKey),
};

struct HandsOverKey;

impl Conduct for HandsOverKey {
    fn answer(&self, desk: &Desk, outcome: &Outcome) -> AppAnswer {
        let mut answer = Conforming.answer(desk, outcome);
        answer.headers.push(("x-debug", STANDARD.encode(format!("key={}", desk.server_key()))));
        answer
    }

    fn as_conduct(&self) -> &dyn Conduct {
        self
    }
}
