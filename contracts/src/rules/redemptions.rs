//! What an SDK did with a credential once its redemption had an answer that leaves nothing to try.

use std::collections::BTreeSet;

use super::timelines::{InstallTimeline, carried};
use super::tracker::Exchange;
use super::{Evidence, Finding, Joined, Monitor};
use crate::history::{Event, Leg, Response, What};
use crate::protocol::{CommandName, ReplyName, SdkCommandName};

/// A redemption with a definitive answer.
pub(crate) struct Redemption<'l> {
    pub(crate) credential: &'l str,
    pub(crate) create: &'l Exchange,
    /// The answer's place in the history.
    pub(crate) heard: u64,
    pub(crate) answer: &'l Response,
    /// The first later request that carried the credential, though the app had not handed it over anew.
    pub(crate) again: Option<&'l Exchange>,
}

impl Redemption<'_> {
    /// True if the answer was that this credential is good no more: another one is needed.
    pub(crate) fn is_stale(&self) -> bool {
        use ReplyName as R;
        matches!(self.answer.reply, Some(R::CredentialExpired | R::CredentialSpent | R::CredentialUnknown))
    }
}

/// The redemptions of an install, in the order they began.
pub(crate) fn redemptions<'l>(timeline: &InstallTimeline<'l>) -> Vec<Redemption<'l>> {
    let mut found = Vec::new();
    for create in timeline.calls(CommandName::CreateUser) {
        let Some((heard, answer)) = create.definitive().and(create.delivered()) else { continue };
        let Some(credential) = carried(create, "credential").next() else { continue };
        if may_be_unread(timeline, create, heard) {
            continue;
        }
        let again = timeline.spoke.iter().copied().find(|later| {
            let is_again = later.opened > heard && carried(later, "credential").any(|label| label == credential);
            is_again && !is_handed_over(timeline, credential, heard, later.opened)
        });
        found.push(Redemption { credential, create, heard, answer, again });
    }
    found
}

/// True if the process was killed before the app heard of the answer: nobody knows whether the SDK had read it.
fn may_be_unread(timeline: &InstallTimeline<'_>, create: &Exchange, heard: u64) -> bool {
    let command = timeline.commands(&[SdkCommandName::CreateUser]).rfind(|told| told.is_open_at(create.opened));
    let told = command.and_then(|command| command.returned.as_ref()).map_or(u64::MAX, |(seq, _)| *seq);
    command.is_some() && timeline.was_told(&[SdkCommandName::Kill], heard, told)
}

fn is_handed_over(timeline: &InstallTimeline<'_>, credential: &str, after: u64, before: u64) -> bool {
    let mut commands = timeline.commands(&[SdkCommandName::CreateUser]);
    commands.any(|told| after < told.seq && told.seq < before && told.text("credential") == Some(credential))
}

/// A monitor that leaves the judging of each install's redemptions to `judge`, and has it look once a credential has come again:
/// what is found by then stays.
pub(crate) fn each_redeemer(
    not_testable: Option<String>,
    judge: fn(&InstallTimeline<'_>, &mut Evidence),
) -> Box<dyn Monitor> {
    Box::new(Redeemers { not_testable, judge, sent: BTreeSet::new(), is_due: false, found: Vec::new() })
}

struct Redeemers {
    /// Why nothing can be said, if that is so.
    not_testable: Option<String>,
    judge: fn(&InstallTimeline<'_>, &mut Evidence),
    /// The credentials that SDKs have sent.
    sent: BTreeSet<String>,
    /// True if one has come again since it was looked at last.
    is_due: bool,
    found: Vec<Finding>,
}

impl Redeemers {
    fn judged(&self, joined: &Joined<'_>) -> Evidence {
        let mut evidence = Evidence { not_testable: self.not_testable.clone(), ..Evidence::default() };
        if evidence.not_testable.is_some() {
            return evidence;
        }
        joined.timelines().iter().for_each(|timeline| (self.judge)(timeline, &mut evidence));
        evidence
    }

    /// True if a credential comes that has come before.
    fn comes_again(&mut self, event: &Event) -> bool {
        let What::Request(request) = &event.event else { return false };
        let is_credential = |label: &&str| request.leg == Leg::SdkToVendor && label.starts_with("credential#");
        let labels = request.placeholders.iter().map(|placeholder| placeholder.label.as_str()).filter(is_credential);
        // Each is noted, also behind one that has come before.
        let known = labels.filter(|label| !self.sent.insert((*label).to_owned())).count();
        known > 0
    }
}

impl Monitor for Redeemers {
    fn observe(&mut self, event: &Event) {
        self.is_due |= self.comes_again(event);
    }

    fn is_due(&self) -> bool {
        self.is_due
    }

    fn look(&mut self, joined: &Joined<'_>) {
        self.is_due = false;
        let new = self.judged(joined).findings.into_iter().filter(|finding| !self.found.contains(finding));
        let new: Vec<Finding> = new.collect();
        self.found.extend(new);
    }

    fn found(&self) -> Option<&[Finding]> {
        Some(&self.found)
    }

    fn finish(self: Box<Self>, joined: &Joined<'_>) -> Evidence {
        self.judged(joined)
    }
}
