//! The SDK's use of a credential after its redemption had a definitive answer.

use std::collections::BTreeSet;

use super::orders::in_every_order;
use super::timelines::{InstallTimeline, carried};
use super::tracker::Exchange;
use super::{Evidence, Finding, Joined, Monitor};
use crate::history::{Event, Leg, Response, What};
use crate::protocol::{CommandName, ReplyName, SdkCommandName};

/// A redemption whose answer is definitive.
pub(crate) struct Redemption<'l> {
    pub(crate) credential: &'l str,
    pub(crate) create: &'l Exchange,
    /// The answer's place in the history.
    pub(crate) heard: u64,
    pub(crate) answer: &'l Response,
    /// The first later request with the credential, unless the app handed it over anew.
    pub(crate) again: Option<&'l Exchange>,
}

impl Redemption<'_> {
    /// Whether the answer says that the credential can't be used any more, so another one is needed.
    pub(crate) fn is_stale(&self) -> bool {
        use ReplyName as R;
        matches!(self.answer.reply, Some(R::CredentialExpired | R::CredentialSpent | R::CredentialUnknown))
    }
}

/// The redemptions of an install, in the order in which they began.
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

/// Whether the process was killed before the app heard of the answer. The SDK may then not have read it.
fn may_be_unread(timeline: &InstallTimeline<'_>, create: &Exchange, heard: u64) -> bool {
    let command = timeline.commands(&[SdkCommandName::CreateUser]).rfind(|command| command.is_open_at(create.opened));
    let returned = command.and_then(|command| command.returned.as_ref()).map_or(u64::MAX, |(seq, _)| *seq);
    command.is_some() && timeline.was_told(&[SdkCommandName::Kill], heard, returned)
}

fn is_handed_over(timeline: &InstallTimeline<'_>, credential: &str, after: u64, before: u64) -> bool {
    let mut commands = timeline.commands(&[SdkCommandName::CreateUser]);
    commands
        .any(|command| after < command.seq && command.seq < before && command.text("credential") == Some(credential))
}

/// A monitor that passes each install to `judge` at the end, and also whenever a credential has come again. A finding
/// reported by then stays.
pub(crate) fn each_redeemer(
    not_testable: Option<String>,
    judge: fn(&InstallTimeline<'_>, &mut Evidence),
) -> Box<dyn Monitor> {
    Box::new(Redeemers { not_testable, judge, sent: BTreeSet::new(), is_due: false, found: Vec::new() })
}

struct Redeemers {
    /// The reason why the rule can't be tested, if there is one.
    not_testable: Option<String>,
    judge: fn(&InstallTimeline<'_>, &mut Evidence),
    /// The credentials that SDKs have sent.
    sent: BTreeSet<String>,
    /// Whether a credential has come again since the last look.
    is_due: bool,
    found: Vec<Finding>,
}

impl Redeemers {
    fn judged(&self, joined: &Joined<'_>) -> Evidence {
        if self.not_testable.is_some() {
            return Evidence { not_testable: self.not_testable.clone(), ..Evidence::default() };
        }
        in_every_order(joined, |joined| {
            let mut evidence = Evidence::default();
            joined.timelines().iter().for_each(|timeline| (self.judge)(timeline, &mut evidence));
            evidence
        })
    }

    /// Whether the event carries a credential that came before.
    fn comes_again(&mut self, event: &Event) -> bool {
        let What::Request(request) = &event.event else { return false };
        let is_credential = |label: &&str| request.leg == Leg::SdkToVendor && label.starts_with("credential#");
        let labels = request.placeholders.iter().map(|placeholder| placeholder.label.as_str()).filter(is_credential);
        // All labels are recorded, even after one that came before, so this counts instead of stopping early.
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
