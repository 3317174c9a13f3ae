//! Vectors of scalars modulo the group order, 32 bytes each, little-endian and canonical.
//!
//! Everything here takes the same time for every value.
#![forbid(unsafe_code)]

use curve25519_dalek::scalar::Scalar;
use rayon::prelude::*;
use zeroize::Zeroizing;

use crate::fault::{Fault, items};
use crate::order::{self, Words};
use crate::wiped::Wiped;

/// Scalars that are wiped when dropped.
pub type Scalars = Zeroizing<Vec<Scalar>>;

/// Below this many elements a loop is not worth handing to other threads.
pub const SERIAL: usize = 512;

/// Reads canonical scalars for dalek.
pub fn read(data: &[u8]) -> Result<Scalars, Fault> {
    let packed = canonical(data)?;
    let mut scalars = Zeroizing::new(vec![Scalar::ZERO; packed.len()]);
    let read = |(scalar, bytes): (&mut Scalar, &[u8; 32])| *scalar = Scalar::from_bytes_mod_order(*bytes);
    scalars.par_iter_mut().zip(packed).with_min_len(SERIAL).for_each(read);
    Ok(scalars)
}

/// The elements, all of them below the order.
fn canonical(data: &[u8]) -> Result<&[[u8; 32]], Fault> {
    match first_noncanonical(data)? {
        Some(i) => Err(Fault::Scalar(i)),
        None => items::<32>(data),
    }
}

fn write(scalars: &[Scalar]) -> Wiped {
    let mut out = Wiped::zeros(32 * scalars.len());
    for (bytes, scalar) in out.as_chunks_mut::<32>().0.iter_mut().zip(scalars) {
        *bytes = scalar.to_bytes();
    }
    out
}

/// The index of the first scalar that is not below the group order.
pub fn first_noncanonical(data: &[u8]) -> Result<Option<usize>, Fault> {
    let good = |bytes: &[u8; 32]| order::is_canonical(&order::read(bytes));
    // Without a branch for each, and only then the place.
    let bad = |chunk: &[[u8; 32]]| !chunk.iter().fold(true, |all, bytes| all & good(bytes));
    let packed = items::<32>(data)?;
    let chunk = match packed.len() {
        0..=SERIAL => bad(packed).then_some(0),
        _ => packed.par_chunks(SERIAL).position_first(bad),
    };
    Ok(chunk.and_then(|k| packed.iter().skip(k * SERIAL).position(|bytes| !good(bytes)).map(|i| k * SERIAL + i)))
}

/// Integers of 64 bytes reduced modulo the group order.
pub fn reduce(wide: &[u8]) -> Result<Wiped, Fault> {
    let wide = items::<64>(wide)?;
    let mut out = Wiped::zeros(32 * wide.len());
    let elements = out.as_chunks_mut::<32>().0.par_iter_mut().zip(wide).with_min_len(SERIAL);
    elements.for_each(|(bytes, wide)| *bytes = order::write(order::reduce(&order::read_wide(wide))));
    Ok(out)
}

/// Combines two vectors element by element; a vector of one element goes with every element of the other.
pub fn combine(a: &[u8], b: &[u8], op: impl Fn(&Words, &Words) -> Words + Sync) -> Result<Wiped, Fault> {
    let (a, b) = (canonical(a)?, canonical(b)?);
    let n = match (a.len(), b.len()) {
        (n, m) if n == m => n,
        (1, n) | (n, 1) => n,
        (left, right) => return Err(Fault::Lengths { left, right }),
    };
    let at = |v: &[[u8; 32]], i: usize| order::read(&v[if v.len() == 1 { 0 } else { i }]);
    let mut out = Wiped::zeros(32 * n);
    let elements = out.as_chunks_mut::<32>().0.par_iter_mut().enumerate().with_min_len(SERIAL);
    elements.for_each(|(i, bytes)| *bytes = order::write(op(&at(a, i), &at(b, i))));
    Ok(out)
}

/// The sum of a vector.
pub fn sum(a: &[u8]) -> Result<Wiped, Fault> {
    let sum = canonical(a)?.iter().fold([0; 4], |sum, bytes| order::add(&sum, &order::read(bytes)));
    Ok(order::write(sum).to_vec().into())
}

/// The sum of the products of two vectors of equal length.
pub fn dot(a: &[u8], b: &[u8]) -> Result<Wiped, Fault> {
    let (a, b) = (canonical(a)?, canonical(b)?);
    if a.len() != b.len() {
        return Err(Fault::Lengths { left: a.len(), right: b.len() });
    }
    let pairs = a.par_chunks(order::TERMS).zip(b.par_chunks(order::TERMS));
    let sums = pairs.map(|(a, b)| order::dot(a.iter().zip(b).map(|(x, y)| (order::read(x), order::read(y)))));
    let sum = sums.reduce(|| [0; 4], |x, y| order::add(&x, &y));
    Ok(order::write(sum).to_vec().into())
}

/// The running products a₀, a₀a₁, a₀a₁a₂, …
pub fn products(a: &[u8]) -> Result<Wiped, Fault> {
    let packed = canonical(a)?;
    let mut out = Wiped::zeros(32 * packed.len());
    let mut product = [1, 0, 0, 0];
    for (bytes, factor) in out.as_chunks_mut::<32>().0.iter_mut().zip(packed) {
        product = order::mul(&product, &order::read(factor));
        *bytes = order::write(product);
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
    Ok(write(&scalars))
}
