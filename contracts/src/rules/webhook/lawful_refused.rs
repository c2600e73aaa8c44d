use std::collections::BTreeMap;

use crate::protocol::ReplyName;
use crate::rules::deliveries::{Attempt, Deliveries, of_deliveries};
use crate::rules::{Evidence, Finding};

rule! {
    /// The receiver of webhooks takes every conforming delivery of the vendor, and says which app it is for.
    ///
    /// ### What is wrong
    /// A message with good credentials is refused: for its type, because it came in a batch with others, because the body is
    /// compressed, or with a status that the vendor doesn't read as success. Or the vendor's GET is not answered with the app's
    /// id. Saying "later" with 429 or 503 is fine, unless a message is never taken in three attempts.
    ///
    /// ### Why it matters
    /// The vendor delivers the batch again and again until it is too old, and everything in it is lost.
    ///
    /// ### How it is provoked
    /// Messages of every type about every user come, in one batch and alone, with a test post before them, after some that
    /// were dropped for age, and the receiver is asked for its app's id. What a test post does is not judged: no vendor says.
    ///
    /// ### What is right
    /// All is taken that can be read, what is of no use is thrown away later, and the answer is the status that the vendor
    /// names.
    ///
    /// ### Example
    /// ```text
    /// vendor  -> backend  POST /webhook   {"data": [{"meta": {"message_type": "location"}, ...}]}
    /// backend -> vendor   400 {"error": "unknown type"}                   <- and so for as long as it is tried
    /// ```
    {
        name: "webhook/lawful-refused",
        needs: [Webhook],
        precondition: "a message or a GET of the vendor with good credentials that the receiver answered",
        monitor: |context| of_deliveries(context.lacks_webhook(), judge),
    }
}

/// The number of attempts after which a message must have been accepted, if the receiver says "later".
const MOST_ATTEMPTS: usize = 3;

fn judge(deliveries: &Deliveries) -> Evidence {
    let mut evidence = Evidence::default();
    let mut later: BTreeMap<&str, Vec<&Attempt>> = BTreeMap::new();
    let is_judged = |attempt: &&Attempt| attempt.is_valid() && !attempt.under_way && !is_repeated(deliveries, attempt);
    for attempt in deliveries.attempts.iter().filter(is_judged) {
        if says_later(attempt) {
            let ids = attempt.delivery.messages.iter().map(|message| message.id.as_str());
            ids.for_each(|id| later.entry(id).or_default().push(attempt));
            continue;
        }
        evidence.exercised += 1;
        evidence.findings.extend(offence(attempt).map(|offence| Finding::new(offence, attempt.events())));
    }
    // An attempt that reached nobody, or was put off, decides nothing; only one after another does.
    evidence.exercised += later.values().filter(|attempts| attempts.len() >= MOST_ATTEMPTS).count() as u64;
    let is_lost = |(id, attempts): &(&str, Vec<&Attempt>)| {
        attempts.len() >= MOST_ATTEMPTS && !deliveries.is_taken_before(id, u64::MAX)
    };
    evidence.findings.extend(later.into_iter().filter(is_lost).map(|(_, attempts)| {
        let message = format!("a message came {} times and was never taken", attempts.len());
        Finding::new(message, attempts.iter().flat_map(|attempt| attempt.events()))
    }));
    evidence
}

/// Whether another delivery with the same messages was accepted, and began before this one was answered. The rule
/// about duplicates judges it: of concurrent copies, any may be answered first.
fn is_repeated(deliveries: &Deliveries, attempt: &Attempt) -> bool {
    let messages = &attempt.delivery.messages;
    let answered = attempt.events().last().unwrap_or(attempt.seq);
    let others = deliveries.attempts.iter().filter(|other| other.seq != attempt.seq && other.seq < answered);
    let delivered = |other: &&Attempt, id: &str| other.delivery.messages.iter().any(|message| message.id == id);
    !messages.is_empty()
        && messages.iter().all(|message| others.clone().any(|other| other.is_taken() && delivered(&other, &message.id)))
}

fn says_later(attempt: &Attempt) -> bool {
    attempt.answer.as_ref().is_none_or(|answer| matches!(answer.status, 429 | 503))
}

fn offence(attempt: &Attempt) -> Option<String> {
    let answer = attempt.answer.as_ref()?;
    if attempt.is_probe() {
        let is_right = answer.reply == Some(ReplyName::ProbeAnswered) && answer.app_id == attempt.delivery.app_id;
        let told = answer.app_id.as_ref().map_or("no app's id".to_owned(), |id| format!("the id `{id}`"));
        return (!is_right).then(|| format!("the vendor's GET was met with status {} and {told}", answer.status));
    }
    let what = if attempt.delivery.test { "a test post" } else { "a conforming post" };
    (!attempt.is_taken()).then(|| format!("{what} was met with {}", attempt.met()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Credentials, Delivery, Response};
    use crate::rules::testing::{Story, delivered, no_occasion, request, response, same_occasion};

    fn asked(story: &mut Story, app_id: &str) {
        let delivery = Delivery {
            credentials: Credentials::Valid,
            test: false,
            app_id: Some("app-1".to_owned()),
            messages: vec![],
        };
        let mut get = request(crate::history::Leg::VendorToBackend, "/webhook");
        get.method = "GET".to_owned();
        get.delivery = Some(delivery);
        story.deliver(get, 200, Some(ReplyName::ProbeAnswered));
        if let Some(crate::history::What::Response(response)) = story.events.last_mut().map(|event| &mut event.event) {
            std::sync::Arc::make_mut(response).fields.insert("app_id".to_owned(), app_id.into());
        }
    }

    #[test]
    fn what_is_taken_holds() {
        let mut story = Story::new();
        story.deliver(delivered("alice", 1), 200, Some(ReplyName::MessageKept));
        asked(&mut story, "app-1");
        assert_eq!(story.passed(&RULE), 2);
    }

    #[test]
    fn the_same_message_that_is_refused_is_found() {
        let answered = |status: u16, reply: Option<ReplyName>| {
            let mut story = Story::new();
            story.deliver(delivered("alice", 1), status, reply);
            story
        };
        same_occasion(&RULE, &answered(200, Some(ReplyName::MessageKept)), &answered(400, None));
        no_occasion(&RULE, &answered(503, None));
    }

    #[test]
    fn a_refusal_and_another_apps_id_are_found() {
        let mut story = Story::new();
        story.deliver(delivered("alice", 1), 400, None);
        asked(&mut story, "app-2");
        let found = story.findings(&RULE);
        assert_eq!(found[0], ("a conforming post was met with status 400".to_owned(), vec![1, 2]));
        assert_eq!(found[1].0, "the vendor's GET was met with status 200 and the id `app-2`");
    }

    #[test]
    fn later_is_an_answer_unless_it_is_always_later() {
        let mut story = Story::new();
        story.deliver(delivered("alice", 1), 503, None);
        story.deliver(delivered("alice", 1), 200, Some(ReplyName::MessageKept));
        assert_eq!(story.passed(&RULE), 1, "what was put off decides nothing");
        for _ in 0..3 {
            story.deliver(delivered("alice", 2), 503, None);
        }
        assert_eq!(story.findings(&RULE)[0].0, "a message came 3 times and was never taken");
    }

    #[test]
    fn silence_is_later_once_the_attempt_broke_off() {
        let mut story = Story::new();
        let copies: Vec<u64> = (0..3).map(|_| story.send(delivered("alice", 1))).collect();
        assert_eq!(story.passed(&RULE), 0, "nobody knows yet what comes of them");
        for exchange in copies {
            story.event(crate::history::What::SendFailed { exchange, why: "hung up".to_owned(), unreached: false });
        }
        assert_eq!(story.findings(&RULE)[0].0, "a message came 3 times and was never taken");
    }

    #[test]
    fn what_reached_nobody_is_no_evidence_however_often() {
        for (unreached, findings) in [(true, 0), (false, 1)] {
            let mut story = Story::new();
            for _ in 0..4 {
                let exchange = story.send(delivered("alice", 1));
                let why = "Connection refused".to_owned();
                story.event(crate::history::What::SendFailed { exchange, why, unreached });
            }
            let evidence = story.evidence(&RULE);
            assert_eq!((evidence.exercised, evidence.findings.len()), (findings, findings as usize), "{unreached}");
        }
    }

    #[test]
    fn of_two_copies_on_their_way_at_once_either_may_be_the_one_that_is_refused() {
        let refused = || Response { reply: None, ..response(409) };
        let kept = || Response { reply: Some(ReplyName::MessageKept), ..response(200) };
        for answers in [[refused(), kept()], [kept(), refused()]] {
            let mut story = Story::new();
            let copies = [story.send(delivered("alice", 1)), story.send(delivered("alice", 1))];
            for (copy, answer) in copies.into_iter().zip(answers) {
                story.answer(copy, answer);
            }
            assert_eq!(story.passed(&RULE), 1, "the one that was taken");
        }
    }

    #[test]
    fn what_was_refused_before_it_came_again_was_refused() {
        let mut story = Story::new();
        story.deliver(delivered("alice", 1), 409, None);
        story.deliver(delivered("alice", 1), 200, Some(ReplyName::MessageKept));
        assert_eq!(story.findings(&RULE)[0].0, "a conforming post was met with status 409");
    }
}
