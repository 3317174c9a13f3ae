//! Multi-scalar products.
#![forbid(unsafe_code)]

use std::collections::HashMap;

use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{Identity, MultiscalarMul, VartimeMultiscalarMul};
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

/// Points of terms that are added together before the next ones are asked for.
pub const PORTION: usize = 1 << 16;

/// outer · Σ scalars\[i\] · points\[i\]; without scalars the points are only decoded.
pub struct Term<'a> {
    pub points: Source<'a>,
    pub scalars: &'a [u8],
    pub outer: Option<&'a [u8]>,
}

/// A sum of terms that come portion by portion, in variable time: for public values only.
#[derive(Default)]
pub struct Product {
    engine: Choice,
    groups: Vec<Group>,
    /// The groups' numbers, by outer factor and size.
    kinds: HashMap<(Option<[u8; 32]>, u32), usize>,
    rest: Rest,
}

/// A sum of products that share their buckets.
struct Group {
    factor: Scalar,
    bits: u32,
    /// Of products so far.
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

impl Product {
    pub fn new(engine: Choice) -> Self {
        Self { engine, ..Self::default() }
    }

    pub fn add(&mut self, terms: &[Term]) -> Result<(), Fault> {
        let columns = self.arrange(terms)?;
        for &(group, _) in columns.iter().flat_map(|column| &column.uses) {
            self.groups[group].provide(&mut self.rest, self.engine)?;
        }
        for column in &columns {
            for first in (0..column.points.len()?).step_by(BLOCK) {
                column.add(first, &mut self.groups, &mut self.rest, self.engine)?;
            }
        }
        Ok(())
    }

    pub fn sum(mut self) -> Result<[u8; 32], Fault> {
        for group in &mut self.groups {
            group.empty(&mut self.rest)?;
        }
        self.rest.flush();
        Ok(self.rest.sum.compress().to_bytes())
    }

    /// Brings together the terms with the same points, and those whose scalars have the same outer factor and size; in
    /// time that grows with the number of terms, however many columns and groups they make.
    fn arrange<'a>(&mut self, terms: &'a [Term<'a>]) -> Result<Vec<Column<'a>>, Fault> {
        let (mut columns, mut places) = (Vec::<Column>::new(), HashMap::new());
        for term in terms {
            let (outer, factor) = factor(term.outer)?;
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
            let group = *self.kinds.entry((outer, bits)).or_insert_with(|| {
                self.groups.push(Group { factor, bits, count: 0, buckets: None });
                self.groups.len() - 1
            });
            self.groups[group].count += scalars.len();
            columns[column].uses.push((group, scalars));
        }
        Ok(columns)
    }
}

impl Group {
    /// Gives it buckets that fit the number of its products; those of windows that are much too narrow are emptied.
    fn provide(&mut self, rest: &mut Rest, engine: Choice) -> Result<(), Fault> {
        let Some(engine) = engine.filter(|_| self.count >= FEW) else { return Ok(()) };
        let cut = Cut::new(self.count, self.bits);
        if self.buckets.as_ref().is_none_or(|buckets| buckets.cut.width + 1 < cut.width) {
            self.empty(rest)?;
            self.buckets = Some(Buckets::new(engine, cut));
        }
        Ok(())
    }

    fn empty(&mut self, rest: &mut Rest) -> Result<(), Fault> {
        let Some(buckets) = self.buckets.take() else { return Ok(()) };
        let sum = decompress(&[buckets.sum()]).map_err(Fault::Encoding)?;
        rest.add(&sum, &[Scalar::ONE], self.factor);
        Ok(())
    }
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
                if let Group { buckets: None, factor, .. } = groups[*group] {
                    rest.add(&points, &scalars.range(range.clone()).scalars(), factor);
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
    fn add(&mut self, points: &[RistrettoPoint], scalars: &[Scalar], factor: Scalar) {
        self.scalars.extend(scalars.iter().map(|scalar| scalar * factor));
        self.points.extend(points);
        if self.points.len() >= BLOCK {
            self.flush();
        }
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
    let scalars = Canonical::read(scalars)?;
    same(points.len()?, scalars.len())?;
    let mut sum = RistrettoPoint::identity();
    let mut products: Vec<Cached> = Vec::new();
    for first in (0..scalars.len()).step_by(BLOCK) {
        let range = first..scalars.len().min(first + BLOCK);
        let scalars = scalars.range(range.clone());
        match engine {
            Some(engine) => products.extend(products_over_lanes(&points.cached(range, engine)?, scalars, engine)),
            None => sum += sum_by_dalek(&points.points(range)?, scalars),
        }
    }
    Ok(match engine {
        Some(engine) => point::encode(&[(engine.total)(&products)], engine)[0],
        None => sum.compress().to_bytes(),
    })
}

fn products_over_lanes(points: &[Cached], scalars: Canonical, engine: &Engine) -> Vec<Cached> {
    let pieces = points.par_chunks(CHUNK).zip(scalars.par_chunks(CHUNK));
    pieces.map(|(points, scalars)| traceless(|| (engine.product)(points, scalars))).collect()
}

fn sum_by_dalek(points: &[RistrettoPoint], scalars: Canonical) -> RistrettoPoint {
    let scalars = scalars.scalars();
    let pieces = points.par_chunks(CHUNK).zip(scalars.par_chunks(CHUNK));
    pieces.map(|(p, s)| traceless(|| RistrettoPoint::multiscalar_mul(s, p))).sum()
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

/// An outer factor as it is given, and as a scalar.
fn factor(outer: Option<&[u8]>) -> Result<(Option<[u8; 32]>, Scalar), Fault> {
    let Some(outer) = outer else { return Ok((None, Scalar::ONE)) };
    match items(outer)? {
        [bytes] => Ok((Some(*bytes), scalar::read(outer)?[0])),
        _ => Err(Fault::Width { len: outer.len(), width: 32 }),
    }
}
