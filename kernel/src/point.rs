//! Vectors of ristretto255 points and their encodings (RFC 9496).
#![forbid(unsafe_code)]

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use rayon::prelude::*;

use crate::fault::{Fault, items};
use crate::lanes::engine::{Choice, Engine};
use crate::lanes::sum::Cached;
use crate::wiped::traceless;

/// Points that one thread takes at a time.
pub const CHUNK: usize = 256;

/// So few points are looked at where the caller stands.
pub const FEW: usize = 8;

/// Points known to be canonical, in the forms that have been asked for.
#[derive(Clone, Default)]
pub struct Points {
    length: usize,
    /// What computed them, and will encode them once somebody asks.
    engine: Choice,
    encodings: OnceLock<Vec<[u8; 32]>>,
    /// For lanes.
    cached: OnceLock<Vec<Cached>>,
    /// For dalek, and what derived points come from there; their halves encode in batches.
    points: OnceLock<Vec<RistrettoPoint>>,
    halves: OnceLock<Vec<RistrettoPoint>>,
}

impl Points {
    /// Reads canonical encodings, each once.
    pub fn decode(data: &[u8], engine: Choice) -> Result<Self, Fault> {
        let Some(engine) = engine else { return Self::decompress(data) };
        let encodings = items::<32>(data)?;
        let cached = decode(encodings, engine).map_err(Fault::Encoding)?;
        Ok(Self { encodings: encodings.to_vec().into(), ..Self::summed(cached, engine) })
    }

    /// Reads canonical encodings for dalek.
    pub fn decompress(data: &[u8]) -> Result<Self, Fault> {
        let encodings = items::<32>(data)?;
        let points = decompress(encodings).map_err(Fault::Encoding)?.into();
        Ok(Self { length: encodings.len(), encodings: encodings.to_vec().into(), points, ..Self::default() })
    }

    /// Twice the RFC 9496 §4.3.4 map of each 64 bytes.
    pub fn derive(data: &[u8], engine: Choice) -> Result<Self, Fault> {
        let uniform = items::<64>(data)?;
        let Some(engine) = engine else { return Ok(Self::known(map(uniform), true)) };
        let mut encodings = vec![[0; 32]; uniform.len()];
        let mut cached = vec![Cached::default(); uniform.len()];
        uniform
            .par_chunks(CHUNK)
            .zip(cached.par_chunks_mut(CHUNK))
            .zip(encodings.par_chunks_mut(CHUNK))
            .for_each(|((uniform, cached), encodings)| (engine.derive)(uniform, cached, encodings));
        Ok(Self { encodings: encodings.into(), ..Self::summed(cached, engine) })
    }

    /// Points that lanes have just computed.
    pub fn summed(cached: Vec<Cached>, engine: &'static Engine) -> Self {
        Self { length: cached.len(), engine: Some(engine), cached: cached.into(), ..Self::default() }
    }

    /// Points that dalek has just computed, by themselves or by their halves.
    pub fn known(sums: Vec<RistrettoPoint>, halved: bool) -> Self {
        let encodings = if halved { encode_doubles(&sums) } else { compress(&sums) };
        let (length, known) = (sums.len(), OnceLock::from(sums));
        let (points, halves) = if halved { (OnceLock::new(), known) } else { (known, OnceLock::new()) };
        Self { length, encodings: encodings.as_chunks().0.to_vec().into(), points, halves, ..Self::default() }
    }

    pub fn len(&self) -> usize {
        self.length
    }

    /// The encodings, 32 bytes each.
    pub fn encodings(&self) -> &[u8] {
        let encode = || match (self.engine, self.cached.get()) {
            (Some(engine), Some(cached)) => encode(cached, engine),
            _ => Vec::new(),
        };
        self.encodings.get_or_init(encode).as_flattened()
    }

    /// For lanes.
    pub fn cached(&self, engine: &Engine) -> &[Cached] {
        self.cached.get_or_init(|| decode(self.encodings().as_chunks().0, engine).unwrap_or_default())
    }

    /// For dalek.
    pub fn points(&self) -> &[RistrettoPoint] {
        self.points.get_or_init(|| match self.halves.get() {
            Some(halves) => halves.par_iter().with_min_len(CHUNK).map(|half| half + half).collect(),
            None => decompress(self.encodings().as_chunks().0).unwrap_or_default(),
        })
    }

    /// The halves, where they are known.
    pub fn halves(&self) -> Option<&[RistrettoPoint]> {
        self.halves.get().map(Vec::as_slice)
    }
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

    /// Whether it is this one point.
    pub fn is(&self, encoding: &[u8; 32]) -> bool {
        match self {
            Self::Decoded(points) => points.len() == 1 && points.encodings() == encoding,
            Self::Encoded(data) => data == encoding,
        }
    }

    /// Where the points are, and how many bytes: sources of one place are the very same buffer.
    pub fn place(&self) -> (usize, usize) {
        match self {
            Self::Decoded(points) => (std::ptr::from_ref(*points).addr(), usize::MAX),
            Self::Encoded(data) => (data.as_ptr().addr(), data.len()),
        }
    }

    /// All points, for dalek.
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

/// The encodings of points, in the same time for every point.
pub fn encode(cached: &[Cached], engine: &Engine) -> Vec<[u8; 32]> {
    let mut encodings = vec![[0; 32]; cached.len()];
    let pieces = cached.par_chunks(CHUNK).zip(encodings.par_chunks_mut(CHUNK));
    pieces.for_each(|(cached, encodings)| traceless(|| (engine.encode)(cached, encodings)));
    encodings
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
    Ok(compress(&map(items::<64>(uniform)?)))
}

/// Plain encodings, one inversion of a square root each.
fn compress(points: &[RistrettoPoint]) -> Vec<u8> {
    points.par_iter().with_min_len(8).flat_map_iter(|point| point.compress().to_bytes()).collect()
}

/// The encodings of twice the points, one inversion a chunk.
fn encode_doubles(halves: &[RistrettoPoint]) -> Vec<u8> {
    halves
        .par_chunks(CHUNK)
        .flat_map_iter(RistrettoPoint::double_and_compress_batch)
        .flat_map_iter(|encoding| encoding.to_bytes())
        .collect()
}
