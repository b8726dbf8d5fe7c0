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

const RETIRED: &str = include_str!("../abi/retired.txt");

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
    let header = Header::parse(&header::source());
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
    let mut header = Header::parse(&header::source()).constants;
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
    assert_eq!(Header::parse(&header::source()).prototypes, library);
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
    assert_eq!(Header::parse(&header::source()).structs, library);
}

#[test]
fn operations_are_numbered_once_each() {
    let exports: Vec<_> = EXPORTS.iter().copied().flatten().collect();
    let numbers: BTreeSet<u32> = exports.iter().map(|export| export.operation).collect();
    assert_eq!(numbers.len(), exports.len());
}

/// What of `retired` the manifest has again, by its number or by its name.
fn used_again(retired: &str) -> Vec<&str> {
    let lines = retired.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [word, number, name, _version] = words[..] else {
                panic!("not a word, a number, a name and a version: {line}")
            };
            let alike = |fact: &&str| {
                // A function's number stands in front of it, any other's behind its name.
                let (first, rest) = fact.split_once(' ').unwrap();
                let prefix =
                    |name: &str| name.rsplit_once('_').map(|(prefix, _)| prefix.to_owned());
                match word {
                    "function" => first == number || rest.contains(&format!(" {name}(")),
                    // Numbers of constants are each among those of their prefix.
                    "constant" => first == name || rest == number && prefix(first) == prefix(name),
                    _ => first == name || rest == number,
                }
            };
            facts(word).iter().any(alike)
        })
        .collect()
}

#[test]
fn nothing_that_was_retired_is_in_use() {
    assert_eq!(used_again(RETIRED), [""; 0]);
}

#[test]
fn a_retired_number_or_name_that_is_in_use_is_found() {
    let again = [
        "error 100 SR_E_GONE 2.0",
        "error 999 SR_E_PANIC 2.0",
        "function 26 sr_gone 2.0",
        "function 999 sr_key_encrypt 2.0",
        "constant 2 SR_KIND_GONE 2.0",
        "constant 999 SR_KIND_KEY 2.0",
    ];
    assert_eq!(used_again(&again.join("\n")), again);
    let gone = "# a comment\nerror 999 SR_E_GONE 2.0\nfunction 999 sr_gone 2.0\nconstant 99 SR_KIND_GONE 2.0";
    assert_eq!(used_again(gone), [""; 0]);
}

#[test]
fn a_batch_does_what_each_function_on_data_does() {
    let not_on_data = [
        "retain",
        "release",
        "describe",
        "batch",
        "subkey",
        "reserve_uses",
        "public_key",
    ];
    let constants = facts("constant").join("\n");
    let mut operations = 0;
    for export in EXPORTS.iter().copied().flatten() {
        let first = export.parameters.first().map(|(ty, _)| *ty);
        let Some(name) = export.name.strip_prefix("sr_key_") else {
            continue;
        };
        if first != Some("sr_key_t") || not_on_data.contains(&name) {
            continue;
        }
        let constant = format!("SR_BATCH_{} ", name.to_uppercase());
        assert!(constants.contains(&constant), "{constant}");
        operations += 1;
    }
    assert_eq!(operations, 15);
}

/// The ways to give a symbol away, in the code of a file without its comments.
fn exporting_words(text: &str) -> usize {
    let words = [
        "no_mangle",
        "export_name",
        "link_section",
        "global_asm",
        "naked_asm",
        "linkage",
    ];
    let code = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default());
    code.map(|line| {
        words
            .iter()
            .map(|word| line.matches(word).count())
            .sum::<usize>()
    })
    .sum()
}

#[test]
fn symbols_are_exported_by_the_macro_alone_and_every_file_that_does_is_listed() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut exporting = 0;
    for folder in ["sync", "memory", "openssl", "handles", "core", "ffi"] {
        for file in rust_files(&workspace.join(folder).join("src")) {
            let text = std::fs::read_to_string(&file).unwrap();
            let name = file.file_name().unwrap().to_str().unwrap();
            let macro_itself = folder == "ffi" && name == "export.rs";
            let expected = if macro_itself { 2 } else { 0 };
            assert_eq!(exporting_words(&text), expected, "{}", file.display());
            if text.contains("\nexport! {") && !["fault.rs", "planted.rs"].contains(&name) {
                exporting += 1;
            }
        }
    }
    assert_eq!(exporting, EXPORTS.len());
}

#[test]
fn an_export_that_goes_round_the_macro_is_found() {
    for line in [
        "#[no_mangle]",
        "#[unsafe(no_mangle)]",
        "#[export_name = \"sr_x\"]",
        "#[unsafe(export_name = \"sr_x\")]",
        "    #[cfg_attr(all(), no_mangle)] // so",
        "global_asm!(\".globl sr_x\")",
    ] {
        assert_eq!(exporting_words(line), 1, "{line}");
    }
    assert_eq!(exporting_words("// no_mangle"), 0);
}

#[test]
fn unsafe_stands_in_the_crates_that_are_for_it_and_says_why_each_time() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for folder in ["sync", "handles", "core"] {
        let root = std::fs::read_to_string(workspace.join(folder).join("src/lib.rs")).unwrap();
        assert!(root.contains("#![forbid(unsafe_code)]"), "{folder}");
    }
    let with_unsafe = ["memory", "memory-scan", "openssl", "ffi"];
    for file in with_unsafe
        .iter()
        .flat_map(|folder| rust_files(&workspace.join(folder)))
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
