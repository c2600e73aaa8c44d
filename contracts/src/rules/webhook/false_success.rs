use crate::rules::deliveries::{Deliveries, of_deliveries};
use crate::rules::window::Window;
use crate::rules::{Evidence, Finding};

rule! {
    /// What the receiver said it took is there after the backend was killed and restarted.
    ///
    /// ### What is wrong
    /// A message is met with success, the backend is killed, and after its restart the probe doesn't show the message: neither
    /// one that had just come nor what it showed before.
    ///
    /// ### Why it matters
    /// The vendor forgets what was taken. What the backend had in memory only is lost with the next deployment.
    ///
    /// ### How it is provoked
    /// A message about one user comes and the probe is asked; one about another comes, and the moment it is answered the
    /// backend is killed as in a crash. After the restart the probe is asked for both.
    ///
    /// ### What is right
    /// The answer is given after the message was written where a crash leaves it alone, if only into a queue that is worked on
    /// later.
    ///
    /// ### Example
    /// ```text
    /// vendor  -> backend  POST /webhook   message 7
    /// backend -> vendor   200
    ///                     the backend is killed, and started again
    /// harness -> backend  GET /trips      {"trips": 6}                    <- as before message 7
    /// ```
    {
        name: "webhook/false-success",
        needs: [Webhook],
        precondition: "a message that was taken just before the backend was killed, with the probe's answers before and after, where the probe showed another message",
        monitor: |context| of_deliveries(context.lacks_probe().or_else(|| context.lacks_restart()), judge),
    }
}

fn judge(deliveries: &Deliveries) -> Evidence {
    let windows = deliveries.windows();
    let seen = |window: &&Window<'_>| window.killed.is_some_and(|killed| is_taken_before(window, killed));
    let killed: Vec<&Window<'_>> = windows.iter().filter(seen).collect();
    let occasions = if is_shown(&windows) { killed.len() } else { 0 };
    let lost = killed.iter().filter(|window| is_lost(window, &windows)).map(|window| finding(window));
    let quiet = windows.iter().filter(|window| window.killed.is_some() && window.attempts.is_empty());
    let gone = quiet.filter(|window| window.has_changed()).map(forgotten);
    Deliveries::seen(&windows, occasions, lost.chain(gone).collect())
}

/// Whether new messages came, and all were accepted before the backend was killed.
fn is_taken_before(window: &Window<'_>, killed: u64) -> bool {
    let answered = |seq: Option<u64>| seq.is_some_and(|seq| seq < killed);
    let in_time = window.attempts.iter().all(|one| answered(one.answer.as_ref().map(|answer| answer.seq)));
    window.is_once() && in_time
}

/// Whether the user's state did not change, or differs from another user's with the same deliveries and no crash.
/// False if no probe ever shows a change.
fn is_lost(window: &Window<'_>, all: &[Window<'_>]) -> bool {
    let like = all.iter().find(|other| other.is_plain() && window.is_like(other));
    is_shown(all) && (!window.has_changed() || like.is_some_and(|other| !window.ends_like(other)))
}

/// Whether the probe ever showed a message that came without a crash.
fn is_shown(all: &[Window<'_>]) -> bool {
    all.iter().any(|window| window.is_plain() && window.has_changed())
}

fn finding(window: &Window<'_>) -> Finding {
    let message =
        format!("a message about {} was taken, and after the backend was killed it is not there", window.user);
    Finding::new(message, window.events().into_iter().chain(window.killed))
}

fn forgotten(window: &Window<'_>) -> Finding {
    let message = format!("what was shown of {} is not the same after the backend was killed", window.user);
    Finding::new(message, window.events().into_iter().chain(window.killed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Story, no_occasion, probed, same_occasion, taken};

    fn story(of_alice: &str, of_bob: &str) -> Story {
        let mut story = Story::new();
        probed(&mut story, "alice", "0");
        probed(&mut story, "bob", "0");
        taken(&mut story, "alice", &[1]);
        probed(&mut story, "alice", "1");
        taken(&mut story, "bob", &[1]);
        story.killed();
        probed(&mut story, "alice", of_alice);
        probed(&mut story, "bob", of_bob);
        story
    }

    #[test]
    fn what_outlives_the_crash_holds() {
        assert_eq!(story("1", "1").passed(&RULE), 1);
        same_occasion(&RULE, &story("1", "1"), &story("1", "0"));
        let mut alone = Story::new();
        probed(&mut alone, "bob", "0");
        taken(&mut alone, "bob", &[1]);
        alone.killed();
        probed(&mut alone, "bob", "1");
        no_occasion(&RULE, &alone);
    }

    #[test]
    fn what_came_just_before_and_is_lost_is_found() {
        let found = story("1", "0").findings(&RULE);
        assert_eq!(found[0].0, "a message about bob was taken, and after the backend was killed it is not there");
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn what_was_shown_and_is_gone_is_found() {
        let found = story("0", "1").findings(&RULE);
        assert_eq!(found[0].0, "what was shown of alice is not the same after the backend was killed");
    }
}
