//! The text of the header with all of its parts.

use std::path::Path;

/// The header, with what it includes of its own in the place of each `#include`.
pub fn source() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("include");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a header");
    let mut text = String::new();
    for line in read("strongroom_core.h").lines() {
        match line.strip_prefix("#include \"") {
            Some(name) => text.push_str(&read(name.trim_end_matches('"'))),
            None => text.push_str(line),
        }
        text.push('\n');
    }
    text
}
