use serde_json::Value;

use crate::protocol::{CommandName, Millis, ReplyName, SdkCommandName};
use crate::rules::batches::is_hopeful;
use crate::rules::closed_categories::closed;
use crate::rules::pace::Moment;
use crate::rules::timelines::{CommandRecord, InstallTimeline, carried, each_install};
use crate::rules::tracker::Exchange;
use crate::rules::work::Habits;
use crate::rules::{Evidence, Finding};

rule! {
    /// An install whose process died is signed in after the next start, or signed out so that it can be signed in.
    ///
    /// ### What is wrong
    /// The app's process was killed and started again. From then on no request of the install in a session of its own was
    /// carried out, though there was something to submit; and when its app asked for the user, no user was asked of the vendor.
    /// Or the install could not be started at all.
    ///
    /// ### Why it matters
    /// Processes die all the time: the device is out of memory, or out of power. An SDK that stored one half of what it had
    /// done is then stuck for good. It sends nothing and takes nobody, and only removing the app helps.
    ///
    /// ### How it is provoked
    /// The process is killed before a creation reached the vendor, after the vendor carried it out, and as soon as the answer is
    /// there; and so for a batch. Then it is started, asked for its user, and asked to submit something. What it says of itself
    /// counts for nothing: only what the vendor was asked and answered does. Where the vendor turns anything away or can't take
    /// it, and where there is no network, nothing is judged; nor where the credential had been sent before, or another user was
    /// asked for than the install had, or the process ended before a round was due.
    ///
    /// ### What is right
    /// What an install holds changes in one write, or in such an order that each prefix of it is whole: the session first, and
    /// then that there is a user.
    ///
    /// ### Example
    /// ```text
    /// sdk -> vendor      POST /sdk/users                               (the process is killed)
    /// app -> sdk         launch, create_user
    /// sdk -> app         failed: there is a user already               <- there is none
    /// app -> sdk         sync_now
    /// sdk -> app         failed: there is no user
    /// ```
    {
        name: "session/crash-inconsistent",
        subjects: [Sdk],
        needs: [CreateUser],
        precondition: "an install that spoke with its vendor, was killed and started again, and then was asked for its user, given something to submit and told to sync",
        monitor: |context| {
            let habits = Habits::of(context);
            each_install(context.lacks_commands(&["record"]), move |timeline, evidence| judge(timeline, habits, evidence))
        },
    }
}

/// The time from a start after a kill until the process ended again or the user was released.
struct Restart<'l> {
    killed: &'l CommandRecord,
    launch: &'l CommandRecord,
    /// All commands to the install before the end, including those before the start.
    commands: Vec<&'l CommandRecord>,
    spoke: Vec<&'l Exchange>,
    ended: Moment,
    /// Whether the last answer before the kill was a temporary failure, so the SDK may be waiting to retry.
    is_waiting: bool,
}

fn judge(timeline: &InstallTimeline<'_>, habits: Habits, evidence: &mut Evidence) {
    for restart in restarts(timeline) {
        if restart.launch.returned.as_ref().is_some_and(|(_, result)| !result.success) {
            evidence.exercised += 1;
            evidence.findings.push(restart.finding(
                timeline,
                "could not be started after its process had been killed",
                &[],
            ));
        } else if let Some(asked) = restart.tempted(timeline, habits) {
            let is_stuck = restart.is_stuck();
            evidence.exercised += u64::from(is_stuck || restart.is_signed_in());
            if !is_stuck {
                continue;
            }
            let what = "was neither signed in nor ready to be, after its process had been killed and started again";
            evidence.findings.push(restart.finding(timeline, what, &asked));
        }
    }
}

fn restarts<'l>(timeline: &InstallTimeline<'l>) -> Vec<Restart<'l>> {
    let ends = &[SdkCommandName::Kill, SdkCommandName::Reset, SdkCommandName::Forget, SdkCommandName::LogOut];
    let kills = timeline
        .commands(&[SdkCommandName::Kill])
        .filter(|kill| timeline.spoke.iter().any(|one| one.opened < kill.seq));
    let restart = |killed: &'l CommandRecord| {
        let launch = timeline.commands(&[SdkCommandName::Launch]).find(|command| command.seq > killed.seq)?;
        let end = timeline.commands(ends).find(|command| command.seq > launch.seq);
        let ended = end.map_or(timeline.ended, |command| command.began);
        let end = end.map_or(u64::MAX, |command| command.seq);
        let within = |seq: u64| launch.seq < seq && seq < end;
        let commands = timeline.commands.iter().copied().filter(|command| command.seq < end).collect();
        let spoke = timeline.spoke.iter().copied().filter(|exchange| within(exchange.opened)).collect();
        let heard = timeline.spoke.iter().rfind(|one| one.delivered().is_some_and(|(seq, _)| seq < killed.seq));
        Some(Restart { killed, launch, commands, spoke, ended, is_waiting: heard.is_some_and(|one| is_hopeful(one)) })
    };
    kills.filter_map(restart).collect()
}

impl<'l> Restart<'l> {
    /// Whether the vendor carried out a creation for the install, or any request in a session.
    fn is_signed_in(&self) -> bool {
        let is_own = |exchange: &&Exchange| is_creation(exchange) || carried(exchange, "session").next().is_some();
        self.spoke.iter().copied().filter(is_own).any(|exchange| exchange.heard_done().is_some())
    }

    /// Whether no request of the install showed that there is anybody.
    fn is_stuck(&self) -> bool {
        self.spoke.iter().all(|exchange| is_of_nobody(exchange))
    }

    /// The commands that would lead to a request of any usable install, if they were given.
    fn tempted(&self, timeline: &InstallTimeline<'_>, habits: Habits) -> Option<Vec<&'l CommandRecord>> {
        if self.is_waiting {
            return None;
        }
        let asked = self.given(&[SdkCommandName::CreateUser], self.launch.seq)?;
        let recorded = self.given(&[SdkCommandName::Record], asked.seq)?;
        let synced = self.synced(recorded.seq, timeline, habits)?;
        let is_own = holder(timeline, self.killed.seq).is_none_or(|user| Some(user) == asked.call.user.as_deref());
        let is_sent = |one: &&Exchange| carried(one, "credential").any(|label| asked.text("credential") == Some(label));
        let is_new = !timeline.spoke.iter().any(|one| one.opened < asked.seq && is_sent(one));
        let is_free = self.is_wanted(timeline, recorded) && !self.is_offline() && !self.is_stopped(synced.seq);
        (is_own && is_new && is_free).then(|| vec![asked, synced])
    }

    /// The first command after this place that makes a round due before the process ended.
    fn synced(&self, after: u64, timeline: &InstallTimeline<'_>, habits: Habits) -> Option<&'l CommandRecord> {
        let now = self.given(&[SdkCommandName::SyncNow], after);
        let periodic = self.given(&[SdkCommandName::StartSync], after);
        let timeout = Millis::new(habits.timeout(timeline).get() / 2);
        now.or_else(|| periodic.filter(|command| habits.pace.between(command.began, self.ended) >= timeout))
    }

    /// The first of these commands after this place that has returned.
    fn given(&self, names: &[SdkCommandName], after: u64) -> Option<&'l CommandRecord> {
        let is_such = |command: &&CommandRecord| {
            command.seq > after && names.contains(&command.call.name) && command.returned.is_some()
        };
        self.commands.iter().copied().find(is_such)
    }

    /// Whether there was something to submit. Its category was open and stayed so, and either the SDK accepted the
    /// item or the category had been allowed.
    fn is_wanted(&self, timeline: &InstallTimeline<'_>, recorded: &CommandRecord) -> bool {
        let taken = recorded.returned.as_ref().and_then(|(_, result)| result.value.get("accepted")?.as_bool());
        let category = recorded.text("category").unwrap_or_default();
        let grants = self
            .commands
            .iter()
            .filter(|command| command.call.name == SdkCommandName::Grant && command.seq < recorded.seq);
        let allowed = |command: &&CommandRecord| command.call.arguments.get("permissions")?.get(category)?.as_bool();
        let end = self.commands.iter().filter_map(|command| command.returned.as_ref()).map(|(seq, _)| seq + 1).max();
        let is_open =
            [Some(recorded.seq), end].iter().flatten().all(|place| !closed(timeline, *place).contains_key(category));
        is_open && (taken == Some(true) || grants.filter_map(allowed).next_back() == Some(true))
    }

    /// Whether the network was off at any time after the start.
    fn is_offline(&self) -> bool {
        let online =
            |command: &CommandRecord| command.call.arguments.get("online").and_then(Value::as_bool).unwrap_or(true);
        let (before, after): (Vec<&CommandRecord>, Vec<&CommandRecord>) = self
            .commands
            .iter()
            .filter(|command| command.call.name == SdkCommandName::Network)
            .partition(|command| command.seq < self.launch.seq);
        before.last().is_some_and(|command| !online(command)) || after.iter().any(|command| !online(command))
    }

    /// Whether the app had stopped all syncs at this place.
    fn is_stopped(&self, place: u64) -> bool {
        let switches = [SdkCommandName::StartSync, SdkCommandName::StopSync];
        let last = self.commands.iter().rfind(|command| command.seq <= place && switches.contains(&command.call.name));
        last.is_some_and(|command| command.call.name == SdkCommandName::StopSync)
    }

    fn finding(&self, timeline: &InstallTimeline<'_>, what: &str, asked: &[&CommandRecord]) -> Finding {
        let asked = asked.iter().map(|command| command.seq);
        let proof = [self.killed.seq, self.launch.seq].into_iter().chain(asked);
        Finding::new(format!("the SDK of {} {what}", timeline.install), proof)
    }
}

/// Whether the vendor refused a request because it knows no such session. Any other answer may keep an install from
/// going on.
fn is_of_nobody(exchange: &Exchange) -> bool {
    let nobody = |reply| matches!(reply, ReplyName::SessionUnknown | ReplyName::SessionMissing);
    !is_creation(exchange) && exchange.delivered().is_some_and(|(_, answer)| answer.reply.is_some_and(nobody))
}

/// The app's user on the install at this place, as far as the commands show. A user counts until a release has
/// succeeded.
fn holder<'l>(timeline: &InstallTimeline<'l>, place: u64) -> Option<&'l str> {
    let since = timeline.freed(place);
    let creation =
        timeline.calls(CommandName::CreateUser).rfind(|one| one.opened < place && one.heard_done().is_some())?;
    timeline.command_for(creation)?.call.user.as_deref().filter(|_| creation.opened > since)
}

fn is_creation(exchange: &Exchange) -> bool {
    exchange.command() == Some(CommandName::CreateUser)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protocol::ReplyName;
    use crate::rules::testing::{Story, answered, create, no_occasion, refused, same_occasion, signed_in, submit};

    /// An install that is killed while its user is created, and started again.
    fn restarted() -> Story {
        let mut story = Story::of(&["sdk", "sdk:record"]);
        story.told("phone", SdkCommandName::Grant, json!({"permissions": {"location": true}}));
        let command = story.call_of("phone", SdkCommandName::CreateUser, json!({}), Some("alice"));
        story.send(create("phone", "credential#1"));
        story.told("phone", SdkCommandName::Kill, json!({}));
        story.returned(command, false);
        story.told("phone", SdkCommandName::Launch, json!({}));
        story
    }

    fn asks(story: &mut Story, success: bool) {
        let command = story.call_of("phone", SdkCommandName::CreateUser, json!({}), Some("alice"));
        story.returned(command, success);
    }

    fn submits(story: &mut Story) {
        story.told("phone", SdkCommandName::Record, json!({"id": "i-1", "category": "location"}));
        let command = story.call_of("phone", SdkCommandName::SyncNow, json!({}), None);
        story.returned(command, false);
    }

    #[test]
    fn an_install_that_signs_in_anew_holds_and_the_same_one_that_does_not_is_found() {
        let mut right = restarted();
        let command = right.call_of("phone", SdkCommandName::CreateUser, json!({}), Some("alice"));
        right.call(create("phone", "credential#2"), signed_in("5a18", "session#2"));
        right.returned(command, true);
        submits(&mut right);
        let mut wrong = restarted();
        asks(&mut wrong, false);
        submits(&mut wrong);
        same_occasion(&RULE, &right, &wrong);
    }

    #[test]
    fn an_install_that_goes_on_unasked_shows_nothing() {
        let mut story = restarted();
        let kept = answered(ReplyName::BatchAccepted, json!({}));
        story.call(submit("phone", "session#1", "b-1", &["i-1"]), kept);
        submits(&mut story);
        no_occasion(&RULE, &story);
    }

    #[test]
    fn an_install_that_is_signed_in_still_holds() {
        let mut story = restarted();
        asks(&mut story, false);
        submits(&mut story);
        let kept = answered(ReplyName::BatchAccepted, json!({}));
        story.call(submit("phone", "session#1", "b-1", &["i-1"]), kept);
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn an_install_that_does_neither_is_found_whatever_it_says() {
        for success in [true, false] {
            let mut story = restarted();
            asks(&mut story, success);
            submits(&mut story);
            let message = "the SDK of phone was neither signed in nor ready to be, after its process had been killed and \
                           started again";
            assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![5, 8, 10, 14])]);
        }
    }

    #[test]
    fn a_session_that_the_vendor_does_not_know_signs_nobody_in() {
        let mut story = restarted();
        asks(&mut story, false);
        submits(&mut story);
        story.call(submit("phone", "session#1", "b-1", &["i-1"]), refused(ReplyName::SessionUnknown));
        assert_eq!(story.findings(&RULE).len(), 1);
    }

    #[test]
    fn a_start_that_fails_is_found() {
        let mut story = restarted();
        story.told("phone", SdkCommandName::Kill, json!({}));
        let command = story.call_of("phone", SdkCommandName::Launch, json!({}), None);
        story.returned(command, false);
        let message = "the SDK of phone could not be started after its process had been killed";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![10, 12])]);
    }

    #[test]
    fn what_the_vendor_turns_away_and_what_nobody_asked_for_is_not_judged() {
        let mut refusal = restarted();
        refusal.call(create("phone", "credential#2"), refused(ReplyName::CredentialExpired));
        submits(&mut refusal);
        assert_eq!(refusal.passed(&RULE), 0);
        let mut idle = restarted();
        submits(&mut idle);
        assert_eq!(idle.passed(&RULE), 0);
        let mut offline = restarted();
        offline.told("phone", SdkCommandName::Network, json!({"online": false}));
        asks(&mut offline, false);
        submits(&mut offline);
        assert_eq!(offline.passed(&RULE), 0);
        let mut denied = restarted();
        denied.told("phone", SdkCommandName::Grant, json!({"permissions": {"location": false}}));
        asks(&mut denied, false);
        submits(&mut denied);
        assert_eq!(denied.passed(&RULE), 0);
        let mut denied_later = restarted();
        asks(&mut denied_later, false);
        submits(&mut denied_later);
        denied_later.told("phone", SdkCommandName::Grant, json!({"permissions": {"location": false}}));
        assert_eq!(denied_later.passed(&RULE), 0);
        let mut stopped = restarted();
        stopped.told("phone", SdkCommandName::StopSync, json!({}));
        asks(&mut stopped, false);
        submits(&mut stopped);
        assert_eq!(stopped.passed(&RULE), 0);
    }

    #[test]
    fn a_credential_that_had_been_sent_may_be_refused_without_a_call() {
        for (credential, found) in [("credential#1", 0), ("credential#2", 1)] {
            let mut story = restarted();
            let command =
                story.call_of("phone", SdkCommandName::CreateUser, json!({"credential": credential}), Some("alice"));
            story.returned(command, false);
            submits(&mut story);
            assert_eq!(story.findings(&RULE).len(), found);
        }
    }

    #[test]
    fn an_sdk_that_waits_for_a_vendor_in_trouble_is_not_judged() {
        let mut story = Story::of(&["sdk", "sdk:record"]);
        story.call(submit("phone", "session#1", "b-1", &["i-1"]), refused(ReplyName::Unavailable));
        story.told("phone", SdkCommandName::Kill, json!({}));
        story.told("phone", SdkCommandName::Launch, json!({}));
        asks(&mut story, false);
        submits(&mut story);
        assert_eq!(story.passed(&RULE), 0);
    }

    #[test]
    fn what_comes_after_a_reset_is_judged_no_more() {
        let mut story = restarted();
        story.told("phone", SdkCommandName::Reset, json!({}));
        asks(&mut story, false);
        submits(&mut story);
        assert_eq!(story.passed(&RULE), 0);
    }

    #[test]
    fn an_install_whose_new_user_the_vendor_refused_is_ready_to_be_signed_in() {
        let mut story = restarted();
        let command = story.call_of("phone", SdkCommandName::CreateUser, json!({}), Some("alice"));
        story.call(create("phone", "credential#2"), refused(ReplyName::CredentialExpired));
        story.returned(command, false);
        submits(&mut story);
        assert_eq!(story.passed(&RULE), 0);
    }
}
