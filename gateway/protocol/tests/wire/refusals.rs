//! Bytes that look like a message of a console and are none.

use crate::samples;
use ciborium::Value;
use farhand_protocol::{FromConsole, GlassStamp, encode};

/// Each with the name of what is wrong with it.
pub(crate) fn all() -> Vec<(&'static str, Vec<u8>)> {
    let good = encode(&FromConsole::Command(samples::command())).expect("encodes");
    let with = |key: &str, value: Value| changed(&good, |fields| set(fields, key, value));
    let mut trailing = good.clone();
    trailing.push(0xf6);
    vec![
        ("nothing at all", vec![]),
        ("a command cut short", good[..good.len() - 1].to_vec()),
        ("a command with a byte after it", trailing),
        ("a command of more than 1 KiB", too_long()),
        ("a speed that is a float", with("speed_mm_s", Value::Float(1.5))),
        ("a speed that is not a number", with("speed_mm_s", Value::Float(f64::NAN))),
        ("a speed in words", with("speed_mm_s", Value::from("fast"))),
        ("a speed beyond 32 bits", with("speed_mm_s", Value::from(1_i64 << 40))),
        ("a sequence of 2^53", with("seq", Value::from(1_u64 << 53))),
        ("a negative sequence", with("seq", Value::from(-1))),
        ("an epoch with a tag", with("epoch", Value::Tag(1, Box::new(Value::from(7))))),
        ("an unknown field nested too deep", with("extra", nested(5))),
        ("a field twice", changed(&good, |fields| fields.push(fields[0].clone()))),
        ("a field missing", changed(&good, |fields| fields.retain(|(key, _)| key.as_text() != Some("enable")))),
        ("a key that is a number", changed(&good, |fields| fields.push((Value::from(1), Value::from(1))))),
        ("a message of no known kind", bytes_of(&Value::Map(vec![(Value::from("sing"), Value::Map(vec![]))]))),
        ("a map of indefinite length", vec![0xbf, 0xff]),
        ("a list that claims 2^64 items", vec![0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        ("text that is not UTF-8", vec![0xa1, 0x62, 0xc3, 0x28, 0x01]),
        ("an undefined value", vec![0xf7, 0xf7]),
    ]
}

type Fields = Vec<(Value, Value)>;

/// The command's bytes with its fields changed.
fn changed(good: &[u8], change: impl FnOnce(&mut Fields)) -> Vec<u8> {
    let mut message: Value = ciborium::from_reader(good).expect("is CBOR");
    let outer = message.as_map_mut().expect("an enum is a map");
    change(outer[0].1.as_map_mut().expect("a command is a map"));
    bytes_of(&message)
}

fn set(fields: &mut Fields, key: &str, value: Value) {
    match fields.iter_mut().find(|(name, _)| name.as_text() == Some(key)) {
        Some(field) => field.1 = value,
        None => fields.push((Value::from(key), value)),
    }
}

fn nested(depth: usize) -> Value {
    (0..depth).fold(Value::Null, |inner, _| Value::Array(vec![inner]))
}

fn too_long() -> Vec<u8> {
    let mut command = samples::command();
    command.stamps = vec![GlassStamp { camera: command.stamps[0].camera, rtp: command.stamps[0].rtp }; 60];
    encode(&FromConsole::Command(command)).expect("encodes")
}

fn bytes_of(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).expect("encodes");
    bytes
}
