//! Reads the header as far as it goes: constants, structs and prototypes, by words and punctuation.

mod source;

pub use source::source;

use std::collections::{BTreeMap, BTreeSet};

/// What the header says, in the manifest's way of writing.
pub struct Header {
    /// Each `SR_` macro with a value.
    pub constants: BTreeMap<String, u64>,
    /// Each struct's fields in order.
    pub structs: BTreeMap<String, Vec<String>>,
    /// Each prototype: return type, name, and parameters as type and name.
    pub prototypes: BTreeSet<String>,
}

impl Header {
    /// Panics at anything that it does not know, so that nothing of the header goes unread.
    pub fn parse(text: &str) -> Self {
        let text = without_comments(text);
        let (directives, code): (Vec<&str>, Vec<&str>) = text
            .lines()
            .partition(|line| line.trim_start().starts_with('#'));
        let code = code.join("\n").replace("extern \"C\" {", "");
        let mut header = Self {
            constants: constants(&directives),
            structs: BTreeMap::new(),
            prototypes: BTreeSet::new(),
        };
        let tokens = tokens(&code);
        let mut rest = &tokens[..];
        while let Some(first) = rest.first() {
            // The brace that ends extern "C".
            if first == "}" {
                rest = &rest[1..];
                continue;
            }
            if first == "SR_DEPRECATED" {
                let end = rest.iter().position(|token| token == ")");
                rest = &rest[end.expect("a note's end") + 1..];
                continue;
            }
            if first == "typedef" {
                let end = rest
                    .iter()
                    .position(|token| token == "}")
                    .expect("a struct's end");
                assert_eq!(&rest[..3], ["typedef", "struct", "{"]);
                assert_eq!(rest[end + 2], ";");
                header
                    .structs
                    .insert(rest[end + 1].clone(), fields(&rest[3..end]));
                rest = &rest[end + 3..];
            } else {
                let end = rest
                    .iter()
                    .position(|token| token == ";")
                    .expect("a prototype's end");
                header.prototypes.insert(prototype(&rest[..end]));
                rest = &rest[end + 1..];
            }
        }
        header
    }
}

fn without_comments(text: &str) -> String {
    let mut pieces = text.split("/*");
    let mut code = pieces.next().expect("the first piece").to_owned();
    for piece in pieces {
        code.push_str(piece.split_once("*/").expect("a comment's end").1);
    }
    assert!(!code.contains("//"), "one style of comment");
    code
}

fn constants(directives: &[&str]) -> BTreeMap<String, u64> {
    let mut constants = BTreeMap::new();
    for line in directives {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let ["#define", name, value] = words[..] {
            if name.contains('(') {
                continue; // A macro with parameters.
            }
            let digits = value.trim_end_matches(['u', 'U', 'L']);
            let value = match digits.strip_prefix("0x") {
                Some(digits) => u64::from_str_radix(digits, 16),
                None => digits.parse(),
            };
            assert!(constants
                .insert(name.to_owned(), value.expect("a number"))
                .is_none());
        }
    }
    constants
}

fn tokens(code: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut in_word = false;
    for c in code.chars() {
        let is_word = c.is_ascii_alphanumeric() || c == '_';
        match tokens.last_mut() {
            Some(last) if is_word && in_word => last.push(c),
            _ if c.is_whitespace() => {}
            _ => tokens.push(c.to_string()),
        }
        in_word = is_word;
    }
    tokens
}

/// Field names of the declarations `type name, name[number], *name;`.
fn fields(tokens: &[String]) -> Vec<String> {
    let declarations = tokens
        .split(|token| token == ";")
        .filter(|tokens| !tokens.is_empty());
    declarations
        .flat_map(|declaration| {
            declaration.split(|token| token == ",").map(|declarator| {
                let words = declarator
                    .split(|token| token == "[")
                    .next()
                    .expect("a declarator");
                words.last().expect("a name").clone()
            })
        })
        .collect()
}

/// `type name(type name, type name)`.
fn prototype(tokens: &[String]) -> String {
    let open = tokens
        .iter()
        .position(|token| token == "(")
        .expect("parameters");
    assert_eq!(tokens.last().map(String::as_str), Some(")"));
    let inside = &tokens[open + 1..tokens.len() - 1];
    let parameters: Vec<String> = match inside {
        [void] if void == "void" => Vec::new(),
        inside => inside
            .split(|token| token == ",")
            .map(|words| words.join(" "))
            .collect(),
    };
    format!("{}({})", tokens[..open].join(" "), parameters.join(", "))
}
