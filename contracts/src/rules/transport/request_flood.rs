use crate::history::{Event, Subject};
use crate::rules::{Asker, Bursts, Context, Evidence, FLOOD, Finding, Joined, Monitor};

rule! {
    /// Nobody asks the vendor without end and without pause.
    ///
    /// ### What is wrong
    /// An install sent more than 500 requests, each less than 20 milliseconds of its own time after the one before; or, where
    /// nobody moves its time, all of them within ten seconds. Or a client backend made more than 500 calls since an app or the
    /// vendor last asked it for something. A connection to a server whose certificate is no good counts as a call.
    ///
    /// ### Why it matters
    /// A loop without a pause is an attack on the vendor from every device at once. It empties the battery, and it never ends by
    /// itself: what was refused is refused again.
    ///
    /// ### How it is provoked
    /// Requests, renewals and sign-ins are refused, fail and stay unanswered. A scenario in which the flood begins ends with it,
    /// and the run goes on with the next one.
    ///
    /// ### What is right
    /// Whatever fails is tried again after a pause, or not at all. 500 is far above what work takes: the longest queue of a
    /// scenario has 300 items, which an SDK may submit one by one, and each install of a fleet has a budget of its own. A
    /// backend needs a few calls for each request of an app, and for each message of the vendor, however many workers it has.
    ///
    /// ### Example
    /// ```text
    /// sdk -> vendor      POST /sdk/refresh
    /// vendor -> sdk      401
    /// sdk -> vendor      POST /sdk/refresh                               <- at once, and so on without end
    /// ```
    {
        name: "transport/request-flood",
        subjects: [ClientBackend, Sdk],
        needs: [],
        precondition: "a request to the vendor, which could be repeated without end",
        on_wire: true,
        blind_without: [("sdk:sync_now", "requests in a session")],
        monitor: |context| Box::new(Watch::new(context)),
    }
}

struct Watch {
    subjects: Vec<Subject>,
    is_moved: bool,
    bursts: Bursts,
    evidence: Evidence,
}

impl Watch {
    fn new(context: &Context<'_>) -> Self {
        let is_moved = context.has_advanced_sdk();
        Self {
            subjects: context.subjects.to_vec(),
            is_moved,
            bursts: Bursts::new(is_moved, is_moved || !context.subjects.contains(&Subject::Sdk)),
            evidence: Evidence::default(),
        }
    }
}

fn is_tested(asker: &Asker, subjects: &[Subject]) -> bool {
    match asker {
        Asker::Install(_) => subjects.contains(&Subject::Sdk),
        Asker::Backend => subjects.contains(&Subject::ClientBackend),
        Asker::Unheard => true,
    }
}

fn message(asker: &Asker, is_moved: bool) -> String {
    let within = match asker {
        Asker::Backend => "since anybody had last asked it for something",
        _ if is_moved => "without a pause",
        _ => "within ten seconds",
    };
    format!("{asker} made more than {FLOOD} requests {within}")
}

impl Monitor for Watch {
    fn observe(&mut self, event: &Event) {
        let Some((asker, burst)) = self.bursts.observe(event) else { return };
        if !is_tested(&asker, &self.subjects) {
            return;
        }
        self.evidence.exercised += u64::from(burst.count == 1);
        if burst.count == FLOOD + 1 {
            let message = message(&asker, self.is_moved);
            self.evidence.findings.push(Finding::new(message, burst.first.iter().copied()));
        }
    }

    fn found(&self) -> Option<&[Finding]> {
        Some(&self.evidence.findings)
    }

    fn finish(self: Box<Self>, _: &Joined<'_>) -> Evidence {
        self.evidence
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::history::{Leg, Request, TlsAttempt, TlsKind, TlsProgress, What};
    use crate::protocol::CommandName;
    use crate::rules::testing::{Story, app, issue, no_occasion, response, same_occasion, sdk, wish};

    /// An SDK whose renewal is refused this often, with a pause of so many milliseconds after each.
    fn refused(times: usize, pause: i64) -> Story {
        let mut story = Story::of(&["sdk:advance"]);
        for _ in 0..times {
            story.call(sdk("phone", CommandName::RefreshSession, Some("session#1"), json!({})), response(401));
            story.pass(pause);
        }
        story
    }

    #[test]
    fn the_same_occasion_convicts() {
        same_occasion(&RULE, &refused(FLOOD, 0), &refused(FLOOD + 1, 0));
        no_occasion(&RULE, &refused(0, 0));
        let evidence = refused(FLOOD + 1, 0).evidence(&RULE);
        assert_eq!((evidence.exercised, evidence.findings.len()), (1, 1), "one instant is one occasion");
        assert_eq!(evidence.findings[0].events.len(), 20);
        let message = "the SDK of phone made more than 500 requests without a pause";
        assert_eq!(evidence.findings[0].message, message);
    }

    #[test]
    fn requests_with_pauses_hold_however_many() {
        assert_eq!(refused(3 * FLOOD, 20).passed(&RULE), 3 * FLOOD as u64);
    }

    #[test]
    fn a_timer_that_is_due_at_once_is_no_pause() {
        assert_eq!(refused(FLOOD + 1, 1).findings(&RULE).len(), 1);
    }

    #[test]
    fn calls_of_which_no_request_is_heard_count() {
        let went = What::Tls(TlsAttempt { listener: TlsKind::SelfSigned, went: TlsProgress::TurnedAway });
        let calls = |pause| {
            let mut story = Story::of(&["sdk:advance"]);
            for _ in 0..=FLOOD {
                story.event(went.clone());
                story.pass(pause);
            }
            story.findings(&RULE).into_iter().map(|(message, _)| message).collect::<Vec<_>>()
        };
        assert_eq!(calls(2), [] as [String; 0]);
        let message = "whoever calls the servers in the vendor's place made more than 500 requests without a pause";
        assert_eq!(calls(0), [message]);
    }

    #[test]
    fn a_backend_is_judged_by_what_it_is_asked() {
        let calls = |asked: Option<Leg>| {
            let mut story = Story::new();
            for _ in 0..=FLOOD {
                if let Some(leg) = asked {
                    story.send(Request { leg, ..app(wish("alice")) });
                }
                story.call(issue("a-1"), response(503));
            }
            story.findings(&RULE).len()
        };
        let of = [Some(Leg::AppToBackend), Some(Leg::VendorToBackend), None].map(calls);
        assert_eq!(of, [0, 0, 1]);
    }
}
