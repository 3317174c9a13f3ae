//! Sums of points one by one: four lanes are the coordinates of a point.
#![forbid(unsafe_code)]

use crate::lanes::curve::{Encoding, Points, TWO_D};
use crate::lanes::field::{Element, Loose, Tight};
use crate::lanes::limbs::{Coordinates, Quad};

/// A point ready to be added to others, for which the lanes are Y−X, Y+X, 2dT, 2Z.
pub type Cached = Tight<Quad>;
/// A point as a sum leaves it, for which the lanes are X, Y, T, Z.
pub type Sum = Loose<Quad>;

const TWO: Element = Element::new([2, 0, 0, 0, 0]);
/// 0, as a sum.
pub const IDENTITY: Sum = Sum::of([Element::ZERO, Element::ONE, Element::ZERO, Element::ONE]);

/// The encoding of one sum.
#[inline(always)]
pub fn encode<L: Coordinates>(sum: &Sum) -> Encoding {
    let lane = |lane| Loose::<L>::broadcast(sum, lane).carry();
    let mut encoding = [0; 32];
    let points = Points { x: lane(0), y: lane(1), t: lane(2), z: lane(3) };
    points.encode().freeze().scatter(|_, element| encoding = element.write());
    encoding
}

/// Y−X, Y+X, T, Z of a sum.
#[inline(always)]
fn spread<L: Coordinates>(sum: Loose<L>) -> Tight<L> {
    sum.exchange().plus_or_minus(sum, 0b0001)
}

/// Makes a sum ready to be added.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn cache<L: Coordinates>(sum: Loose<L>) -> Tight<L> {
    const FACTORS: Cached = Cached::of([Element::ONE, Element::ONE, TWO_D, TWO]);
    spread(sum).times(Tight::load(&FACTORS))
}

/// sum + point, or sum − point if `minus` is 1; four lanes work on one addition (Hisil, Wong, Carter, Dawson 2008).
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn add<L: Coordinates>(sum: Loose<L>, point: Tight<L>, minus: usize) -> Loose<L> {
    finish(cross(spread(sum) * turned(point, minus)), minus)
}

/// Two of these: while one waits for a product the processor works on the other.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn add_two<L: Coordinates>(sums: [Loose<L>; 2], points: [Tight<L>; 2], minus: [usize; 2]) -> [Loose<L>; 2] {
    let ([a, b], [p, q], [m, n]) = (sums, points, minus);
    let (a, b) = (spread(a) * turned(p, m), spread(b) * turned(q, n));
    let (a, b) = (cross(a), cross(b));
    [finish(a, m), finish(b, n)]
}

/// The point or its opposite, which has Y−X and Y+X exchanged and T negated: that is left to `finish`.
#[inline(always)]
fn turned<L: Coordinates>(point: Tight<L>, minus: usize) -> Tight<L> {
    const LANES: [[u64; 4]; 2] = [[0, 1, 2, 3], [1, 0, 2, 3]];
    point.permute(&LANES[minus & 1])
}

/// From A, B, C, D: E = B−A, H = B+A, F = D−C, G = D+C.
#[inline(always)]
fn cross<L: Coordinates>(products: Loose<L>) -> Tight<L> {
    products.permute(&[1, 0, 3, 2]).plus_or_minus(products, 0b0101)
}

/// EF, GH, EH, FG; T negated exchanges F and G.
#[inline(always)]
fn finish<L: Coordinates>(ehfg: Tight<L>, minus: usize) -> Loose<L> {
    const LEFT: [[u64; 4]; 2] = [[0, 1, 0, 2], [0, 1, 0, 3]];
    const RIGHT: [[u64; 4]; 2] = [[2, 3, 1, 3], [3, 2, 1, 2]];
    ehfg.permute(&LEFT[minus & 1]) * ehfg.permute(&RIGHT[minus & 1])
}
