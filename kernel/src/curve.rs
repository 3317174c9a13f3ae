//! ristretto255 (RFC 9496) over lanes: reading, writing and mapping several points in step.
#![forbid(unsafe_code)]

use crate::lanes::{Coordinates, Element, Lanes, MASK, Pair, Quad};

const ONE: Element = [1, 0, 0, 0, 0];
const TWO: Element = [2, 0, 0, 0, 0];
const D: Element = [0x34dca135978a3, 0x1a8283b156ebd, 0x5e7a26001c029, 0x739c663a03cbb, 0x52036cee2b6ff];
const TWO_D: Element = [0x69b9426b2f159, 0x35050762add7a, 0x3cf44c0038052, 0x6738cc7407977, 0x2406d9dc56dff];
const SQRT_M1: Element = [0x61b274a0ea0b0, 0x0d5a5fc8f189d, 0x7ef5e9cbd0c60, 0x78595a6804c9e, 0x2b8324804fc1d];
const INVSQRT_A_MINUS_D: Element =
    [0x0fdaa805d40ea, 0x2eb482e57d339, 0x007610274bc58, 0x6510b613dc8ff, 0x786c8905cfaff];
const SQRT_AD_MINUS_ONE: Element =
    [0x7f6a0497b2e1b, 0x1836f0a97afd2, 0x7d747f6be7638, 0x456079e7e6498, 0x376931bf2b834];
const ONE_MINUS_D_SQ: Element = [0x409c1945fc176, 0x719abc6a1fc4f, 0x1c37f90b20684, 0x06bccca55eedf, 0x029072a8b2b3e];
const D_MINUS_ONE_SQ: Element = [0x55aaa44ed4d20, 0x59603c3332635, 0x26d3baf4a7928, 0x120a66e6997a9, 0x5968b37af66c2];

/// A point ready to be added to others, for which the lanes are Y−X, Y+X, 2dT, 2Z, all tight.
pub type Cached = Quad;
/// A point as a sum leaves it, for which the lanes are X, Y, T, Z, loose.
pub type Sum = Quad;

/// 0, as a sum.
pub const IDENTITY: Sum = Quad([[0, 1, 0, 1], [0; 4], [0; 4], [0; 4], [0; 4]]);

#[inline(always)]
fn constant<L: Lanes>(element: Element) -> L {
    L::gather(|_| element)
}

/// Products and sums that are tight again.
trait Tight: Lanes {
    #[inline(always)]
    fn times(self, other: Self) -> Self {
        self.mul(other).carry()
    }
    #[inline(always)]
    fn squared(self) -> Self {
        self.square().carry()
    }
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self.add(other).carry()
    }
    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        self.add(other.neg()).carry()
    }
    #[inline(always)]
    fn negated(self) -> Self {
        self.neg().carry()
    }
    #[inline(always)]
    fn squared_times(self, times: usize) -> Self {
        let mut x = self;
        for _ in 0..times {
            x = x.squared();
        }
        x
    }
    #[inline(always)]
    fn negative(self) -> u8 {
        self.freeze().odd()
    }
    #[inline(always)]
    fn equals(self, other: Self) -> u8 {
        self.minus(other).freeze().zero()
    }
    #[inline(always)]
    fn absolute(self) -> Self {
        self.negated().select(self.negative(), self)
    }
}

impl<L: Lanes> Tight for L {}

/// x^((p−5)/8) = x^(2²⁵² − 3).
#[inline(always)]
fn power<L: Lanes>(x: L) -> L {
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
#[inline(always)]
fn sqrt_ratio<L: Lanes>(u: L, v: L) -> (u8, L) {
    let i = constant::<L>(SQRT_M1);
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

/// Points in step, in extended coordinates, tight: x = X/Z, y = Y/Z, xy = T/Z.
#[derive(Clone, Copy)]
struct Points<L> {
    x: L,
    y: L,
    z: L,
    t: L,
}

impl<L: Lanes> Points<L> {
    /// RFC 9496 §4.3.1 on field elements that are known to be canonical and not negative; the mask tells the valid lanes.
    #[inline(always)]
    fn decode(s: L) -> (u8, Self) {
        let one = constant::<L>(ONE);
        let ss = s.squared();
        let u1 = one.minus(ss);
        let u2 = one.plus(ss);
        let u2_sq = u2.squared();
        let v = constant::<L>(D).times(u1.squared()).negated().minus(u2_sq);
        let (square, root) = sqrt_ratio(one, v.times(u2_sq));
        let den_x = root.times(u2);
        let den_y = root.times(den_x).times(v);
        let x = s.plus(s).times(den_x).absolute();
        let y = u1.times(den_y);
        let t = x.times(y);
        let valid = square & !t.negative() & !y.freeze().zero();
        (valid, Self { x, y, z: one, t })
    }

    /// RFC 9496 §4.3.2: the field element that encodes each point.
    #[inline(always)]
    fn encode(self) -> L {
        let Self { x, y, z, t } = self;
        let i = constant::<L>(SQRT_M1);
        let u1 = z.plus(y).times(z.minus(y));
        let u2 = x.times(y);
        let (_, root) = sqrt_ratio(constant::<L>(ONE), u1.times(u2.squared()));
        let den1 = root.times(u1);
        let den2 = root.times(u2);
        let z_inverse = den1.times(den2).times(t);
        let rotate = t.times(z_inverse).negative();
        let x_rotated = y.times(i).select(rotate, x);
        let y_rotated = x.times(i).select(rotate, y);
        let den = den1.times(constant::<L>(INVSQRT_A_MINUS_D)).select(rotate, den2);
        let y = y_rotated.negated().select(x_rotated.times(z_inverse).negative(), y_rotated);
        den.times(z.minus(y)).absolute()
    }

    /// RFC 9496 §4.3.4, MAP of one field element.
    #[inline(always)]
    fn map(t: L) -> Self {
        let one = constant::<L>(ONE);
        let d = constant::<L>(D);
        let r = constant::<L>(SQRT_M1).times(t.squared());
        let u = r.plus(one).times(constant::<L>(ONE_MINUS_D_SQ));
        let v = one.negated().minus(r.times(d)).times(r.plus(d));
        let (square, root) = sqrt_ratio(u, v);
        let s = root.select(square, root.times(t).absolute().negated());
        let c = one.negated().select(square, r);
        let n = c.times(r.minus(one)).times(constant::<L>(D_MINUS_ONE_SQ)).minus(v);
        let w0 = s.plus(s).times(v);
        let w1 = n.times(constant::<L>(SQRT_AD_MINUS_ONE));
        let ss = s.squared();
        let w2 = one.minus(ss);
        let w3 = one.plus(ss);
        Self { x: w0.times(w3), y: w2.times(w1), z: w1.times(w3), t: w0.times(w2) }
    }

    /// The sum, by the complete formula for a = −1.
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        let a = self.y.minus(self.x).times(other.y.minus(other.x));
        let b = self.y.plus(self.x).times(other.y.plus(other.x));
        let c = self.t.times(other.t).times(constant::<L>(TWO_D));
        let d = self.z.plus(self.z).times(other.z);
        let (e, f, g, h) = (b.minus(a), d.minus(c), d.plus(c), b.plus(a));
        Self { x: e.times(f), y: g.times(h), z: f.times(g), t: e.times(h) }
    }

    #[inline(always)]
    fn cache(self, out: &mut [Cached]) {
        let lanes =
            [self.y.minus(self.x), self.y.plus(self.x), self.t.times(constant::<L>(TWO_D)), self.z.plus(self.z)];
        for (lane, values) in lanes.into_iter().enumerate() {
            values.scatter(|i, element| {
                if let Some(point) = out.get_mut(i) {
                    for (limb, value) in point.0.iter_mut().zip(element) {
                        limb[lane] = value;
                    }
                }
            });
        }
    }
}

/// The field element in 32 bytes, the highest bit left out.
#[inline(always)]
fn read(bytes: &[u8; 32]) -> Element {
    let word = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
    [word(0) & MASK, word(6) >> 3 & MASK, word(12) >> 6 & MASK, word(19) >> 1 & MASK, word(24) >> 12 & MASK]
}

#[inline(always)]
fn write(x: Element) -> [u8; 32] {
    let words = [x[0] | x[1] << 51, x[1] >> 13 | x[2] << 38, x[2] >> 26 | x[3] << 25, x[3] >> 39 | x[4] << 12];
    std::array::from_fn(|i| words[i / 8].to_le_bytes()[i % 8])
}

/// Whether 32 bytes are a field element below p that is not negative.
#[inline(always)]
fn is_canonical(bytes: &[u8; 32]) -> bool {
    let [low, middle @ .., high] = read(bytes);
    let below = bytes[31] >> 7 == 0 && (low < MASK - 18 || high < MASK || middle.iter().any(|limb| *limb < MASK));
    below && bytes[0] & 1 == 0
}

/// Reads points; the index of the first that is not valid.
#[inline(always)]
pub fn decode<L: Coordinates>(encodings: &[[u8; 32]], out: &mut [Cached]) -> Option<usize> {
    let count = Pair::<L>::COUNT;
    for (chunk, (encodings, out)) in encodings.chunks(count).zip(out.chunks_mut(count)).enumerate() {
        // Missing lanes repeat the first point.
        let at = |i: usize| encodings.get(i).unwrap_or(&encodings[0]);
        let (valid, points) = Points::decode(Pair::<L>::gather(|i| read(at(i))));
        if let Some(i) = (0..encodings.len()).find(|&i| valid >> i & 1 == 0 || !is_canonical(&encodings[i])) {
            return Some(chunk * count + i);
        }
        points.cache(out);
    }
    None
}

/// Twice the map of 64 bytes, as points and their encodings.
#[inline(always)]
pub fn derive<L: Coordinates>(uniform: &[[u8; 64]], out: &mut [Cached], encodings: &mut [[u8; 32]]) {
    let count = Pair::<L>::COUNT;
    for ((uniform, out), encodings) in uniform.chunks(count).zip(out.chunks_mut(count)).zip(encodings.chunks_mut(count))
    {
        let half = |i: usize, first: usize| {
            let bytes = uniform.get(i).unwrap_or(&uniform[0]);
            read(&std::array::from_fn(|k| bytes[first + k]))
        };
        let sum = Points::map(Pair::<L>::gather(|i| half(i, 0))).add(Points::map(Pair::<L>::gather(|i| half(i, 32))));
        let points = sum.add(sum);
        points.cache(out);
        points.encode().freeze().scatter(|i, element| {
            if let Some(encoding) = encodings.get_mut(i) {
                *encoding = write(element);
            }
        });
    }
}

/// The encoding of one sum.
#[inline(always)]
pub fn encode<L: Coordinates>(sum: &Sum) -> [u8; 32] {
    let lane = |i: usize| L::gather(|_| sum.lane(i)).carry();
    let mut encoding = [0; 32];
    let element = Points { x: lane(0), y: lane(1), t: lane(2), z: lane(3) }.encode().freeze();
    element.scatter(|_, element| encoding = write(element));
    encoding
}

/// Y−X, Y+X, T, Z of a sum, tight.
#[inline(always)]
fn spread<L: Coordinates>(sum: L) -> L {
    sum.exchange().add(sum.neg().select(0b0001, sum)).carry()
}

/// Makes a sum ready to be added.
#[inline(always)]
pub fn cache<L: Coordinates>(sum: L) -> L {
    spread(sum).times(L::load(&Quad::from_lanes([ONE, ONE, TWO_D, TWO])))
}

/// sum + point, or sum − point if `minus` is 1; four lanes work on one addition (Hisil, Wong, Carter, Dawson 2008).
#[inline(always)]
pub fn add<L: Coordinates>(sum: L, point: L, minus: usize) -> L {
    // −point has Y−X and Y+X exchanged and T negated, which in turn exchanges F and G.
    const POINT: [[u64; 4]; 2] = [[0, 1, 2, 3], [1, 0, 2, 3]];
    const LEFT: [[u64; 4]; 2] = [[0, 1, 0, 2], [0, 1, 0, 3]];
    const RIGHT: [[u64; 4]; 2] = [[2, 3, 1, 3], [3, 2, 1, 2]];
    // A, B, C, D
    let products = spread(sum).mul(point.permute(&POINT[minus & 1]));
    // E = B−A, H = B+A, F = D−C, G = D+C
    let ehfg = products.permute(&[1, 0, 3, 2]).add(products.neg().select(0b0101, products)).carry();
    // EF, GH, EH, FG
    ehfg.permute(&LEFT[minus & 1]).mul(ehfg.permute(&RIGHT[minus & 1]))
}
