//! Holds the library, its committed manifest and the header to each other, so that none of them can change alone.

// The helpers; tests themselves may.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod header;

use header::Header;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use strongroom_ffi::manifest::{render, COMMITTED, EXPORTS, FINGERPRINT};

const HEADER: &str = include_str!("../include/strongroom_core.h");
const RETIRED: &str = include_str!("../abi/retired-codes.txt");

/// The manifest's lines that begin with `word`, without it.
fn facts(word: &str) -> Vec<&'static str> {
    COMMITTED
        .lines()
        .filter_map(|line| line.strip_prefix(word)?.strip_prefix(' '))
        .collect()
}

#[test]
fn the_committed_manifest_is_the_librarys() {
    assert_eq!(
        render(),
        COMMITTED,
        "render it anew: cargo run -p strongroom-ffi --example manifest"
    );
}

#[test]
fn the_header_has_the_fingerprint_and_version_of_the_library() {
    let header = Header::parse(HEADER);
    assert_eq!(
        header.constants["SR_ABI_FINGERPRINT"], FINGERPRINT,
        "it is {FINGERPRINT:#018x}"
    );
    assert_eq!(strongroom_ffi::sr_abi_fingerprint(), FINGERPRINT);
    let version = header.constants["SR_ABI_MAJOR"] << 16 | header.constants["SR_ABI_MINOR"];
    assert_eq!(u64::from(strongroom_ffi::sr_abi_version()), version);
}

#[test]
fn every_constant_and_code_of_the_header_is_the_librarys_and_none_is_missing() {
    let mut header = Header::parse(HEADER).constants;
    header.remove("SR_ABI_FINGERPRINT");
    let library: BTreeMap<String, u64> = facts("constant")
        .into_iter()
        .chain(facts("error"))
        .map(|fact| fact.split_once(' ').unwrap())
        .map(|(name, value)| (name.to_owned(), value.parse().unwrap()))
        .collect();
    assert_eq!(header, library);
}

#[test]
fn every_prototype_of_the_header_is_the_librarys_and_none_is_missing() {
    let library: BTreeSet<String> = facts("function")
        .iter()
        .map(|fact| fact.split_once(' ').unwrap().1.to_owned())
        .collect();
    assert_eq!(Header::parse(HEADER).prototypes, library);
}

#[test]
fn every_struct_of_the_header_has_the_librarys_fields_in_order() {
    let library: BTreeMap<String, Vec<String>> = facts("struct")
        .iter()
        .map(|fact| {
            let mut words = fact.split(' ');
            let name = words.next().unwrap().to_owned();
            let fields = words
                .skip(1)
                .map(|field| field.split('@').next().unwrap().to_owned());
            (name, fields.collect())
        })
        .collect();
    assert_eq!(Header::parse(HEADER).structs, library);
}

#[test]
fn operations_are_numbered_once_each() {
    let exports: Vec<_> = EXPORTS.iter().copied().flatten().collect();
    let numbers: BTreeSet<u32> = exports.iter().map(|export| export.operation).collect();
    assert_eq!(numbers.len(), exports.len());
}

#[test]
fn no_retired_code_is_in_use() {
    let live: BTreeSet<u32> = strongroom_core::Error::ALL
        .iter()
        .map(|e| e.code())
        .collect();
    for line in RETIRED.lines().filter(|line| !line.starts_with('#')) {
        let number: u32 = line.split_whitespace().next().unwrap().parse().unwrap();
        assert!(!live.contains(&number), "{line}");
    }
}

#[test]
fn symbols_are_exported_by_the_macro_alone_and_every_file_that_does_is_listed() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut exporting = 0;
    for file in rust_files(&source) {
        let text = std::fs::read_to_string(&file).unwrap();
        let name = file.file_name().unwrap().to_str().unwrap();
        let marks = ["no_mangle", "export_name", "link_section"];
        let exports = marks
            .iter()
            .map(|mark| text.matches(&format!("{mark}]")).count());
        assert_eq!(
            exports.sum::<usize>(),
            if name == "export.rs" { 2 } else { 0 },
            "{name}"
        );
        if text.contains("\nexport! {") && name != "fault.rs" {
            exporting += 1;
        }
    }
    assert_eq!(exporting, EXPORTS.len());
}

#[test]
fn unsafe_stands_in_two_crates_and_says_why_each_time() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for folder in ["sync", "handles", "core"] {
        let root = std::fs::read_to_string(workspace.join(folder).join("src/lib.rs")).unwrap();
        assert!(root.contains("#![forbid(unsafe_code)]"), "{folder}");
    }
    for file in rust_files(&workspace.join("memory"))
        .into_iter()
        .chain(rust_files(&workspace.join("ffi")))
    {
        let text = std::fs::read_to_string(&file).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let code = line.split("//").next().unwrap();
            if !(code.contains(concat!("unsafe", " {"))
                || code.contains(concat!("unsafe", " impl")))
            {
                continue;
            }
            let before = lines[number.saturating_sub(3)..number].iter();
            assert!(
                before.rev().any(|line| line.contains("// SAFETY:")),
                "{}:{}: {line}",
                file.display(),
                number + 1
            );
        }
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}
