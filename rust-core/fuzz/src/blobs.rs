//! Sealed keys and backups: one that was edited, or made up, does not open, whatever is claimed of it beside.

use crate::input::Input;
use std::ptr;
use strongroom_boundary_tests::{invoke, Value, World};
use strongroom_ffi::SR_OK;

pub fn run(world: &mut World, mut input: Input) {
    let function = match input.byte().unwrap_or(0) % 5 {
        0 | 1 => "sr_key_open",
        2 => "sr_key_rotate",
        3 => "sr_backup_read",
        _ => "sr_backup_restore",
    };
    let mut values = world.values(function);
    // The last of the inputs is the blob, but of these two.
    let blob = match function {
        "sr_key_open" => 1,
        "sr_key_rotate" => 2,
        _ => values.iter().rposition(is_bytes).unwrap_or(0),
    };
    let Value::Bytes(data, length) = values[blob] else {
        unreachable!("{function} takes a blob")
    };
    // SAFETY: the values are of the world's memory.
    let original = unsafe { std::slice::from_raw_parts(data, length) };
    let (edited, changed) = input.edited(original);
    values[blob] = Value::Bytes(edited.as_ptr(), edited.len());
    for value in &mut values {
        if let Value::U32(number) = value {
            *number ^= u32::from(input.byte().unwrap_or(0));
        }
    }
    world.spoil_outputs();
    let status = invoke(function, &values, ptr::null_mut());
    assert!(
        status != SR_OK || !changed,
        "{function} took what was edited"
    );
    if status == SR_OK && function == "sr_key_open" {
        let key = [Value::Key(world.outputs.object[0])];
        assert_eq!(invoke("sr_key_release", &key, ptr::null_mut()), SR_OK);
    }
}

fn is_bytes(value: &Value) -> bool {
    matches!(value, Value::Bytes(..))
}
