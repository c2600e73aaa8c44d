//! A case in words, for its reader.

use standin_contracts::protocol::Millis;
use standin_mock_server::KeyState;
use standin_mock_server::fault::Moment;

use super::step::{Doing, FaultBurst, SdkCase, SdkStep, Who};

/// One sentence for each step.
pub(crate) fn words(case: &SdkCase) -> Vec<String> {
    let mut names = vec![device(false, 0)];
    case.steps.iter().map(|step| sentence(step, &mut names)).collect()
}

/// The name of an install, by its kind and number.
pub(super) fn device(tablet: bool, place: usize) -> String {
    format!("{} {}", if tablet { "tablet" } else { "phone" }, place + 1)
}

fn name(names: &[String], who: Who) -> &str {
    names.get(who).map_or("a device that isn't there", String::as_str)
}

fn sentence(step: &SdkStep, names: &mut Vec<String>) -> String {
    if let SdkStep::Install { tablet, copy_of } = step {
        let copied = copy_of.map(|of| format!(", with a copy of what {} stored", name(names, of)));
        names.push(device(*tablet, names.len()));
        return format!("{} gets the app{}", names[names.len() - 1], copied.unwrap_or_default());
    }
    let who = step.who().map(|who| name(names, who).to_owned()).unwrap_or_default();
    match step {
        SdkStep::Reinstall { keeps: true, .. } => format!("{who}'s app is installed anew over what it had stored"),
        SdkStep::Reinstall { keeps: false, .. } => format!("{who}'s app is removed, and installed on a new device"),
        SdkStep::Launch(_) => format!("{who}'s app starts"),
        SdkStep::Kill(_) => format!("{who}'s app dies"),
        SdkStep::Restart { asleep, .. } => format!("{who}'s app dies{}", again(*asleep)),
        SdkStep::KillDuring { doing, at, asleep, .. } => {
            let at = match at {
                Moment::BeforeCommit => "before the vendor has done it",
                Moment::AfterCommit => "when the vendor has done it and not answered",
            };
            format!("{who}'s app {}, and dies {at}{}", doing_words(*doing), again(*asleep))
        }
        SdkStep::Grant { category, allowed, .. } => {
            format!("{who}'s user {} category {}", if *allowed { "allows" } else { "denies" }, category + 1)
        }
        SdkStep::Create { user, times, .. } => {
            let times = if *times > 1 { format!(", {times} times at once") } else { String::new() };
            format!("{who}'s app asks for user {}{times}", user + 1)
        }
        SdkStep::CreateLate { user, age, .. } => {
            format!("{who}'s app asks for user {}, with a credential that is {age} old", user + 1)
        }
        SdkStep::CreateAgain { user, .. } => {
            format!("{who}'s app asks for user {}, with the credential that was obtained last", user + 1)
        }
        SdkStep::Record { items, .. } => format!("{who}'s SDK is given {items} of each category to keep"),
        SdkStep::StartSync(_) => format!("{who}'s app starts periodic syncs"),
        SdkStep::StopSync(_) => format!("{who}'s app stops syncs"),
        SdkStep::SyncNow(_) => format!("{who}'s app asks for a sync at once"),
        SdkStep::SetInterval { span, .. } => format!("{who}'s app sets the interval to {span}"),
        SdkStep::Wake { pushes: 1, .. } => format!("the vendor's push wakes {who}"),
        SdkStep::Wake { pushes, .. } => format!("{pushes} pushes of the vendor wake {who}"),
        SdkStep::MistakePush(_) => format!("{who}'s app hands over a push of somebody else"),
        SdkStep::PushToken(_) => format!("{who}'s app tells where pushes reach it"),
        SdkStep::Reset(_) => format!("{who}'s app has its user forgotten"),
        SdkStep::Forget(_) => format!("{who}'s app has its user erased"),
        SdkStep::Network { online: true, .. } => format!("{who} is online"),
        SdkStep::Network { online: false, .. } => format!("{who} is offline"),
        SdkStep::DeviceClock { seconds, .. } => clock(&who, *seconds),
        SdkStep::SwitchOff(_) => format!("the vendor switches {who} off"),
        SdkStep::Key(state) => key(*state).to_owned(),
        SdkStep::Pass(time) => format!("{time} pass"),
        SdkStep::Meet(burst) => {
            let FaultBurst { command, fault, times } = burst;
            let next = if *times == 1 { format!("{command} answer") } else { format!("{times} {command} answers") };
            format!("from now on, the vendor's next {next}: {}", fault.words())
        }
        SdkStep::Together { branches, order } => together(branches, order, names),
        SdkStep::Install { .. } => String::new(),
    }
}

fn again(asleep: Millis) -> String {
    if asleep.get() == 0 { ", and starts again".to_owned() } else { format!(", and starts again after {asleep}") }
}

fn doing_words(doing: Doing) -> String {
    match doing {
        Doing::Create(user) => format!("asks for user {}", user + 1),
        Doing::SyncNow => "asks for a sync".to_owned(),
        Doing::Reset => "has its user forgotten".to_owned(),
        Doing::Forget => "has its user erased".to_owned(),
    }
}

fn together(branches: &[Vec<SdkStep>], order: &[usize], names: &mut Vec<String>) -> String {
    let mut branch =
        |steps: &Vec<SdkStep>| steps.iter().map(|step| sentence(step, names)).collect::<Vec<_>>().join(", then ");
    let told: Vec<String> = branches.iter().map(&mut branch).collect();
    let order: Vec<String> = order.iter().map(ToString::to_string).collect();
    format!("at once: {} (requests go on in the order {})", told.join("; "), order.join(", "))
}

fn clock(who: &str, seconds: i64) -> String {
    let off = Millis::from_secs(seconds.unsigned_abs());
    match seconds {
        0 => format!("{who}'s clock is right"),
        1.. => format!("{who}'s clock is {off} ahead"),
        _ => format!("{who}'s clock is {off} behind"),
    }
}

const fn key(state: KeyState) -> &'static str {
    match state {
        KeyState::Valid => "the key in the app is valid again",
        KeyState::Revoked => "the vendor revokes the key in the app",
        KeyState::Expired => "the key in the app expires",
        KeyState::WithoutScope => "the key in the app loses its scope",
    }
}
