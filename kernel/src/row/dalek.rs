//! Rows by dalek.
#![forbid(unsafe_code)]

use curve25519_dalek::constants::{RISTRETTO_BASEPOINT_POINT, RISTRETTO_BASEPOINT_TABLE};
use curve25519_dalek::ristretto::{RistrettoBasepointTable, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{Identity, MultiscalarMul};
use rayon::prelude::*;

use crate::fault::Fault;
use crate::point::{CHUNK, Points};
use crate::row::{TABLE, Term};
use crate::scalar::{self, Scalars};
use crate::wiped::traceless;

/// Terms made ready for the rows. Secret scalars stand in vectors that are wiped, and are copied to no others.
#[derive(Default)]
struct Parts<'a> {
    /// The same point in each row.
    constant: RistrettoPoint,
    /// A point of its own in each row.
    columns: Vec<&'a [RistrettoPoint]>,
    /// A fixed point times a scalar of its own in each row.
    fixed: Vec<(Box<RistrettoBasepointTable>, Scalars)>,
    /// A point times a scalar; one point or scalar may serve all rows.
    variable: Vec<(&'a [RistrettoPoint], Scalars)>,
}

/// The sum of the terms in each of n rows.
pub fn rows(terms: &[Term], n: usize) -> Result<Points, Fault> {
    let mut inputs = Vec::with_capacity(terms.len());
    for term in terms {
        inputs.push((term.points.decompress()?, term.scalars.map(scalar::read).transpose()?));
    }
    // A row whose half is known is encoded in a batch, several times faster than alone.
    let halved =
        inputs.iter().all(|(points, scalars)| scalars.is_some() || points.len() == 1 || points.halves().is_some());
    let mut parts = Parts::default();
    for (points, scalars) in &mut inputs {
        parts.take(points, scalars.take(), n, halved)?;
    }
    let mut sums = vec![RistrettoPoint::identity(); n];
    sums.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, sums)| {
        traceless(|| {
            for (i, sum) in sums.iter_mut().enumerate() {
                *sum = parts.row(chunk * CHUNK + i);
            }
        });
    });
    Ok(Points::known(sums, halved))
}

impl<'a> Parts<'a> {
    fn take(&mut self, points: &'a Points, scalars: Option<Scalars>, n: usize, halved: bool) -> Result<(), Fault> {
        let half = if halved { Scalar::ONE.div_by_2() } else { Scalar::ONE };
        let lengths = |left| Err(Fault::Lengths { left, right: n });
        let Some(mut scalars) = scalars else {
            let known = if halved && points.len() > 1 { points.halves() } else { None };
            match known.unwrap_or_else(|| points.points()) {
                [point] => self.constant += point * half,
                column if column.len() == n => self.columns.push(column),
                column => return lengths(column.len()),
            }
            return Ok(());
        };
        if halved {
            scalars.iter_mut().for_each(|scalar| *scalar = scalar.div_by_2());
        }
        match (points.points(), scalars.len()) {
            (column, _) if column.len() != n && column.len() != 1 => return lengths(column.len()),
            ([point], 1) => self.constant += point * scalars[0],
            (_, count) if count != n && count != 1 => return lengths(count),
            ([point], _) if *point == RISTRETTO_BASEPOINT_POINT => {
                self.fixed.push((Box::new(RISTRETTO_BASEPOINT_TABLE.clone()), scalars))
            }
            ([point], TABLE..) => self.fixed.push((Box::new(RistrettoBasepointTable::create(point)), scalars)),
            (column, _) => self.variable.push((column, scalars)),
        }
        Ok(())
    }

    fn row(&self, i: usize) -> RistrettoPoint {
        let columns = self.columns.iter().map(|points| points[i]);
        let fixed = self.fixed.iter().map(|(table, scalars)| &scalars[i] * &**table);
        let sum = columns.chain(fixed).fold(self.constant, |sum, point| sum + point);
        let scalars = self.variable.iter().map(|(_, scalars)| broadcast(scalars, i));
        let points = self.variable.iter().map(|(points, _)| broadcast(points, i));
        match &self.variable[..] {
            [] => sum,
            [(points, scalars)] => sum + broadcast(points, i) * broadcast(scalars, i),
            // Several points share their doublings.
            _ => sum + RistrettoPoint::multiscalar_mul(scalars, points),
        }
    }
}

/// The element at an index; a vector of one element has it at every index.
fn broadcast<T>(vector: &[T], i: usize) -> &T {
    &vector[if vector.len() == 1 { 0 } else { i }]
}
