//! Reads published vectors, which are not part of the project: from the folder that `STRONGROOM_VECTORS` names, else
//! from `shared/vectors` beside the project. Where there are none a test says how many cases it left out.

use serde_json::Value;
use std::path::PathBuf;

/// The groups of a Wycheproof file (`cases` is how many cases its caller would run of it), or none.
pub(super) fn wycheproof(file: &str, cases: usize) -> Vec<Value> {
    let folder = std::env::var_os("STRONGROOM_VECTORS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
        PathBuf::from,
    );
    let Ok(text) = std::fs::read(folder.join("wycheproof").join(file)) else {
        println!("skipped: {cases} cases of {file}, which is not here");
        return Vec::new();
    };
    let mut document: Value = serde_json::from_slice(&text).unwrap();
    match document["testGroups"].take() {
        Value::Array(groups) => groups,
        other => panic!("{file} has no groups but {other}"),
    }
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
