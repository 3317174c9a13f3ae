//! Sums of points with secret scalars, eight in step, in the same time for every scalar.
#![forbid(unsafe_code)]

use std::borrow::Cow;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::lanes::curve::{Points, Ready};
use crate::lanes::digit::{self, Digit, LANES, append_multiples, multiples, windows};
use crate::lanes::field::{Loose, Tight};
use crate::lanes::fixed::{self, Table};
use crate::lanes::limbs::{Coordinates, Lanes, Pair};
use crate::lanes::sum::{self, Cached, IDENTITY};
use crate::order;
use crate::scalar::Canonical;

/// Bits of a digit: each point's own multiples are made for it alone.
const WIDTH: usize = 4;
const MULTIPLES: usize = multiples(WIDTH);
type Cut = digit::Cut<WIDTH>;

/// The terms of rows. Where a vector has one element, it is in every row.
#[derive(Default)]
pub struct Parts<'a> {
    /// Points that are added as they are.
    pub columns: Vec<Cow<'a, [Cached]>>,
    /// Scalars of the same point.
    pub fixed: Vec<(Arc<Table>, Canonical<'a>)>,
    /// Points and their scalars.
    pub variable: Vec<(Cow<'a, [Cached]>, Canonical<'a>)>,
}

/// The sums of rows from the first one on.
#[inline(always)]
pub fn rows<L: Coordinates>(parts: &Parts, first: usize, out: &mut [Cached]) {
    for (group, out) in out.chunks_mut(LANES).enumerate() {
        // Missing lanes repeat the last row.
        let row = |lane: usize| first + group * LANES + lane.min(out.len() - 1);
        let mut sums = Points::<Pair<L>>::identity();
        if !parts.variable.is_empty() {
            let mut terms = Terms::with_capacity(parts.variable.len());
            for (points, scalars) in &parts.variable {
                terms.push(|lane| at(points, row(lane)), |lane| scalars.broadcast(row(lane)));
            }
            sums = terms.sum();
        }
        for (table, scalars) in &parts.fixed {
            sums = fixed::add(sums, table, &fixed::Cut::new(|lane| scalars.broadcast(row(lane))));
        }
        for points in &parts.columns {
            sums = sums.add(Ready::gather(|lane| at(points, row(lane))), 0);
        }
        sums.ready().scatter(out);
    }
}

/// Σ scalars\[i\] · points\[i\] for at least one point.
#[inline(always)]
pub fn product<L: Coordinates>(points: &[Cached], scalars: Canonical) -> Cached {
    let mut terms = Terms::<Pair<L>>::with_capacity(points.len().div_ceil(LANES));
    for first in (0..points.len()).step_by(LANES) {
        // Missing lanes take the last point no times.
        let scalar = |i| if i < points.len() { scalars.broadcast(i) } else { order::Tight::ZERO };
        terms.push(|lane| &points[(first + lane).min(points.len() - 1)], |lane| scalar(first + lane));
    }
    let mut lanes = [Cached::default(); LANES];
    terms.sum().ready().scatter(&mut lanes);
    total::<L>(&lanes)
}

/// The sum of points.
#[inline(always)]
pub fn total<L: Coordinates>(points: &[Cached]) -> Cached {
    let mut total = Loose::<L>::load(&IDENTITY);
    for point in points {
        total = sum::add(total, Tight::load(point), 0);
    }
    sum::cache(total).store()
}

/// The element at an index; a vector of one element has it at every index.
#[inline(always)]
fn at(points: &[Cached], i: usize) -> &Cached {
    &points[if points.len() == 1 { 0 } else { i }]
}

/// Points of each lane with their scalars; the sum in a lane shares its doublings (Straus).
struct Terms<L> {
    multiples: Vec<Ready<L>>,
    scalars: Zeroizing<Vec<Cut>>,
}

impl<L: Lanes> Terms<L> {
    #[inline(always)]
    fn with_capacity(terms: usize) -> Self {
        Self { multiples: Vec::with_capacity(terms * MULTIPLES), scalars: Vec::with_capacity(terms).into() }
    }

    #[inline(always)]
    fn push<'a>(&mut self, point: impl Fn(usize) -> &'a Cached, scalar: impl Fn(usize) -> order::Tight) {
        append_multiples(&mut self.multiples, Ready::gather(point), MULTIPLES);
        self.scalars.push(Cut::new(scalar));
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn sum(&self) -> Points<L> {
        let mut sums = Points::identity();
        for window in (0..windows(WIDTH)).rev() {
            sums = sums.doubled(WIDTH);
            for (multiples, scalars) in self.multiples.as_chunks().0.iter().zip(self.scalars.iter()) {
                let digit = scalars.digit(window);
                sums = sums.add(choose(multiples, &digit), digit.minus);
            }
        }
        sums
    }
}

/// Each digit's multiple: all are read, whichever are chosen.
#[inline(always)]
fn choose<L: Lanes>(multiples: &[Ready<L>; MULTIPLES], digit: &Digit) -> Ready<L> {
    let mut chosen = multiples[0];
    for (j, multiple) in multiples.iter().enumerate().skip(1) {
        chosen = multiple.select(digit.chooses(j), chosen);
    }
    chosen
}
