//! A case in words, for its reader.

use standin_contracts::history::Login;
use standin_mock_server::KeyState;

use super::step::{Asking, Case, Meanwhile, Parking, Step};
use crate::driver::BackendConfig;

/// The names behind a case's indices.
#[derive(Debug, Clone)]
pub struct CaseNames {
    /// The users, by name.
    pub users: Vec<String>,
    /// The calls, by name.
    pub calls: Vec<String>,
}

impl CaseNames {
    /// The names in a backend's file.
    pub fn of(config: &BackendConfig) -> Self {
        Self {
            users: config.users.iter().map(|user| user.name.clone()).collect(),
            calls: config.calls.usual().map(|(name, _)| name.to_owned()).collect(),
        }
    }

    /// One sentence for each step.
    pub fn case(&self, case: &Case) -> Vec<String> {
        case.steps.iter().map(|step| self.step(step)).collect()
    }

    fn step(&self, step: &Step) -> String {
        match step {
            Step::Ask(ask) => self.ask(ask),
            Step::SignIn(ask) => format!("{}, and its SDK signs in", self.ask(ask)),
            Step::SignUp { wants } => {
                let wants: String = wants.chars().take(40).collect();
                format!("somebody signs up, wants the id {wants:?}, asks, and signs in")
            }
            Step::AskAtOnce(asks) => format!("at once: {}", self.all(asks)),
            Step::AskWhile { ask, parked, meanwhile } => self.ask_while(ask, *parked, meanwhile),
            Step::Fault { fault, on, next } => {
                let of = on.map(|command| format!(" {command}")).unwrap_or_default();
                let times = if *next == 1 { format!("next{of} answer") } else { format!("next {next}{of} answers") };
                format!("from now on, the vendor's {times}: {}", fault.words())
            }
            Step::Key(state) => key(*state).to_owned(),
            Step::Pass(time) => format!("{time} pass"),
            Step::Restart => "the backend is killed and started again".to_owned(),
            Step::Settle => "all faults end, and everything comes to rest".to_owned(),
        }
    }

    fn all(&self, asks: &[Asking]) -> String {
        asks.iter().map(|ask| self.ask(ask)).collect::<Vec<_>>().join("; ")
    }

    fn ask_while(&self, ask: &Asking, parked: Parking, meanwhile: &[Meanwhile]) -> String {
        let (vendor, end) = match parked {
            Parking::BeforeCommit => ("the vendor lets the call wait", "then it goes on"),
            Parking::AfterCommit => ("the vendor keeps its answer back", "then it answers"),
            Parking::Silence => ("the vendor says nothing", "then the connection breaks"),
        };
        let others: Vec<_> = meanwhile.iter().map(|act| self.meanwhile(act)).collect();
        let others = if others.is_empty() { String::new() } else { format!(" meanwhile {};", others.join("; ")) };
        format!("{}, and {vendor};{others} {end}", self.ask(ask))
    }

    fn meanwhile(&self, act: &Meanwhile) -> String {
        match act {
            Meanwhile::Ask(ask) => self.ask(ask),
            Meanwhile::Key(state) => key(*state).to_owned(),
            Meanwhile::Restart => "the backend is killed and started again".to_owned(),
        }
    }

    fn ask(&self, ask: &Asking) -> String {
        let what = match name(&self.calls, ask.call) {
            "credential" => "asks for a credential".to_owned(),
            "read_back" => "asks for results".to_owned(),
            other => format!("makes the call `{other}`"),
        };
        let login = match ask.login {
            Login::Valid => "",
            Login::Absent => " without a login",
            Login::Malformed => " with its login malformed",
            Login::Unknown => " with a login of nobody",
        };
        let impersonation =
            ask.names.map(|impersonation| format!(" and names {}", name(&self.users, impersonation.victim)));
        format!("{}'s app {what}{login}{}", name(&self.users, ask.user), impersonation.unwrap_or_default())
    }
}

/// Indices wrap around, as they do when the case is played.
fn name(names: &[String], index: usize) -> &str {
    names.get(index % names.len().max(1)).map_or("nobody", String::as_str)
}

fn key(state: KeyState) -> &'static str {
    match state {
        KeyState::Valid => "the server key is valid again",
        KeyState::Revoked => "the vendor revokes the server key",
        KeyState::Expired => "the server key expires",
        KeyState::WithoutScope => "the server key loses its scope",
    }
}
