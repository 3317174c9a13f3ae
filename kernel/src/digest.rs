//! SHA-512 of many rows that share parts.
#![forbid(unsafe_code)]

use rayon::prelude::*;
use sha2::{Digest, Sha512};

use crate::fault::Fault;

/// A part of each hashed row: the same bytes in every row, or `width` bytes of its own in each.
pub struct Segment<'a> {
    pub data: &'a [u8],
    /// Zero for bytes that are the same in every row.
    pub width: usize,
}

/// The n digests, 64 bytes each.
pub fn rows(segments: &[Segment], n: usize) -> Result<Vec<u8>, Fault> {
    for segment in segments.iter().filter(|s| s.width > 0) {
        if Some(segment.data.len()) != segment.width.checked_mul(n) {
            return Err(Fault::Width { len: segment.data.len(), width: segment.width });
        }
    }
    // A common beginning is hashed once.
    let common = segments.iter().take_while(|s| s.width == 0).count();
    let start = segments[..common].iter().fold(Sha512::new(), |hash, s| hash.chain_update(s.data));
    let mut out = vec![0; 64 * n];
    let digests = out.as_chunks_mut::<64>().0;
    digests.par_iter_mut().enumerate().with_min_len(128).for_each(|(i, digest)| {
        let mut hash = start.clone();
        for segment in &segments[common..] {
            hash.update(match segment.width {
                0 => segment.data,
                width => &segment.data[i * width..(i + 1) * width],
            });
        }
        *digest = hash.finalize().into();
    });
    Ok(out)
}
