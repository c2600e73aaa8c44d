use crate::history::{HISTORY_VERSION, Header, Leg, Request, Response, Subject, What};
use crate::protocol::CommandName;
use crate::requirements::{Level, Requirements};
use crate::rules::testing::{Story, app, create, handed, issue, issued, response, signed_in, submit, wish};
use crate::rules::{Judge, Judgement, RULES, Rule, Verdict, judge};

const MINTING: &[CommandName] = &[CommandName::IssueCredential];

pub(super) fn header() -> Header {
    Header {
        standin_history: HISTORY_VERSION,
        sandbox: "default".to_owned(),
        seed: 1,
        contracts: Vec::new(),
        users: vec!["alice".to_owned(), "bob".to_owned()],
        capabilities: Vec::new(),
        subjects: Vec::new(),
    }
}

/// A requirements file with one well-founded requirement for each rule, and a vendor's own file over it.
pub(super) fn requirements(vendor: &str) -> Requirements {
    founded("documented", vendor)
}

fn founded(is: &str, vendor: &str) -> Requirements {
    let requirement = |rule: &Rule| {
        format!(
            "[[requirement]]\nid = \"R-{0}\"\nwho = \"client backend\"\nlevel = \"must\"\ntext = \"{0}\"\n\
             is = \"{is}\"\nsource = \"a page\"\nread = \"2026-11-20\"\njudged_by = [\"{0}\"]\n",
            rule.name
        )
    };
    let common: String = RULES.iter().map(requirement).collect();
    Requirements::read(&common, Some(vendor)).unwrap()
}

fn one(story: &Story, rule: &str) -> Judgement {
    let mut judgements = judge(&header(), &story.events, MINTING, &requirements(""), Some(rule));
    assert_eq!(judgements.len(), 1);
    judgements.remove(0)
}

fn shared() -> Story {
    let mut story = Story::new();
    story.event(What::Scenario { name: "repeat".to_owned() });
    story.hand_out("alice", "a-1", "credential#1");
    let again = story.send(app(wish("alice")));
    story.answer(again, handed("credential#1"));
    story
}

#[test]
fn a_rule_that_was_exercised_and_kept_has_passed() {
    let mut story = Story::new();
    story.call(submit("phone", "session#1", "b-1", &["i-1"]), response(200));
    let judgement = one(&story, "key/outside-server-leg");
    assert_eq!((judgement.verdict, judgement.exercised > 0, judgement.reason), (Verdict::Passed, true, None));
}

#[test]
fn a_failed_rule_has_its_level_requirements_and_scenario() {
    let judgement = one(&shared(), "credential/shared");
    assert_eq!((judgement.verdict, judgement.level, judgement.note), (Verdict::Failed, Some(Level::Must), false));
    assert_eq!(judgement.requirements, ["R-credential/shared"]);
    assert_eq!(judgement.findings[0].scenario.as_deref(), Some("repeat"));
    assert_eq!(judgement.findings[0].events, [5, 7]);
}

#[test]
fn one_bug_turns_one_rule_red() {
    let judgements = judge(&header(), &shared().events, MINTING, &requirements(""), None);
    let broken: Vec<_> = judgements.iter().filter(|one| one.verdict == Verdict::Failed).map(|one| &one.rule).collect();
    assert_eq!(broken, ["credential/shared"]);
}

#[test]
fn rules_about_others_than_those_under_test_are_left_out() {
    let named = |subjects: &[Subject]| {
        let about = |rule: &&Rule| rule.subjects.iter().any(|subject| subjects.contains(subject));
        RULES.iter().filter(about).map(|rule| rule.name.to_owned()).collect::<Vec<_>>()
    };
    let judged = |subjects: Vec<Subject>| {
        let header = Header { subjects, ..header() };
        let judgements = judge(&header, &[], MINTING, &requirements(""), None);
        judgements.into_iter().map(|one| one.rule).collect::<Vec<_>>()
    };
    assert_eq!(judged(Vec::new()), named(&[Subject::ClientBackend, Subject::Sdk]), "whoever speaks to a vendor");
    assert_eq!(judged(vec![Subject::ClientBackend]), named(&[Subject::ClientBackend]));
    assert_eq!(judged(vec![Subject::Sdk]), named(&[Subject::Sdk]));
    assert_eq!(judged(vec![Subject::ClientBackend, Subject::Sdk]), named(&[Subject::ClientBackend, Subject::Sdk]));
}

#[test]
fn an_sdk_that_the_harness_plays_is_not_the_one_under_test() {
    let mut story = Story::new();
    let played = Request { install: None, ..create("phone", "credential#1") };
    for answer in [signed_in("5a18", "session#1"), response(400)] {
        story.call(played.clone(), answer);
    }
    let broken = |subjects: &[Subject], capabilities: &[&str]| {
        let capabilities = capabilities.iter().map(|name| (*name).to_owned()).collect();
        let header = Header { subjects: subjects.to_vec(), capabilities, ..header() };
        judge(&header, &story.events, MINTING, &requirements(""), Some("credential/reused"))[0].verdict
            == Verdict::Failed
    };
    assert!(!broken(&[Subject::ClientBackend, Subject::Sdk], &["sdk:reset"]));
    assert!(broken(&[Subject::Sdk], &["sdk:reset"]), "whoever else is there, it is under test");
    assert!(broken(&[Subject::ClientBackend, Subject::Sdk], &[]), "nobody plays where nobody drives");
}

#[test]
fn each_of_two_subjects_is_judged_by_its_own_clock() {
    let mut story = Story::new();
    let told = || Response { headers: vec![("retry-after".to_owned(), "2".to_owned())], ..response(429) };
    story.call(submit("phone", "session#1", "b-1", &["i-1"]), told());
    let asked = story.send(app(wish("alice")));
    story.call(issue("a-1"), told());
    story.pass(3000);
    story.call(issue("a-1"), issued("credential#1"));
    story.answer(asked, handed("credential#1"));
    story.call(submit("phone", "session#1", "b-1", &["i-1"]), response(200));
    let found = |capabilities: &[&str]| {
        let capabilities = capabilities.iter().map(|name| (*name).to_owned()).collect();
        let subjects = vec![Subject::ClientBackend, Subject::Sdk];
        let header = Header { capabilities, subjects, ..header() };
        let judged = judge(&header, &story.events, MINTING, &requirements(""), Some("sync/retry-after-ignored"));
        judged[0].findings.iter().map(|finding| finding.events.clone()).collect::<Vec<_>>()
    };
    assert_eq!(found(&["clock:virtual", "sdk:advance"]), [] as [Vec<u64>; 0]);
    assert_eq!(found(&["sdk:advance"]), [[4, 6]], "in real time the backend came back at once");
    assert_eq!(found(&["clock:virtual", "sdk:reset"]), [[1, 9]], "and so did the SDK");
}

#[test]
fn what_was_not_put_to_the_test_says_what_it_takes() {
    let judgement = one(&Story::new(), "credential/shared");
    assert_eq!(judgement.verdict, Verdict::NotExercised);
    let reason = "not exercised; it takes two answers to apps with a credential each";
    assert_eq!(judgement.reason.as_deref(), Some(reason));
}

#[test]
fn a_subject_that_cannot_show_it_is_not_testable() {
    let single = Header { users: vec!["alice".to_owned()], ..header() };
    let judgements = judge(&single, &[], MINTING, &requirements(""), Some("user/id-shared"));
    assert_eq!(judgements[0].verdict, Verdict::NotTestable);
    let callless = Header { capabilities: vec!["call:read_back".to_owned()], ..header() };
    let judgements = judge(&callless, &[], MINTING, &requirements(""), Some("credential/shared"));
    assert_eq!(judgements[0].reason.as_deref(), Some("the configuration gives no [calls.credential]"));
}

#[test]
fn a_rule_about_commands_that_the_vendor_lacks_does_not_apply() {
    let judgement = one(&shared(), "readback/salt-wrong");
    assert_eq!((judgement.verdict, judgement.level), (Verdict::NotApplicable, None));
    assert_eq!(judgement.reason.as_deref(), Some("the vendor has no read_back"));
}

#[test]
fn a_rule_that_the_requirements_excludes_does_not_apply() {
    let own = "[[override]]\nrequirement = \"R-credential/shared\"\nexcluded_because = \"codes serve twice\"";
    let judgements = judge(&header(), &shared().events, MINTING, &requirements(own), Some("credential/shared"));
    assert_eq!(judgements[0].verdict, Verdict::NotApplicable);
    assert_eq!(judgements[0].reason.as_deref(), Some("codes serve twice"));
}

#[test]
fn what_rests_on_our_own_opinion_is_a_note() {
    let judgements = judge(&header(), &[], MINTING, &founded("assumed", ""), Some("user/id-shared"));
    assert!(judgements[0].note);
    assert!(!one(&shared(), "user/id-shared").note);
}

#[test]
fn lost_events_leave_convictions_and_take_away_acquittals() {
    let mut story = shared();
    story.event(What::Dropped { events: 7 });
    assert_eq!(one(&story, "credential/shared").verdict, Verdict::Failed);
    let acquitted = one(&story, "key/outside-server-leg");
    assert_eq!(acquitted.verdict, Verdict::NotExercised);
    assert_eq!(acquitted.reason.as_deref(), Some("7 older events were dropped from memory"));
    assert_eq!(one(&story, "readback/salt-wrong").verdict, Verdict::NotApplicable);
}

#[test]
fn judging_live_and_afterwards_is_the_same() {
    let mut live = Judge::new(&header(), MINTING, &requirements(""), None);
    let story = shared();
    story.events.iter().for_each(|event| live.observe(event));
    assert_eq!(live.finish(), judge(&header(), &story.events, MINTING, &requirements(""), None));
}

/// The rules with new findings, and the events that prove each.
fn told_as_it_goes(judge: &mut Judge) -> Vec<(&'static str, Vec<u64>)> {
    judge.new_findings().into_iter().map(|new_findings| (new_findings.rule.name, new_findings.finding.events)).collect()
}

#[test]
fn what_is_found_as_it_goes_is_new_once_and_the_rest_comes_at_the_end() {
    let mut live = Judge::new(&header(), MINTING, &requirements(""), None);
    let mut story = Story::new();
    let asked = story.send(app(wish("alice")));
    story.answer(asked, Response { headers: Vec::new(), ..handed("credential#1") });
    let again = story.send(app(wish("alice")));
    story.answer(again, Response { headers: Vec::new(), ..handed("credential#1") });
    let (first, second) = story.events.split_at(2);
    for event in first {
        live.observe(event);
    }
    assert_eq!(told_as_it_goes(&mut live), [("credential/cached-by-http", vec![2])]);
    assert_eq!(told_as_it_goes(&mut live), []);
    for event in second {
        live.observe(event);
    }
    assert_eq!(told_as_it_goes(&mut live), [("credential/cached-by-http", vec![4])]);
    assert!(live.judging_at_the_end().any(|rule| rule.name == "credential/shared"));
    assert!(live.judging_at_the_end().all(|rule| rule.name != "credential/cached-by-http"));
    let judged = live.finish();
    assert_eq!(judged, judge(&header(), &story.events, MINTING, &requirements(""), None));
    let broken = |rule: &str| judged.iter().any(|one| one.rule == rule && one.verdict == Verdict::Failed);
    assert!(broken("credential/cached-by-http") && broken("credential/shared"));
}

#[test]
fn a_credential_that_comes_again_is_new_as_it_comes() {
    let mut live = Judge::new(&header(), MINTING, &requirements(""), Some("credential/reused"));
    let mut story = Story::new();
    story.call(create("phone", "credential#1"), signed_in("5a18", "session#1"));
    story.call(create("phone", "credential#1"), response(400));
    let told = story.events.iter().map(|event| {
        live.observe(event);
        told_as_it_goes(&mut live)
    });
    let again = vec![("credential/reused", vec![1, 2, 3])];
    assert_eq!(told.collect::<Vec<_>>(), [vec![], vec![], again, vec![]]);
}

#[test]
fn a_judgement_reads_back_from_json() {
    let judgement = one(&shared(), "credential/shared");
    let text = serde_json::to_string(&judgement).unwrap();
    assert!(text.contains("\"verdict\":\"failed\",\"level\":\"must\""), "{text}");
    assert_eq!(serde_json::from_str::<Judgement>(&text).unwrap(), judgement);
}

#[test]
fn what_a_browser_does_for_itself_exercises_and_breaks_nothing() {
    let told = |leg: Leg| {
        let mut story = Story::new();
        for call in [issue("a-1"), create("phone", "credential#1")] {
            let target = "/looked?key=server_key#1&t=credential#1".to_owned();
            story.call(Request { leg, target, ..call }, issued("credential#1"));
        }
        let mut header = header();
        header.subjects = vec![Subject::ClientBackend, Subject::Sdk];
        let commands = RULES.iter().flat_map(|rule| rule.needs.iter().copied()).collect::<Vec<_>>();
        let judged = judge(&header, &story.events, &commands, &requirements(""), None);
        let touched = judged.into_iter().filter(|one| one.exercised > 0 || !one.findings.is_empty());
        touched.map(|one| one.rule).collect::<Vec<_>>()
    };
    assert_eq!(told(Leg::BrowserToVendor), [""; 0]);
    for leg in [Leg::BackendToVendor, Leg::SdkToVendor] {
        assert!(told(leg).contains(&"transport/secret-in-url".to_owned()), "{leg:?}");
    }
}
