//! Prints the ABI's manifest, for abi/manifest.txt, or with `--fingerprint` the committed one's hash, for the header.

use strongroom_ffi::manifest::{render, FINGERPRINT};

fn main() {
    if std::env::args().any(|argument| argument == "--fingerprint") {
        println!("0x{FINGERPRINT:016x}ULL");
    } else {
        print!("{}", render());
    }
}
