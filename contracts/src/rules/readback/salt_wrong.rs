use crate::history::{Request, Step};
use crate::protocol::{CommandName, ProofState};
use crate::rules::each_call::{CallVerdict, each_call};
use crate::rules::words;

rule! {
    /// A call that reads results back proves, with a good salt, that it comes from the client backend.
    ///
    /// ### What is wrong
    /// The client backend reads results back, or lists devices, without the proof that the vendor asks for, or with one that
    /// proves nothing: made of another id, by other steps, or with another secret.
    ///
    /// ### Why it matters
    /// The vendor refuses such a call, so the result never comes. Where it is not refused, nothing ties the call to its id.
    ///
    /// ### How it is provoked
    /// Every call for which the contract asks a proof is checked with the secret that Standin gave the backend. A call that
    /// breaks the contract by having no proof at all is the affair of `transport/schema-broken`.
    ///
    /// ### What is right
    /// The proof follows the vendor's published steps for the very id that the call is about.
    ///
    /// ### Example
    /// ```text
    /// backend -> vendor  POST /risk/predictors
    ///                    {"customer_id": "a1", "salt": "<hex of the digest in base64, not the digest itself>"}
    /// ```
    {
        name: "readback/salt-wrong",
        needs: [ReadBack],
        precondition: "a call of the client backend that reads back and must prove itself",
        on_wire: true,
        monitor: |_| each_call(judge),
    }
}

fn judge(request: &Request) -> CallVerdict {
    let Some(step) = proving(request) else { return CallVerdict::Unconcerned };
    let wrong = match step.proof {
        ProofState::Absent => "without its proof",
        ProofState::Invalid => "with a proof that is wrong",
        ProofState::NotAsked | ProofState::Valid => return CallVerdict::Passed,
    };
    CallVerdict::Failed(format!("the client backend called {} {wrong}", words::operation(request)))
}

fn proving(request: &Request) -> Option<&Step> {
    let step = request.step.as_ref()?;
    let reads = matches!(step.command, CommandName::ReadBack | CommandName::ListInstalls);
    // If the schema itself requires the proof, a missing proof is one violation and not two.
    let left_out = step.malformed.is_some() && step.proof == ProofState::Absent;
    (reads && step.proof != ProofState::NotAsked && !left_out).then_some(step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Story, issue, no_occasion, same_occasion, vendor_call};

    fn read(command: CommandName, proof: ProofState) -> Request {
        let mut request = vendor_call(command, "/predictors", "a1");
        request.step.as_mut().unwrap().proof = proof;
        request
    }

    #[test]
    fn the_same_call_with_a_wrong_proof_is_found() {
        let called = |proof: ProofState| {
            let mut story = Story::new();
            story.send(read(CommandName::ReadBack, proof));
            story
        };
        same_occasion(&RULE, &called(ProofState::Valid), &called(ProofState::Invalid));
        no_occasion(&RULE, &called(ProofState::NotAsked));
    }

    #[test]
    fn a_good_proof_holds() {
        let mut story = Story::new();
        story.send(read(CommandName::ReadBack, ProofState::Valid));
        story.send(read(CommandName::ListInstalls, ProofState::Valid));
        assert_eq!(story.passed(&RULE), 2);
    }

    #[test]
    fn an_absent_or_wrong_proof_is_found() {
        let mut story = Story::new();
        story.send(read(CommandName::ReadBack, ProofState::Absent));
        story.send(read(CommandName::ListInstalls, ProofState::Invalid));
        let messages = story.findings(&RULE);
        assert_eq!(messages[0], ("the client backend called read_back without its proof".to_owned(), vec![1]));
        assert_eq!(
            messages[1],
            ("the client backend called list_installs with a proof that is wrong".to_owned(), vec![2])
        );
    }

    #[test]
    fn a_proof_that_the_schema_misses_is_the_affair_of_another_rule() {
        let mut story = Story::new();
        let mut request = read(CommandName::ReadBack, ProofState::Absent);
        request.step.as_mut().unwrap().malformed = Some("`salt` is required".to_owned());
        story.send(request);
        assert_eq!(story.passed(&RULE), 0);
    }

    #[test]
    fn calls_that_need_no_proof_are_not_judged() {
        let mut story = Story::new();
        story.send(issue("a-1"));
        story.send(read(CommandName::ReadBack, ProofState::NotAsked));
        assert_eq!(story.passed(&RULE), 0);
    }
}
