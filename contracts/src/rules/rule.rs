//! What a rule is, and the macro that makes its doc comment its page.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Joined;

use crate::history::{ContractRef, Event, Header, Subject};
use crate::protocol::{CommandName, Millis};

/// The capability of a client backend whose own clock Standin moves; that of an SDK's is to `advance`.
pub const VIRTUAL: &str = "clock:virtual";
/// How long a client backend or an SDK may wait for its vendor, unless it declares otherwise.
pub const VENDOR_TIMEOUT: Millis = Millis::from_secs(30);

/// A named property of histories.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// `family/offence`, as it reads after "allow".
    pub name: &'static str,
    /// What holds while the rule is kept: the first line of its page, one sentence.
    pub statement: &'static str,
    /// The doc comment as the compiler has it: each line with a blank before it.
    pub(crate) doc: &'static str,
    /// The commands of which a vendor must have one for the rule to say anything; none means every vendor.
    pub needs: &'static [CommandName],
    /// Who keeps or breaks it.
    pub subjects: &'static [Subject],
    /// What a history must hold for the rule to be exercised, as a noun.
    pub precondition: &'static str,
    /// True if a subject that Standin gives no clock may need minutes of real time to exercise it.
    pub slow: bool,
    /// Begins to judge a history.
    pub monitor: fn(&Context<'_>) -> Box<dyn Monitor>,
}

impl Rule {
    /// The rule's page in Markdown: its statement, then why and how.
    pub fn page(&self) -> String {
        self.doc.lines().map(|line| line.strip_prefix(' ').unwrap_or(line).to_owned() + "\n").collect()
    }
}

/// Watches one history for one rule.
pub trait Monitor: Send {
    /// Takes the next event. A rule that judges by what all rules share needs none.
    fn observe(&mut self, _: &Event) {}

    /// True if a rule that judges as it goes has to look at what is joined so far, to say what it found.
    fn is_due(&self) -> bool {
        false
    }

    /// Looks at it.
    fn look(&mut self, _: &Joined<'_>) {}

    /// What was found so far, by a rule that judges as it goes: what stands there stays. Nothing by a rule that judges only
    /// once the history ends.
    fn found(&self) -> Option<&[Finding]> {
        None
    }

    /// Says what was found, once the history ends.
    fn finish(self: Box<Self>, joined: &Joined<'_>) -> Evidence;
}

/// What one rule found in one history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// How often the rule was exercised.
    pub exercised: u64,
    /// Where it was broken.
    pub findings: Vec<Finding>,
    /// Why this subject can't exercise it, if it can't.
    pub not_testable: Option<String>,
}

/// One place in a history where a rule is broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// What happened here, in one sentence with the actors named.
    pub message: String,
    /// The numbers of the events that prove it, in order.
    pub events: Vec<u64>,
    /// The scenario in which it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
}

impl Finding {
    /// A finding that these events prove, in whatever order they are given. Its scenario is filled in by the judge.
    pub fn new(message: impl Into<String>, events: impl IntoIterator<Item = u64>) -> Self {
        let mut events: Vec<_> = events.into_iter().collect();
        events.sort_unstable();
        events.dedup();
        Self { message: message.into(), events, scenario: None }
    }
}

/// What a monitor may know before the first event.
#[derive(Debug, Clone, Copy)]
pub struct Context<'h> {
    /// The labels of the users whose logins the harness used; empty where no harness drove.
    pub users: &'h [String],
    /// What the subject can do beyond the least.
    pub capabilities: &'h [String],
    /// Who was under test, of those whom the rule is about.
    pub subjects: &'h [Subject],
    /// The contract that was served; nothing if there was none, or several.
    pub contract: Option<&'h ContractRef>,
}

impl<'h> Context<'h> {
    /// What a history's header tells.
    pub fn of(header: &'h Header) -> Self {
        let contract = if let [only] = &header.contracts[..] { Some(only) } else { None };
        Self { users: &header.users, capabilities: &header.capabilities, subjects: header.subjects(), contract }
    }

    /// Why a rule that rests on what an SDK was told can't be tested, if it can't: nobody gave it commands, or it does not take
    /// these, by the names of capabilities.
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

    /// Why a rule that rests on when an SDK was told something can't be tested, if it can't: what an app tells its SDK is known
    /// only afterwards.
    pub fn lacks_sight(&self) -> Option<String> {
        self.has("app").then(|| "an app was driven, and when it calls its SDK is not seen to the moment".to_owned())
    }

    /// Why a rule about apps can't be tested, if it can't: no app was driven, or it does not take these commands, or does not
    /// tell of these calls of its SDK, by the names of capabilities.
    pub fn lacks_driven_app(&self, needed: &[&str]) -> Option<String> {
        if !self.has("app") {
            return Some("no app was driven, so what it does with its SDK was not seen".to_owned());
        }
        let missing = needed.iter().find(|name| !self.has(&format!("app:{name}")))?;
        Some(format!("the adapter does not have the capability `{missing}`"))
    }

    /// True if an SDK was given commands, so that the history tells what its app wanted.
    pub fn is_driven(&self) -> bool {
        self.capabilities.iter().any(|name| name.starts_with("sdk"))
    }

    /// Why a rule that rests on the app's leg can't be tested, if it can't.
    pub fn lacks_app(&self) -> Option<String> {
        self.users
            .is_empty()
            .then(|| "no app was driven, so what the client backend does for one was not seen".to_owned())
    }

    /// Why a rule about this app call can't be tested, if it can't. A header that lists no calls leaves it open.
    pub fn lacks_call(&self, call: &str) -> Option<String> {
        let missing = self.lists_calls() && !self.capabilities.contains(&format!("call:{call}"));
        self.lacks_app().or_else(|| missing.then(|| format!("the configuration gives no [calls.{call}]")))
    }

    /// Why a rule about webhooks can't be tested, if it can't. A header that lists no calls leaves it open.
    pub fn lacks_webhook(&self) -> Option<String> {
        let missing = self.lists_calls() && !self.has("webhook");
        missing.then(|| "the configuration gives no [webhook]".to_owned())
    }

    /// Why a rule about the effect of webhooks can't be tested, if it can't.
    pub fn lacks_probe(&self) -> Option<String> {
        let missing = self.has("webhook") && !self.has("webhook:probe");
        let blind = missing.then(|| "the configuration gives no [webhook.probe] that would show an effect".to_owned());
        self.lacks_app().or_else(|| self.lacks_webhook()).or(blind)
    }

    /// Why a rule about what outlives a restart can't be tested, if it can't. A header that lists no calls leaves it open.
    pub fn lacks_restart(&self) -> Option<String> {
        let missing = self.lists_calls() && !self.has("restart");
        missing.then(|| "the subject was running already: it can't be restarted".to_owned())
    }

    fn has(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|name| name == capability)
    }

    /// A root fact as it was in force; nothing if the history doesn't tell it.
    pub fn fact<T: FromStr>(&self, name: &str) -> Option<T> {
        self.contract?.facts.get(name)?.parse().ok()
    }

    /// True if Standin moves the own clock of the subject that the rule is about: of the client backend, if it is about several.
    pub fn is_virtual(&self) -> bool {
        self.has(VIRTUAL) || !self.subjects.contains(&Subject::ClientBackend) && self.has_advanced_sdk()
    }

    /// True if Standin moves the SDK's own clock.
    pub fn has_advanced_sdk(&self) -> bool {
        self.has("sdk:advance") || self.has("app:advance")
    }

    /// Why a rule that takes more than a few seconds of the subject's time can't be tested, if it can't.
    pub fn lacks_time(&self) -> Option<String> {
        let has_time = self.is_virtual() || self.capabilities.iter().any(|name| name == "slow");
        (!has_time).then(|| "it takes longer than five seconds of real time: run with `--slow`".to_owned())
    }

    /// How long the subject says that it waits for its vendor at most.
    pub fn vendor_timeout(&self) -> Millis {
        self.declared("vendor_timeout:")
    }

    /// The same of an SDK.
    pub fn sdk_timeout(&self) -> Millis {
        self.declared("sdk_timeout:")
    }

    fn declared(&self, timeout: &str) -> Millis {
        let told = self.capabilities.iter().find_map(|name| name.strip_prefix(timeout)?.parse().ok());
        told.unwrap_or(VENDOR_TIMEOUT)
    }

    /// Why a rule about personal values can't be tested, if it can't. A header that lists users and no calls leaves it open.
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

    /// Why a rule about several users can't be tested, if it can't.
    pub fn lacks_second_user(&self) -> Option<String> {
        let single = self.users.len() == 1;
        self.lacks_app()
            .or_else(|| single.then(|| "the configuration gives one user only, and this takes two".to_owned()))
    }
}

/// Defines a file's `RULE`; its doc comment is the page, and the page's first line the statement.
macro_rules! rule {
    (@slow) => { false };
    (@slow $slow:literal) => { $slow };
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
            monitor: $monitor,
        };
    };
}
