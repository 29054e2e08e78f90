//! Golden files: messages with their bytes, and bytes with the reason why they are refused.

use crate::{refusals, samples};
use farhand_protocol::{
    FromConsole, GatewayDatagram, GatewaySays, Limits, MediaDemand, MediaHeader, MonoTime, PICTURE_HEAD_BYTES, PageFrame,
    PictureHead, RtpStamp, ToConsole, VehicleDatagram, VehicleSays, VehicleState, decode, encode,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// The text of `accepted.json`.
pub(crate) fn accepted_text() -> String {
    let mut vectors = Vec::new();
    add(&mut vectors, "FromConsole", Limits::CONSOLE, samples::from_console());
    add(&mut vectors, "ToConsole", Limits::DATAGRAM, samples::to_console());
    let states = vec![("a truck that is driven", samples::state()), ("a truck that has halted", samples::halted())];
    add(&mut vectors, "VehicleState", Limits::DATAGRAM, states);
    add(&mut vectors, "GatewayDatagram", Limits::DATAGRAM, samples::gateway_datagrams());
    add(&mut vectors, "VehicleDatagram", Limits::DATAGRAM, samples::vehicle_datagrams());
    add(&mut vectors, "VehicleSays", Limits::STREAM, samples::vehicle_says());
    add(&mut vectors, "GatewaySays", Limits::STREAM, samples::gateway_says());
    add(
        &mut vectors,
        "MediaDemand",
        Limits::DATAGRAM,
        vec![("what is watched", samples::media_demand()), ("and what the pages can take", samples::narrow_media_demand())],
    );
    pretty(&vectors)
}

/// The text of `refused.json`: all of them as a [`FromConsole`].
pub(crate) fn refused_text() -> String {
    let vectors: Vec<Value> = refusals::all()
        .into_iter()
        .map(|(name, bytes)| {
            let refused = decode::<FromConsole>(&bytes, Limits::CONSOLE).expect_err(name).to_string();
            json!({ "name": name, "type": "FromConsole", "hex": hex(&bytes), "refused": refused })
        })
        .collect();
    pretty(&vectors)
}

/// The text of `media.json`.
pub(crate) fn media_text() -> String {
    let headers = samples::media_headers().into_iter().map(|(name, header)| {
        json!({ "name": name, "type": "MediaHeader", "hex": hex(&header.to_bytes()), "value": header_value(&header) })
    });
    let heads = samples::picture_heads().into_iter().map(|(name, head)| {
        json!({
            "name": name, "type": "PictureHead", "hex": hex(&head.to_bytes()),
            "value": {
                "number": head.number, "received_us": head.received, "relayed_us": head.relayed, "header": header_value(&head.header),
            },
        })
    });
    pretty(&headers.chain(heads).collect::<Vec<Value>>())
}

fn header_value(header: &MediaHeader) -> Value {
    json!({
        "camera": header.camera, "key": header.key, "sequence": header.sequence, "depends_on": header.depends_on,
        "capture_us": header.capture, "length": header.length, "rtp": RtpStamp::of_capture(header.capture),
    })
}

fn add<T>(vectors: &mut Vec<Value>, kind: &str, limits: Limits, messages: Vec<(&'static str, T)>)
where
    T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug,
{
    for (name, message) in messages {
        let bytes = encode(&message).expect("encodes");
        assert_eq!(decode::<T>(&bytes, limits).as_ref(), Ok(&message), "{name} comes back");
        let tree: ciborium::Value = ciborium::from_reader(&bytes[..]).expect("is CBOR");
        vectors.push(json!({ "name": name, "type": kind, "hex": hex(&bytes), "value": plain(&tree) }));
    }
}

/// CBOR as JSON with the order of keys kept; byte strings become `{"$bytes": "hex"}`.
fn plain(tree: &ciborium::Value) -> Value {
    match tree {
        ciborium::Value::Integer(number) => i64::try_from(*number).map(Value::from).expect("integers of the wire are below 2^53"),
        ciborium::Value::Bytes(bytes) => json!({ "$bytes": hex(bytes) }),
        ciborium::Value::Text(text) => Value::from(text.as_str()),
        ciborium::Value::Bool(truth) => Value::from(*truth),
        ciborium::Value::Null => Value::Null,
        ciborium::Value::Array(items) => items.iter().map(plain).collect(),
        ciborium::Value::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| (key.as_text().expect("keys are text").to_owned(), plain(value)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        other => unreachable!("the wire has no {other:?}"),
    }
}

fn pretty(vectors: &[Value]) -> String {
    let mut text = serde_json::to_string_pretty(vectors).expect("JSON");
    text.push('\n');
    text
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("text grows");
        text
    })
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).expect("hex")).collect()
}

fn read(text: &str) -> Vec<Map<String, Value>> {
    serde_json::from_str(text).expect("golden files are arrays of objects")
}

fn text_of<'a>(vector: &'a Map<String, Value>, key: &str) -> &'a str {
    vector.get(key).and_then(Value::as_str).expect("a text")
}

/// Reads the bytes as the named type and writes them again.
fn again(kind: &str, bytes: &[u8]) -> Vec<u8> {
    fn of<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Vec<u8> {
        encode(&decode::<T>(bytes, Limits::STREAM).expect("golden messages are read")).expect("encodes")
    }
    match kind {
        "FromConsole" => of::<FromConsole>(bytes),
        "ToConsole" => of::<ToConsole>(bytes),
        "VehicleState" => of::<VehicleState>(bytes),
        "GatewayDatagram" => of::<GatewayDatagram>(bytes),
        "VehicleDatagram" => of::<VehicleDatagram>(bytes),
        "VehicleSays" => of::<VehicleSays>(bytes),
        "GatewaySays" => of::<GatewaySays>(bytes),
        "MediaDemand" => of::<MediaDemand>(bytes),
        "MediaHeader" => MediaHeader::from_bytes(bytes).expect("golden headers are read").to_bytes().to_vec(),
        "PictureHead" => read_head(bytes).to_bytes().to_vec(),
        other => unreachable!("no golden message has the type {other}"),
    }
}

/// As a page reads it.
fn read_head(bytes: &[u8]) -> PictureHead {
    let number = |from: usize, to: usize| bytes[from..to].iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
    assert_eq!((bytes.len(), bytes[0]), (PICTURE_HEAD_BYTES, PageFrame::Picture.byte()));
    PictureHead {
        number: u32::try_from(number(1, 5)).expect("four bytes"),
        received: MonoTime(number(5, 13)),
        relayed: MonoTime(number(13, 21)),
        header: MediaHeader::from_bytes(&bytes[21..]).expect("a header"),
    }
}

#[test]
fn each_committed_message_is_read_and_written_to_the_same_bytes() {
    for file in [include_str!("../../golden/accepted.json"), include_str!("../../golden/media.json")] {
        let vectors = read(file);
        assert!(!vectors.is_empty());
        for vector in vectors {
            let bytes = unhex(text_of(&vector, "hex"));
            assert_eq!(again(text_of(&vector, "type"), &bytes), bytes, "{}", text_of(&vector, "name"));
        }
    }
}

#[test]
fn each_committed_refusal_is_refused_for_its_reason() {
    let vectors = read(include_str!("../../golden/refused.json"));
    assert!(!vectors.is_empty());
    for vector in vectors {
        let bytes = unhex(text_of(&vector, "hex"));
        let why = decode::<FromConsole>(&bytes, Limits::CONSOLE).expect_err(text_of(&vector, "name"));
        assert_eq!(why.to_string(), text_of(&vector, "refused"));
    }
}
