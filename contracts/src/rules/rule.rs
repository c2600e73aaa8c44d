//! The definition of a rule, and the macro that turns its doc comment into its page.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Joined;

use crate::history::{ContractRef, Event, Header, Subject};
use crate::protocol::{CommandName, Millis};

/// The capability of a client backend whose clock Standin moves. An SDK whose clock Standin moves has `advance`.
pub const VIRTUAL: &str = "clock:virtual";
/// The number of requests at one instant, or for one request of an app, above which nobody's work is done.
pub const FLOOD: usize = 500;
/// The capability of a client backend whose credentials only its app can read from an answer.
pub const OPAQUE: &str = "credential:opaque";
/// The longest time that a client backend or an SDK may wait for its vendor, unless it declares another.
pub const VENDOR_TIMEOUT: Millis = Millis::from_secs(30);

/// A named property of histories.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// `family/offence`, as in a list of allowed rules.
    pub name: &'static str,
    /// The property that the rule requires, in one sentence: the first line of its page.
    pub statement: &'static str,
    /// The doc comment as the compiler has it, with a blank before each line.
    pub(crate) doc: &'static str,
    /// The rule applies to vendors with at least one of these commands. If empty, it applies to every vendor.
    pub needs: &'static [CommandName],
    /// The subjects that can break the rule.
    pub subjects: &'static [Subject],
    /// The events without which a history can't exercise the rule, as a noun.
    pub precondition: &'static str,
    /// Whether exercising the rule may take minutes of real time, if Standin doesn't control the subject's clock.
    pub slow: bool,
    /// Whether its findings rest on the wire alone: on what messages hold, whatever commands came when. Then seeing one
    /// once is enough.
    pub on_wire: bool,
    /// The capabilities without which the rule sees less, each with what it doesn't see then, such as `after a
    /// restart`.
    pub blind_without: &'static [(&'static str, &'static str)],
    /// Creates the monitor that judges one history.
    pub monitor: fn(&Context<'_>) -> Box<dyn Monitor>,
}

impl Rule {
    /// The rule's page in Markdown: its statement, then the reasons and details.
    pub fn page(&self) -> String {
        self.doc.lines().map(|line| line.strip_prefix(' ').unwrap_or(line).to_owned() + "\n").collect()
    }
}

/// Watches one history for one rule.
pub trait Monitor: Send {
    /// Processes the next event. A rule that judges only by the joined state ignores it.
    fn observe(&mut self, _: &Event) {}

    /// Whether [`Monitor::look`] has to be called before [`Monitor::found`].
    fn is_due(&self) -> bool {
        false
    }

    /// Updates the findings from the state so far.
    fn look(&mut self, _: &Joined<'_>) {}

    /// The findings so far, from a rule that judges during the history. A reported finding stays. `None` from a rule
    /// that judges only at the end.
    fn found(&self) -> Option<&[Finding]> {
        None
    }

    /// Returns all that was found, at the end of the history.
    fn finish(self: Box<Self>, joined: &Joined<'_>) -> Evidence;
}

/// The result of one rule on one history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The number of times the rule was exercised.
    pub exercised: u64,
    /// The places where the rule was broken.
    pub findings: Vec<Finding>,
    /// The reason why this subject can't exercise the rule, if there is one.
    pub not_testable: Option<String>,
    /// Why the rule was not exercised, though the subject did what it takes.
    pub undecided: Option<String>,
    /// What the rule could not see here, although it was exercised: short texts, such as `after a restart`.
    pub not_seen: Vec<String>,
}

/// A place in a history where a rule is broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// What happened, in one sentence that names the actors.
    pub message: String,
    /// The numbers of the events that prove it, in ascending order.
    pub events: Vec<u64>,
    /// The scenario in which it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
}

impl Finding {
    /// A finding that these events prove. They may be given in any order. The judge fills in the scenario.
    pub fn new(message: impl Into<String>, events: impl IntoIterator<Item = u64>) -> Self {
        let mut events: Vec<_> = events.into_iter().collect();
        events.sort_unstable();
        events.dedup();
        Self { message: message.into(), events, scenario: None }
    }
}

/// The facts that a monitor may know before the first event.
#[derive(Debug, Clone, Copy)]
pub struct Context<'h> {
    /// The labels of the users whose logins the harness used. Empty if the harness drove no app.
    pub users: &'h [String],
    /// The subject's capabilities beyond the minimum.
    pub capabilities: &'h [String],
    /// The subjects under test, among those that the rule is about.
    pub subjects: &'h [Subject],
    /// The contract that was served. `None` if there was none, or more than one.
    pub contract: Option<&'h ContractRef>,
}

impl<'h> Context<'h> {
    /// The context that a history's header gives.
    pub fn of(header: &'h Header) -> Self {
        let contract = if let [only] = &header.contracts[..] { Some(only) } else { None };
        Self { users: &header.users, capabilities: &header.capabilities, subjects: header.subjects(), contract }
    }

    /// The reason why a rule about commands to an SDK can't be tested, if there is one. No commands were given, or
    /// the adapter lacks one of these capabilities.
    pub fn lacks_commands(&self, needed: &[&str]) -> Option<String> {
        if let Some(why) = self.lacks_sight() {
            return Some(why);
        }
        if !self.is_driven() {
            return Some("no SDK was driven, so what it was told was not seen".to_owned());
        }
        let missing = needed.iter().find(|name| !self.has(&format!("sdk:{name}")))?;
        Some(format!("the adapter does not have the capability `{missing}`"))
    }

    /// The reason why a rule about the exact times of commands can't be tested, if there is one. The calls of an app
    /// to its SDK are known only afterwards.
    pub fn lacks_sight(&self) -> Option<String> {
        self.has("app").then(|| "an app was driven, and when it calls its SDK is not seen to the moment".to_owned())
    }

    /// The reason why a rule about apps can't be tested, if there is one. No app was driven, or the adapter lacks one
    /// of these capabilities.
    pub fn lacks_driven_app(&self, needed: &[&str]) -> Option<String> {
        if !self.has("app") {
            return Some("no app was driven, so what it does with its SDK was not seen".to_owned());
        }
        let missing = needed.iter().find(|name| !self.has(&format!("app:{name}")))?;
        Some(format!("the adapter does not have the capability `{missing}`"))
    }

    /// Whether an SDK was given commands, so that the history shows what its app wanted.
    pub fn is_driven(&self) -> bool {
        self.capabilities.iter().any(|name| name.starts_with("sdk"))
    }

    /// The reason why a rule about the app's leg can't be tested, if there is one.
    pub fn lacks_app(&self) -> Option<String> {
        self.users
            .is_empty()
            .then(|| "no app was driven, so what the client backend does for one was not seen".to_owned())
    }

    /// The reason why a rule about this app call can't be tested, if there is one. A header that lists no calls is not a
    /// reason.
    pub fn lacks_call(&self, call: &str) -> Option<String> {
        let missing = self.lists_calls() && !self.capabilities.contains(&format!("call:{call}"));
        self.lacks_app().or_else(|| missing.then(|| format!("the configuration gives no [calls.{call}]")))
    }

    /// The reason why a rule about what the app gets can't be tested, if there is one.
    pub fn lacks_outcome(&self) -> Option<String> {
        let opaque = || "the configuration says that only the app can read its credential".to_owned();
        self.lacks_call("credential").or_else(|| self.has(OPAQUE).then(opaque))
    }

    /// The reason why a rule about webhooks can't be tested, if there is one. A header that lists no calls is not a
    /// reason.
    pub fn lacks_webhook(&self) -> Option<String> {
        let missing = self.lists_calls() && !self.has("webhook");
        missing.then(|| "the configuration gives no [webhook]".to_owned())
    }

    /// The reason why a rule about the effect of webhooks can't be tested, if there is one.
    pub fn lacks_probe(&self) -> Option<String> {
        let missing = self.has("webhook") && !self.has("webhook:probe");
        let blind = missing.then(|| "the configuration gives no [webhook.probe] that would show an effect".to_owned());
        self.lacks_app().or_else(|| self.lacks_webhook()).or(blind)
    }

    /// The reason why a rule about state that survives a restart can't be tested, if there is one. A header
    /// that lists no calls is not a reason.
    pub fn lacks_restart(&self) -> Option<String> {
        let missing = self.lists_calls() && !self.has("restart");
        missing.then(|| "the subject was running already: it can't be restarted".to_owned())
    }

    /// Whether a subject under test is known to lack a capability, by its name in a header, such as `sdk:advance`.
    pub(super) fn is_without(&self, capability: &str) -> bool {
        let tells = match capability.split_once(':') {
            Some(("sdk", _)) => self.is_driven(),
            Some(("app", _)) => self.has("app"),
            _ => self.lists_calls(),
        };
        tells && !self.has(capability)
    }

    fn has(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|name| name == capability)
    }

    /// A root fact of the contract that was served. `None` if the history does not contain it.
    pub fn fact<T: FromStr>(&self, name: &str) -> Option<T> {
        self.contract?.facts.get(name)?.parse().ok()
    }

    /// Whether Standin moves the clock of the subject that the rule is about. The client backend's, if the rule is
    /// about several.
    pub fn is_virtual(&self) -> bool {
        self.has(VIRTUAL) || !self.subjects.contains(&Subject::ClientBackend) && self.has_advanced_sdk()
    }

    /// Whether Standin moves the SDK's own clock.
    pub fn has_advanced_sdk(&self) -> bool {
        self.has("sdk:advance") || self.has("app:advance")
    }

    /// The reason why a rule that takes more than a few seconds of the subject's time can't be tested, if there is
    /// one.
    pub fn lacks_time(&self) -> Option<String> {
        let has_time = self.is_virtual() || self.capabilities.iter().any(|name| name == "slow");
        (!has_time).then(|| "it takes longer than five seconds of real time: run with `--slow`".to_owned())
    }

    /// The longest time that the subject waits for its vendor, as it declares.
    pub fn vendor_timeout(&self) -> Millis {
        self.declared("vendor_timeout:")
    }

    /// The longest time that the SDK waits for its vendor, as it declares.
    pub fn sdk_timeout(&self) -> Millis {
        self.declared("sdk_timeout:")
    }

    fn declared(&self, timeout: &str) -> Millis {
        let told = self.capabilities.iter().find_map(|name| name.strip_prefix(timeout)?.parse().ok());
        told.unwrap_or(VENDOR_TIMEOUT)
    }

    /// The reason why a rule about personal values can't be tested, if there is one. `None` if the header lists users
    /// and no calls.
    pub fn lacks_personal(&self) -> Option<String> {
        let whose = match (self.users.is_empty(), self.lists_calls()) {
            (true, _) => "nobody told anything personal of any user",
            (false, true) => "the configuration tells nothing personal of its users",
            (false, false) => return None,
        };
        (!self.has("personal")).then(|| format!("{whose}, so it would not be recognised"))
    }

    fn lists_calls(&self) -> bool {
        self.capabilities.iter().any(|name| name.starts_with("call:"))
    }

    /// The reason why a rule about several users can't be tested, if there is one.
    pub fn lacks_second_user(&self) -> Option<String> {
        let single = self.users.len() == 1;
        self.lacks_app()
            .or_else(|| single.then(|| "the configuration gives one user only, and this takes two".to_owned()))
    }
}

/// Defines a file's `RULE`. Its doc comment is the page, and the first line of the page is the statement.
macro_rules! rule {
    (@slow) => { false };
    (@slow $slow:literal) => { $slow };
    (@wire) => { false };
    (@wire $wire:literal) => { $wire };
    (@blind) => { &[] };
    (@blind $(($capability:literal, $unseen:literal)),+) => { &[$(($capability, $unseen)),+] };
    (@subjects) => { &[$crate::history::Subject::ClientBackend] };
    (@subjects $($subject:ident),+) => { &[$($crate::history::Subject::$subject),+] };
    (
        #[doc = $statement:literal]
        $(#[doc = $page:literal])*
        {
            name: $name:literal,
            $(subjects: [$($subject:ident),+],)?
            needs: [$($command:ident),*],
            precondition: $precondition:literal,
            $(slow: $slow:literal,)?
            $(on_wire: $wire:literal,)?
            $(blind_without: [$($blind:tt),+ $(,)?],)?
            monitor: $monitor:expr $(,)?
        }
    ) => {
        #[doc = $statement]
        $(#[doc = $page])*
        pub(crate) const RULE: $crate::rules::Rule = $crate::rules::Rule {
            name: $name,
            statement: $statement.trim_ascii(),
            doc: concat!($statement, "\n" $(, $page, "\n")*),
            needs: &[$($crate::protocol::CommandName::$command),*],
            subjects: rule!(@subjects $($($subject),+)?),
            precondition: $precondition,
            slow: rule!(@slow $($slow)?),
            on_wire: rule!(@wire $($wire)?),
            blind_without: rule!(@blind $($($blind),+)?),
            monitor: $monitor,
        };
    };
}
