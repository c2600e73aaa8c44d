//! The shipped contracts, and the fixture that shows that a fourth vendor needs no Rust.

use standin_contracts::contract::{Proof, VENDORS};

use crate::support::{all, root};

#[test]
fn every_contract_of_the_repository_loads() {
    let vendors: Vec<String> = all().into_iter().map(|contract| contract.vendor).collect();
    assert_eq!(vendors, ["techcentrix", "sentiance", "finbox", "junction"]);
}

#[test]
fn the_shipped_vendors_are_the_folders_of_vendors() {
    let mut folders: Vec<String> = std::fs::read_dir(root().join("contracts/vendors"))
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
        .collect();
    folders.sort();
    let mut shipped = VENDORS.to_vec();
    shipped.sort_unstable();
    assert_eq!(folders, shipped);
}

#[test]
fn a_fourth_vendor_needs_no_proof_of_its_own() {
    let uses: Vec<Proof> = crate::support::contract("junction").operations.iter().filter_map(|op| op.proof).collect();
    assert_eq!(uses, []);
}

#[test]
fn vendor_names_stand_in_no_code_but_proofs_and_the_list_of_what_ships() {
    let allowed = ["contract/proof.rs", "contract/builtin.rs", "requirements"];
    let mut found = Vec::new();
    for folder in ["contracts/src", "mock-server/src", "test-suite/src", "cli/src"] {
        look(&root().join(folder), &allowed, &mut found);
    }
    assert_eq!(found, [] as [String; 0]);
}

fn look(folder: &std::path::Path, allowed: &[&str], found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.to_string_lossy().into_owned();
        // A folder of unit tests is left out, like unit tests in a file.
        if path.is_dir() && path.ends_with("tests") {
            continue;
        }
        if path.is_dir() {
            look(&path, allowed, found);
        } else if path.extension().is_some_and(|ending| ending == "rs")
            && !allowed.iter().any(|part| name.contains(part))
        {
            found.extend(
                code_lines(&path).into_iter().filter(|line| names_vendor(line)).map(|line| format!("{name}: {line}")),
            );
        }
    }
}

/// The lines of code in a file: without comments, and up to the unit tests.
fn code_lines(path: &std::path::Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).expect("a file");
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().map(str::trim).filter(|line| !line.starts_with("//")).map(str::to_owned).collect()
}

fn names_vendor(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    VENDORS.iter().any(|vendor| line.contains(vendor))
}
