//! Files that describe nothing testable: each is refused with the place of its error and a correction.

use standin_test_suite::driver::VerifyFile;

use crate::support::root;

#[test]
fn every_bad_file_is_refused_with_its_mistakes() {
    let folder = root().join("fixtures/bad-verify-files");
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
        .collect();
    names.sort();
    let mut told = String::new();
    for name in names {
        let text = std::fs::read_to_string(folder.join(&name)).expect("a file");
        let refused = VerifyFile::parse(&name, &text).expect_err(&name);
        told += &format!("{refused}\n\n----\n\n");
    }
    insta::assert_snapshot!(told);
}

#[test]
fn the_examples_are_good_files() {
    for file in
        ["python/sentiance", "python/finbox", "python/faulty-sentiance", "rust/techcentrix", "rust/faulty-techcentrix"]
    {
        VerifyFile::read(&root().join(format!("examples/{file}.toml"))).expect(file);
    }
}
