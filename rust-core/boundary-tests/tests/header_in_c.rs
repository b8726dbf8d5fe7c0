//! The header as C99 and C++17 see it: it compiles without a warning, twice over, and its structs lie as the library's
//! do.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use strongroom_ffi::manifest::COMMITTED;

const STRICT: [&str; 5] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"];

#[test]
fn the_header_compiles_as_c99_with_every_layout_asserted() {
    compile(
        "cc",
        &["-std=c99", "-x", "c"],
        "c99.c",
        &unit(|fact| {
            // C99 has no static assertion, and an array of a negative length does not compile.
            format!("extern char assertion_{}[({}) ? 1 : -1];\n", fact.0, fact.1)
        }),
    );
}

#[test]
fn the_header_compiles_as_cpp17_with_every_layout_asserted() {
    compile(
        "c++",
        &["-std=c++17", "-x", "c++"],
        "cpp17.cpp",
        &unit(|fact| format!("static_assert({}, \"{}\");\n", fact.1, fact.1)),
    );
}

#[test]
fn a_wrong_layout_would_not_compile() {
    let wrong =
        "#include <strongroom_core.h>\nextern char a[(sizeof(sr_error_t) == 127) ? 1 : -1];\n";
    if let Some(output) = run("cc", &["-std=c99", "-x", "c"], "wrong.c", wrong) {
        assert!(!output.status.success());
    }
}

/// Whether C refuses a translation unit that includes the header and goes on so.
fn refuses(name: &str, text: &str) -> bool {
    let text = format!(
        "#include <strongroom_core.h>\nuint32_t unit(sr_root_t root, sr_key_t key);\n{text}\n"
    );
    run("cc", &["-std=c99", "-x", "c"], name, &text).is_some_and(|output| !output.status.success())
}

#[test]
fn a_handle_of_another_kind_does_not_compile() {
    let call = |handle: &str| {
        format!("uint32_t unit(sr_root_t root, sr_key_t key) {{ (void)root; (void)key; return sr_key_release({handle}, NULL); }}")
    };
    assert!(!refuses("own_kind.c", &call("key")));
    assert!(refuses("other_kind.c", &call("root")));
    assert!(refuses("number.c", &call("key.bits")));
}

#[test]
fn what_is_deprecated_compiles_with_a_warning_that_says_what_comes_instead() {
    let unit = |mark: &str| {
        format!(
            "{mark} uint32_t old(void);\nuint32_t unit(sr_root_t root, sr_key_t key) {{ (void)root; (void)key; return old(); }}"
        )
    };
    assert!(!refuses("not_deprecated.c", &unit("")));
    assert!(refuses("deprecated.c", &unit("SR_DEPRECATED(\"new\")")));
}

/// A translation unit that includes the header twice and asserts each struct of the manifest.
fn unit(assert: impl Fn((usize, String)) -> String) -> String {
    let mut facts = Vec::new();
    for line in COMMITTED
        .lines()
        .filter_map(|line| line.strip_prefix("struct "))
    {
        let mut words = line.split(' ');
        let (name, size) = (words.next().unwrap(), words.next().unwrap());
        facts.push(format!("sizeof({name}) == {size}"));
        for field in words {
            let (field, place) = field.split_once('@').unwrap();
            let (offset, size) = place.split_once('+').unwrap();
            facts.push(format!("offsetof({name}, {field}) == {offset}"));
            facts.push(format!("sizeof((({name} *)0)->{field}) == {size}"));
        }
    }
    assert!(facts.len() > 80);
    let mut text = String::from("#include <strongroom_core.h>\n#include <strongroom_core.h>\n");
    for fact in facts.into_iter().enumerate() {
        write!(text, "{}", assert(fact)).unwrap();
    }
    text.push_str("int unit(void);\nint unit(void) { return (int)sr_abi_version(); }\n");
    text
}

fn compile(compiler: &str, language: &[&str], name: &str, text: &str) {
    if let Some(output) = run(compiler, language, name, text) {
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// `None` where there is no such compiler, which is said.
fn run(compiler: &str, language: &[&str], name: &str, text: &str) -> Option<std::process::Output> {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&file, text).unwrap();
    let include = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ffi/include");
    let mut command = Command::new(compiler);
    match command
        .args(STRICT)
        .args(language)
        .arg("-I")
        .arg(include)
        .arg(file)
        .output()
    {
        Ok(output) => Some(output),
        Err(error) => {
            println!("skipped: no {compiler} here ({error})");
            None
        }
    }
}
