//! ristretto255 (RFC 9496) over lanes: reading, writing, mapping and adding several points in step, a lane for each.
#![forbid(unsafe_code)]

use crate::lanes::field::{Element, Loose, Tight};
use crate::lanes::limbs::Lanes;
use crate::lanes::sum::Cached;

const D: Element = Element::new([0x34dca135978a3, 0x1a8283b156ebd, 0x5e7a26001c029, 0x739c663a03cbb, 0x52036cee2b6ff]);
const D_INVERSE: Element =
    Element::new([0x0f276cdc9f843, 0x3084f2a85c4bc, 0x6e73d982d775a, 0x721958b108a66, 0x40907ed214d5c]);
pub const TWO_D: Element =
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

/// 1/x = x^(p−2), for x = 0 that is 0.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn inverse<L: Lanes>(x: Tight<L>) -> Tight<L> {
    power(x).squared_times(3).times(x.squared()).times(x)
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
pub struct Points<L> {
    pub x: Tight<L>,
    pub y: Tight<L>,
    pub z: Tight<L>,
    pub t: Tight<L>,
}

impl<L: Lanes> Points<L> {
    #[inline(always)]
    pub fn identity() -> Self {
        let (zero, one) = (Tight::splat(Element::ZERO), Tight::splat(Element::ONE));
        Self { x: zero, y: one, z: one, t: zero }
    }

    /// RFC 9496 §4.3.1 on field elements that are known to be canonical and not negative; the mask tells the valid lanes.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn decode(s: Tight<L>) -> (u8, Self) {
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
    pub fn encode(self) -> Tight<L> {
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
    pub fn map(t: Tight<L>) -> Self {
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

    /// Ready to be added to others.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn ready(self) -> Ready<L> {
        let Self { x, y, z, t } = self;
        Ready { minus: y.minus(x), plus: y.plus(x), t: t.times(Tight::splat(TWO_D)), z: z.plus(z) }
    }

    /// The sum, in the lanes of `minus` the difference, by the complete formula for a = −1 (Hisil, Wong, Carter, Dawson 2008).
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn add(self, other: Ready<L>, minus: u8) -> Self {
        let d = self.z * other.z;
        self.sum([other.minus, other.plus, other.t], d, minus)
    }

    /// As `add` of points whose Z is 1.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn add_affine(self, other: [Tight<L>; 3], minus: u8) -> Self {
        self.sum(other, self.z + self.z, minus)
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn sum(self, [minus, plus, t]: [Tight<L>; 3], d: Loose<L>, negative: u8) -> Self {
        // −point has Y−X and Y+X exchanged and T negated, which in turn exchanges F and G.
        let a = self.y.minus(self.x) * plus.select(negative, minus);
        let b = self.y.plus(self.x) * minus.select(negative, plus);
        let c = self.t * t;
        Completed {
            e: b.plus_or_minus(a, u8::MAX),
            f: d.plus_or_minus(c, !negative),
            g: d.plus_or_minus(c, negative),
            h: b.plus_or_minus(a, 0),
        }
        .points()
    }

    /// 2^times · self.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn doubled(self, times: usize) -> Self {
        let mut flat = Flat { x: self.x, y: self.y, z: self.z };
        for _ in 1..times {
            flat = flat.double().flat();
        }
        flat.double().points()
    }
}

/// Points without T, which nobody needs to double them.
struct Flat<L> {
    x: Tight<L>,
    y: Tight<L>,
    z: Tight<L>,
}

impl<L: Lanes> Flat<L> {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn double(self) -> Completed<L> {
        let (a, b, c) = (self.x.squared(), self.y.squared(), self.z.squared());
        let (h, g) = (a.plus(b), a.minus(b));
        Completed { e: h.minus(self.x.plus(self.y).squared()), f: c.plus(c).plus(g), g, h }
    }
}

/// Points as X = E·F, Y = G·H, Z = F·G, T = E·H.
struct Completed<L> {
    e: Tight<L>,
    f: Tight<L>,
    g: Tight<L>,
    h: Tight<L>,
}

impl<L: Lanes> Completed<L> {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn flat(self) -> Flat<L> {
        let Self { e, f, g, h } = self;
        Flat { x: e.times(f), y: g.times(h), z: f.times(g) }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn points(self) -> Points<L> {
        let t = self.e.times(self.h);
        let Flat { x, y, z } = self.flat();
        Points { x, y, z, t }
    }
}

/// Points in step that are ready to be added to others: Y−X, Y+X, 2dT, 2Z.
#[derive(Clone, Copy)]
pub struct Ready<L> {
    pub minus: Tight<L>,
    pub plus: Tight<L>,
    pub t: Tight<L>,
    pub z: Tight<L>,
}

impl<L: Lanes> Ready<L> {
    #[inline(always)]
    pub fn gather<'a>(point: impl Fn(usize) -> &'a Cached) -> Self {
        let lane = |k| Tight::collect(k, &point);
        Self { minus: lane(0), plus: lane(1), t: lane(2), z: lane(3) }
    }

    #[inline(always)]
    pub fn scatter(self, out: &mut [Cached]) {
        for (lane, values) in [self.minus, self.plus, self.t, self.z].into_iter().enumerate() {
            values.scatter(lane, out);
        }
    }

    /// `self` in the lanes of the mask, `other` in the rest.
    #[inline(always)]
    pub fn select(self, mask: u8, other: Self) -> Self {
        Self {
            minus: self.minus.select(mask, other.minus),
            plus: self.plus.select(mask, other.plus),
            t: self.t.select(mask, other.t),
            z: self.z.select(mask, other.z),
        }
    }

    /// The same points, every coordinate doubled.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn points(self) -> Points<L> {
        let Self { minus, plus, t, z } = self;
        Points { x: plus.minus(minus), y: plus.plus(minus), z, t: t.times(Tight::splat(D_INVERSE)) }
    }
}
