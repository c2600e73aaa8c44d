//! Checks that each claimed capability has a meaning and is carried out.

use standin_contracts::advice::advice;
use standin_contracts::protocol::{CommandName, Field, SdkCommandName};

use super::harness::Probed;
use super::unknown::words;
use super::{Integrity, ProbeHarness, ProtocolViolation};
use crate::adapter::{AdapterError, CAPABILITIES, CommandResult, Kind, SdkCommand, Storage};
use crate::driver::Halt;

pub(super) async fn probe(harness: &ProbeHarness, seen: &mut Integrity) -> Result<(), Halt> {
    let probed = harness.install(None).await?;
    for command in SdkCommandName::ALL {
        // An SDK that claims a command for apps is reported below.
        if harness.about.can(*command) && command.is_given_to(harness.about.kind == Kind::App) {
            seen.violations.extend(undone(harness, &probed, *command).await?);
        }
    }
    for capability in &harness.about.capabilities {
        seen.violations.extend(meaningless(capability, harness.about.kind));
    }
    probed.install.end().await?;
    seen.violations.extend(storage(harness, &probed).await?);
    Ok(())
}

/// The violation of a subject that answers a command it claims as if it could not do it.
async fn undone(
    harness: &ProbeHarness,
    probed: &Probed,
    command: SdkCommandName,
) -> Result<Option<ProtocolViolation>, Halt> {
    let result = harness.run(probed, sample(harness, command)).await?;
    let result = result.filter(|result| matches!(result, CommandResult::Unsupported {}));
    let violation =
        |result| ProtocolViolation::ClaimsUndone { capability: command.as_str().to_owned(), answer: words(&result) };
    let violation = result.map(violation);
    // The commands after this one need a running app.
    if command == SdkCommandName::Kill {
        probed.install.run(SdkCommand::Launch {}).await?;
    }
    Ok(violation)
}

fn meaningless(capability: &str, kind: Kind) -> Option<ProtocolViolation> {
    let advice = match capability.parse::<SdkCommandName>() {
        Ok(command) if kind == Kind::Sdk && !command.is_given_to(false) => {
            "that is told to an app: its `kind` would be `app`".to_owned()
        }
        Ok(_) => return None,
        Err(_) if CAPABILITIES.contains(&capability) => return None,
        Err(_) => {
            let commands = SdkCommandName::ALL.iter().filter(|command| kind == Kind::App || command.is_given_to(false));
            advice(capability, commands.map(|command| command.as_str()).chain(CAPABILITIES.iter().copied()))
        }
    };
    Some(ProtocolViolation::ClaimsUnknown { capability: capability.to_owned(), advice })
}

/// The violations of a subject that claims a storage kind and can't create an install with it.
async fn storage(harness: &ProbeHarness, ended: &Probed) -> Result<Vec<ProtocolViolation>, Halt> {
    let of = ended.label.clone();
    let kinds = [("storage:same", Storage::Same { of: of.clone() }), ("storage:clone", Storage::Clone { of })];
    let mut violations = Vec::new();
    for (capability, storage) in kinds {
        if !harness.about.capabilities.iter().any(|name| name == capability) {
            continue;
        }
        match harness.install_on(storage, None).await {
            Ok(probed) => probed.install.end().await?,
            Err(AdapterError::Broken(answer)) => {
                violations.push(ProtocolViolation::ClaimsUndone { capability: capability.to_owned(), answer });
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(violations)
}

/// A command with plausible arguments.
pub(super) fn sample(harness: &ProbeHarness, command: SdkCommandName) -> SdkCommand {
    let category = category(harness);
    match command {
        SdkCommandName::Launch => SdkCommand::Launch {},
        SdkCommandName::Kill => SdkCommand::Kill {},
        SdkCommandName::Grant => SdkCommand::Grant { permissions: [(category, true)].into() },
        SdkCommandName::CreateUser => {
            let issues = harness.contract.has(CommandName::IssueCredential);
            let credential = issues.then(|| "a-credential-that-nobody-issued".to_owned());
            SdkCommand::CreateUser { user_id: credential.is_none().then(|| "probe".to_owned()), credential }
        }
        SdkCommandName::Record => SdkCommand::Record { id: "probe-item".to_owned(), category },
        SdkCommandName::StartSync => SdkCommand::StartSync {},
        SdkCommandName::StopSync => SdkCommand::StopSync {},
        SdkCommandName::SetInterval => SdkCommand::SetInterval { seconds: 3600 },
        SdkCommandName::SyncNow => SdkCommand::SyncNow {},
        SdkCommandName::ForwardPush => SdkCommand::ForwardPush { payload: serde_json::Map::new() },
        SdkCommandName::PushToken => SdkCommand::PushToken { token: "probe-token".to_owned() },
        SdkCommandName::Reset => SdkCommand::Reset {},
        SdkCommandName::Forget => SdkCommand::Forget {},
        SdkCommandName::Network => SdkCommand::Network { online: true },
        SdkCommandName::DeviceClock => SdkCommand::DeviceClock { offset_ms: 0 },
        SdkCommandName::Advance => SdkCommand::Advance { by_ms: 0 },
        SdkCommandName::Quiesce => SdkCommand::Quiesce {},
        // `Init` and `AskPermissions` are never given as commands.
        SdkCommandName::State | SdkCommandName::Init | SdkCommandName::AskPermissions => SdkCommand::State {},
        SdkCommandName::Open => SdkCommand::Open {},
        SdkCommandName::StartProcess => SdkCommand::StartProcess {},
        SdkCommandName::LogIn => SdkCommand::LogIn {
            authorization: "Bearer a-login-that-nobody-has".to_owned(),
            user_id: Some("probe".to_owned()),
            email: None,
        },
        SdkCommandName::LogOut => SdkCommand::LogOut {},
        SdkCommandName::ReceivePush => SdkCommand::ReceivePush { payload: serde_json::Map::new() },
    }
}

/// A category of data that the vendor accepts.
fn category(harness: &ProbeHarness) -> String {
    let set = harness.contract.operations.iter().find_map(|operation| operation.set.text(&Field::Category));
    set.unwrap_or("general").to_owned()
}
