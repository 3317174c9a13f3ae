//! Multi-scalar products.
#![forbid(unsafe_code)]

use std::collections::HashMap;

use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{MultiscalarMul, VartimeMultiscalarMul};
use rayon::prelude::*;

use crate::fault::{Fault, items};
use crate::lanes::bucket::{Biased, Cut, FULL};
use crate::lanes::engine::{Choice, Engine};
use crate::lanes::sum::{Cached, IDENTITY, Sum};
use crate::point::{self, CHUNK, Points, Source, decompress};
use crate::scalar::{self, Canonical};
use crate::wiped::traceless;

/// Points that are decoded and added to the buckets before the next ones are read.
const BLOCK: usize = 1 << 14;
/// Sums of fewer products go to dalek, which shares their doublings.
const FEW: usize = 32;
/// Sizes of scalars in bits; those of one size, with one outer factor, share their buckets.
const SIZES: [u32; 5] = [2, 64, 128, 160, FULL];

/// outer · Σ scalars\[i\] · points\[i\]; without scalars the points are only decoded.
pub struct Term<'a> {
    pub points: Source<'a>,
    pub scalars: &'a [u8],
    pub outer: Option<&'a [u8]>,
}

/// A sum of products that share their buckets.
struct Group<'a> {
    outer: Option<&'a [u8]>,
    bits: u32,
    count: usize,
    buckets: Option<Buckets>,
}

struct Buckets {
    engine: &'static Engine,
    cut: Cut,
    windows: Vec<Vec<Sum>>,
}

/// A vector of points and, for each group it goes into, its scalars.
struct Column<'a> {
    points: &'a Source<'a>,
    uses: Vec<(usize, Canonical<'a>)>,
}

/// Products that dalek sums: a few, or all of them without an engine.
#[derive(Default)]
struct Rest {
    scalars: Vec<Scalar>,
    points: Vec<RistrettoPoint>,
    sum: RistrettoPoint,
}

/// The sum of the terms, in variable time: for public values only.
pub fn vartime(terms: &[Term], engine: Choice) -> Result<[u8; 32], Fault> {
    let (columns, mut groups) = arrange(terms)?;
    for group in groups.iter_mut().filter(|group| group.count >= FEW) {
        group.buckets = engine.map(|engine| Buckets::new(engine, Cut::new(group.count, group.bits)));
    }
    let mut rest = Rest::default();
    for column in &columns {
        for first in (0..column.points.len()?).step_by(BLOCK) {
            column.add(first, &mut groups, &mut rest, engine)?;
        }
    }
    for group in groups {
        if let Some(buckets) = group.buckets {
            let sum = decompress(&[buckets.sum()]).map_err(Fault::Encoding)?;
            rest.add(&sum, &[Scalar::ONE], group.outer)?;
        }
    }
    rest.flush();
    Ok(rest.sum.compress().to_bytes())
}

/// Brings together the terms with the same points, and those whose scalars have the same outer factor and size; in time
/// that grows with the number of terms, however many columns and groups they make.
fn arrange<'a>(terms: &'a [Term<'a>]) -> Result<(Vec<Column<'a>>, Vec<Group<'a>>), Fault> {
    let (mut columns, mut groups): (Vec<Column>, Vec<Group>) = (Vec::new(), Vec::new());
    let (mut places, mut kinds) = (HashMap::new(), HashMap::new()); // their numbers
    for term in terms {
        factor(term.outer)?;
        let column = *places.entry(term.points.place()).or_insert_with(|| {
            columns.push(Column { points: &term.points, uses: Vec::new() });
            columns.len() - 1
        });
        let scalars = items::<32>(term.scalars)?;
        if scalars.is_empty() {
            continue;
        }
        same(term.points.len()?, scalars.len())?;
        let scalars = Canonical::new(scalars)?;
        let bits = size(scalars);
        let group = *kinds.entry((term.outer, bits)).or_insert_with(|| {
            groups.push(Group { outer: term.outer, bits, count: 0, buckets: None });
            groups.len() - 1
        });
        groups[group].count += scalars.len();
        columns[column].uses.push((group, scalars));
    }
    Ok((columns, groups))
}

/// The size that holds every scalar.
fn size(scalars: Canonical) -> u32 {
    let all = scalars.iter().fold([0; 4], |all: [u64; 4], scalar| {
        let words = scalar.words();
        std::array::from_fn(|k| all[k] | words[k])
    });
    let bits = (0..4).rev().find(|&k| all[k] != 0).map_or(0, |k| 64 * k as u32 + 64 - all[k].leading_zeros());
    SIZES.into_iter().find(|size| bits <= *size).unwrap_or(FULL)
}

impl Column<'_> {
    /// Adds a block of products; every point of it is decoded, used or not.
    fn add(&self, first: usize, groups: &mut [Group], rest: &mut Rest, engine: Choice) -> Result<(), Fault> {
        let range = first..self.points.len()?.min(first + BLOCK);
        let unread = self.uses.is_empty() && matches!(self.points, Source::Encoded(_));
        let any = |over_lanes| self.uses.iter().any(|(group, _)| groups[*group].buckets.is_some() == over_lanes);
        let (over_lanes, by_dalek) = (any(true), any(false) || unread && engine.is_none());
        if let Some(engine) = engine
            && (over_lanes || unread)
        {
            let points = self.points.cached(range.clone(), engine)?;
            for (group, scalars) in &self.uses {
                if let Some(buckets) = &mut groups[*group].buckets {
                    buckets.fill(&points, scalars.range(range.clone()));
                }
            }
        }
        if by_dalek {
            let points = self.points.points(range.clone())?;
            for (group, scalars) in &self.uses {
                if let Group { buckets: None, outer, .. } = groups[*group] {
                    rest.add(&points, &scalars.range(range.clone()).scalars(), outer)?;
                }
            }
        }
        Ok(())
    }
}

impl Buckets {
    fn new(engine: &'static Engine, cut: Cut) -> Self {
        Self { engine, cut, windows: (0..cut.windows()).map(|i| vec![IDENTITY; cut.buckets(i)]).collect() }
    }

    fn fill(&mut self, points: &[Cached], scalars: Canonical) {
        let Self { engine, cut, .. } = *self;
        let biased: Vec<Biased> = scalars.par_iter().with_min_len(CHUNK).map(|scalar| cut.bias(scalar)).collect();
        self.windows
            .par_iter_mut()
            .enumerate()
            .for_each(|(i, buckets)| (engine.fill)(buckets, points, &biased, &cut.window(i as u32)));
    }

    fn sum(&self) -> [u8; 32] {
        let sums: Vec<Sum> = self.windows.par_iter().map(|buckets| (self.engine.empty)(buckets)).collect();
        (self.engine.join)(&sums, self.cut.width)
    }
}

impl Rest {
    fn add(&mut self, points: &[RistrettoPoint], scalars: &[Scalar], outer: Option<&[u8]>) -> Result<(), Fault> {
        let factor = factor(outer)?;
        self.scalars.extend(scalars.iter().map(|scalar| scalar * factor));
        self.points.extend(points);
        if self.points.len() >= BLOCK {
            self.flush();
        }
        Ok(())
    }

    fn flush(&mut self) {
        let chunk = self.points.len().div_ceil(rayon::current_num_threads()).max(CHUNK);
        let products = self.scalars.par_chunks(chunk).zip(self.points.par_chunks(chunk));
        self.sum += products.map(|(s, p)| RistrettoPoint::vartime_multiscalar_mul(s, p)).sum::<RistrettoPoint>();
        self.scalars.clear();
        self.points.clear();
    }
}

/// Σ scalars\[i\] · points\[i\] in constant time.
pub fn secret(points: &Source, scalars: &[u8], engine: Choice) -> Result<[u8; 32], Fault> {
    let Some(engine) = engine else { return secret_by_dalek(points, scalars) };
    let points = points.cached(0..points.len()?, engine)?;
    let scalars = Canonical::read(scalars)?;
    same(points.len(), scalars.len())?;
    let products: Vec<Cached> = points
        .par_chunks(CHUNK)
        .zip(scalars.par_chunks(CHUNK))
        .map(|(points, scalars)| traceless(|| (engine.product)(points, scalars)))
        .collect();
    Ok(point::encode(&[(engine.total)(&products)], engine)[0])
}

fn secret_by_dalek(points: &Source, scalars: &[u8]) -> Result<[u8; 32], Fault> {
    let points = points.decompress()?;
    let scalars = scalar::read(scalars)?;
    same(points.len(), scalars.len())?;
    let sum: RistrettoPoint = points
        .points()
        .par_chunks(CHUNK)
        .zip(scalars.par_chunks(CHUNK))
        .map(|(p, s)| traceless(|| RistrettoPoint::multiscalar_mul(s, p)))
        .sum();
    Ok(sum.compress().to_bytes())
}

/// dalek's own product on one thread, to measure against.
pub fn dalek(points: &Points, scalars: &[u8]) -> Result<[u8; 32], Fault> {
    let scalars = scalar::read(scalars)?;
    same(points.len(), scalars.len())?;
    Ok(RistrettoPoint::vartime_multiscalar_mul(&*scalars, points.points()).compress().to_bytes())
}

fn same(left: usize, right: usize) -> Result<(), Fault> {
    if left == right { Ok(()) } else { Err(Fault::Lengths { left, right }) }
}

fn factor(outer: Option<&[u8]>) -> Result<Scalar, Fault> {
    let Some(outer) = outer else { return Ok(Scalar::ONE) };
    match scalar::read(outer)?[..] {
        [scalar] => Ok(scalar),
        _ => Err(Fault::Width { len: outer.len(), width: 32 }),
    }
}
