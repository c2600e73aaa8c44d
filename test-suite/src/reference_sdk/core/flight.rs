//! Requests under way, and where their answers go.

use standin_contracts::protocol::{CommandName, Field, Fields, Timestamp};

use super::Core;
use super::account::Creation;
use crate::reference_sdk::message::{Effect, Request, VendorAnswer};
use crate::reference_sdk::stored::Holder;

/// A request under way.
#[derive(Debug, Clone)]
pub(super) struct Flight {
    pub(super) purpose: Purpose,
    pub(super) session: Option<String>,
    until: Timestamp,
}

#[derive(Debug, Clone)]
pub(super) enum Purpose {
    Create(Creation),
    Refresh,
    /// Submits the batch with this id.
    Batch {
        id: String,
    },
    Permissions,
    /// Registers this push token.
    PushToken(String),
    /// Ends the session, for the call with this number.
    End(u64),
    /// Has the user erased, for the call with this number.
    Erase(u64),
}

impl Purpose {
    /// Whether the request belongs to a round.
    pub(super) const fn is_sync(&self) -> bool {
        matches!(self, Self::Batch { .. } | Self::Permissions)
    }

    const fn command(&self) -> CommandName {
        match self {
            Self::Create(_) => CommandName::CreateUser,
            Self::Refresh => CommandName::RefreshSession,
            Self::Batch { .. } => CommandName::SubmitBatch,
            Self::Permissions => CommandName::ReportPermissions,
            Self::PushToken(_) => CommandName::RegisterPush,
            Self::End(_) => CommandName::EndSession,
            Self::Erase(_) => CommandName::EraseUser,
        }
    }

    /// The calls that wait for the answer.
    fn calls(&self) -> Vec<u64> {
        match self {
            Self::Create(creation) => creation.calls.clone(),
            Self::End(call) | Self::Erase(call) => vec![*call],
            _ => Vec::new(),
        }
    }
}

impl Core {
    /// Sends a request with the install's current session.
    pub(super) fn send(&mut self, purpose: Purpose, fields: Fields) {
        let session = self.stored.session.as_ref().map(|session| session.token.clone());
        self.send_in(session, purpose, fields);
    }

    pub(super) fn send_in(&mut self, session: Option<String>, purpose: Purpose, fields: Fields) {
        let install = self.install_id();
        self.last += 1;
        let mut all = self.config.common_fields().with(Field::InstallId, install);
        all.extend(self.stored.holder.as_ref().map(Holder::fields).unwrap_or_default());
        all.extend(fields);
        let (number, command) = (self.last, purpose.command());
        self.effects.push(Effect::Send(Request { number, command, fields: all, session: session.clone() }));
        let until = self.now.after(self.behaviour.timeout());
        if let Some(process) = &mut self.process {
            process.flights.insert(number, Flight { purpose, session, until });
        }
    }

    /// Handles an answer, or its absence. Ignores a request that is no longer under way.
    pub(super) fn answered(&mut self, number: u64, answer: Option<&VendorAnswer>) {
        let flight = self.process.as_mut().and_then(|process| process.flights.remove(&number));
        let Some(flight) = flight else { return };
        match flight.purpose {
            Purpose::Create(creation) => self.created(creation, answer),
            Purpose::Refresh => self.refreshed(answer),
            Purpose::Batch { id } => self.batch_answered(&id, flight.session.as_deref(), answer),
            Purpose::Permissions => self.permissions_answered(flight.session.as_deref(), answer),
            Purpose::PushToken(told) => self.push_token_answered(told, flight.session.as_deref(), answer),
            Purpose::End(call) => self.done(call),
            Purpose::Erase(call) => self.erased(call, answer),
        }
    }

    /// The numbers of the requests under way whose purpose matches.
    pub(super) fn flights(&self, is_such: impl Fn(&Purpose) -> bool) -> Vec<u64> {
        let flights = self.process.iter().flat_map(|process| &process.flights);
        flights.filter(|(_, flight)| is_such(&flight.purpose)).map(|(number, _)| *number).collect()
    }

    /// Whether a request is under way whose purpose matches.
    pub(super) fn is_flying(&self, is_such: impl Fn(&Purpose) -> bool) -> bool {
        !self.flights(is_such).is_empty()
    }

    /// Gives up requests that were not answered in time.
    pub(super) fn give_up_late(&mut self) {
        let flights = self.process.iter().flat_map(|process| &process.flights);
        let late: Vec<u64> =
            flights.filter(|(_, flight)| flight.until <= self.now).map(|(number, _)| *number).collect();
        for number in late {
            self.effects.push(Effect::GiveUp(number));
            self.answered(number, None);
        }
    }

    /// Gives up all requests under way and ignores their answers. The calls that waited for them fail.
    pub(super) fn drop_flights(&mut self, why: &str) {
        let flights = self.process.as_mut().map(|process| std::mem::take(&mut process.flights)).unwrap_or_default();
        for (number, flight) in flights {
            self.effects.push(Effect::GiveUp(number));
            for call in flight.purpose.calls() {
                self.failed(call, why);
            }
        }
    }

    /// The next time at which a timer is due.
    pub(super) fn next_wake(&self) -> Option<Timestamp> {
        let process = self.process.as_ref()?;
        let ends = process.flights.values().map(|flight| flight.until);
        ends.chain(self.next_try()).chain(self.due_round()).filter(|moment| *moment > self.now).min()
    }
}
