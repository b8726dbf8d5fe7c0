//! Holds the header's comments, and the guide's tables, to what the library is: who owns, which thread, what fails and
//! what is secret stands at every function, and every layout is written down byte by byte.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "header/source.rs"]
mod header;

use std::collections::BTreeSet;
use std::path::Path;
use strongroom_core::Error;
use strongroom_ffi::manifest::{Export, COMMITTED, EXPORTS};

const PARTS: [&str; 4] = ["Ownership:", "Threads:", "Errors:", "Secrets:"];

/// The comment just above a function's prototype, on one line.
fn comment(source: &str, export: &Export) -> String {
    let Export { returns, name, .. } = export;
    let at = source
        .find(&format!("\n{returns} {name}("))
        .unwrap_or_else(|| panic!("{name} has no prototype"));
    let before = &source[..at];
    let begin = before.rfind("/*").expect("a comment");
    let comment = &before[begin..];
    assert!(
        comment.ends_with("*/"),
        "{name}: something stands between its comment and its prototype"
    );
    let words = comment.split_whitespace().filter(|word| *word != "*");
    words.collect::<Vec<_>>().join(" ")
}

/// The text of one part of a comment.
fn part<'a>(comment: &'a str, part: &str) -> &'a str {
    let begin = comment.find(part).unwrap() + part.len();
    let rest = &comment[begin..];
    let ends = PARTS
        .iter()
        .chain(&["*/"])
        .filter_map(|next| rest.find(next));
    rest[..ends.min().unwrap()].trim()
}

/// The names of errors in a text: words in capitals that are not those of parameters' types.
fn error_names(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let capitals = words.filter(|word| {
        let letters = word.chars().filter(char::is_ascii_uppercase).count();
        letters > 3 && !word.contains(|c: char| c.is_ascii_lowercase())
    });
    capitals
        .filter(|word| {
            !["RLIMIT_MEMLOCK", "NULL"].contains(word)
                && (!word.starts_with("SR_") || word.starts_with("SR_E_"))
        })
        .map(|word| word.trim_start_matches("SR_E_").to_owned())
        .collect()
}

#[test]
fn every_function_says_its_ownership_threads_errors_and_secrets() {
    let source = header::source();
    for export in EXPORTS.iter().copied().flatten() {
        let comment = comment(&source, export);
        for name in PARTS {
            assert_eq!(
                comment.matches(name).count(),
                1,
                "{} {name} {comment}",
                export.name
            );
            assert!(
                part(&comment, name).len() >= 4 && part(&comment, name).ends_with('.'),
                "{} {name}",
                export.name
            );
        }
        let status = export.returns == "uint32_t" && !export.parameters.is_empty();
        let common = part(&comment, "Errors:").starts_with("the common ones");
        assert_eq!(common, status, "{}", export.name);
    }
}

#[test]
fn every_error_that_the_header_names_exists_and_every_one_that_exists_is_named_by_a_function() {
    let source = header::source();
    let known: BTreeSet<String> = Error::ALL.iter().map(|e| e.name().to_owned()).collect();
    let common = source
        .split_once("\"Errors: the common ones\" are")
        .unwrap();
    let common = common.1.split_once("*/").unwrap().0;
    let mut named = error_names(common);
    for export in EXPORTS.iter().copied().flatten() {
        named.extend(error_names(part(&comment(&source, export), "Errors:")));
    }
    assert_eq!(named, known);
}

/// Each struct of the manifest with its size and fields: name, offset, bytes.
fn layouts() -> Vec<(String, String, Vec<[String; 3]>)> {
    let structs = COMMITTED
        .lines()
        .filter_map(|line| line.strip_prefix("struct "));
    structs
        .map(|line| {
            let mut words = line.split(' ').map(str::to_owned);
            let (name, size) = (words.next().unwrap(), words.next().unwrap());
            let fields = words.map(|field| {
                let (name, place) = field.split_once('@').unwrap();
                let (offset, size) = place.split_once('+').unwrap();
                [name, offset, size].map(str::to_owned)
            });
            (name, size, fields.collect())
        })
        .collect()
}

#[test]
fn every_field_of_every_struct_has_its_offset_and_bytes_beside_it() {
    let source = header::source();
    for (name, _, fields) in layouts() {
        let end = source.find(&format!("}} {name};")).expect(&name);
        let begin = source[..end].rfind("typedef struct {").unwrap();
        let lines: Vec<&str> = source[begin..end].lines().skip(1).collect();
        let documented: Vec<[String; 3]> = lines
            .iter()
            .filter(|line| line.contains(';') && line.contains("/*"))
            .map(|line| {
                let (declaration, comment) = line.split_once("/*").unwrap();
                let declarator = declaration.split(['[', ';']).next().unwrap();
                let field = declarator
                    .rsplit([' ', '*'])
                    .find(|word| !word.is_empty())
                    .unwrap();
                let mut place = comment.split_whitespace();
                let (offset, size) = (place.next().unwrap(), place.next().unwrap());
                let size = size.trim_start_matches('+').trim_end_matches(':');
                [field, offset, size].map(str::to_owned)
            })
            .collect();
        assert_eq!(documented, fields, "{name}");
    }
}

#[test]
fn the_c_side_asserts_every_size_and_every_field() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Sources/CStrongroomCore/layout.c");
    let asserted = std::fs::read_to_string(file).unwrap();
    let asserted: Vec<&str> = asserted
        .lines()
        .filter(|line| line.starts_with("SIZE(") || line.starts_with("FIELD("))
        .collect();
    let mut wanted = Vec::new();
    for (name, size, fields) in layouts() {
        wanted.push(format!("SIZE({name}, {size});"));
        for [field, offset, bytes] in fields {
            wanted.push(format!("FIELD({name}, {field}, {offset}, {bytes});"));
        }
    }
    assert_eq!(asserted, wanted);
}

/// Arguments by value, not layouts that anyone writes.
const HANDED_BY_VALUE: [&str; 6] = [
    "sr_root_t",
    "sr_key_t",
    "sr_unseal_key_t",
    "sr_shares_t",
    "sr_bytes_t",
    "sr_buffer_t",
];

#[test]
fn the_guide_has_the_flat_layouts_byte_by_byte() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/boundary.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    for (name, size, fields) in layouts() {
        let heading = format!("**`{name}`**, {size} bytes");
        if HANDED_BY_VALUE.contains(&&*name) {
            continue;
        }
        let (_, table) = guide.split_once(&heading).expect(&heading);
        let rows: Vec<[String; 3]> = table
            .lines()
            .skip_while(|line| !line.starts_with("| "))
            .take_while(|line| line.starts_with('|'))
            .filter(|row| row.contains('`'))
            .map(|row| {
                let cells: Vec<&str> = row.split('|').map(str::trim).collect();
                [cells[3].split('`').nth(1).unwrap(), cells[1], cells[2]].map(str::to_owned)
            })
            .collect();
        assert_eq!(rows, fields, "{name}");
    }
}
