//! Row by row combinations of points and secret scalars, in constant time.
#![forbid(unsafe_code)]

use std::borrow::Cow;

use curve25519_dalek::constants::{RISTRETTO_BASEPOINT_POINT, RISTRETTO_BASEPOINT_TABLE};
use curve25519_dalek::ristretto::{RistrettoBasepointTable, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{Identity, MultiscalarMul};
use rayon::prelude::*;

use crate::fault::Fault;
use crate::point::{CHUNK, Points, Source};
use crate::scalar::{self, Scalars};

/// From this many rows a table of multiples of a fixed point pays for itself.
const TABLE: usize = 32;

/// points\[i\] · scalars\[i\] in row i; one point or one scalar goes with every row, no scalars means one.
pub struct Term<'a> {
    pub points: Source<'a>,
    pub scalars: Option<&'a [u8]>,
}

/// A term made ready for the rows.
enum Part<'a> {
    /// The same point in each row.
    Constant(RistrettoPoint),
    /// A point of its own in each row.
    Column(Cow<'a, [RistrettoPoint]>),
    /// A fixed point times a scalar of its own in each row.
    Fixed(Box<RistrettoBasepointTable>, Scalars),
    /// A point of its own times a scalar; one scalar may serve all rows.
    Variable(Cow<'a, [RistrettoPoint]>, Scalars),
}

/// The sum of the terms in each of n rows.
pub fn rows(terms: &[Term], n: usize) -> Result<Points, Fault> {
    let mut inputs = Vec::with_capacity(terms.len());
    for term in terms {
        inputs.push((term.points.decompress()?, term.scalars.map(scalar::read).transpose()?));
    }
    // A row whose half is known is encoded in a batch, several times faster than alone.
    let halved = inputs.iter().all(|(points, scalars)| scalars.is_some() || points.len() == 1 || points.have_halves());
    let mut parts = Vec::with_capacity(inputs.len());
    for (points, scalars) in &inputs {
        parts.push(prepare(points, scalars.as_ref(), n, halved)?);
    }
    let mut sums = vec![RistrettoPoint::identity(); n];
    sums.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, sums)| {
        for (i, sum) in sums.iter_mut().enumerate() {
            *sum = row(&parts, chunk * CHUNK + i);
        }
    });
    Ok(Points::known(sums, halved))
}

fn prepare<'a>(points: &'a Points, scalars: Option<&Scalars>, n: usize, halved: bool) -> Result<Part<'a>, Fault> {
    let scale = |s: &Scalar| if halved { s.div_by_2() } else { *s };
    let scaled = scalars.map(|s| Scalars::new(s.iter().map(scale).collect()));
    let lengths = |left| Err(Fault::Lengths { left, right: n });
    let wanted = (halved && scalars.is_none() && points.len() > 1).then(|| points.halves()).flatten();
    let column = wanted.unwrap_or_else(|| points.points());
    Ok(match (column, scaled) {
        (&[point], None) => Part::Constant(if halved { point * Scalar::ONE.div_by_2() } else { point }),
        (&[point], Some(scalars)) if scalars.len() == 1 => Part::Constant(point * scalars[0]),
        (&[point], Some(scalars)) if scalars.len() == n => fixed(point, scalars),
        (_, None) if column.len() == n => Part::Column(Cow::Borrowed(column)),
        (_, Some(scalars)) if column.len() == n && (scalars.len() == n || scalars.len() == 1) => {
            Part::Variable(Cow::Borrowed(column), scalars)
        }
        (_, Some(scalars)) if column.len() == n || column.len() == 1 => return lengths(scalars.len()),
        _ => return lengths(column.len()),
    })
}

fn fixed<'a>(point: RistrettoPoint, scalars: Scalars) -> Part<'a> {
    if point == RISTRETTO_BASEPOINT_POINT {
        Part::Fixed(Box::new(RISTRETTO_BASEPOINT_TABLE.clone()), scalars)
    } else if scalars.len() >= TABLE {
        Part::Fixed(Box::new(RistrettoBasepointTable::create(&point)), scalars)
    } else {
        Part::Variable(Cow::Owned(vec![point; scalars.len()]), scalars)
    }
}

fn row(parts: &[Part], i: usize) -> RistrettoPoint {
    let mut sum = RistrettoPoint::identity();
    let mut variable = Vec::new();
    for part in parts {
        match part {
            Part::Constant(point) => sum += point,
            Part::Column(points) => sum += points[i],
            Part::Fixed(table, scalars) => sum += &scalars[i] * &**table,
            Part::Variable(points, scalars) => {
                variable.push((scalars[if scalars.len() == 1 { 0 } else { i }], points[i]))
            }
        }
    }
    match variable[..] {
        [] => sum,
        [(scalar, point)] => sum + point * scalar,
        // Several points share their doublings.
        _ => sum + RistrettoPoint::multiscalar_mul(variable.iter().map(|v| v.0), variable.iter().map(|v| v.1)),
    }
}
