//! SHA-512 of many rows that share parts.
#![forbid(unsafe_code)]

use rayon::prelude::*;
use sha2::block_api::compress512;

use crate::fault::Fault;
use crate::lanes::sha512::{Absorb, Lanes, START};

/// A part of each hashed row: the same bytes in every row, or `width` bytes of its own in each.
pub struct Segment<'a> {
    pub data: &'a [u8],
    /// Zero for bytes that are the same in every row.
    pub width: usize,
}

/// What all rows have in common.
struct Form<'a> {
    /// The state after the whole blocks that all rows begin with.
    start: [u64; 8],
    /// The other blocks, at least one, padded.
    blocks: Vec<u8>,
    /// Where in them the row's own bytes go.
    gaps: Vec<(usize, &'a Segment<'a>)>,
}

impl<'a> Form<'a> {
    fn new(segments: &'a [Segment<'a>]) -> Self {
        let mut blocks = Vec::new();
        let mut gaps = Vec::new();
        for segment in segments {
            match segment.width {
                0 => blocks.extend(segment.data),
                width => {
                    gaps.push((blocks.len(), segment));
                    blocks.resize(blocks.len() + width, 0);
                }
            }
        }
        let bits = 8 * blocks.len() as u128;
        blocks.push(0x80);
        blocks.resize((blocks.len() + 16).next_multiple_of(128) - 16, 0);
        blocks.extend(bits.to_be_bytes());

        let same = gaps.first().map_or(blocks.len() - 1, |(at, _)| *at) / 128 * 128;
        let mut start = START;
        compress512(&mut start, blocks.drain(..same).as_slice().as_chunks().0);
        gaps.iter_mut().for_each(|(at, _)| *at -= same);
        Self { start, blocks, gaps }
    }

    /// Puts a row's own bytes into its blocks.
    fn fill(&self, row: usize, blocks: &mut [u8]) {
        for (at, Segment { data, width }) in &self.gaps {
            blocks[*at..at + width].copy_from_slice(&data[row * width..(row + 1) * width]);
        }
    }

    /// The states after the blocks of up to eight rows, which stand one after the other.
    fn absorb(&self, rows: &[u8], count: usize, in_step: Option<Absorb>) -> [Lanes; 8] {
        // Two rows are as fast one by one.
        if count > 2
            && let Some(absorb) = in_step
        {
            return absorb(&self.start, rows);
        }
        let mut states = [[0; 8]; 8];
        for (lane, row) in rows.chunks(self.blocks.len()).take(count).enumerate() {
            let mut state = self.start;
            compress512(&mut state, row.as_chunks().0);
            states.iter_mut().zip(state).for_each(|(lanes, word)| lanes[lane] = word);
        }
        states
    }
}

/// The n digests, 64 bytes each; eight rows in step where there is a way to.
pub fn rows(segments: &[Segment], n: usize, in_step: Option<Absorb>) -> Result<Vec<u8>, Fault> {
    for segment in segments.iter().filter(|s| s.width > 0) {
        if Some(segment.data.len()) != segment.width.checked_mul(n) {
            return Err(Fault::Width { len: segment.data.len(), width: segment.width });
        }
    }
    let mut out = vec![0; 64 * n];
    if n == 0 {
        return Ok(out);
    }
    let form = Form::new(segments);
    let eights = out.as_chunks_mut::<64>().0.par_chunks_mut(8).enumerate().with_min_len(16);
    eights.for_each_init(
        || form.blocks.repeat(8),
        |blocks, (eight, digests)| {
            for (i, blocks) in blocks.chunks_mut(form.blocks.len()).take(digests.len()).enumerate() {
                form.fill(8 * eight + i, blocks);
            }
            let states = form.absorb(blocks, digests.len(), in_step);
            for (lane, digest) in digests.iter_mut().enumerate() {
                for (bytes, word) in digest.as_chunks_mut().0.iter_mut().zip(&states) {
                    *bytes = word[lane].to_be_bytes();
                }
            }
        },
    );
    Ok(out)
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha512};

    use super::*;
    use crate::lanes::engine;
    use crate::lanes::sha512::absorb;

    /// Bytes that differ from row to row and from call to call.
    fn bytes(length: usize, seed: usize) -> Vec<u8> {
        (0..length).map(|i| (i * i + 31 * i + 97 * seed + (i >> 8)) as u8).collect()
    }

    /// Hashes n rows of these parts, (length, own) each, and compares with the crate `sha2`.
    fn check(parts: &[(usize, bool)], n: usize) {
        let data: Vec<_> =
            parts.iter().enumerate().map(|(k, (length, own))| bytes(length * if *own { n } else { 1 }, k)).collect();
        let segments: Vec<_> = data
            .iter()
            .zip(parts)
            .map(|(data, (length, own))| Segment { data, width: if *own { *length } else { 0 } })
            .collect();
        let digests = rows(&segments, n, None).unwrap();
        assert_eq!(digests.len(), 64 * n);
        for in_step in [Some(absorb as Absorb), engine::absorb()] {
            assert_eq!(rows(&segments, n, in_step).unwrap(), digests, "{parts:?} {n}");
        }
        for i in 0..n {
            let mut hash = Sha512::new();
            for Segment { data, width } in &segments {
                hash.update(if *width > 0 { &data[i * width..][..*width] } else { data });
            }
            assert_eq!(digests[64 * i..][..64], hash.finalize()[..], "{parts:?} row {i} of {n}");
        }
    }

    #[test]
    fn messages_end_anywhere_in_a_block() {
        for length in 0..=260 {
            check(&[(length, false)], 9);
            check(&[(length + 1, true)], 11);
            check(&[(3, false), (21, true), (length, false), (5, true)], 8);
        }
    }

    #[test]
    fn a_row_may_begin_anywhere_after_what_all_share() {
        for common in [0, 1, 110, 111, 112, 127, 128, 129, 255, 256, 1000] {
            for own in [1, 5, 8, 21, 32, 127, 128, 129, 400] {
                check(&[(common, false), (own, true)], 8);
                check(&[(0, false), (common, false), (own, true), (0, false), (own, true), (128, false)], 3);
            }
        }
    }

    #[test]
    fn any_number_of_rows() {
        for n in (0..=34).chain([127, 128, 129, 1001]) {
            check(&[(150, false), (32, true), (21, false), (64, true)], n);
        }
        check(&[], 20);
    }

    #[test]
    fn widths_must_fit() {
        let fault = |len, width, n| rows(&[Segment { data: &vec![0; len], width }], n, None).err();
        assert_eq!(fault(15, 8, 2), Some(Fault::Width { len: 15, width: 8 }));
        assert_eq!(fault(0, usize::MAX, 2), Some(Fault::Width { len: 0, width: usize::MAX }));
        assert_eq!(fault(0, usize::MAX, 0), None);
    }
}
