use crate::rules::deliveries::{Deliveries, of_deliveries};
use crate::rules::window::Window;
use crate::rules::{Evidence, Finding};

rule! {
    /// The order in which messages come makes no difference to where a user stands at last.
    ///
    /// ### What is wrong
    /// Two users looked alike and were delivered the like, one in the order in which it was made and the other in another, and
    /// now they stand otherwise. What stands for the users themselves, their names and the ids of their messages, is left out
    /// of the comparison.
    ///
    /// ### Why it matters
    /// A batch that failed is delivered again later, after newer ones. Whoever takes the last to come for the newest goes back
    /// in time.
    ///
    /// ### How it is provoked
    /// Several messages of all types come one by one: to one user in order, to the others mixed. The probe is asked before and
    /// after.
    ///
    /// ### What is right
    /// Each message tells when it was made. What is newest is told by that, and what is added up doesn't depend on order. The
    /// probe shows where a user stands, and neither when something arrived nor in what order.
    ///
    /// ### Example
    /// ```text
    /// vendor  -> backend  POST /webhook   a stationary of 10:05
    /// vendor  -> backend  POST /webhook   a transport of 10:00
    /// harness -> backend  GET /last       "transport"                     <- the stationary is newer
    /// ```
    {
        name: "webhook/order-dependent",
        needs: [Webhook],
        precondition: "two users who looked alike and were delivered the like in different orders",
        monitor: |context| of_deliveries(context.lacks_probe().or_else(|| context.lacks_second_user()), judge),
    }
}

fn judge(deliveries: &Deliveries) -> Evidence {
    let windows = deliveries.windows();
    let mixed = windows.iter().filter(|window| window.is_once() && !window.is_in_order() && window.killed.is_none());
    let pairs: Vec<_> = mixed.filter_map(|one| Some((one, like(one, &windows)?))).collect();
    let findings = pairs.iter().filter(|(one, other)| !one.ends_like(other)).map(|(one, other)| apart(one, other));
    Deliveries::seen(&windows, pairs.len(), findings.collect())
}

fn like<'w, 'd>(window: &Window<'d>, all: &'w [Window<'d>]) -> Option<&'w Window<'d>> {
    all.iter().find(|other| other.is_plain() && window.is_like(other))
}

fn apart(window: &Window<'_>, other: &Window<'_>) -> Finding {
    let message = format!(
        "{} was delivered in another order what {} was delivered in the order of its making, and stands otherwise",
        window.user, other.user
    );
    Finding::new(message, window.events().into_iter().chain(other.events()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Story, no_occasion, probed, same_occasion, taken};

    fn story(of_alice: &str, of_bob: &str) -> Story {
        let mut story = Story::new();
        for (user, order, shown) in [("alice", [1, 2], of_alice), ("bob", [2, 1], of_bob)] {
            probed(&mut story, user, "0");
            taken(&mut story, user, &order);
            probed(&mut story, user, shown);
        }
        story
    }

    #[test]
    fn the_same_end_holds_whatever_the_ids_are() {
        let shown = |user: &str| format!("{{\"who\":\"{user}\",\"last\":\"id-of-{user}-2\"}}");
        assert_eq!(story(&shown("alice"), &shown("bob")).passed(&RULE), 1);
        same_occasion(&RULE, &story("7", "7"), &story("7", "8"));
    }

    #[test]
    fn another_end_is_found() {
        let found = story("\"id-of-alice-2\"", "\"id-of-bob-1\"").findings(&RULE);
        assert!(found[0].0.starts_with("bob was delivered in another order what alice"), "{found:?}");
    }

    #[test]
    fn users_who_did_not_look_alike_show_nothing() {
        let mut story = Story::new();
        for (user, order, shown) in [("alice", [1, 2], "7"), ("bob", [2, 1], "0")] {
            probed(&mut story, user, shown);
            taken(&mut story, user, &order);
            probed(&mut story, user, "9");
        }
        no_occasion(&RULE, &story);
    }
}
