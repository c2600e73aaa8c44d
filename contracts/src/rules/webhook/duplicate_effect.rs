use crate::rules::deliveries::{Attempt, Deliveries, of_deliveries};
use crate::rules::window::Window;
use crate::rules::{Evidence, Finding};

rule! {
    /// A message that comes several times has one effect, and is met with success each time.
    ///
    /// ### What is wrong
    /// The vendor delivers a message that was taken already, or the same message many times at once, and the user stands
    /// otherwise than after one delivery. Or a message that was taken is refused when it comes again.
    ///
    /// ### Why it matters
    /// Vendors deliver a message at least once: whenever an answer was lost on its way, it comes again. A trip is paid for twice.
    ///
    /// ### How it is provoked
    /// Messages come again one after another and mixed with each other, again after the backend was killed and restarted, and
    /// many times at once. The probe is asked before and after; where copies came at once, the user is compared with another
    /// one who was delivered the like once.
    ///
    /// ### What is right
    /// What was taken is known by its id, or by its whole content, in the same place and at the same moment at which its effect
    /// is kept: a unique key in the database, say.
    ///
    /// ### Example
    /// ```text
    /// vendor  -> backend  POST /webhook   message 7
    /// backend -> vendor   200             (and the answer is lost)
    /// vendor  -> backend  POST /webhook   message 7
    /// backend -> vendor   200
    /// harness -> backend  GET /trips      {"trips": 2}                    <- there was one
    /// ```
    {
        name: "webhook/duplicate-effect",
        needs: [Webhook],
        precondition: "a message that was taken and came again, with the probe's answers before and after",
        blind_without: [("restart", "after a restart")],
        monitor: |context| of_deliveries(context.lacks_probe(), judge),
    }
}

fn judge(deliveries: &Deliveries) -> Evidence {
    let windows = deliveries.windows();
    let again: Vec<&Window<'_>> = windows.iter().filter(|window| is_again(window)).collect();
    let several: Vec<_> =
        windows.iter().filter(|window| is_several(window)).filter_map(|one| like(one, &windows)).collect();
    let mut findings: Vec<Finding> = again.iter().filter(|window| window.has_changed()).map(|one| twice(one)).collect();
    findings.extend(several.iter().filter(|(one, other)| !one.ends_like(other)).map(|(one, other)| apart(one, other)));
    let repeats: Vec<&Attempt> = deliveries.attempts.iter().filter(|attempt| is_repeat(deliveries, attempt)).collect();
    findings.extend(repeats.iter().filter(|attempt| !attempt.is_taken()).map(|attempt| refused(attempt)));
    // The receiver's answers show only half of the effect. Without the probe's answers, repeats don't count.
    let met = if windows.is_empty() { 0 } else { repeats.len() };
    let mut evidence = Deliveries::seen(&windows, again.len() + several.len() + met, findings);
    if again.is_empty() && several.is_empty() {
        evidence.not_seen.push("whether what came again had another effect".to_owned());
    }
    evidence
}

/// Whether only messages that were accepted before came, all in conforming deliveries.
fn is_again(window: &Window<'_>) -> bool {
    window.is_conforming() && window.is_known() && window.killed.is_none()
}

/// Whether new messages came in order, some of them more than once.
fn is_several(window: &Window<'_>) -> bool {
    window.is_conforming() && window.is_fresh() && !window.is_once() && window.is_in_order() && window.killed.is_none()
}

fn like<'w, 'd>(window: &'w Window<'d>, all: &'w [Window<'d>]) -> Option<(&'w Window<'d>, &'w Window<'d>)> {
    let other = all.iter().find(|other| other.is_plain() && window.is_like(other))?;
    Some((window, other))
}

/// Whether all its messages had been accepted by the time it was answered.
fn is_repeat(deliveries: &Deliveries, attempt: &Attempt) -> bool {
    let messages = &attempt.delivery.messages;
    let answered = attempt.events().last().unwrap_or(attempt.seq);
    let known = messages.iter().all(|message| deliveries.is_taken_before(&message.id, answered));
    let is_conforming = attempt.is_valid() && !attempt.delivery.test && !messages.is_empty();
    is_conforming && known && attempt.answer.is_some()
}

fn twice(window: &Window<'_>) -> Finding {
    let message = format!("messages about {} that had been taken came again and had another effect", window.user);
    Finding::new(message, window.events())
}

fn apart(window: &Window<'_>, other: &Window<'_>) -> Finding {
    let message = format!(
        "messages about {} came several times at once, and {}, who was delivered the like once, stands otherwise",
        window.user, other.user
    );
    Finding::new(message, window.events().into_iter().chain(other.events()))
}

fn refused(attempt: &Attempt) -> Finding {
    let message = format!("a message that had been taken came again and was met with {}", attempt.met());
    Finding::new(message, attempt.events())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::What;
    use crate::protocol::ReplyName;
    use crate::rules::testing::{Story, delivered, no_occasion, probed, same_occasion, taken};

    #[test]
    fn one_effect_of_what_came_twice_holds() {
        let mut story = Story::new();
        probed(&mut story, "alice", "0");
        taken(&mut story, "alice", &[1]);
        probed(&mut story, "alice", "1");
        taken(&mut story, "alice", &[1, 1]);
        probed(&mut story, "alice", "1");
        assert_eq!(story.passed(&RULE), 3, "two answers and the effect of both");
    }

    #[test]
    fn the_same_repeat_with_another_effect_or_that_is_refused_is_found() {
        let repeated = |shown: &str, status: u16, reply: Option<ReplyName>| {
            let mut story = Story::new();
            probed(&mut story, "alice", "0");
            taken(&mut story, "alice", &[1]);
            probed(&mut story, "alice", "1");
            story.deliver(delivered("alice", 1), status, reply);
            probed(&mut story, "alice", shown);
            story
        };
        let right = repeated("1", 200, Some(ReplyName::MessageKept));
        same_occasion(&RULE, &right, &repeated("2", 200, Some(ReplyName::MessageKept)));
        same_occasion(&RULE, &right, &repeated("1", 409, None));
        let mut unseen = Story::new();
        taken(&mut unseen, "alice", &[1, 1]);
        no_occasion(&RULE, &unseen);
    }

    #[test]
    fn what_came_again_to_nobody_is_no_repeat() {
        let again = |unreached: bool| {
            let mut story = Story::new();
            taken(&mut story, "alice", &[1]);
            probed(&mut story, "alice", "1");
            let exchange = story.send(delivered("alice", 1));
            story.event(What::SendFailed { exchange, why: "it ended".to_owned(), unreached });
            probed(&mut story, "alice", "2");
            story
        };
        no_occasion(&RULE, &again(true));
        assert_eq!(again(false).findings(&RULE).len(), 1, "it may have come");
    }

    #[test]
    fn a_repeat_whose_effect_no_probe_shows_says_so() {
        let mut story = Story::new();
        probed(&mut story, "alice", "0");
        taken(&mut story, "alice", &[1]);
        probed(&mut story, "alice", "1");
        taken(&mut story, "alice", &[1]);
        let evidence = story.evidence(&RULE);
        assert_eq!((evidence.exercised, evidence.not_seen.len()), (1, 1));
    }

    #[test]
    fn a_second_effect_is_found() {
        let mut story = Story::new();
        taken(&mut story, "alice", &[1]);
        probed(&mut story, "alice", "1");
        taken(&mut story, "alice", &[1]);
        probed(&mut story, "alice", "2");
        let message = "messages about alice that had been taken came again and had another effect";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![4, 5, 6, 8])]);
    }

    #[test]
    fn users_who_share_an_id_at_the_vendor_show_nothing() {
        let mut story = Story::new();
        taken(&mut story, "alice", &[1]);
        probed(&mut story, "alice", "1");
        taken(&mut story, "alice", &[1]);
        let mut other = delivered("bob", 1);
        other.delivery.as_mut().unwrap().messages[0].user_id = "vendors-alice".to_owned();
        story.deliver(other, 200, Some(ReplyName::MessageKept));
        probed(&mut story, "alice", "2");
        assert_eq!(story.passed(&RULE), 0);
    }

    #[test]
    fn copies_that_come_at_once_are_compared_with_another_user() {
        let mut story = Story::new();
        for (user, copies, shown) in [("alice", 1, "1"), ("bob", 3, "3")] {
            probed(&mut story, user, "0");
            taken(&mut story, user, &vec![1; copies]);
            probed(&mut story, user, shown);
        }
        let found = story.findings(&RULE);
        assert_eq!(found.len(), 1);
        assert!(found[0].0.starts_with("messages about bob came several times at once, and alice"), "{found:?}");
    }

    #[test]
    fn a_refused_duplicate_is_found() {
        let mut story = Story::new();
        taken(&mut story, "alice", &[1]);
        story.deliver(delivered("alice", 1), 409, None);
        let message = "a message that had been taken came again and was met with status 409";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![3, 4])]);
    }

    #[test]
    fn a_probe_that_shows_nothing_leaves_it_not_testable() {
        let mut story = Story::new();
        probed(&mut story, "alice", "0");
        story.deliver(delivered("alice", 1), 200, Some(ReplyName::MessageKept));
        probed(&mut story, "alice", "0");
        let reason = story.evidence(&RULE).not_testable;
        assert_eq!(reason.as_deref(), Some("the probe showed no effect of any message"));
    }

    #[test]
    fn another_effect_of_what_came_once_is_the_affair_of_another_rule() {
        let mut story = Story::new();
        for (user, shown) in [("alice", "1"), ("bob", "2")] {
            probed(&mut story, user, "0");
            taken(&mut story, user, &[1]);
            probed(&mut story, user, shown);
        }
        assert_eq!(story.passed(&RULE), 0);
    }
}
