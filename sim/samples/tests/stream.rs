//! The stream as the trainer will read it, from real scenarios.

use farhand_samples::{HEADER_BYTES, Options, RECORD_BYTES, header, run};

#[test]
fn equal_seeds_give_equal_streams_and_rounds_differ() {
    let first = produced(0, 6);
    assert_eq!(first, produced(0, 6));
    assert_eq!(&first[..HEADER_BYTES], header());
    assert_eq!((first.len() - HEADER_BYTES) % RECORD_BYTES, 0);
    let other = produced(1, 6);
    assert_ne!(first, other);
    let longer = produced(0, 8);
    assert_eq!(first, longer[..first.len()], "more scenarios come after those before");
}

#[test]
fn costs_are_whole_and_mostly_tell_the_stops_apart() {
    let bytes = produced(0, 12);
    let (mut samples, mut differ) = (0, 0);
    for record in bytes[HEADER_BYTES..].chunks_exact(RECORD_BYTES) {
        let costs: Vec<f32> = record[RECORD_BYTES - 4 * 36..].chunks_exact(4).map(float).collect();
        assert!(costs.iter().all(|cost| cost.is_finite() && *cost >= 0.0), "{costs:?}");
        let (low, high) = costs.iter().fold((f32::MAX, 0.0_f32), |(low, high), cost| (low.min(*cost), high.max(*cost)));
        samples += 1;
        differ += usize::from(high > low + 0.5);
    }
    assert!(samples >= 12 * 5, "only {samples} samples of 12 scenarios");
    // Slowly, one stop is much like another.
    assert!(differ * 2 >= samples, "{differ} of {samples}");
}

fn float(bytes: &[u8]) -> f32 {
    f32::from_le_bytes(bytes.try_into().expect("four bytes"))
}

fn produced(round: u64, episodes: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    run(&Options { seed: 1, round, episodes, card: None, library: None }, &mut bytes).expect("produced");
    bytes
}
