//! Pippenger's buckets: each point is added to one bucket a window, and the buckets are weighed at the end.
#![forbid(unsafe_code)]

use crate::lanes::curve::Encoding;
use crate::lanes::field::{Loose, Tight};
use crate::lanes::limbs::Coordinates;
use crate::lanes::sum::{Cached, IDENTITY, Sum, add, add_two, cache, encode};
use crate::order::{self, ORDER};

/// The absolute value of a scalar plus the bias of its windows; the highest bit says that it was negative.
pub type Biased = [u64; 4];

const SIGN: u64 = 1 << 63;
/// The size of a full scalar once its sign is chosen: none exceeds ℓ/2.
pub const FULL: u32 = 252;
/// What a bucket costs at the end, in additions of a point.
const WEIGHT: usize = 3;
/// The buckets of a wider window, 160 bytes each, would crowd the points out of the second-level cache.
pub const WIDEST: u32 = 12;
/// How many additions ahead a bucket is fetched; six or twelve do as well.
const AHEAD: usize = 8;

/// How scalars of a certain size are cut: digits of `width` bits from −2^(width−1) to 2^(width−1) − 1, the last one not negative.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    bits: u32,
    pub width: u32,
    bias: [u64; 4],
}

/// One digit of a cut.
pub struct Window {
    shift: u32,
    mask: u64,
    centre: i64,
}

fn plus(x: &[u64; 4], y: &[u64; 4]) -> [u64; 4] {
    let mut carry = false;
    std::array::from_fn(|i| {
        let sum = u128::from(x[i]) + u128::from(y[i]) + u128::from(carry);
        carry = sum >> 64 != 0;
        sum as u64
    })
}

fn minus(x: &[u64; 4], y: &[u64; 4]) -> [u64; 4] {
    plus(&plus(x, &y.map(|word| !word)), &[1, 0, 0, 0])
}

impl Cut {
    /// The cheapest cut for this many scalars below 2^bits, or for scalars of every size if `bits` is `FULL`.
    pub fn new(count: usize, bits: u32) -> Self {
        let cost = |width: u32| {
            (0..bits.div_ceil(width)).map(|i| count + WEIGHT * Self::plain(bits, width).buckets(i)).sum::<usize>()
        };
        Self::with_width(bits, (2..=WIDEST).min_by_key(|width| cost(*width)).unwrap_or(2))
    }

    pub fn with_width(bits: u32, width: u32) -> Self {
        let mut cut = Self::plain(bits, width);
        for i in 1..cut.windows() {
            let bit = i * width - 1;
            cut.bias[(bit / 64) as usize] |= 1 << (bit % 64);
        }
        cut
    }

    fn plain(bits: u32, width: u32) -> Self {
        Self { bits, width, bias: [0; 4] }
    }

    pub fn windows(&self) -> u32 {
        self.bits.div_ceil(self.width)
    }

    /// How many buckets a window has.
    pub fn buckets(&self, window: u32) -> usize {
        match window + 1 == self.windows() {
            true => (1 << (self.bits - window * self.width)) + 1,
            false => 1 << (self.width - 1),
        }
    }

    pub fn window(&self, i: u32) -> Window {
        match i + 1 == self.windows() {
            true => Window { shift: i * self.width, mask: u64::MAX, centre: 0 },
            false => Window { shift: i * self.width, mask: (1 << self.width) - 1, centre: 1 << (self.width - 1) },
        }
    }

    /// Prepares a scalar of the cut's size.
    pub fn bias(&self, scalar: order::Tight) -> Biased {
        let scalar = scalar.words();
        let opposite = minus(&ORDER, &scalar);
        let negative = self.bits == FULL && opposite.iter().rev().lt(scalar.iter().rev());
        let mut biased = plus(if negative { &opposite } else { &scalar }, &self.bias);
        biased[3] |= u64::from(negative) * SIGN;
        biased
    }
}

impl Window {
    /// The digit's absolute value, and 1 if it is negative.
    #[inline(always)]
    fn digit(&self, scalar: &Biased) -> (usize, usize) {
        let words = [scalar[0], scalar[1], scalar[2], scalar[3] & !SIGN, 0];
        let (word, bit) = ((self.shift / 64) as usize & 3, self.shift % 64);
        let bits = (u128::from(words[word]) | u128::from(words[word + 1]) << 64) >> bit;
        let digit = (bits as u64 & self.mask).cast_signed() - self.centre;
        (digit.unsigned_abs() as usize, (u64::from(digit < 0) ^ scalar[3] >> 63) as usize)
    }
}

/// Adds each point to the bucket of its scalar's digit, two at a time if their buckets are two.
#[inline(always)]
pub fn fill<L: Coordinates>(buckets: &mut [Sum], points: &[Cached], scalars: &[Biased], window: &Window) {
    let mut later = scalars.iter().skip(AHEAD).chain(scalars.iter().rev()).map(|scalar| window.digit(scalar).0);
    for (points, scalars) in points.chunks(2).zip(scalars.chunks(2)) {
        // Buckets are met in no order: fetch later ones into the cache meanwhile.
        for later in later.by_ref().take(2) {
            if let Some(bucket) = buckets.get(later.wrapping_sub(1)) {
                Loose::<L>::fetch(bucket);
            }
        }
        if let ([p, q], [s, t]) = (points, scalars)
            && let [(i, m), (j, n)] = [window.digit(s), window.digit(t)]
            && let Ok([a, b]) = buckets.get_disjoint_mut([i.wrapping_sub(1), j.wrapping_sub(1)])
        {
            let sums = [Loose::<L>::load(a), Loose::load(b)];
            let [sum, other] = add_two(sums, [Tight::load(p), Tight::load(q)], [m, n]);
            (*a, *b) = (sum.store(), other.store());
            continue;
        }
        for (point, scalar) in points.iter().zip(scalars) {
            let (digit, minus) = window.digit(scalar);
            if let Some(bucket) = buckets.get_mut(digit.wrapping_sub(1)) {
                *bucket = add(Loose::<L>::load(bucket), Tight::load(point), minus).store();
            }
        }
    }
}

/// Σ i · bucket\[i−1\].
#[inline(always)]
pub fn empty<L: Coordinates>(buckets: &[Sum]) -> Sum {
    let mut running = Loose::<L>::load(&IDENTITY);
    let mut total = running;
    for bucket in buckets.iter().rev() {
        running = add(running, cache(Loose::load(bucket)), 0);
        total = add(total, cache(running), 0);
    }
    total.store()
}

/// The encoding of Σ 2^(i·width) · windows\[i\].
#[inline(always)]
pub fn join<L: Coordinates>(windows: &[Sum], width: u32) -> Encoding {
    let mut total = Loose::<L>::load(&IDENTITY);
    for window in windows.iter().rev() {
        for _ in 0..width {
            total = add(total, cache(total), 0);
        }
        total = add(total, cache(Loose::load(window)), 0);
    }
    encode::<L>(&total.store())
}
