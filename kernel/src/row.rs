//! Row by row combinations of points and secret scalars, in constant time.
#![forbid(unsafe_code)]

mod dalek;
mod lanes;

use crate::fault::Fault;
use crate::lanes::engine::Choice;
use crate::point::{Points, Source};

/// From this many rows a table of multiples of a fixed point pays for itself.
const TABLE: usize = 32;

/// points\[i\] · scalars\[i\] in row i; one point or one scalar goes with every row, no scalars means one.
pub struct Term<'a> {
    pub points: Source<'a>,
    pub scalars: Option<&'a [u8]>,
}

/// The sum of the terms in each of n rows.
pub fn rows(terms: &[Term], n: usize, engine: Choice) -> Result<Points, Fault> {
    match engine {
        Some(engine) => lanes::rows(terms, n, engine),
        None => dalek::rows(terms, n),
    }
}
