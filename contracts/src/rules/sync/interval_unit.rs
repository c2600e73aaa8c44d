use crate::protocol::{Interval, Millis, SdkCommandName};
use crate::rules::apps::{each_app, made, not_testable};
use crate::rules::timelines::InstallTimeline;
use crate::rules::{Context, Evidence, Finding, Monitor};

rule! {
    /// The interval that an app sets is in the vendor's unit.
    ///
    /// ### What is wrong
    /// The app set an interval that is sixty, a thousand or three thousand and six hundred times the vendor's own, or as
    /// many times less: what it would be in another unit.
    ///
    /// ### Why it matters
    /// Minutes taken for seconds empty a battery in a day. Milliseconds taken for seconds leave a user without any sync for a
    /// year.
    ///
    /// ### How it is provoked
    /// The app is started and its user logs in; what it sets then is compared with the interval of the contract.
    ///
    /// ### What is right
    /// The interval in seconds: 28800 for eight hours.
    ///
    /// ### Example
    /// ```text
    /// app -> sdk         set_interval 480                               <- eight hours in minutes
    /// ```
    {
        name: "sync/interval-unit",
        subjects: [App],
        needs: [SubmitBatch],
        precondition: "an app that sets how often to sync, and a vendor whose text says how often that is",
        monitor: monitor,
    }
}

/// The factors between units of time, each with its name.
const FACTORS: &[(f64, &str)] = &[(60.0, "60"), (1000.0, "1000"), (3600.0, "3600")];
/// The relative tolerance for an interval to count as the vendor's in another unit.
const NEAR: f64 = 0.03;

fn monitor(context: &Context<'_>) -> Box<dyn Monitor> {
    match context.fact::<Interval>("sync.interval").and_then(|interval| interval.0) {
        Some(own) => each_app(context, &["set_interval"], move |timeline, evidence| judge(timeline, own, evidence)),
        None => not_testable("the contract gives no interval".to_owned()),
    }
}

fn judge(timeline: &InstallTimeline<'_>, own: Millis, evidence: &mut Evidence) {
    for set in made(timeline, &[SdkCommandName::SetInterval]) {
        let Some(seconds) = set.call.arguments.get("seconds").and_then(serde_json::Value::as_u64) else { continue };
        evidence.exercised += 1;
        if let Some(mistake) = mistake(seconds, own) {
            let message =
                format!("the app of {} set an interval of {seconds} seconds, which is {mistake}", timeline.install);
            evidence.findings.push(Finding::new(message, [set.seq]));
        }
    }
}

/// The factor between the interval and the vendor's, in words, if the interval is in another unit.
#[expect(clippy::cast_precision_loss, reason = "intervals of more than 2^52 seconds are not compared closely")]
fn mistake(seconds: u64, own: Millis) -> Option<String> {
    let ratio = seconds as f64 * 1000.0 / own.get() as f64;
    FACTORS.iter().find_map(|(factor, name)| {
        let is_near = |ratio: f64| (ratio / factor - 1.0).abs() < NEAR;
        let times = if is_near(ratio) {
            "times"
        } else if is_near(1.0 / ratio) {
            "times less than"
        } else {
            return None;
        };
        Some(format!("{name} {times} the vendor's {own}"))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rules::testing::{Story, no_occasion, same_occasion};

    fn set(seconds: u64) -> Story {
        let mut story = Story::of_app(&["set_interval"]).knowing("sync.interval", "8h");
        story.made("phone", SdkCommandName::SetInterval, json!({"seconds": seconds}), Some(true));
        story
    }

    #[test]
    fn the_vendors_interval_and_others_that_are_no_slip_hold() {
        for seconds in [28_800, 3600, 86_400, 900, 1, 0] {
            assert_eq!(set(seconds).passed(&RULE), 1, "{seconds}");
        }
    }

    #[test]
    fn the_same_call_in_another_unit_is_found() {
        same_occasion(&RULE, &set(28_800), &set(480));
        no_occasion(&RULE, &Story::of_app(&["set_interval"]).knowing("sync.interval", "8h"));
    }

    #[test]
    fn the_vendors_interval_in_another_unit_is_found() {
        let slips = [
            (480, "60 times less than"),
            (8, "3600 times less than"),
            (28, "1000 times less than"),
            (28_800_000, "1000 times"),
            (1_728_000, "60 times"),
            (103_680_000, "3600 times"),
        ];
        for (seconds, slip) in slips {
            let message =
                format!("the app of phone set an interval of {seconds} seconds, which is {slip} the vendor's 8h");
            assert_eq!(set(seconds).findings(&RULE), [(message, vec![1])]);
        }
    }

    #[test]
    fn a_vendor_without_an_interval_makes_it_not_testable() {
        let mut story = Story::of_app(&["set_interval"]).knowing("sync.interval", "none");
        story.made("phone", SdkCommandName::SetInterval, json!({"seconds": 480}), Some(true));
        assert_eq!(story.evidence(&RULE).not_testable.as_deref(), Some("the contract gives no interval"));
        assert_eq!(story.passed(&RULE), 0);
    }

    #[test]
    fn what_an_sdk_is_commanded_is_no_apps_doing() {
        let mut story = Story::of(&["sdk", "sdk:set_interval"]).knowing("sync.interval", "8h");
        story.told("phone", SdkCommandName::SetInterval, json!({"seconds": 480}));
        assert_eq!(story.passed(&RULE), 0);
    }
}
