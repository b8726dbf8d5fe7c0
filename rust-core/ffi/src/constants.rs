//! The constants of the header, in its order, with the crates' own values behind them. Error codes are not among
//! them: the manifest takes those from the core's table.

use strongroom_core as core;
use strongroom_core::{Algorithm, Flags, Hash, JwsAlgorithm, Usages};

macro_rules! constants {
    ($($name:ident: $ty:ty = $value:expr;)*) => {
        $(
            #[doc = "As in the header."]
            pub const $name: $ty = $value;
        )*

        /// Every constant with its name, for the manifest.
        pub(crate) const CONSTANTS: &[(&str, u64)] = &[$((stringify!($name), $name as u64)),*];
    };
}

constants! {
    SR_ABI_MAJOR: u32 = 1;
    SR_ABI_MINOR: u32 = 0;
    SR_OK: u32 = 0;
    SR_KIND_ROOT: u32 = 1;
    SR_KIND_KEY: u32 = 2;
    SR_KIND_UNSEAL_KEY: u32 = 3;
    SR_KIND_SHARES: u32 = 4;
    SR_ALGORITHM_AES_256_GCM: u32 = Algorithm::Aes256Gcm.number();
    SR_ALGORITHM_XAES_256_GCM: u32 = Algorithm::Xaes256Gcm.number();
    SR_ALGORITHM_AES_128_GCM: u32 = Algorithm::Aes128Gcm.number();
    SR_ALGORITHM_CHACHA20_POLY1305: u32 = Algorithm::ChaCha20Poly1305.number();
    SR_ALGORITHM_ED25519: u32 = Algorithm::Ed25519.number();
    SR_ALGORITHM_ECDSA_P256: u32 = Algorithm::EcdsaP256.number();
    SR_ALGORITHM_ECDSA_P384: u32 = Algorithm::EcdsaP384.number();
    SR_ALGORITHM_ECDSA_P521: u32 = Algorithm::EcdsaP521.number();
    SR_ALGORITHM_ECDSA_SECP256K1: u32 = Algorithm::EcdsaSecp256k1.number();
    SR_ALGORITHM_RSA_2048: u32 = Algorithm::Rsa2048.number();
    SR_ALGORITHM_RSA_3072: u32 = Algorithm::Rsa3072.number();
    SR_ALGORITHM_RSA_4096: u32 = Algorithm::Rsa4096.number();
    SR_ALGORITHM_HMAC_SHA224: u32 = Algorithm::HmacSha224.number();
    SR_ALGORITHM_HMAC_SHA256: u32 = Algorithm::HmacSha256.number();
    SR_ALGORITHM_HMAC_SHA384: u32 = Algorithm::HmacSha384.number();
    SR_ALGORITHM_HMAC_SHA512: u32 = Algorithm::HmacSha512.number();
    SR_ALGORITHM_AES_256_CMAC: u32 = Algorithm::Aes256Cmac.number();
    SR_ALGORITHM_ECDH_P256: u32 = Algorithm::EcdhP256.number();
    SR_ALGORITHM_ECDH_P384: u32 = Algorithm::EcdhP384.number();
    SR_ALGORITHM_ECDH_P521: u32 = Algorithm::EcdhP521.number();
    SR_ALGORITHM_X25519: u32 = Algorithm::X25519.number();
    SR_ALGORITHM_HKDF_SHA256: u32 = Algorithm::HkdfSha256.number();
    SR_ALGORITHM_AES_256_KWP: u32 = Algorithm::Aes256Kwp.number();
    SR_ALGORITHM_ML_DSA_44: u32 = Algorithm::MlDsa44.number();
    SR_ALGORITHM_ML_DSA_65: u32 = Algorithm::MlDsa65.number();
    SR_ALGORITHM_ML_DSA_87: u32 = Algorithm::MlDsa87.number();
    SR_USAGE_ENCRYPT: u32 = Usages::ENCRYPT.bits();
    SR_USAGE_DECRYPT: u32 = Usages::DECRYPT.bits();
    SR_USAGE_SIGN: u32 = Usages::SIGN.bits();
    SR_USAGE_VERIFY: u32 = Usages::VERIFY.bits();
    SR_USAGE_MAC: u32 = Usages::MAC.bits();
    SR_USAGE_VERIFY_MAC: u32 = Usages::VERIFY_MAC.bits();
    SR_USAGE_WRAP: u32 = Usages::WRAP.bits();
    SR_USAGE_UNWRAP: u32 = Usages::UNWRAP.bits();
    SR_USAGE_DERIVE: u32 = Usages::DERIVE.bits();
    SR_USAGE_AGREE: u32 = Usages::AGREE.bits();
    SR_FLAG_EXPORTABLE: u32 = Flags::EXPORTABLE.bits();
    SR_FLAG_DERIVED: u32 = Flags::DERIVED.bits();
    SR_FLAG_CONVERGENT: u32 = Flags::CONVERGENT.bits();
    SR_FLAG_IMPORTED: u32 = Flags::IMPORTED.bits();
    SR_HASH_SHA1: u32 = Hash::Sha1.number();
    SR_HASH_SHA224: u32 = Hash::Sha224.number();
    SR_HASH_SHA256: u32 = Hash::Sha256.number();
    SR_HASH_SHA384: u32 = Hash::Sha384.number();
    SR_HASH_SHA512: u32 = Hash::Sha512.number();
    SR_HASH_SHA3_224: u32 = Hash::Sha3_224.number();
    SR_HASH_SHA3_256: u32 = Hash::Sha3_256.number();
    SR_HASH_SHA3_384: u32 = Hash::Sha3_384.number();
    SR_HASH_SHA3_512: u32 = Hash::Sha3_512.number();
    SR_SIGNATURE_ED25519: u32 = 1;
    SR_SIGNATURE_ED25519PH: u32 = 2;
    SR_SIGNATURE_ECDSA: u32 = 3;
    SR_SIGNATURE_RSA_PSS: u32 = 4;
    SR_SIGNATURE_RSA_PKCS1: u32 = 5;
    SR_SIGNATURE_ML_DSA: u32 = 6;
    SR_ENCODING_DER: u32 = 1;
    SR_ENCODING_P1363: u32 = 2;
    SR_SALT_AUTO: u32 = 0xFFFFFFFF;
    SR_SALT_DIGEST: u32 = 0xFFFFFFFE;
    SR_JWS_RS256: u32 = JwsAlgorithm::Rs256.number();
    SR_JWS_RS384: u32 = JwsAlgorithm::Rs384.number();
    SR_JWS_RS512: u32 = JwsAlgorithm::Rs512.number();
    SR_JWS_PS256: u32 = JwsAlgorithm::Ps256.number();
    SR_JWS_PS384: u32 = JwsAlgorithm::Ps384.number();
    SR_JWS_PS512: u32 = JwsAlgorithm::Ps512.number();
    SR_JWS_ES256: u32 = JwsAlgorithm::Es256.number();
    SR_JWS_ES384: u32 = JwsAlgorithm::Es384.number();
    SR_JWS_ES512: u32 = JwsAlgorithm::Es512.number();
    SR_JWS_EDDSA: u32 = JwsAlgorithm::EdDsa.number();
    SR_WRAP_KWP: u32 = 1;
    SR_WRAP_KW: u32 = 2;
    SR_PUBLIC_KEY_DER: u32 = 1;
    SR_PUBLIC_KEY_PEM: u32 = 2;
    SR_PUBLIC_KEY_JWK: u32 = 3;
    SR_PUBLIC_KEY_RAW: u32 = 4;
    SR_IMPORT_OAEP_KWP: u32 = 1;
    SR_IMPORT_OAEP: u32 = 2;
    SR_BATCH_ENCRYPT: u32 = 1;
    SR_BATCH_DECRYPT: u32 = 2;
    SR_BATCH_REENCRYPT: u32 = 3;
    SR_BATCH_DATA_KEY: u32 = 4;
    SR_BATCH_SIGN: u32 = 5;
    SR_BATCH_VERIFY: u32 = 6;
    SR_BATCH_MAC: u32 = 7;
    SR_BATCH_VERIFY_MAC: u32 = 8;
    SR_BATCH_DERIVE: u32 = 9;
    SR_BATCH_AGREE: u32 = 10;
    SR_BATCH_ENCRYPT_OAEP: u32 = 11;
    SR_BATCH_DECRYPT_OAEP: u32 = 12;
    SR_BATCH_WRAP: u32 = 13;
    SR_BATCH_UNWRAP: u32 = 14;
    SR_BATCH_DATA_KEY_PAIR: u32 = 15;
    SR_BATCH_ITEMS_MAX: usize = 1000;
    SR_PROTECTION_MEMFD_SECRET: u32 = 1;
    SR_PROTECTION_MLOCK: u32 = 2;
    SR_UNSEAL_FILE: u32 = 1;
    SR_UNSEAL_PASSPHRASE: u32 = 2;
    SR_UNSEAL_SHARES: u32 = 3;
    SR_FEATURE_EXPORT: u64 = 0x1;
    SR_FEATURE_LEGACY_ALGORITHMS: u64 = 0x2;
    SR_FEATURE_FAULT_INJECTION: u64 = 0x4;
    SR_DIAGNOSTICS_MAX: usize = 4096;
    SR_KEY_ID_BYTES: usize = core::KEY_ID_BYTES;
    SR_ROOT_IDENTITY_BYTES: usize = core::ROOT_IDENTITY_BYTES;
    SR_TOKEN_MAC_BYTES: usize = core::TOKEN_MAC_BYTES;
    SR_RECORD_MAC_BYTES: usize = core::RECORD_MAC_BYTES;
    SR_AUDIT_MAC_BYTES: usize = core::AUDIT_MAC_BYTES;
    SR_SEALED_KEY_MAX_BYTES: usize = core::SEALED_KEY_MAX_BYTES;
    SR_RANDOM_MAX_BYTES: usize = 65536;
    SR_DATA_KEY_MIN_BYTES: usize = core::DATA_KEY_MIN_BYTES;
    SR_DATA_KEY_MAX_BYTES: usize = core::DATA_KEY_MAX_BYTES;
    SR_PLAINTEXT_MAX_BYTES: usize = core::MESSAGE_MAX_BYTES;
    SR_DERIVED_MAX_BYTES: usize = core::DERIVED_MAX_BYTES;
    SR_WRAP_MAX_BYTES: usize = core::WRAP_MAX_BYTES;
    SR_PRIVATE_KEY_MAX_BYTES: usize = core::PRIVATE_KEY_MAX_BYTES;
    SR_PUBLIC_KEY_MAX_BYTES: usize = 4096;
    SR_EXPORT_MAX_BYTES: usize = core::EXPORT_MAX_BYTES;
    SR_BACKUP_METADATA_MAX_BYTES: usize = core::BACKUP_METADATA_MAX_BYTES;
    SR_PASSPHRASE_MIN_BYTES: usize = core::PASSPHRASE_MIN_BYTES;
    SR_PASSPHRASE_MAX_BYTES: usize = core::PASSPHRASE_MAX_BYTES;
    SR_SCRYPT_COST_MIN: u32 = core::SCRYPT_COST_MIN as u32;
    SR_SCRYPT_COST_MAX: u32 = core::SCRYPT_COST_MAX as u32;
    SR_SHARES_MIN: usize = core::SHARES_MIN;
    SR_SHARES_MAX: usize = core::SHARES_MAX;
    SR_SHARE_TEXT_BYTES: usize = core::SHARE_TEXT_BYTES;
    SR_WRAPPED_ROOT_MAX_BYTES: usize = core::WRAPPED_ROOT_MAX_BYTES;
}
