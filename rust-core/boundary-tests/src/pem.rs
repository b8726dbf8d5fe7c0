//! A private key in PEM, and a file of it.

use crate::World;

/// The first key of RFC 8032's test vectors, as PKCS#8.
pub const PEM: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
    -----END PRIVATE KEY-----\n";

impl World {
    /// Writes the key to a file in the world's folder, and gives its path.
    pub(crate) fn pem_file(&mut self) -> &[u8] {
        let path = self.folder.join("key.pem");
        std::fs::write(&path, PEM).expect("a file of our own");
        self.made.push(path.into_os_string().into_encoded_bytes());
        self.made.last().map_or(&[], Vec::as_slice)
    }
}
