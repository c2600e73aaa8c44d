//! Judges a history that was recorded before.
//!
//! The history's header names the contracts to judge it by. A rule that the history doesn't exercise is reported and
//! never makes the result fail: a recording promises no coverage.

use std::collections::BTreeSet;

use standin_contracts::contract::Contract;
use standin_contracts::history::{Event, Header, History, Leg, Share, Subject, What};
use standin_contracts::requirements::Requirements;

use crate::exercise;
use crate::judging::{Judging, Telling, is_browsers, is_call, of_browsers};
use crate::report::{AdminCalls, FactReport, ScenarioReport, VendorReport};
use crate::scenarios::SCENARIOS;
use crate::sdk;

/// A contract and the requirements for its vendor's clients.
pub struct Bound {
    /// The vendor's contract.
    pub contract: Contract,
    /// The requirements behind the rules.
    pub requirements: Requirements,
}

/// How recorded histories are judged.
pub struct Check {
    /// The known contracts. Of two for one vendor the first counts.
    pub bound: Vec<Bound>,
    /// The only rule to judge by; `None` for all.
    pub rule: Option<String>,
}

/// Why a history can't be judged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// Its header names no contract.
    #[error("its header names no contract: without one nobody knows which rules apply")]
    NoContract,
    /// Its header names a vendor twice.
    #[error("its header names the vendor `{0}` twice: nobody knows by which contract to judge")]
    SameVendor(String),
    /// Its header names a vendor without a known contract.
    #[error(
        "it is about the vendor `{name}`, and there is a contract for {} only: give its contract by `--contract FILE`",
        known.join(", ")
    )]
    UnknownVendor {
        /// The vendor's name.
        name: String,
        /// The vendors with a known contract.
        known: Vec<String>,
    },
}

impl Check {
    /// Judges a history, and returns a report for each vendor that was called. `name` is the history's name in the
    /// report, and `command` judges it again.
    ///
    /// # Errors
    /// If there is no contract to judge it by.
    pub fn judge(&self, name: &str, command: &str, history: &History) -> Result<Vec<VendorReport>, CheckError> {
        let header = &history.header;
        let missing = missing(&history.events);
        let events: Vec<&Event> = missing.iter().chain(&history.events).collect();
        let vendors: Vec<&str> = header.contracts.iter().map(|contract| contract.vendor.as_str()).collect();
        self.know(&vendors)?;
        let mut notices = Vec::from_iter(history.cut.then(|| cut(&history.events)));
        notices.extend(of_browsers(events.iter().filter(|event| is_browsers(event)).count() as u64));
        match vendors[..] {
            [] => Err(CheckError::NoContract),
            // With one vendor every event is its own.
            [vendor] => Ok(vec![self.part(vendor, name, command, header, &events, notices)?]),
            _ => {
                let shares = shares(&vendors, &events);
                notices.extend(left_out(&shares, &events));
                let of = |(vendor, share): &(&str, Vec<&Event>)| {
                    self.part(vendor, name, command, &header.share(vendor), share, notices.clone())
                };
                // A vendor that was never called is judged only if none was: to show what its rules would need.
                let called = shares.iter().any(|(_, share)| is_called(share));
                shares.iter().filter(|(_, share)| !called || is_called(share)).map(of).collect()
            }
        }
    }

    /// Refuses vendors without a known contract.
    fn know(&self, vendors: &[&str]) -> Result<(), CheckError> {
        for (place, vendor) in vendors.iter().enumerate() {
            self.bound_of(vendor)?;
            if vendors[..place].contains(vendor) {
                return Err(CheckError::SameVendor((*vendor).to_owned()));
            }
        }
        Ok(())
    }

    fn bound_of(&self, vendor: &str) -> Result<&Bound, CheckError> {
        let known = || self.bound.iter().map(|bound| bound.contract.vendor.clone()).collect();
        let bound = self.bound.iter().find(|bound| bound.contract.vendor == vendor);
        bound.ok_or_else(|| CheckError::UnknownVendor { name: vendor.to_owned(), known: known() })
    }

    fn part(
        &self,
        vendor: &str,
        name: &str,
        command: &str,
        of_history: &Header,
        events: &[&Event],
        mut notices: Vec<String>,
    ) -> Result<VendorReport, CheckError> {
        let Bound { contract, requirements } = self.bound_of(vendor)?;
        let judging = Judging { contract, requirements, rule: self.rule.as_deref() };
        let header = &with_speakers(of_history, events);
        let judge = |events: &[&Event]| judging.judgements(header, events.iter().copied());
        let telling = Telling {
            subject: name,
            promised: false,
            excuse: &|_, _| None,
            replay: &|rule, _| format!("{command} --rule {rule}"),
        };
        notices.extend(other_contract(contract, header));
        // Only a run has subjects, and all that came to its mock was theirs.
        let is_of_run = !of_history.subjects.is_empty();
        let admin_calls = AdminCalls::of(events.iter().copied().filter(|_| is_of_run));
        Ok(VendorReport {
            admin_calls,
            scenarios: scenarios(events),
            changed: changed(contract, header),
            notices,
            ..judging.report(&telling, judge(events), exercise::scenarios(events, judge), events)
        })
    }
}

/// An event that says how many events are missing at the beginning; `None` if none are.
fn missing(events: &[Event]) -> Option<Event> {
    let first = events.first().filter(|first| first.seq > 1 && !matches!(first.event, What::Dropped { .. }))?;
    let seq = first.seq - 1;
    Some(Event { seq, at: first.at, mono_us: first.mono_us, event: What::Dropped { events: seq } })
}

/// The header with its subjects. If it names none, they are the clients that called the vendor.
fn with_speakers(header: &Header, events: &[&Event]) -> Header {
    if !header.subjects.is_empty() {
        return header.clone();
    }
    let spoke = |leg: Leg| events.iter().any(|event| matches!(&event.event, What::Request(one) if one.leg == leg));
    let speakers = [(Leg::BackendToVendor, Subject::ClientBackend), (Leg::SdkToVendor, Subject::Sdk)];
    let subjects = speakers.into_iter().filter(|(leg, _)| spoke(*leg)).map(|(_, subject)| subject).collect();
    Header { subjects, ..header.clone() }
}

fn cut(events: &[Event]) -> String {
    let last = events.last().map_or("its header".to_owned(), |event| format!("event {}", event.seq));
    format!("the history is cut: its last line is not whole, and what came after {last} was not judged")
}

/// Each vendor's events, in the header's order.
fn shares<'v, 'e>(vendors: &[&'v str], events: &[&'e Event]) -> Vec<(&'v str, Vec<&'e Event>)> {
    let share = |vendor: &&'v str| {
        let mut share = Share::of(vendor);
        (*vendor, events.iter().filter(|event| share.takes(event)).copied().collect())
    };
    vendors.iter().map(share).collect()
}

fn is_called(events: &[&Event]) -> bool {
    events.iter().any(|event| is_call(event))
}

/// Notices about what was not judged in a history of several vendors.
fn left_out(shares: &[(&str, Vec<&Event>)], events: &[&Event]) -> Vec<String> {
    let uncalled: Vec<&str> = shares.iter().filter(|(_, share)| !is_called(share)).map(|(vendor, _)| *vendor).collect();
    let taken: BTreeSet<u64> = shares.iter().flat_map(|(_, share)| share).map(|event| event.seq).collect();
    let is_nobodys =
        |event: &&&Event| matches!(event.event, What::Request(_)) && !taken.contains(&event.seq) && !is_browsers(event);
    let nobodys = events.iter().filter(is_nobodys).count();
    let uncalled = (!uncalled.is_empty()).then(|| format!("nobody called {}", uncalled.join(", ")));
    let nobodys = (nobodys > 0).then(|| format!("requests that named no vendor, and so were not judged: {nobodys}"));
    uncalled.into_iter().chain(nobodys).collect()
}

/// A notice if the history was recorded with another contract than the known one.
fn other_contract(contract: &Contract, header: &Header) -> Option<String> {
    let made = header.contracts.iter().find(|made| made.vendor == contract.vendor)?;
    let short = |digest: &str| digest.chars().take(12).collect::<String>();
    (made.digest != contract.digest).then(|| {
        format!(
            "recorded with another contract of {} ({}) than the one here ({}): what was malformed is told as it was \
             recorded, and which rules apply as they do here",
            contract.vendor,
            short(&made.digest),
            short(&contract.digest)
        )
    })
}

/// The root facts whose values differed from the contract's.
fn changed(contract: &Contract, header: &Header) -> Vec<FactReport> {
    let Some(made) = header.contracts.iter().find(|made| made.vendor == contract.vendor) else { return Vec::new() };
    let report = |(name, contract, _): (&str, String, _)| {
        let run = made.facts.get(name).filter(|run| **run != contract)?.clone();
        Some(FactReport { name: name.to_owned(), contract, run })
    };
    contract.facts.list().filter_map(report).collect()
}

/// The scenarios in the history.
fn scenarios(events: &[&Event]) -> Vec<ScenarioReport> {
    let scenario = |event: &&Event| match &event.event {
        What::Scenario { name } => {
            let of_sdks = sdk::SCENARIOS.iter().map(|scenario| (scenario.name, scenario.summary));
            let known = SCENARIOS.iter().map(|scenario| (scenario.name, scenario.summary)).chain(of_sdks);
            let summary = known.into_iter().find(|(known, _)| known == name).map(|(_, summary)| summary.to_owned());
            let summary = summary.unwrap_or_default();
            Some(ScenarioReport { name: name.clone(), summary, skipped: None })
        }
        _ => None,
    };
    events.iter().filter_map(scenario).collect()
}
