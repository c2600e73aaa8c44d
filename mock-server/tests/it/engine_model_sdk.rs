//! The model's judgement of what an install does with its session, and of the devices of one user.

use standin_contracts::protocol::{ActiveDevices, Dedupe, Field, Fields, KeyKind, ReplyName};

use crate::engine_model::{Expected, Model};
use crate::vendor_under_test::Said;

impl Model {
    /// A refresh token is good once, even if the session that it came with has expired.
    pub(crate) fn refresh(&mut self, said: &Said, fields: &Fields) -> Expected {
        let sent = fields.text(&Field::Refresh);
        let Some(old) = self.sessions.iter_mut().find(|session| session.refresh.as_deref() == sent) else {
            return Expected::one(ReplyName::SessionUnknown);
        };
        if let Some(why) = old.over {
            return Expected::one(why);
        }
        assert_eq!(said.call.command.own_replies(), [ReplyName::SessionRefreshed]);
        old.over = Some(ReplyName::SessionWasEnded);
        let install = old.install;
        let user = self.installs[install].user;
        Expected { install: Some(install), ..Expected::one(ReplyName::SessionRefreshed).about(user) }
    }

    pub(crate) fn end(&mut self, said: &Said) -> Expected {
        if self.facts.session.ended_by_reset.value {
            let install = self.session_install(said);
            self.close(install, Some(ReplyName::SessionWasEnded));
            self.installs[install].active = false;
        }
        Expected::one(ReplyName::SessionEnded)
    }

    pub(crate) fn submit(&mut self, said: &Said, fields: &Fields) -> Expected {
        let install = self.session_install(said);
        let most = self.facts.sync.most_items.value as usize;
        let items: Vec<String> =
            fields.list(&Field::Items).iter().map(|item| item.text(&Field::ItemId).unwrap().to_owned()).collect();
        match self.facts.sync.dedupe.value {
            Dedupe::Batch => self.submit_whole(install, fields.text(&Field::BatchId).unwrap(), items, most),
            Dedupe::Item => self.submit_each(install, items, most),
        }
    }

    fn submit_whole(&mut self, install: usize, batch: &str, items: Vec<String>, most: usize) -> Expected {
        let batches = &mut self.installs[install].batches;
        if let Some((_, kept)) = batches.iter().find(|(known, _)| known == batch) {
            let accepted = Some(kept.clone());
            return Expected { accepted, ..Expected::one(ReplyName::BatchAlreadyAccepted) };
        }
        if items.len() > most {
            return Expected::one(ReplyName::BatchTooLarge);
        }
        batches.push((batch.to_owned(), items.clone()));
        Expected { accepted: Some(items), ..Expected::one(ReplyName::BatchAccepted) }
    }

    fn submit_each(&mut self, install: usize, items: Vec<String>, most: usize) -> Expected {
        let taken: Vec<String> = items.iter().take(most).cloned().collect();
        let known = &mut self.installs[install].items;
        let all_known = taken.iter().all(|item| known.contains(item));
        known.extend(taken.iter().cloned());
        let reply = match (items.len() > most, all_known && !taken.is_empty()) {
            (true, _) => ReplyName::BatchPartial,
            (false, true) => ReplyName::BatchAlreadyAccepted,
            (false, false) => ReplyName::BatchAccepted,
        };
        Expected { accepted: Some(taken), ..Expected::one(reply) }
    }

    /// The install that signed in last is the active one, except for a tablet if a phone is active. Returns the reason
    /// why its session is then refused.
    pub(crate) fn seat(&mut self, place: usize) -> Option<ReplyName> {
        let devices = self.facts.user.active_devices.value;
        let user = self.installs[place].user;
        let beside =
            |other: &usize| *other != place && self.installs[*other].user == user && self.installs[*other].active;
        let others: Vec<usize> = (0..self.installs.len()).filter(beside).collect();
        let phone_is_active = others.iter().any(|other| !self.installs[*other].tablet);
        if devices == ActiveDevices::PhoneBeforeTablet && self.installs[place].tablet && phone_is_active {
            self.installs[place].active = false;
            return Some(ReplyName::UserDisabled);
        }
        self.installs[place].active = true;
        if devices != ActiveDevices::Many {
            for other in others {
                self.installs[other].active = false;
                self.close(other, Some(ReplyName::InstallDeactivated));
            }
        }
        None
    }

    /// Ends the sessions of an install, if there is a reason.
    pub(crate) fn close(&mut self, install: usize, why: Option<ReplyName>) {
        for session in self.sessions.iter_mut().filter(|session| session.install == install && session.over.is_none()) {
            session.over = why;
        }
    }

    fn session_install(&self, said: &Said) -> usize {
        let mut sessions = said.call.access.iter().flatten().filter(|guard| guard.kind == KeyKind::Session);
        let sent = sessions.find_map(|guard| guard.sent.as_deref()).unwrap();
        self.sessions.iter().find(|session| session.text == sent).unwrap().install
    }
}
