use std::io::Read;

use super::*;
use crate::digest::Digest;

fn frames(compression: Compression, parts: &[&[u8]]) -> Vec<u8> {
    let mut frames = Frames::new(compression, Vec::new());
    for part in parts {
        frames.write_all(part).unwrap();
        frames.end_frame().unwrap();
    }
    frames.finish().unwrap()
}

#[test]
fn frames_decode_as_one_and_are_the_same_beside_any_others() {
    let large = vec![7; 300_000];
    let parts: [&[u8]; 3] = [b"one one one one ", b"", &large];
    for compression in [Compression::Zstd, Compression::Gzip, Compression::None] {
        let bytes = frames(compression, &parts);
        let mut decoded = Vec::new();
        match compression {
            Compression::Zstd => decoded = zstd::decode_all(&bytes[..]).unwrap(),
            Compression::Gzip => drop(flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_end(&mut decoded).unwrap()),
            Compression::None => decoded.clone_from(&bytes),
        }
        assert_eq!(decoded, parts.concat(), "{compression:?}");
        let apart: Vec<u8> = parts.iter().flat_map(|part| frames(compression, &[part])).collect();
        assert_eq!(bytes, apart, "{compression:?}");
    }
}

/// Another version of an encoder makes other bytes, and so other digests for everybody's layers: it changes `encoder` as well.
#[test]
fn the_bytes_are_a_contract() {
    let words: Vec<_> =
        (0..20_000).map(|number: u32| format!("{} ", number.wrapping_mul(2_654_435_761) % 1000)).collect();
    let text = words.concat();
    for (compression, encoder, digest) in [
        (Compression::Zstd, "zstd 1.5.7", "sha256:cfea57e3d41df789d1591a84c501d3928cb94fddc31727c5cb699330a726b995"),
        (Compression::Gzip, "zlib-rs", "sha256:d64ed5cde389a6fa2d7bf7c3f51ee03135f758eb2b019e732c6c3f099c8d8fb2"),
    ] {
        assert_eq!(compression.encoder(), encoder);
        assert_eq!(Digest::new(&frames(compression, &[text.as_bytes()])).to_string(), digest);
    }
}
