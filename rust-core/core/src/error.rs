//! The closed taxonomy of failures, with the one table of their numbers, names and texts. Numbers are append-only:
//! the header, the server's errors and its HTTP statuses are all held to this table by tests.

use std::fmt;
use strongroom_memory as memory;

macro_rules! errors {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $name:literal, $text:literal;)*) => {
        /// Why an operation failed. It carries no data: nothing of a key, a plaintext or a path can be in it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Error {
            $($(#[$doc])* $variant,)*
        }

        impl Error {
            /// Every error there is, by ascending number.
            pub const ALL: &'static [Error] = &[$(Error::$variant),*];

            /// Its number. By the hundred: 1 arguments, 2 handles, 3 rights, 4 data, 5 sealing, 6 resources,
            /// 7 features, 9 internal.
            pub const fn code(self) -> u32 {
                match self {
                    $(Error::$variant => $code,)*
                }
            }

            /// Its stable name, in capitals.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Error::$variant => $name,)*
                }
            }

            /// What it says to a person; at most 95 bytes of ASCII.
            pub const fn text(self) -> &'static str {
                match self {
                    $(Error::$variant => $text,)*
                }
            }
        }
    };
}

errors! {
    /// A pointer that has to be there is NULL.
    NullArgument = 100, "NULL_ARGUMENT", "a required argument is absent";
    /// A pointer to a struct is not aligned for it.
    MisalignedArgument = 101, "MISALIGNED_ARGUMENT", "an argument is misaligned";
    /// A length, size or count outside of its range.
    LengthOutOfRange = 102, "LENGTH_OUT_OF_RANGE", "a length is out of range";
    /// There is less room than the output needs.
    BufferTooSmall = 103, "BUFFER_TOO_SMALL", "an output buffer is too small";
    /// A value outside of its set.
    InvalidArgument = 104, "INVALID_ARGUMENT", "an argument has no valid value";
    /// An output overlaps an input or another output.
    BuffersOverlap = 105, "BUFFERS_OVERLAP", "buffers overlap";
    /// The library was not started.
    NotStarted = 106, "NOT_STARTED", "the library is not started";
    /// The library was started before.
    AlreadyStarted = 107, "ALREADY_STARTED", "the library is already started";
    /// The process was forked after the start, and the child has no library.
    Forked = 108, "FORKED", "the library is not usable in a forked child";
    /// A handle that was never given.
    InvalidHandle = 200, "INVALID_HANDLE", "the handle was never given";
    /// A handle of another kind of object.
    WrongKind = 201, "WRONG_KIND", "the handle is of another kind";
    /// A handle whose object has ended.
    StaleHandle = 202, "STALE_HANDLE", "the handle's object has ended";
    /// The object was at work when a panic happened.
    HandlePoisoned = 203, "HANDLE_POISONED", "the object is unusable after an internal failure";
    /// The reference count of a handle is at its limit.
    TooManyReferences = 204, "TOO_MANY_REFERENCES", "the handle has too many references";
    /// The usages sealed into the key do not allow this.
    UsageNotAllowed = 300, "USAGE_NOT_ALLOWED", "the key may not be used for this";
    /// The flags sealed into the key do not let it out.
    NotExportable = 301, "NOT_EXPORTABLE", "the key may not leave the core";
    /// The version has encrypted as often as its nonces allow.
    RotationRequired = 302, "ROTATION_REQUIRED", "the key version has reached its limit of use";
    /// The uses that were reserved for this opened key are used up.
    UsesNotReserved = 303, "USES_NOT_RESERVED", "no reserved uses of the key are left";
    /// The ciphertext does not authenticate under this key and associated data.
    AuthenticationFailed = 400, "AUTHENTICATION_FAILED", "the ciphertext does not authenticate";
    /// The ciphertext is shorter than any ciphertext.
    MalformedCiphertext = 401, "MALFORMED_CIPHERTEXT", "the ciphertext is malformed";
    /// The message is longer than one operation takes.
    MessageTooLong = 402, "MESSAGE_TOO_LONG", "the message is too long";
    /// The digest is not as long as its hash's.
    DigestLength = 403, "DIGEST_LENGTH", "the digest has the wrong length";
    /// Not a public key, or one of another kind, or none that is safe to use.
    PublicKeyInvalid = 404, "PUBLIC_KEY_INVALID", "the public key is invalid";
    /// Material that is no key of the algorithm.
    KeyMaterialInvalid = 405, "KEY_MATERIAL_INVALID", "the key material is invalid";
    /// A key derived by context was used without one, or a key that is none with one.
    ContextMismatch = 406, "CONTEXT_MISMATCH", "the key needs a context, or takes none";
    /// A signature, encryption or public key scheme that the key's algorithm does not have.
    SchemeNotOfKey = 407, "SCHEME_NOT_OF_KEY", "the key's algorithm has no such scheme";
    /// Not a backup of a key.
    BackupMalformed = 408, "BACKUP_MALFORMED", "the backup is malformed";
    /// Edited, or made with another root or backup key.
    BackupNotAuthentic = 409, "BACKUP_NOT_AUTHENTIC", "the backup does not authenticate";
    /// Not a sealed key.
    SealedBlobMalformed = 500, "SEALED_BLOB_MALFORMED", "the sealed key is malformed";
    /// Edited, or sealed under another root key.
    SealedBlobNotAuthentic = 501, "SEALED_BLOB_NOT_AUTHENTIC", "the sealed key does not authenticate";
    /// A sealed version of another key, or another version of this one.
    SealedBlobNotThisKey = 502, "SEALED_BLOB_NOT_THIS_KEY", "the sealed key is another key or version";
    /// A format of sealed key that this build does not know.
    SealedBlobFormatUnknown = 503, "SEALED_BLOB_FORMAT_UNKNOWN", "the sealed key's format is unknown";
    /// There is no root key file at the path.
    RootKeyFileMissing = 510, "ROOT_KEY_FILE_MISSING", "there is no root key file";
    /// There is a file at the path already.
    RootKeyFileExists = 511, "ROOT_KEY_FILE_EXISTS", "the root key file exists already";
    /// Not a regular file of the process's own that is closed to everyone else.
    RootKeyFilePermissions = 512, "ROOT_KEY_FILE_PERMISSIONS",
        "the root key file must be a regular file of this user, closed to group and others";
    /// Not a root key, or a damaged one.
    RootKeyFileMalformed = 513, "ROOT_KEY_FILE_MALFORMED", "the root key file is malformed or damaged";
    /// The system refused to read or write it.
    RootKeyFileIo = 514, "ROOT_KEY_FILE_IO", "the root key file could not be read or written";
    /// Another key file, passphrase or set of shares than the root key was wrapped with.
    UnsealKeyWrong = 515, "UNSEAL_KEY_WRONG", "the key file, passphrase or shares are not the right ones";
    /// The root key is unsealed another way.
    UnsealMethodWrong = 516, "UNSEAL_METHOD_WRONG", "the root key is unsealed another way";
    /// Not a wrapped root key, or a damaged one.
    WrappedRootMalformed = 517, "WRAPPED_ROOT_MALFORMED", "the wrapped root key is malformed or damaged";
    /// Not a share, or mistyped.
    ShareMalformed = 518, "SHARE_MALFORMED", "the share is malformed or mistyped";
    /// A share of other shares than these.
    ShareOfAnotherSet = 519, "SHARE_OF_ANOTHER_SET", "the share belongs to another set";
    /// A share of the right set that was not given out so.
    ShareWrong = 520, "SHARE_WRONG", "the share is not what was given out";
    /// Fewer shares than the threshold.
    SharesMissing = 521, "SHARES_MISSING", "more shares are needed";
    /// The system refused to read a private key's file.
    KeyFileIo = 522, "KEY_FILE_IO", "the private key's file could not be read";
    /// The private key of a file is encrypted with a passphrase.
    KeyFileEncrypted = 523, "KEY_FILE_ENCRYPTED", "the private key in the file is encrypted";
    /// Secret memory is full, or could not be locked.
    SecretMemoryExhausted = 600, "SECRET_MEMORY_EXHAUSTED", "secret memory is exhausted";
    /// Every handle is taken.
    HandleTableFull = 601, "HANDLE_TABLE_FULL", "the handle table is full";
    /// The heap has no room.
    OutOfMemory = 602, "OUT_OF_MEMORY", "memory is exhausted";
    /// The random generator failed.
    RandomUnavailable = 603, "RANDOM_UNAVAILABLE", "the random generator is unavailable";
    /// What takes seconds was given up, because the process is to end.
    Interrupted = 604, "INTERRUPTED", "the library was told to give up what takes long";
    /// Needs a feature that was not built in.
    FeatureNotBuilt = 700, "FEATURE_NOT_BUILT", "the feature is not in this build";
    /// The cryptographic library of this machine lacks the algorithm.
    AlgorithmUnavailable = 701, "ALGORITHM_UNAVAILABLE", "the algorithm is unavailable";
    /// Needs a feature that is built in and was not allowed.
    FeatureNotAllowed = 702, "FEATURE_NOT_ALLOWED", "the feature is not allowed here";
    /// A state that should not be.
    Internal = 900, "INTERNAL", "internal error";
    /// A panic, caught at the boundary.
    Panic = 901, "PANIC", "internal failure";
    /// The cryptographic library failed where it never should.
    CryptoLibrary = 902, "CRYPTO_LIBRARY", "the cryptographic library failed";
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl std::error::Error for Error {}

impl From<memory::Error> for Error {
    fn from(error: memory::Error) -> Self {
        match error {
            memory::Error::SizeOutOfRange => Self::LengthOutOfRange,
            memory::Error::NotLocked { .. } | memory::Error::Exhausted => {
                Self::SecretMemoryExhausted
            }
        }
    }
}

impl From<openssl::error::ErrorStack> for Error {
    /// For failures that the inputs cannot cause. The library's own texts are dropped: they may quote data.
    fn from(_: openssl::error::ErrorStack) -> Self {
        Self::CryptoLibrary
    }
}

impl From<strongroom_openssl::Failure> for Error {
    fn from(failure: strongroom_openssl::Failure) -> Self {
        match failure {
            strongroom_openssl::Failure::Library => Self::CryptoLibrary,
            strongroom_openssl::Failure::Exhausted => Self::SecretMemoryExhausted,
            strongroom_openssl::Failure::NotAuthentic => Self::AuthenticationFailed,
            strongroom_openssl::Failure::TooLong => Self::MessageTooLong,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Error;

    #[test]
    fn numbers_ascend_and_stay_in_the_hundreds_that_they_belong_to() {
        for pair in Error::ALL.windows(2) {
            assert!(pair[0].code() < pair[1].code(), "{:?}", pair[1]);
        }
        for error in Error::ALL {
            assert!(matches!(error.code() / 100, 1..=7 | 9), "{error:?}");
        }
    }

    #[test]
    fn texts_fit_the_boundary_with_their_nul_and_are_plain_ascii() {
        for error in Error::ALL {
            assert!(
                error.text().len() < 96 && error.text().is_ascii(),
                "{error:?}"
            );
            assert!(!error.text().is_empty());
        }
    }
}
