//! Secret scalars in digits, and the multiples that digits choose: no branch and no address depends on a digit.
//!
//! Modulo the order, which is odd, a scalar is Σ 16ⁱ·dᵢ with 64 odd digits from −15 to 15. So none is zero, and eight multiples
//! with their opposites are all that there is to choose from.
#![forbid(unsafe_code)]

use zeroize::Zeroize;

use crate::lanes::curve::Ready;
use crate::lanes::limbs::Lanes;
use crate::order::{Tight, Words};

/// Scalars that are cut in step, one a lane.
pub const LANES: usize = 8;
/// 1, 3, … 15.
pub const MULTIPLES: usize = 8;
pub const WINDOWS: usize = 256 / WIDTH;
/// Bits of a digit.
pub const WIDTH: usize = 4;
const DIGITS_OF_A_WORD: usize = 64 / WIDTH;
/// 2²⁵⁶ − 1 modulo the order.
const ALL: Words = [0xd6ec31748d98951c, 0xc6ef5bf4737dcf70, u64::MAX - 1, u64::MAX >> 4];

/// Eight scalars k as (k + 2²⁵⁶ − 1) / 2 modulo the order, whose bits, read as −1 and 1, are those of k.
#[derive(Clone, Copy)]
pub struct Cut([Words; LANES]);

/// One digit of eight scalars.
#[derive(Clone, Copy)]
pub struct Digit {
    /// Byte j has a bit for each lane whose digit is 2j + 1 or its opposite.
    masks: u64,
    /// A bit for each lane whose digit is negative.
    pub minus: u8,
}

impl Cut {
    #[inline(always)]
    pub fn new(scalar: impl Fn(usize) -> Tight) -> Self {
        Self(std::array::from_fn(|lane| (scalar(lane) + Tight::new(ALL)).reduce().half().words()))
    }

    #[inline(always)]
    pub fn digit(&self, window: usize) -> Digit {
        let (word, shift) = (window / DIGITS_OF_A_WORD, window % DIGITS_OF_A_WORD * WIDTH);
        let mut digit = Digit { masks: 0, minus: 0 };
        for (lane, words) in self.0.iter().enumerate() {
            // The digit is 2·bits − 15.
            let bits = words[word] >> shift & 15;
            let negative = bits >> 3 ^ 1;
            let index = (bits ^ negative.wrapping_neg()) & 7;
            digit.masks |= (1 << lane) << (8 * index);
            digit.minus |= (negative as u8) << lane;
        }
        digit
    }
}

impl Zeroize for Cut {
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

/// The odd multiples of points, from which digits choose.
pub type Multiples<L> = [Ready<L>; MULTIPLES];

/// Appends the multiples of points; on the stack they would take as much of it as everything else.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn append_multiples<L: Lanes>(all: &mut Vec<Ready<L>>, points: Ready<L>) {
    all.push(points);
    let mut sum = points.points();
    let twice = sum.doubled(1).ready();
    for _ in 1..MULTIPLES {
        sum = sum.add(twice, 0);
        all.push(sum.ready());
    }
}
