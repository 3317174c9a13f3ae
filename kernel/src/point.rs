//! Vectors of ristretto255 points and their encodings (RFC 9496).
#![forbid(unsafe_code)]

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use rayon::prelude::*;

use crate::fault::{Fault, items};
use crate::lanes::curve::Cached;
use crate::lanes::engine::{Choice, Engine};

/// Points that one thread takes at a time.
pub const CHUNK: usize = 256;

/// So few points are looked at where the caller stands.
pub const FEW: usize = 8;

/// Points known to be canonical, in the forms that have been asked for.
#[derive(Clone, Default)]
pub struct Points {
    encodings: Vec<[u8; 32]>,
    /// What derived points come from; their halves encode in batches.
    uniform: Option<Vec<[u8; 64]>>,
    /// For public products.
    cached: OnceLock<Vec<Cached>>,
    /// For secret scalars.
    points: OnceLock<Vec<RistrettoPoint>>,
    halves: OnceLock<Vec<RistrettoPoint>>,
}

impl Points {
    /// Reads canonical encodings, each once.
    pub fn decode(data: &[u8], engine: Choice) -> Result<Self, Fault> {
        let encodings = items::<32>(data)?;
        let mut points = Self { encodings: encodings.to_vec(), ..Self::default() };
        match engine {
            Some(engine) => points.cached = decode(encodings, engine).map_err(Fault::Encoding)?.into(),
            None => points.points = decompress(encodings).map_err(Fault::Encoding)?.into(),
        }
        Ok(points)
    }

    /// Twice the RFC 9496 §4.3.4 map of each 64 bytes.
    pub fn derive(data: &[u8], engine: Choice) -> Result<Self, Fault> {
        let uniform = items::<64>(data)?;
        let mut points = Self { uniform: Some(uniform.to_vec()), ..Self::default() };
        if let Some(engine) = engine {
            points.encodings = vec![[0; 32]; uniform.len()];
            let mut cached = vec![Cached::default(); uniform.len()];
            uniform
                .par_chunks(CHUNK)
                .zip(cached.par_chunks_mut(CHUNK))
                .zip(points.encodings.par_chunks_mut(CHUNK))
                .for_each(|((uniform, cached), encodings)| (engine.derive)(uniform, cached, encodings));
            points.cached = cached.into();
        } else {
            let halves = map(uniform);
            points.encodings = encode_doubles(&halves).as_chunks().0.to_vec();
            points.halves = halves.into();
        }
        Ok(points)
    }

    /// Reads canonical encodings for secret scalars.
    pub fn decompress(data: &[u8]) -> Result<Self, Fault> {
        let encodings = items::<32>(data)?;
        let points = decompress(encodings).map_err(Fault::Encoding)?.into();
        Ok(Self { encodings: encodings.to_vec(), points, ..Self::default() })
    }

    /// Points that have just been computed, by themselves or by their halves.
    pub fn known(sums: Vec<RistrettoPoint>, halved: bool) -> Self {
        let encodings = if halved { encode_doubles(&sums) } else { encode(&sums) }.as_chunks().0.to_vec();
        let known = OnceLock::from(sums);
        let (points, halves) = if halved { (OnceLock::new(), known) } else { (known, OnceLock::new()) };
        Self { encodings, points, halves, ..Self::default() }
    }

    pub fn len(&self) -> usize {
        self.encodings.len()
    }

    /// The encodings, 32 bytes each.
    pub fn encodings(&self) -> &[u8] {
        self.encodings.as_flattened()
    }

    /// For products over lanes.
    pub fn cached(&self, engine: &Engine) -> &[Cached] {
        self.cached.get_or_init(|| decode(&self.encodings, engine).unwrap_or_default())
    }

    pub fn points(&self) -> &[RistrettoPoint] {
        self.points.get_or_init(|| match self.halves.get() {
            Some(halves) => halves.par_iter().with_min_len(CHUNK).map(|half| half + half).collect(),
            None => {
                self.encodings.par_iter().with_min_len(8).filter_map(|e| CompressedRistretto(*e).decompress()).collect()
            }
        })
    }

    pub fn have_halves(&self) -> bool {
        self.uniform.is_some() || self.halves.get().is_some()
    }

    /// The halves, where they are known.
    pub fn halves(&self) -> Option<&[RistrettoPoint]> {
        if let (None, Some(uniform)) = (self.halves.get(), &self.uniform) {
            return Some(self.halves.get_or_init(|| map(uniform)));
        }
        self.halves.get().map(Vec::as_slice)
    }

    /// The points at the given indices, in that order.
    pub fn take(&self, order: &[usize]) -> Result<Self, Fault> {
        if let Some(&i) = order.iter().find(|&&i| i >= self.len()) {
            return Err(Fault::Index(i));
        }
        // Who reorders generators goes on to add them to secrets: find their halves here, once for all orders.
        self.halves();
        Ok(Self {
            encodings: pick(&self.encodings, order),
            uniform: self.uniform.as_ref().map(|uniform| pick(uniform, order)),
            cached: OnceLock::new(),
            points: self.points.get().map_or_else(OnceLock::new, |points| pick(points, order).into()),
            halves: self.halves.get().map_or_else(OnceLock::new, |halves| pick(halves, order).into()),
        })
    }
}

fn pick<T: Copy>(from: &[T], order: &[usize]) -> Vec<T> {
    order.iter().map(|&i| from[i]).collect()
}

/// Points as a caller hands them over.
pub enum Source<'a> {
    Decoded(&'a Points),
    Encoded(&'a [u8]),
}

impl<'a> Source<'a> {
    pub fn len(&self) -> Result<usize, Fault> {
        match self {
            Self::Decoded(points) => Ok(points.len()),
            Self::Encoded(data) => Ok(items::<32>(data)?.len()),
        }
    }

    /// Where the points are, and how many bytes: sources of one place are the very same buffer.
    pub fn place(&self) -> (usize, usize) {
        match self {
            Self::Decoded(points) => (std::ptr::from_ref(*points).addr(), usize::MAX),
            Self::Encoded(data) => (data.as_ptr().addr(), data.len()),
        }
    }

    /// All points, for secret scalars.
    pub fn decompress(&self) -> Result<Cow<'a, Points>, Fault> {
        match self {
            Self::Decoded(points) => Ok(Cow::Borrowed(points)),
            Self::Encoded(data) => Points::decompress(data).map(Cow::Owned),
        }
    }

    /// A range of the points for products over lanes.
    pub fn cached(&self, range: Range<usize>, engine: &Engine) -> Result<Cow<'a, [Cached]>, Fault> {
        match self {
            Self::Decoded(points) => Ok(Cow::Borrowed(&points.cached(engine)[range])),
            Self::Encoded(data) => self::read(data, range, |encodings| decode(encodings, engine)),
        }
    }

    /// A range of the points for dalek.
    pub fn points(&self, range: Range<usize>) -> Result<Cow<'a, [RistrettoPoint]>, Fault> {
        match self {
            Self::Decoded(points) => Ok(Cow::Borrowed(&points.points()[range])),
            Self::Encoded(data) => self::read(data, range, decompress),
        }
    }
}

fn read<'a, T: Clone>(
    data: &[u8],
    range: Range<usize>,
    reader: impl Fn(&[[u8; 32]]) -> Result<Vec<T>, usize>,
) -> Result<Cow<'a, [T]>, Fault> {
    let first = range.start;
    reader(&items(data)?[range]).map(Cow::Owned).map_err(|i| Fault::Encoding(first + i))
}

/// Reads encodings for products over lanes; fails with the index of the first that is not canonical.
fn decode(encodings: &[[u8; 32]], engine: &Engine) -> Result<Vec<Cached>, usize> {
    let mut cached = vec![Cached::default(); encodings.len()];
    let failed = encodings
        .par_chunks(CHUNK)
        .zip(cached.par_chunks_mut(CHUNK))
        .enumerate()
        .filter_map(|(chunk, (encodings, out))| (engine.decode)(encodings, out).map(|i| chunk * CHUNK + i))
        .min();
    failed.map_or(Ok(cached), Err)
}

/// Reads encodings for dalek; fails with the index of the first that is not canonical.
pub fn decompress(encodings: &[[u8; 32]]) -> Result<Vec<RistrettoPoint>, usize> {
    let read = |encoding: &[u8; 32]| CompressedRistretto(*encoding).decompress();
    let points: Option<_> = encodings.par_iter().with_min_len(8).map(read).collect();
    points.ok_or_else(|| encodings.iter().position(|encoding| read(encoding).is_none()).unwrap_or(0))
}

/// The index of the first encoding that is not canonical.
pub fn first_undecodable(data: &[u8], engine: Choice) -> Result<Option<usize>, Fault> {
    let encodings = items::<32>(data)?;
    Ok(match engine {
        _ if encodings.len() <= FEW => {
            encodings.iter().position(|encoding| CompressedRistretto(*encoding).decompress().is_none())
        }
        Some(engine) => decode(encodings, engine).err(),
        None => decompress(encodings).err(),
    })
}

fn map(uniform: &[[u8; 64]]) -> Vec<RistrettoPoint> {
    uniform.par_iter().with_min_len(8).map(RistrettoPoint::from_uniform_bytes).collect()
}

/// The RFC 9496 §4.3.4 map of each 64 bytes, encoded.
pub fn hash_to_group(uniform: &[u8]) -> Result<Vec<u8>, Fault> {
    Ok(encode(&map(items::<64>(uniform)?)))
}

/// Plain encodings, one inversion of a square root each.
pub fn encode(points: &[RistrettoPoint]) -> Vec<u8> {
    points.par_iter().with_min_len(8).flat_map_iter(|point| point.compress().to_bytes()).collect()
}

/// The encodings of twice the points, one inversion a chunk.
pub fn encode_doubles(halves: &[RistrettoPoint]) -> Vec<u8> {
    halves
        .par_chunks(CHUNK)
        .flat_map_iter(RistrettoPoint::double_and_compress_batch)
        .flat_map_iter(|encoding| encoding.to_bytes())
        .collect()
}
