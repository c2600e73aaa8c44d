use crate::protocol::{CommandName, OrderName};
use crate::rules::batches::submits;
use crate::rules::lives::{Life, carried, each_life};
use crate::rules::{Evidence, Finding};

rule! {
    /// An SDK without a user brings nothing.
    ///
    /// ### What is wrong
    /// A batch of an install went to the vendor before its user had been created, and without any session.
    ///
    /// ### Why it matters
    /// Nobody can say whose data that is, so it is lost or, worse, filed under whoever comes next. The person may not have
    /// agreed to anything yet.
    ///
    /// ### How it is provoked
    /// The app starts its SDK, records something, and asks it to sync, before it asks for the user or while that fails.
    ///
    /// ### What is right
    /// The SDK keeps what is recorded until there is a user, or refuses it, and refuses to sync.
    ///
    /// ### Example
    /// ```text
    /// app -> sdk         launch
    /// app -> sdk         start_sync
    /// sdk -> vendor      POST /sdk/batches                              <- there is no user yet
    /// ```
    {
        name: "sync/before-user",
        subjects: [Sdk],
        needs: [SubmitBatch],
        antecedent: "an SDK that is asked to record or to sync before it has a user",
        monitor: |context| each_life(context.lacks_orders(&[]), judge),
    }
}

/// What may tempt an SDK to bring something.
const TEMPTING: &[OrderName] = &[OrderName::Record, OrderName::StartSync, OrderName::SyncNow, OrderName::ForwardPush];

fn judge(life: &Life<'_>, evidence: &mut Evidence) {
    let created =
        life.calls(CommandName::CreateUser).find_map(|create| create.is_done().then(|| create.answer_in_place()));
    let created = created.flatten().map_or(u64::MAX, |(seq, _)| seq);
    let early =
        submits(life).into_iter().find(|submit| submit.opened < created && carried(submit, "session").next().is_none());
    let tempted = life.orders(TEMPTING).find(|told| told.seq < created);
    evidence.exercised += u64::from(tempted.is_some() || early.is_some());
    if let Some(early) = early {
        let message = format!("the SDK of {} brought a batch before it had a user", life.install);
        evidence.findings.push(Finding::new(message, tempted.map(|told| told.seq).into_iter().chain([early.opened])));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protocol::ReplyName;
    use crate::rules::testing::{Story, create, refused, response, sdk, signed_in, submit};

    fn nameless() -> crate::history::Request {
        sdk("phone", CommandName::SubmitBatch, None, json!({"batch_id": "b-1"}))
    }

    fn started() -> Story {
        let mut story = Story::of(&["sdk"]);
        story.told("phone", OrderName::StartSync, json!({}));
        story
    }

    #[test]
    fn an_sdk_that_waits_for_its_user_holds() {
        let mut story = started();
        story.call(create("phone", "credential#1"), signed_in("5a18", "session#1"));
        story.call(submit("phone", "session#1", "b-1", &["i-1"]), response(200));
        assert_eq!(story.held(&RULE), 1);
    }

    #[test]
    fn a_batch_before_the_user_is_there_is_found() {
        let mut story = started();
        story.call(create("phone", "credential#1"), refused(ReplyName::Unavailable));
        story.call(nameless(), response(401));
        let message = "the SDK of phone brought a batch before it had a user";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![1, 5])]);
    }

    #[test]
    fn a_session_from_an_earlier_life_shows_that_there_is_a_user() {
        let mut story = started();
        story.call(submit("phone", "session#1", "b-1", &["i-1"]), response(200));
        assert_eq!(story.held(&RULE), 1);
    }

    #[test]
    fn an_sdk_that_nobody_tempted_shows_nothing() {
        let mut story = Story::of(&["sdk"]);
        story.told("phone", OrderName::Launch, json!({}));
        story.call(create("phone", "credential#1"), signed_in("5a18", "session#1"));
        assert_eq!(story.held(&RULE), 0);
    }
}
