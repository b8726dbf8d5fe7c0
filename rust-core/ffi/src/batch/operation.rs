//! What an item of a batch does: each function on data, with the ranges in the place of its bytes and buffers.

use super::ranges::part;
use super::AtWork;
use crate::buffer::Buffer;
use crate::constants::*;
use crate::handle::Kind;
use crate::state::Library;
use crate::status::Failure;
use crate::types::sr_batch_item_t;
use crate::{derivation, key, signature, transfer, wrapping};
use strongroom_core::Key;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Encrypt,
    Decrypt,
    Reencrypt,
    DataKey,
    Sign,
    Verify,
    Mac,
    VerifyMac,
    Derive,
    Agree,
    EncryptOaep,
    DecryptOaep,
    Wrap,
    Unwrap,
    DataKeyPair,
    #[cfg(feature = "fault-injection")]
    Panic,
}

impl Operation {
    /// `None` where there is none of this number.
    pub(super) fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            SR_BATCH_ENCRYPT => Self::Encrypt,
            SR_BATCH_DECRYPT => Self::Decrypt,
            SR_BATCH_REENCRYPT => Self::Reencrypt,
            SR_BATCH_DATA_KEY => Self::DataKey,
            SR_BATCH_SIGN => Self::Sign,
            SR_BATCH_VERIFY => Self::Verify,
            SR_BATCH_MAC => Self::Mac,
            SR_BATCH_VERIFY_MAC => Self::VerifyMac,
            SR_BATCH_DERIVE => Self::Derive,
            SR_BATCH_AGREE => Self::Agree,
            SR_BATCH_ENCRYPT_OAEP => Self::EncryptOaep,
            SR_BATCH_DECRYPT_OAEP => Self::DecryptOaep,
            SR_BATCH_WRAP => Self::Wrap,
            SR_BATCH_UNWRAP => Self::Unwrap,
            SR_BATCH_DATA_KEY_PAIR => Self::DataKeyPair,
            #[cfg(feature = "fault-injection")]
            crate::fault::SR_TEST_BATCH_PANIC => Self::Panic,
            _ => return None,
        })
    }

    /// How many ranges of an item are read.
    pub(super) fn inputs(self) -> usize {
        match self {
            Self::DataKey
            | Self::DataKeyPair
            | Self::Sign
            | Self::Mac
            | Self::Wrap
            | Self::Unwrap => 1,
            Self::Reencrypt | Self::Agree => 3,
            #[cfg(feature = "fault-injection")]
            Self::Panic => 0,
            _ => 2,
        }
    }

    /// How many ranges of an item are written.
    pub(super) fn outputs(self) -> usize {
        match self {
            Self::Verify | Self::VerifyMac => 0,
            Self::DataKey => 2,
            Self::DataKeyPair => 3,
            _ => 1,
        }
    }
}

/// One item at work.
pub(super) struct Job<'a> {
    pub(super) library: &'a Library,
    pub(super) input: &'a [u8],
    pub(super) item: &'a sr_batch_item_t,
    pub(super) outputs: [Buffer<'a>; 3],
    pub(super) valid: &'a mut u32,
    pub(super) at_work: &'a mut AtWork,
}

impl Job<'_> {
    /// Errors: those of the function that the operation is.
    pub(super) fn run(self, operation: Operation) -> Result<(), Failure> {
        let Self {
            library,
            input,
            item,
            outputs: [first, second, third],
            valid,
            at_work: [key, target],
        } = self;
        let core = &library.core;
        let [one, two, three] = item.inputs;
        let one = || part(input, one);
        let two = || part(input, two);
        let key: &Key = key.insert(Key::find(library, item.key.bits)?).value();
        match operation {
            Operation::Encrypt => key::encrypt(core, key, one()?, two()?, first),
            Operation::Decrypt => key::decrypt(core, key, one()?, two()?, first),
            Operation::Reencrypt => {
                let target: &Key = target.insert(Key::find(library, item.target.bits)?).value();
                key::reencrypt(
                    core,
                    key,
                    target,
                    one()?,
                    [two()?, part(input, three)?],
                    first,
                )
            }
            Operation::DataKey => {
                key::data_key(core, key, item.number, one()?, wanted(first), second)
            }
            Operation::DataKeyPair => transfer::data_key_pair(
                core,
                key,
                item.number,
                one()?,
                (wanted(first), second, third),
            ),
            Operation::Sign => signature::sign(library, key, &item.scheme, one()?, first),
            Operation::Verify => {
                *valid = signature::verify(library, key, &item.scheme, one()?, two()?)?.into();
                Ok(())
            }
            Operation::Mac => signature::mac(library, key, item.number, one()?, first),
            Operation::VerifyMac => {
                *valid = signature::verify_mac(library, key, item.number, one()?, two()?)?.into();
                Ok(())
            }
            Operation::Derive => derivation::derive(core, key, one()?, two()?, first),
            Operation::Agree => {
                let inputs = [one()?, two()?, part(input, three)?];
                derivation::agree(library, key, item.number, inputs, first)
            }
            Operation::EncryptOaep => {
                wrapping::encrypt_oaep(core, key, item.number, one()?, two()?, first)
            }
            Operation::DecryptOaep => {
                wrapping::decrypt_oaep(core, key, item.number, one()?, two()?, first)
            }
            Operation::Wrap => wrapping::wrap(core, key, item.number, one()?, first),
            Operation::Unwrap => wrapping::unwrap(core, key, item.number, one()?, first),
            #[cfg(feature = "fault-injection")]
            Operation::Panic => {
                let room = first.capacity();
                first.fill(room, |room| crate::fault::panic_for(item, room))
            }
        }
    }
}

/// An output that may be left out, which it is where it has no room.
fn wanted(output: Buffer<'_>) -> Option<Buffer<'_>> {
    (output.capacity() > 0).then_some(output)
}
