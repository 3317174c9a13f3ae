//! Secret scalars in digits, and the multiples that digits choose: no branch and no address depends on a digit.
//!
//! Modulo the order, which is odd, a scalar is Σ 2^(WIDTH·i)·dᵢ with odd digits from −2^WIDTH + 1 to 2^WIDTH − 1. So none is
//! zero, and half as many multiples as there are digits, with their opposites, are all that there is to choose from.
#![forbid(unsafe_code)]

use zeroize::Zeroize;

use crate::lanes::curve::Ready;
use crate::lanes::limbs::Lanes;
use crate::order::{Tight, Words};

/// Scalars that are cut in step, one a lane.
pub const LANES: usize = 8;
/// 2²⁵⁵ − 1 and 2²⁵⁶ − 1 modulo the order.
const ALL_255: Words = [0x977f4a4775473484, 0x6de72ae98b3ab623, u64::MAX, u64::MAX >> 4];
const ALL_256: Words = [0xd6ec31748d98951c, 0xc6ef5bf4737dcf70, u64::MAX - 1, u64::MAX >> 4];

/// Eight scalars k as (k + 2ⁿ − 1) / 2 modulo the order, whose n bits, read as −1 and 1, are those of k.
#[derive(Clone, Copy)]
pub struct Cut<const WIDTH: usize>([Words; LANES]);

/// One digit of eight scalars.
#[derive(Clone, Copy)]
pub struct Digit {
    /// Byte j has a bit for each lane whose digit is 2j + 1 or its opposite.
    masks: u128,
    /// A bit for each lane whose digit is negative.
    pub minus: u8,
}

/// How many digits of this width a scalar has.
pub const fn windows(width: usize) -> usize {
    256 / width
}

/// How many multiples a digit of this width chooses from: 1, 3, … 2^width − 1.
pub const fn multiples(width: usize) -> usize {
    1 << (width - 1)
}

impl<const WIDTH: usize> Cut<WIDTH> {
    const ALL: Words = match WIDTH * windows(WIDTH) {
        255 => ALL_255,
        256 => ALL_256,
        _ => panic!("digits of this width cover neither 255 nor 256 bits"),
    };

    #[inline(always)]
    pub fn new(scalar: impl Fn(usize) -> Tight) -> Self {
        Self(std::array::from_fn(|lane| (scalar(lane) + Tight::new(Self::ALL)).reduce().half().words()))
    }

    #[inline(always)]
    pub fn digit(&self, window: usize) -> Digit {
        let (word, shift) = (window * WIDTH / 64, window * WIDTH % 64);
        let half = multiples(WIDTH) as u64;
        let mut digit = Digit { masks: 0, minus: 0 };
        for (lane, words) in self.0.iter().enumerate() {
            // The digit is 2·bits − 2^WIDTH + 1; a digit may stand across two words.
            let above = words.get(word + 1).unwrap_or(&0) << 1 << (63 - shift);
            let bits = (words[word] >> shift | above) & (2 * half - 1);
            let negative = bits >> (WIDTH - 1) ^ 1;
            let index = (bits ^ negative.wrapping_neg()) & (half - 1);
            digit.masks |= (1 << lane) << (8 * index);
            digit.minus |= (negative as u8) << lane;
        }
        digit
    }
}

impl<const WIDTH: usize> Zeroize for Cut<WIDTH> {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

impl Digit {
    /// A bit for each lane whose digit is 2·`multiple` + 1 or its opposite.
    #[inline(always)]
    pub fn chooses(&self, multiple: usize) -> u8 {
        (self.masks >> (8 * multiple)) as u8
    }
}

/// Appends so many odd multiples of points; on the stack they would take as much of it as everything else.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn append_multiples<L: Lanes>(all: &mut Vec<Ready<L>>, points: Ready<L>, count: usize) {
    all.push(points);
    let mut sum = points.points();
    let twice = sum.doubled(1).ready();
    for _ in 1..count {
        sum = sum.add(twice, 0);
        all.push(sum.ready());
    }
}
