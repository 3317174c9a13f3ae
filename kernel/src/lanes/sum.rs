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

// −point has Y−X and Y+X exchanged and T negated, which in turn exchanges F and G.
const POINT: [[u64; 4]; 2] = [[0, 1, 2, 3], [1, 0, 2, 3]];
const LEFT: [[u64; 4]; 2] = [[0, 1, 0, 2], [0, 1, 0, 3]];
const RIGHT: [[u64; 4]; 2] = [[2, 3, 1, 3], [3, 2, 1, 2]];

/// sum + point, or sum − point if `minus` is 1; four lanes work on one addition (Hisil, Wong, Carter, Dawson 2008).
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn add<L: Coordinates>(sum: Loose<L>, point: Tight<L>, minus: usize) -> Loose<L> {
    // A, B, C, D
    let products = spread(sum) * point.permute(&POINT[minus & 1]);
    // E = B−A, H = B+A, F = D−C, G = D+C
    let ehfg = products.permute(&[1, 0, 3, 2]).plus_or_minus(products, 0b0101);
    // EF, GH, EH, FG
    ehfg.permute(&LEFT[minus & 1]) * ehfg.permute(&RIGHT[minus & 1])
}

/// Two of these: while one waits for a product the processor works on the other.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn add_two<L: Coordinates>(sums: [Loose<L>; 2], points: [Tight<L>; 2], minus: [usize; 2]) -> [Loose<L>; 2] {
    let ([a, b], [p, q], [m, n]) = (sums, points, minus.map(|minus| minus & 1));
    let (a, b) = (spread(a) * p.permute(&POINT[m]), spread(b) * q.permute(&POINT[n]));
    let (c, d) = (a.permute(&[1, 0, 3, 2]), b.permute(&[1, 0, 3, 2]));
    let (a, b) = (c.plus_or_minus(a, 0b0101), d.plus_or_minus(b, 0b0101));
    [a.permute(&LEFT[m]) * a.permute(&RIGHT[m]), b.permute(&LEFT[n]) * b.permute(&RIGHT[n])]
}
