//! Reads published vectors, which are not part of the project: from the folder that `STRONGROOM_VECTORS` names, and a file that
//! is missing there fails its test. Without it they are looked for in `shared/vectors` beside the project, and a test says how
//! many cases it left out where there are none.

use serde_json::Value;
use std::path::PathBuf;

/// The groups of a Wycheproof file (`cases` is how many cases its caller would run of it), or none.
pub(super) fn wycheproof(file: &str, cases: usize) -> Vec<Value> {
    let named = std::env::var_os("STRONGROOM_VECTORS").filter(|name| !name.is_empty());
    let must_be_here = named.is_some();
    let folder = named.map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
        PathBuf::from,
    );
    let path = folder.join("wycheproof").join(file);
    let Ok(text) = std::fs::read(&path) else {
        assert!(!must_be_here, "no vectors at {}", path.display());
        println!("skipped: {cases} cases of {file}, which is not here");
        return Vec::new();
    };
    let mut document: Value = serde_json::from_slice(&text).unwrap();
    match document["testGroups"].take() {
        Value::Array(groups) => groups,
        other => panic!("{file} has no groups but {other}"),
    }
}

/// Runs `check` on each of the `cases` of a file, with the group that it is in.
pub(super) fn run(file: &str, cases: usize, check: impl FnMut(&Value, &Value)) {
    run_where(file, cases, |_| true, check);
}

/// Runs `check` on each case of the groups that `take` takes, which are `cases` altogether.
pub(super) fn run_where(
    file: &str,
    cases: usize,
    take: impl Fn(&Value) -> bool,
    mut check: impl FnMut(&Value, &Value),
) {
    super::openssl_memory();
    let groups = wycheproof(file, cases);
    let mut run = 0;
    for group in groups.iter().filter(|group| take(group)) {
        for case in self::cases(group) {
            check(group, case);
            run += 1;
        }
    }
    assert!(
        groups.is_empty() || run == cases,
        "{run} cases of {file} ran"
    );
}

/// The cases of a group.
pub(super) fn cases(group: &Value) -> &[Value] {
    group["tests"].as_array().unwrap()
}

/// A field in hexadecimal.
pub(super) fn bytes(case: &Value, field: &str) -> Vec<u8> {
    hex(case[field].as_str().unwrap())
}

pub(super) fn is_valid(case: &Value) -> bool {
    match case["result"].as_str().unwrap() {
        "valid" => true,
        "invalid" => false,
        other => panic!("a vector that is {other}"),
    }
}

pub(super) fn hex(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|p| u8::from_str_radix(std::str::from_utf8(p).unwrap(), 16).unwrap())
        .collect()
}
