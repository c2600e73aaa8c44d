use super::*;

const COMMON: &str = r#"
[[requirement]]
id = "C1"
who = "client backend"
level = "should"
text = "Ids are not shared."
is = "assumed"
source = "plain practice"
read = "2026-11-20"
judged_by = ["user/id-shared"]

[[requirement]]
id = "C2"
who = "app"
level = "must"
text = "Screens are friendly."
is = "documented"
source = "a page"
read = "2026-11-20"
excluded_because = "screens show on no wire"
"#;

fn requirement(id: &str, level: &str, judgement: &str) -> String {
    format!(
        "[[requirement]]\nid = \"{id}\"\nwho = \"client\"\nlevel = \"{level}\"\ntext = \"t\"\nis = \"documented\"\n\
         source = \"s\"\nread = \"2026-11-20\"\n{judgement}\n"
    )
}

fn refused(vendor: &str) -> String {
    Requirements::read(COMMON, Some(vendor)).unwrap_err().to_string()
}

#[test]
fn the_strongest_requirement_gives_a_rule_its_level() {
    let alone = Requirements::read(COMMON, None).unwrap();
    let basis = alone.of_rule("user/id-shared").unwrap();
    assert_eq!((basis.level, basis.assumed_only), (Level::Should, true));

    let both =
        Requirements::read(COMMON, Some(&requirement("V1", "must", "judged_by = [\"user/id-shared\"]"))).unwrap();
    let basis = both.of_rule("user/id-shared").unwrap();
    assert_eq!((basis.level, basis.assumed_only, basis.requirements.len()), (Level::Must, false, 2));
}

#[test]
fn a_rule_that_no_requirement_asks_for_stands_nowhere() {
    assert_eq!(Requirements::read(COMMON, None).unwrap().of_rule("user/id-unstable"), None);
}

#[test]
fn an_override_changes_a_level_or_excludes_a_requirement() {
    let raised = Requirements::read(COMMON, Some("[[override]]\nrequirement = \"C1\"\nlevel = \"must\"")).unwrap();
    assert_eq!(raised.of_rule("user/id-shared").map(|basis| basis.level), Some(Level::Must));

    let out = "[[override]]\nrequirement = \"C1\"\nexcluded_because = \"there are no users\"";
    let excluded = Requirements::read(COMMON, Some(out)).unwrap();
    assert_eq!(excluded.of_rule("user/id-shared"), None);
    assert_eq!(excluded.excluded_because("user/id-shared"), Some("there are no users"));
}

#[test]
fn a_requirement_that_is_wrong_is_refused_with_its_line() {
    let both = requirement("V1", "must", "judged_by = [\"user/id-shared\"]\nexcluded_because = \"no\"");
    assert_eq!(
        refused(&format!("\n{both}")),
        "line 2 of the vendor's requirements: requirement `V1` needs either `judged_by` with a rule or `excluded_because`, and not both"
    );
    assert_eq!(
        refused(&requirement("C1", "must", "")),
        "line 1 of the vendor's requirements: there is a requirement `C1` already"
    );
    let misspelt = refused(&requirement("V1", "must", "judged_by = [\"user/id-shard\"]"));
    assert!(misspelt.ends_with("which is no rule; did you mean `user/id-shared`?"), "{misspelt}");
}

#[test]
fn an_override_that_is_wrong_is_refused() {
    let nothing = refused("[[override]]\nrequirement = \"C1\"");
    assert!(nothing.contains("the override of `C1` needs either"), "{nothing}");
    let nobody = refused("[[override]]\nrequirement = \"C9\"\nlevel = \"must\"");
    assert_eq!(nobody, "line 1 of the vendor's requirements: there is no requirement `C9` to override");
}

#[test]
fn what_is_no_requirements_file_is_refused_with_its_line() {
    let unknown = refused("[[requirement]]\nid = \"V1\"\ncolour = \"red\"\n");
    assert!(unknown.starts_with("line 3 of the vendor's requirements: unknown field `colour`"), "{unknown}");
    let level = refused(&requirement("V1", "may", ""));
    assert!(level.starts_with("line 4 of the vendor's requirements: unknown variant `may`"), "{level}");
    let day = refused(&requirement("V1", "must", "excluded_because = \"no\"").replace("2026-11-20", "yesterday"));
    assert!(day.contains("`yesterday`, which is no day"), "{day}");
}

#[test]
fn webhooks_of_a_contract_file_are_judged_like_those_of_a_shipped_vendor() {
    let of_a_file = builtin("nobodys-vendor").expect("the common requirements");
    for rule in crate::rules::RULES.iter().filter(|rule| rule.name.starts_with("webhook/")) {
        assert_eq!(of_a_file.of_rule(rule.name).expect("a requirement").level, Level::Must, "{}", rule.name);
    }
}
