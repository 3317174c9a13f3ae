//! Vectors of scalars modulo the group order, 32 bytes each, little-endian and canonical.
//!
//! Everything here takes the same time for every value.
#![forbid(unsafe_code)]

use std::ops::Range;

use curve25519_dalek::scalar::Scalar;
use rayon::prelude::*;
use zeroize::Zeroizing;

use crate::fault::{Fault, items};
use crate::order::{self, Tight, Wide};
use crate::wiped::{Wiped, traceless};

/// Scalars that are wiped when dropped.
pub type Scalars = Zeroizing<Vec<Scalar>>;

/// Below this many elements a loop is not worth handing to other threads.
pub const SERIAL: usize = 512;

/// Packed scalars, all of them known to be below the order.
#[derive(Clone, Copy)]
pub struct Canonical<'a>(&'a [[u8; 32]]);

impl<'a> Canonical<'a> {
    pub fn new(packed: &'a [[u8; 32]]) -> Result<Self, Fault> {
        match position(packed) {
            Some(i) => Err(Fault::Scalar(i)),
            None => Ok(Self(packed)),
        }
    }

    pub fn read(data: &'a [u8]) -> Result<Self, Fault> {
        Self::new(items(data)?)
    }

    pub fn len(self) -> usize {
        self.0.len()
    }

    pub fn range(self, range: Range<usize>) -> Self {
        Self(&self.0[range])
    }

    pub fn iter(self) -> impl ExactSizeIterator<Item = Tight> {
        self.0.iter().map(Tight::read)
    }

    pub fn par_iter(self) -> impl IndexedParallelIterator<Item = Tight> {
        self.0.par_iter().map(Tight::read)
    }

    /// The scalar at an index; a vector of one element has it at every index.
    pub fn broadcast(self, i: usize) -> Tight {
        Tight::read(&self.0[if self.len() == 1 { 0 } else { i }])
    }

    pub fn par_chunks(self, size: usize) -> impl IndexedParallelIterator<Item = Self> {
        self.0.par_chunks(size).map(Self)
    }

    /// For dalek.
    pub fn scalars(self) -> Scalars {
        let mut scalars = Zeroizing::new(vec![Scalar::ZERO; self.len()]);
        let read = |(scalars, packed): (&mut [Scalar], &[[u8; 32]])| {
            for (scalar, bytes) in scalars.iter_mut().zip(packed) {
                *scalar = Scalar::from_bytes_mod_order(*bytes);
            }
        };
        let pieces = scalars.par_chunks_mut(SERIAL).zip(self.0.par_chunks(SERIAL));
        pieces.for_each(|piece| traceless(|| read(piece)));
        scalars
    }
}

/// Reads canonical scalars for dalek.
pub fn read(data: &[u8]) -> Result<Scalars, Fault> {
    Canonical::read(data).map(Canonical::scalars)
}

/// The index of the first scalar that is not below the group order.
pub fn first_noncanonical(data: &[u8]) -> Result<Option<usize>, Fault> {
    items(data).map(position)
}

fn position(packed: &[[u8; 32]]) -> Option<usize> {
    // Without a branch for each, and only then the place.
    let good = |chunk: &[[u8; 32]]| chunk.iter().fold(true, |all, bytes| all & order::is_canonical(bytes));
    let bad = |chunk: &[[u8; 32]]| !traceless(|| good(chunk));
    let chunk = match packed.len() {
        0..=SERIAL => bad(packed).then_some(0),
        _ => packed.par_chunks(SERIAL).position_first(bad),
    };
    let first = SERIAL * chunk?;
    packed[first..].iter().position(|bytes| !order::is_canonical(bytes)).map(|i| first + i)
}

/// A vector whose elements are computed one by one.
fn each(n: usize, scalar: impl Fn(usize) -> Tight + Sync) -> Wiped {
    let mut out = Wiped::zeros(32 * n);
    let pieces = out.as_chunks_mut::<32>().0.par_chunks_mut(SERIAL).enumerate();
    let write = |(piece, elements): (usize, &mut [[u8; 32]])| {
        for (i, bytes) in elements.iter_mut().enumerate() {
            *bytes = scalar(piece * SERIAL + i).write();
        }
    };
    pieces.for_each(|piece| traceless(|| write(piece)));
    out
}

/// Integers of 64 bytes reduced modulo the group order.
pub fn reduce(wide: &[u8]) -> Result<Wiped, Fault> {
    let wide = items(wide)?;
    Ok(each(wide.len(), |i| Wide::read(&wide[i]).reduce()))
}

/// Combines two vectors element by element; a vector of one element goes with every element of the other.
pub fn combine(a: &[u8], b: &[u8], op: impl Fn(Tight, Tight) -> Tight + Sync) -> Result<Wiped, Fault> {
    let (a, b) = (Canonical::read(a)?, Canonical::read(b)?);
    let n = match (a.len(), b.len()) {
        (n, m) if n == m => n,
        (1, n) | (n, 1) => n,
        (left, right) => return Err(Fault::Lengths { left, right }),
    };
    Ok(each(n, |i| op(a.broadcast(i), b.broadcast(i))))
}

/// The sum of a vector.
pub fn sum(a: &[u8]) -> Result<Wiped, Fault> {
    let sum = Canonical::read(a)?.iter().fold(Tight::ZERO, |sum, x| (sum + x).reduce());
    Ok(each(1, |_| sum))
}

/// The sum of the products of two vectors of equal length.
pub fn dot(a: &[u8], b: &[u8]) -> Result<Wiped, Fault> {
    let (a, b) = (Canonical::read(a)?, Canonical::read(b)?);
    if a.len() != b.len() {
        return Err(Fault::Lengths { left: a.len(), right: b.len() });
    }
    let mut sums = Wiped::zeros(32 * a.len().div_ceil(order::TERMS));
    let pairs = a.par_chunks(order::TERMS).zip(b.par_chunks(order::TERMS));
    let pieces = sums.as_chunks_mut::<32>().0.par_iter_mut().zip(pairs);
    pieces.for_each(|(sum, (a, b))| traceless(|| *sum = Wide::dot(a.iter().zip(b.iter())).reduce().write()));
    self::sum(&sums)
}

/// The running products a₀, a₀a₁, a₀a₁a₂, …
pub fn products(a: &[u8]) -> Result<Wiped, Fault> {
    let factors = Canonical::read(a)?;
    let mut out = Wiped::zeros(32 * factors.len());
    let mut product = Tight::ONE;
    for (bytes, factor) in out.as_chunks_mut::<32>().0.iter_mut().zip(factors.iter()) {
        product = (product * factor).reduce();
        *bytes = product.write();
    }
    Ok(out)
}

/// The inverses; zero has none.
pub fn invert(a: &[u8]) -> Result<Wiped, Fault> {
    let mut scalars = read(a)?;
    if let Some(i) = scalars.iter().position(|s| *s == Scalar::ZERO) {
        return Err(Fault::Zero(i));
    }
    Scalar::invert_batch_alloc(&mut scalars);
    let mut out = Wiped::zeros(32 * scalars.len());
    for (bytes, scalar) in out.as_chunks_mut::<32>().0.iter_mut().zip(scalars.iter()) {
        *bytes = scalar.to_bytes();
    }
    Ok(out)
}
