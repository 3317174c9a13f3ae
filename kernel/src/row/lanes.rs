//! Rows over lanes.
#![forbid(unsafe_code)]

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_COMPRESSED as BASE;
use rayon::prelude::*;

use crate::fault::Fault;
use crate::lanes::engine::Engine;
use crate::lanes::fixed::Table;
use crate::lanes::secret::Parts;
use crate::lanes::sum::Cached;
use crate::point::{CHUNK, Points};
use crate::row::{TABLE, Term};
use crate::scalar::Canonical;
use crate::wiped::traceless;

/// The sum of the terms in each of n rows.
pub fn rows(terms: &[Term], n: usize, engine: &'static Engine) -> Result<Points, Fault> {
    let mut inputs = Vec::with_capacity(terms.len());
    for term in terms {
        let points = term.points.cached(0..term.points.len()?, engine)?;
        inputs.push((points, term.scalars.map(Canonical::read).transpose()?, term.points.is(BASE.as_bytes())));
    }
    let mut parts = Parts::default();
    for (points, scalars, base) in inputs {
        take(&mut parts, points, scalars, base, n, engine)?;
    }
    let mut sums = vec![Cached::default(); n];
    sums.par_chunks_mut(CHUNK)
        .enumerate()
        .for_each(|(chunk, sums)| traceless(|| (engine.rows)(&parts, chunk * CHUNK, sums)));
    Ok(Points::summed(sums, engine))
}

fn take<'a>(
    parts: &mut Parts<'a>,
    points: Cow<'a, [Cached]>,
    scalars: Option<Canonical<'a>>,
    base: bool,
    n: usize,
    engine: &Engine,
) -> Result<(), Fault> {
    let fits =
        |length| if length == n || length == 1 { Ok(()) } else { Err(Fault::Lengths { left: length, right: n }) };
    fits(points.len())?;
    let Some(scalars) = scalars else {
        parts.columns.push(points);
        return Ok(());
    };
    match (points.len(), scalars.len()) {
        (1, 1) => parts.columns.push(vec![traceless(|| (engine.product)(&points, scalars))].into()),
        (_, count) if fits(count).is_err() => return fits(count),
        (1, _) if base => parts.fixed.push((base_table(&points[0], engine), scalars)),
        (1, TABLE..) => parts.fixed.push(((engine.table)(&points[0]).into(), scalars)),
        _ => parts.variable.push((points, scalars)),
    }
    Ok(())
}

/// The base point's table, made once.
fn base_table(base: &Cached, engine: &Engine) -> Arc<Table> {
    static TABLE: OnceLock<Arc<Table>> = OnceLock::new();
    TABLE.get_or_init(|| (engine.table)(base).into()).clone()
}
