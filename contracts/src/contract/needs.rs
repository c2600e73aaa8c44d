//! What the mock needs of a request to carry its command out, and the operations that never bind it.

use super::{Contract, Operation};
use crate::protocol::{CommandName, Dedupe, Field, KeyKind};

/// One thing that a request has to carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// A session, as a key of the request.
    Session,
    /// A field.
    Field(Field),
}

/// An operation that can't be served, because a request of it never carries what its command takes.
#[derive(Debug, Clone)]
pub struct Unserved<'c> {
    /// The operation.
    pub operation: &'c Operation,
    /// What is lacking, and what would be right.
    pub lacks: String,
}

impl CommandName {
    /// What a request of this command has to carry: one of these lists, with all that stands in it. An empty list is
    /// nothing.
    pub fn needs(self, dedupe: Dedupe) -> Vec<Vec<Need>> {
        use Need::{Field as F, Session};
        let field = |field: Field| vec![F(field)];
        match self {
            Self::RegisterUser | Self::ListInstalls | Self::ReadBack => vec![field(Field::ExternalId)],
            Self::IssueCredential => vec![field(Field::ExternalId), field(Field::UserId)],
            Self::RefreshSession => vec![field(Field::Refresh), vec![Session]],
            Self::SubmitBatch => vec![match dedupe {
                Dedupe::Batch => vec![Session, F(Field::BatchId)],
                Dedupe::Item => vec![Session, F(Field::ItemId)],
            }],
            Self::RegisterPush => vec![vec![Session, F(Field::PushToken)]],
            Self::ReportPermissions | Self::EndSession => vec![vec![Session]],
            Self::EraseUser => vec![field(Field::UserId), vec![Session]],
            Self::LinkInstall => vec![vec![F(Field::InstallId), F(Field::ExternalId)]],
            Self::CreateUser | Self::Webhook | Self::WebhookProbe | Self::Push => vec![Vec::new()],
        }
    }
}

/// What a request of this command lacks, in words, of which `has` says what is there. `None` if it lacks nothing.
pub fn lacking(command: CommandName, dedupe: Dedupe, has: impl Fn(&Need) -> bool) -> Option<String> {
    let missing = |way: Vec<Need>| way.into_iter().filter(|need| !has(need)).collect();
    let ways: Vec<Vec<Need>> = command.needs(dedupe).into_iter().map(missing).collect();
    if ways.iter().any(Vec::is_empty) {
        return None;
    }
    let words = |needs: &Vec<Need>| needs.iter().map(words).collect::<Vec<_>>().join(" and ");
    Some(ways.iter().map(words).collect::<Vec<_>>().join(", or "))
}

impl Contract {
    /// The vendor's operations that can't be served.
    pub fn unserved(&self) -> Vec<Unserved<'_>> {
        let unserved = |operation| Some(Unserved { operation, lacks: self.lacks(operation)? });
        self.operations.iter().filter_map(unserved).collect()
    }

    /// What an operation lacks to be served, in words. `None` if it lacks nothing.
    fn lacks(&self, operation: &Operation) -> Option<String> {
        let lacks = lacking(operation.command, self.facts.sync.dedupe.value, |need| self.binds(operation, need));
        lacks.or_else(|| self.lacks_a_source(operation))
    }

    /// What the other operations never hand out, though this one asks for it.
    fn lacks_a_source(&self, operation: &Operation) -> Option<String> {
        let only_by_session = !operation.security.is_empty()
            && operation
                .security
                .iter()
                .all(|way| way.iter().any(|used| self.schemes[used.scheme].kind == KeyKind::Session));
        let gives = self.hands_out(CommandName::CreateUser, &Field::Session);
        if only_by_session && !gives {
            let lacks = "a session that anybody could have: no `create_user` hands one out (mark it in a response with `x-field: session`)";
            return Some(lacks.to_owned());
        }
        let is_blind = operation.command == CommandName::CreateUser
            && self.has(CommandName::IssueCredential)
            && !self.binds(operation, &Need::Field(Field::Credential))
            && !self.binds(operation, &Need::Field(Field::ExternalId));
        let lacks = "the credential: no member of the request has `x-field: credential`, so that nobody gets the user it was issued for";
        is_blind.then(|| lacks.to_owned())
    }

    fn binds(&self, operation: &Operation, need: &Need) -> bool {
        match need {
            Need::Session => operation.asks_for(KeyKind::Session, &self.schemes),
            // A field that the contract itself sets stands in every request.
            Need::Field(field) => operation.sends(field) || operation.set.get(field).is_some(),
        }
    }
}

fn words(need: &Need) -> String {
    match need {
        Need::Session => "a session (give it a security scheme with `x-key: session`)".to_owned(),
        Need::Field(field) => format!("the field {field} (mark the member or parameter with `x-field: {field}`)"),
    }
}
