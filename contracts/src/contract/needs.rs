//! What the mock needs of a request to carry its command out, and the operations that never bind it.

use std::ops::Range;

use super::yaml::{self, Node};
use super::{Contract, Diagnostic, InvalidFile, Operation};
use crate::protocol::{CommandName, Dedupe, Field, KeyKind};

/// One thing that a request has to carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// A session, as a key of the request.
    Session,
    /// A field.
    Field(Field),
}

/// What an operation lacks to be served, and what would be right.
struct Lack {
    what: String,
    help: String,
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
    Some(either(&missing(command, dedupe, has)?, |need| format!("{} ({})", name(need), help(need))))
}

/// For each way to carry a command out, what is missing of it. `None` if nothing is missing of one.
fn missing(command: CommandName, dedupe: Dedupe, has: impl Fn(&Need) -> bool) -> Option<Vec<Vec<Need>>> {
    let missing = |way: Vec<Need>| way.into_iter().filter(|need| !has(need)).collect();
    let ways: Vec<Vec<Need>> = command.needs(dedupe).into_iter().map(missing).collect();
    (!ways.iter().any(Vec::is_empty)).then_some(ways)
}

impl Contract {
    /// The operations that can't be served, as mistakes of the file with this name. `None` if every one can be.
    pub fn unserved(&self, file: &str) -> Option<InvalidFile> {
        let root = yaml::parse(&self.document).ok();
        let place = |operation: &Operation| root.as_ref().and_then(|root| place(root, &operation.id));
        let mistake = |operation: &Operation| {
            let Lack { what, help } = self.lack(operation)?;
            let message = format!("`{}` can't be served: `{}` lacks {what}", operation.id, operation.command);
            Some(Diagnostic::new(place(operation).unwrap_or_default(), message, help))
        };
        let mistakes: Vec<Diagnostic> = self.operations.iter().filter_map(mistake).collect();
        (!mistakes.is_empty()).then(|| InvalidFile::new(file, &self.document, mistakes))
    }

    fn lack(&self, operation: &Operation) -> Option<Lack> {
        let dedupe = self.facts.sync.dedupe.value;
        match missing(operation.command, dedupe, |need| self.binds(operation, need)) {
            Some(ways) => Some(Lack { what: either(&ways, name), help: either(&ways, help) }),
            None => self.lack_of_a_source(operation),
        }
    }

    /// What the other operations never hand out, though this one asks for it.
    fn lack_of_a_source(&self, operation: &Operation) -> Option<Lack> {
        let only_by_session = !operation.security.is_empty()
            && operation
                .security
                .iter()
                .all(|way| way.iter().any(|used| self.schemes[used.scheme].kind == KeyKind::Session));
        let gives = self.hands_out(CommandName::CreateUser, &Field::Session);
        if only_by_session && !gives {
            return Some(Lack {
                what: "a session that anybody could have: no `create_user` hands one out".to_owned(),
                help: "put `x-field: session` on the member of the response of `create_user` that holds the session"
                    .to_owned(),
            });
        }
        let is_blind = operation.command == CommandName::CreateUser
            && self.has(CommandName::IssueCredential)
            && !self.binds(operation, &Need::Field(Field::Credential))
            && !self.binds(operation, &Need::Field(Field::ExternalId));
        is_blind.then(|| Lack {
            what: "the credential, so that nobody gets the user it was issued for".to_owned(),
            help: "put `x-field: credential` on the member of the request that holds it".to_owned(),
        })
    }

    fn binds(&self, operation: &Operation, need: &Need) -> bool {
        match need {
            Need::Session => operation.asks_for(KeyKind::Session, &self.schemes),
            // A field that the contract itself sets stands in every request.
            Need::Field(field) => operation.sends(field) || operation.set.get(field).is_some(),
        }
    }
}

/// The place of an operation in its document: that of its method, as for every mistake about a whole operation.
fn place(root: &Node, id: &str) -> Option<Range<usize>> {
    let mut operations = root.get("paths")?.members().iter().flat_map(|(_, item)| item.members());
    let (method, _) = operations.find(|(_, node)| node.get("operationId").and_then(Node::text) == Some(id))?;
    Some(method.span.clone())
}

/// The ways in words, of which one is enough.
fn either(ways: &[Vec<Need>], words: impl Fn(&Need) -> String) -> String {
    let all_of = |needs: &Vec<Need>| needs.iter().map(&words).collect::<Vec<_>>().join(" and ");
    ways.iter().map(all_of).collect::<Vec<_>>().join(", or ")
}

fn name(need: &Need) -> String {
    match need {
        Need::Session => "a session".to_owned(),
        Need::Field(field) => format!("the field `{field}`"),
    }
}

fn help(need: &Need) -> String {
    match need {
        Need::Session => "give it a security scheme with `x-key: session`".to_owned(),
        Need::Field(field) => format!("mark the member or parameter with `x-field: {field}`"),
    }
}
