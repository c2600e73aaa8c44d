//! Hands the vendor's refusal to its app as it came.

use std::sync::Arc;

use super::Mutant;
use crate::reference::{AppAnswer, Conduct, Conforming, Desk, Outcome};

pub(super) const MUTANT: Mutant = Mutant {
    name: "hands-over-error",
    mistake: "hands the vendor's error body to its app",
    breaks: "key/refusal-leaked",
    make: || Arc::new(HandsOverError),
};

struct HandsOverError;

impl Conduct for HandsOverError {
    fn answer(&self, desk: &Desk, outcome: &Outcome) -> AppAnswer {
        match outcome {
            Outcome::Refused(response) => AppAnswer {
                status: response.status,
                headers: Vec::new(),
                body: String::from_utf8_lossy(&response.body).into_owned(),
            },
            outcome => Conforming.answer(desk, outcome),
        }
    }

    fn as_conduct(&self) -> &dyn Conduct {
        self
    }
}
