//! Every parameter that is a handle, and calls with a handle of the test's choice in its place.

use crate::{dirty_error, invoke, parameters, Value, World};
use strongroom_ffi::*;

/// Each kind of handle in the order of its number: its type, the name that its functions have, and one that gives it.
pub const GIVERS: [(&str, &str, &str); 4] = [
    ("sr_root_t", "root", "sr_root_open_file"),
    ("sr_key_t", "key", "sr_key_open"),
    ("sr_unseal_key_t", "unseal_key", "sr_unseal_key_open_file"),
    ("sr_shares_t", "shares", "sr_shares_collect"),
];

/// (function, index) of each parameter that is a handle, with its kind.
pub fn handle_parameters() -> impl Iterator<Item = (&'static str, usize, u32)> {
    parameters().filter_map(|(name, index, ty)| match ty {
        "sr_root_t" => Some((name, index, SR_KIND_ROOT)),
        "sr_key_t" => Some((name, index, SR_KIND_KEY)),
        "sr_unseal_key_t" => Some((name, index, SR_KIND_UNSEAL_KEY)),
        "sr_shares_t" => Some((name, index, SR_KIND_SHARES)),
        _ => None,
    })
}

pub fn call_with(world: &mut World, name: &str, index: usize, bits: u64) -> u32 {
    let mut values = world.values(name);
    values[index] = match values[index] {
        Value::Root(_) => Value::Root(bits),
        Value::Key(_) => Value::Key(bits),
        Value::UnsealKey(_) => Value::UnsealKey(bits),
        Value::Shares(_) => Value::Shares(bits),
        other => panic!("{other:?} is no handle"),
    };
    world.spoil_outputs();
    let mut error = dirty_error();
    let status = invoke(name, &values, &mut error);
    assert_eq!(error.code, status);
    if status != SR_OK {
        assert_eq!(error.argument as usize, index + 1, "{name} {bits:#x}");
        let zero = world.outputs.first.iter().all(|&byte| byte == 0);
        let takes_first = values
            .iter()
            .any(|value| matches!(value, Value::Buffer(..)));
        assert!(zero || !takes_first, "{name} {bits:#x}");
    }
    status
}
