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

fn row(id: &str, level: &str, judgement: &str) -> String {
    format!(
        "[[requirement]]\nid = \"{id}\"\nwho = \"client\"\nlevel = \"{level}\"\ntext = \"t\"\nis = \"documented\"\n\
         source = \"s\"\nread = \"2026-11-20\"\n{judgement}\n"
    )
}

fn refused(vendor: &str) -> String {
    Ledger::read(COMMON, Some(vendor)).unwrap_err().to_string()
}

#[test]
fn the_strongest_row_gives_a_rule_its_level() {
    let alone = Ledger::read(COMMON, None).unwrap();
    let standing = alone.standing("user/id-shared").unwrap();
    assert_eq!((standing.level, standing.assumed_only), (Level::Should, true));

    let both = Ledger::read(COMMON, Some(&row("V1", "must", "judged_by = [\"user/id-shared\"]"))).unwrap();
    let standing = both.standing("user/id-shared").unwrap();
    assert_eq!((standing.level, standing.assumed_only, standing.rows.len()), (Level::Must, false, 2));
}

#[test]
fn a_rule_that_no_row_asks_for_stands_nowhere() {
    assert_eq!(Ledger::read(COMMON, None).unwrap().standing("user/id-unstable"), None);
}

#[test]
fn an_override_changes_a_level_or_excludes_a_row() {
    let raised = Ledger::read(COMMON, Some("[[override]]\nrow = \"C1\"\nlevel = \"must\"")).unwrap();
    assert_eq!(raised.standing("user/id-shared").map(|standing| standing.level), Some(Level::Must));

    let out = "[[override]]\nrow = \"C1\"\nexcluded_because = \"there are no users\"";
    let excluded = Ledger::read(COMMON, Some(out)).unwrap();
    assert_eq!(excluded.standing("user/id-shared"), None);
    assert_eq!(excluded.excluded_because("user/id-shared"), Some("there are no users"));
}

#[test]
fn a_row_that_is_wrong_is_refused_with_its_line() {
    let both = row("V1", "must", "judged_by = [\"user/id-shared\"]\nexcluded_because = \"no\"");
    assert_eq!(
        refused(&format!("\n{both}")),
        "line 2 of the vendor's ledger: row `V1` needs either `judged_by` with a rule or `excluded_because`, and not both"
    );
    assert_eq!(refused(&row("C1", "must", "")), "line 1 of the vendor's ledger: there is a row `C1` already");
    let misspelt = refused(&row("V1", "must", "judged_by = [\"user/id-shard\"]"));
    assert!(misspelt.ends_with("which is no rule; did you mean `user/id-shared`?"), "{misspelt}");
}

#[test]
fn an_override_that_is_wrong_is_refused() {
    let nothing = refused("[[override]]\nrow = \"C1\"");
    assert!(nothing.contains("the override of `C1` needs either"), "{nothing}");
    let nobody = refused("[[override]]\nrow = \"C9\"\nlevel = \"must\"");
    assert_eq!(nobody, "line 1 of the vendor's ledger: there is no row `C9` to override");
}

#[test]
fn what_is_no_ledger_is_refused_with_its_line() {
    let unknown = refused("[[requirement]]\nid = \"V1\"\ncolour = \"red\"\n");
    assert!(unknown.starts_with("line 3 of the vendor's ledger: unknown field `colour`"), "{unknown}");
    let level = refused(&row("V1", "may", ""));
    assert!(level.starts_with("line 4 of the vendor's ledger: unknown variant `may`"), "{level}");
    let day = refused(&row("V1", "must", "excluded_because = \"no\"").replace("2026-11-20", "yesterday"));
    assert!(day.contains("`yesterday`, which is no day"), "{day}");
}
