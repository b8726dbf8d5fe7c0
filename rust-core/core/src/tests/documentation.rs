//! The page on algorithms says what the table says.

use crate::{Algorithm, Usages};

const PAGE: &str = include_str!("../../../../docs/algorithms.md");

const USAGES: [(Usages, &str); 10] = [
    (Usages::ENCRYPT, "encrypt"),
    (Usages::DECRYPT, "decrypt"),
    (Usages::SIGN, "sign"),
    (Usages::VERIFY, "verify"),
    (Usages::MAC, "mac"),
    (Usages::VERIFY_MAC, "verify_mac"),
    (Usages::WRAP, "wrap"),
    (Usages::UNWRAP, "unwrap"),
    (Usages::DERIVE, "derive"),
    (Usages::AGREE, "agree"),
];

fn row(algorithm: Algorithm) -> String {
    let lengths = algorithm.key_lengths();
    let mut key = algorithm.key_bytes().to_string();
    if lengths.start() != lengths.end() {
        key += &format!(" ({} to {})", lengths.start(), lengths.end());
    }
    let (nonce, tag) = (algorithm.nonce_bytes(), algorithm.tag_bytes());
    let encrypts = algorithm.overhead() > 0;
    let usages: Vec<_> = USAGES
        .iter()
        .filter(|(usage, _)| algorithm.usages().contains(*usage))
        .map(|(_, name)| *name)
        .collect();
    let limit = match algorithm.use_limit() {
        Some(limit) => format!("2^{} messages", limit.ilog2()),
        None if encrypts => "none".to_owned(),
        None => String::new(),
    };
    let cells = [
        algorithm.number().to_string(),
        format!("`{}`", algorithm.name()),
        algorithm.standard().to_owned(),
        key,
        if encrypts {
            format!("{nonce}, {tag}")
        } else {
            String::new()
        },
        usages.join(" "),
        limit,
    ];
    let cells = cells.iter().map(|cell| match cell.as_str() {
        "" => " |".to_owned(),
        text => format!(" {text} |"),
    });
    format!("|{}", cells.collect::<String>())
}

#[test]
fn the_page_has_the_table_s_rows_and_no_other() {
    let rows: Vec<_> = PAGE
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains('`'))
        .collect();
    let expected: Vec<_> = Algorithm::ALL.into_iter().map(row).collect();
    assert_eq!(rows, expected);
}
