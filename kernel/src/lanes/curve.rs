//! ristretto255 (RFC 9496) over lanes: reading, writing and mapping several points in step.
#![forbid(unsafe_code)]

use crate::lanes::field::{Element, Loose, Tight};
use crate::lanes::limbs::{Coordinates, Lanes, Pair, Quad};

const TWO: Element = Element::new([2, 0, 0, 0, 0]);
const D: Element = Element::new([0x34dca135978a3, 0x1a8283b156ebd, 0x5e7a26001c029, 0x739c663a03cbb, 0x52036cee2b6ff]);
const TWO_D: Element =
    Element::new([0x69b9426b2f159, 0x35050762add7a, 0x3cf44c0038052, 0x6738cc7407977, 0x2406d9dc56dff]);
const SQRT_M1: Element =
    Element::new([0x61b274a0ea0b0, 0x0d5a5fc8f189d, 0x7ef5e9cbd0c60, 0x78595a6804c9e, 0x2b8324804fc1d]);
const INVSQRT_A_MINUS_D: Element =
    Element::new([0x0fdaa805d40ea, 0x2eb482e57d339, 0x007610274bc58, 0x6510b613dc8ff, 0x786c8905cfaff]);
const SQRT_AD_MINUS_ONE: Element =
    Element::new([0x7f6a0497b2e1b, 0x1836f0a97afd2, 0x7d747f6be7638, 0x456079e7e6498, 0x376931bf2b834]);
const ONE_MINUS_D_SQ: Element =
    Element::new([0x409c1945fc176, 0x719abc6a1fc4f, 0x1c37f90b20684, 0x06bccca55eedf, 0x029072a8b2b3e]);
const D_MINUS_ONE_SQ: Element =
    Element::new([0x55aaa44ed4d20, 0x59603c3332635, 0x26d3baf4a7928, 0x120a66e6997a9, 0x5968b37af66c2]);

/// A canonical encoding, or what should be one.
pub type Encoding = [u8; 32];
/// What a point is derived from.
pub type Uniform = [u8; 64];
/// A point ready to be added to others, for which the lanes are Y−X, Y+X, 2dT, 2Z.
pub type Cached = Tight<Quad>;
/// A point as a sum leaves it, for which the lanes are X, Y, T, Z.
pub type Sum = Loose<Quad>;

/// 0, as a sum.
pub const IDENTITY: Sum = Sum::of([Element::ZERO, Element::ONE, Element::ZERO, Element::ONE]);

/// x^((p−5)/8) = x^(2²⁵² − 3).
#[cfg_attr(not(debug_assertions), inline(always))]
fn power<L: Lanes>(x: Tight<L>) -> Tight<L> {
    let x2 = x.squared();
    let x9 = x2.squared_times(2).times(x);
    let x11 = x9.times(x2);
    let e5 = x11.squared().times(x9); // x^(2⁵ − 1)
    let e10 = e5.squared_times(5).times(e5);
    let e20 = e10.squared_times(10).times(e10);
    let e40 = e20.squared_times(20).times(e20);
    let e50 = e40.squared_times(10).times(e10);
    let e100 = e50.squared_times(50).times(e50);
    let e200 = e100.squared_times(100).times(e100);
    let e250 = e200.squared_times(50).times(e50);
    e250.squared_times(2).times(x)
}

/// RFC 9496 §4.2, SQRT_RATIO_M1: a mask of the lanes whose ratio is a square, and the root of u/v or of i·u/v.
#[cfg_attr(not(debug_assertions), inline(always))]
fn sqrt_ratio<L: Lanes>(u: Tight<L>, v: Tight<L>) -> (u8, Tight<L>) {
    let i = Tight::splat(SQRT_M1);
    let v3 = v.squared().times(v);
    let v7 = v3.squared().times(v);
    let root = u.times(v3).times(power(u.times(v7)));
    let check = v.times(root.squared());
    let minus_u = u.negated();
    let flipped = check.equals(minus_u);
    let flipped_i = check.equals(minus_u.times(i));
    let root = root.times(i).select(flipped | flipped_i, root);
    (check.equals(u) | flipped, root.absolute())
}

/// Points in step, in extended coordinates: x = X/Z, y = Y/Z, xy = T/Z.
#[derive(Clone, Copy)]
struct Points<L> {
    x: Tight<L>,
    y: Tight<L>,
    z: Tight<L>,
    t: Tight<L>,
}

impl<L: Lanes> Points<L> {
    /// RFC 9496 §4.3.1 on field elements that are known to be canonical and not negative; the mask tells the valid lanes.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn decode(s: Tight<L>) -> (u8, Self) {
        let one = Tight::splat(Element::ONE);
        let ss = s.squared();
        let u1 = one.minus(ss);
        let u2 = one.plus(ss);
        let u2_sq = u2.squared();
        let v = Tight::splat(D).times(u1.squared()).negated().minus(u2_sq);
        let (square, root) = sqrt_ratio(one, v.times(u2_sq));
        let den_x = root.times(u2);
        let den_y = root.times(den_x).times(v);
        let x = s.plus(s).times(den_x).absolute();
        let y = u1.times(den_y);
        let t = x.times(y);
        let valid = square & !t.negative() & !y.zero();
        (valid, Self { x, y, z: one, t })
    }

    /// RFC 9496 §4.3.2: the field element that encodes each point.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn encode(self) -> Tight<L> {
        let Self { x, y, z, t } = self;
        let i = Tight::splat(SQRT_M1);
        let u1 = z.plus(y).times(z.minus(y));
        let u2 = x.times(y);
        let (_, root) = sqrt_ratio(Tight::splat(Element::ONE), u1.times(u2.squared()));
        let den1 = root.times(u1);
        let den2 = root.times(u2);
        let z_inverse = den1.times(den2).times(t);
        let rotate = t.times(z_inverse).negative();
        let x_rotated = y.times(i).select(rotate, x);
        let y_rotated = x.times(i).select(rotate, y);
        let den = den1.times(Tight::splat(INVSQRT_A_MINUS_D)).select(rotate, den2);
        let y = y_rotated.negated().select(x_rotated.times(z_inverse).negative(), y_rotated);
        den.times(z.minus(y)).absolute()
    }

    /// RFC 9496 §4.3.4, MAP of one field element.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn map(t: Tight<L>) -> Self {
        let one = Tight::splat(Element::ONE);
        let d = Tight::splat(D);
        let r = Tight::splat(SQRT_M1).times(t.squared());
        let u = r.plus(one).times(Tight::splat(ONE_MINUS_D_SQ));
        let v = one.negated().minus(r.times(d)).times(r.plus(d));
        let (square, root) = sqrt_ratio(u, v);
        let s = root.select(square, root.times(t).absolute().negated());
        let c = one.negated().select(square, r);
        let n = c.times(r.minus(one)).times(Tight::splat(D_MINUS_ONE_SQ)).minus(v);
        let w0 = s.plus(s).times(v);
        let w1 = n.times(Tight::splat(SQRT_AD_MINUS_ONE));
        let ss = s.squared();
        let w2 = one.minus(ss);
        let w3 = one.plus(ss);
        Self { x: w0.times(w3), y: w2.times(w1), z: w1.times(w3), t: w0.times(w2) }
    }

    /// The sum, by the complete formula for a = −1.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn add(self, other: Self) -> Self {
        let a = self.y.minus(self.x).times(other.y.minus(other.x));
        let b = self.y.plus(self.x).times(other.y.plus(other.x));
        let c = self.t.times(other.t).times(Tight::splat(TWO_D));
        let d = self.z.plus(self.z).times(other.z);
        let (e, f, g, h) = (b.minus(a), d.minus(c), d.plus(c), b.plus(a));
        Self { x: e.times(f), y: g.times(h), z: f.times(g), t: e.times(h) }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn cache(self, out: &mut [Cached]) {
        let lanes = [self.y.minus(self.x), self.y.plus(self.x), self.t.times(Tight::splat(TWO_D)), self.z.plus(self.z)];
        for (lane, values) in lanes.into_iter().enumerate() {
            values.scatter(lane, out);
        }
    }
}

/// Whether 32 bytes are a field element below p that is not negative (RFC 9496 §4.3.1).
#[inline(always)]
fn is_canonical(bytes: &[u8; 32]) -> bool {
    bytes[31] >> 7 == 0 && Element::read(bytes).is_reduced() && bytes[0] & 1 == 0
}

/// Reads points; the index of the first that is not valid.
#[inline(always)]
pub fn decode<L: Coordinates>(encodings: &[Encoding], out: &mut [Cached]) -> Option<usize> {
    let count = Pair::<L>::COUNT;
    for (chunk, (encodings, out)) in encodings.chunks(count).zip(out.chunks_mut(count)).enumerate() {
        // Missing lanes repeat the first point.
        let at = |i: usize| encodings.get(i).unwrap_or(&encodings[0]);
        let (valid, points) = Points::<Pair<L>>::decode(Tight::gather(|i| Element::read(at(i))));
        if let Some(i) = (0..encodings.len()).find(|&i| valid >> i & 1 == 0 || !is_canonical(&encodings[i])) {
            return Some(chunk * count + i);
        }
        points.cache(out);
    }
    None
}

/// Twice the map of 64 bytes, as points and their encodings.
#[inline(always)]
pub fn derive<L: Coordinates>(uniform: &[Uniform], out: &mut [Cached], encodings: &mut [Encoding]) {
    let count = Pair::<L>::COUNT;
    for ((uniform, out), encodings) in uniform.chunks(count).zip(out.chunks_mut(count)).zip(encodings.chunks_mut(count))
    {
        let half = |i: usize, first: usize| {
            let bytes = uniform.get(i).unwrap_or(&uniform[0]);
            Element::read(&std::array::from_fn(|k| bytes[first + k]))
        };
        let first = Points::map(Tight::<Pair<L>>::gather(|i| half(i, 0)));
        let second = Points::map(Tight::gather(|i| half(i, 32)));
        let sum = first.add(second);
        let points = sum.add(sum);
        points.cache(out);
        points.encode().freeze().scatter(|i, element| {
            if let Some(encoding) = encodings.get_mut(i) {
                *encoding = element.write();
            }
        });
    }
}

/// The encoding of one sum.
#[inline(always)]
pub fn encode<L: Coordinates>(sum: &Sum) -> Encoding {
    let lane = Loose::<L>::broadcast;
    let (x, y) = (lane(sum, 0).carry(), lane(sum, 1).carry());
    let (t, z) = (lane(sum, 2).carry(), lane(sum, 3).carry());
    let mut encoding = [0; 32];
    Points { x, y, z, t }.encode().freeze().scatter(|_, element| encoding = element.write());
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
    // −point has Y−X and Y+X exchanged and T negated, which in turn exchanges F and G.
    const POINT: [[u64; 4]; 2] = [[0, 1, 2, 3], [1, 0, 2, 3]];
    const LEFT: [[u64; 4]; 2] = [[0, 1, 0, 2], [0, 1, 0, 3]];
    const RIGHT: [[u64; 4]; 2] = [[2, 3, 1, 3], [3, 2, 1, 2]];
    // A, B, C, D
    let products = spread(sum) * point.permute(&POINT[minus & 1]);
    // E = B−A, H = B+A, F = D−C, G = D+C
    let ehfg = products.permute(&[1, 0, 3, 2]).plus_or_minus(products, 0b0101);
    // EF, GH, EH, FG
    ehfg.permute(&LEFT[minus & 1]) * ehfg.permute(&RIGHT[minus & 1])
}
