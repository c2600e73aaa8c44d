//! A life in words, as its reader finds it.

use standin_contracts::protocol::Millis;
use standin_mock_server::KeyState;
use standin_mock_server::fault::Moment;

use super::step::{Doing, Life, LifeStep, Who};

/// One sentence a step.
pub(crate) fn words(life: &Life) -> Vec<String> {
    let mut names = vec![device(false, 0)];
    life.steps.iter().map(|step| sentence(step, &mut names)).collect()
}

/// What an install is called, by its kind and number.
pub(super) fn device(tablet: bool, place: usize) -> String {
    format!("{} {}", if tablet { "tablet" } else { "phone" }, place + 1)
}

fn name(names: &[String], who: Who) -> &str {
    names.get(who).map_or("a device that isn't there", String::as_str)
}

fn sentence(step: &LifeStep, names: &mut Vec<String>) -> String {
    if let LifeStep::Install { tablet, copy_of } = step {
        let copied = copy_of.map(|of| format!(", with a copy of what {} stored", name(names, of)));
        names.push(device(*tablet, names.len()));
        return format!("{} gets the app{}", names[names.len() - 1], copied.unwrap_or_default());
    }
    let who = step.who().map(|who| name(names, who).to_owned()).unwrap_or_default();
    match step {
        LifeStep::Reinstall { keeps: true, .. } => format!("{who}'s app is installed anew over what it had stored"),
        LifeStep::Reinstall { keeps: false, .. } => format!("{who}'s app is removed, and installed on a new device"),
        LifeStep::Launch(_) => format!("{who}'s app starts"),
        LifeStep::Kill(_) => format!("{who}'s app dies"),
        LifeStep::Restart { asleep, .. } => format!("{who}'s app dies{}", again(*asleep)),
        LifeStep::KillDuring { doing, at, asleep, .. } => {
            let at = match at {
                Moment::BeforeCommit => "before the vendor has done it",
                Moment::AfterCommit => "when the vendor has done it and not answered",
            };
            format!("{who}'s app {}, and dies {at}{}", doing_words(*doing), again(*asleep))
        }
        LifeStep::Grant { category, allowed, .. } => {
            format!("{who}'s user {} category {}", if *allowed { "allows" } else { "denies" }, category + 1)
        }
        LifeStep::Create { user, times, .. } => {
            let times = if *times > 1 { format!(", {times} times at once") } else { String::new() };
            format!("{who}'s app asks for user {}{times}", user + 1)
        }
        LifeStep::CreateLate { user, age, .. } => {
            format!("{who}'s app asks for user {}, with a credential that is {age} old", user + 1)
        }
        LifeStep::CreateAgain { user, .. } => {
            format!("{who}'s app asks for user {}, with the credential that was obtained last", user + 1)
        }
        LifeStep::Record { items, .. } => format!("{who}'s SDK is given {items} of each category to keep"),
        LifeStep::StartSync(_) => format!("{who}'s app starts periodic syncs"),
        LifeStep::StopSync(_) => format!("{who}'s app stops syncs"),
        LifeStep::SyncNow(_) => format!("{who}'s app asks for a sync at once"),
        LifeStep::SetInterval { span, .. } => format!("{who}'s app sets the interval to {span}"),
        LifeStep::Wake { pushes: 1, .. } => format!("the vendor's push wakes {who}"),
        LifeStep::Wake { pushes, .. } => format!("{pushes} pushes of the vendor wake {who}"),
        LifeStep::MistakePush(_) => format!("{who}'s app hands over a push of somebody else"),
        LifeStep::PushToken(_) => format!("{who}'s app tells where pushes reach it"),
        LifeStep::Reset(_) => format!("{who}'s app has its user forgotten"),
        LifeStep::Forget(_) => format!("{who}'s app has its user erased"),
        LifeStep::Network { online: true, .. } => format!("{who} is online"),
        LifeStep::Network { online: false, .. } => format!("{who} is offline"),
        LifeStep::DeviceClock { seconds, .. } => clock(&who, *seconds),
        LifeStep::SwitchOff(_) => format!("the vendor switches {who} off"),
        LifeStep::Key(state) => key(*state).to_owned(),
        LifeStep::Pass(time) => format!("{time} pass"),
        LifeStep::Meet(trouble) => {
            let command = trouble.command;
            let answers = if trouble.times == 1 { "answer".to_owned() } else { format!("{} answers", trouble.times) };
            format!("from now on, the vendor's next {command} {answers}: {}", trouble.fault.words())
        }
        LifeStep::Together { branches, order } => together(branches, order, names),
        LifeStep::Install { .. } => String::new(),
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

fn together(branches: &[Vec<LifeStep>], order: &[usize], names: &mut Vec<String>) -> String {
    let mut branch =
        |steps: &Vec<LifeStep>| steps.iter().map(|step| sentence(step, names)).collect::<Vec<_>>().join(", then ");
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
