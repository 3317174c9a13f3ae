//! Four lanes in one 256-bit register a limb, on processors with AVX-512 IFMA (52-bit multiply and add).
//!
//! With `engine`, the only file of ours that says `unsafe`: instructions that not every processor has must be called so.

use std::arch::x86_64::*;

use crate::lanes::{Coordinates, Element, Lanes, MASK, OFFSET, Quad};

/// Exists only inside the functions of `engine`, which ask the processor first.
#[derive(Clone, Copy)]
pub struct Ifma([__m256i; 5]);

/// Lets safe code stand for instructions; each is called with IFMA present, see `Ifma`.
macro_rules! instruction {
    ($expression:expr) => {
        // SAFETY: an `Ifma` exists, or is about to, hence the processor has the instructions.
        unsafe { $expression }
    };
}

/// A value for each limb. A loop and not a closure: the compiler places instructions only into functions that allow them.
macro_rules! limbs {
    ($k:ident => $expression:expr) => {{
        let mut limbs = [splat(0); 5];
        let mut $k = 0;
        while $k < 5 {
            limbs[$k] = $expression;
            $k += 1;
        }
        Self(limbs)
    }};
}

#[inline(always)]
fn splat(x: u64) -> __m256i {
    instruction!(_mm256_set1_epi64x(x.cast_signed()))
}

#[inline(always)]
fn sum(x: __m256i, y: __m256i) -> __m256i {
    instruction!(_mm256_add_epi64(x, y))
}

#[inline(always)]
fn low(x: __m256i) -> __m256i {
    instruction!(_mm256_and_si256(x, splat(MASK)))
}

#[inline(always)]
fn high(x: __m256i) -> __m256i {
    instruction!(_mm256_srli_epi64::<51>(x))
}

/// 19 · x, for x below 2⁵⁹.
#[inline(always)]
fn times19(x: __m256i) -> __m256i {
    sum(sum(x, instruction!(_mm256_slli_epi64::<1>(x))), instruction!(_mm256_slli_epi64::<4>(x)))
}

impl Ifma {
    /// once + 2·twice, the upper five limbs folded back.
    #[inline(always)]
    fn fold(once: [__m256i; 10], twice: [__m256i; 10]) -> Self {
        limbs!(k => {
            let lower = sum(once[k], sum(twice[k], twice[k]));
            let upper = sum(once[k + 5], sum(twice[k + 5], twice[k + 5]));
            sum(lower, times19(upper))
        })
    }
}

impl Lanes for Ifma {
    const COUNT: usize = 4;

    #[inline(always)]
    fn gather(element: impl Fn(usize) -> Element) -> Self {
        Self::load(&Quad::from_lanes(std::array::from_fn(element)))
    }
    #[inline(always)]
    fn scatter(self, mut put: impl FnMut(usize, Element)) {
        let quad = self.store();
        (0..4).for_each(|i| put(i, quad.lane(i)));
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        limbs!(k => sum(self.0[k], other.0[k]))
    }
    #[inline(always)]
    fn neg(self) -> Self {
        limbs!(k => instruction!(_mm256_sub_epi64(splat(OFFSET[k]), self.0[k])))
    }
    #[inline(always)]
    fn carry(self) -> Self {
        let over = times19(high(self.0[4]));
        limbs!(k => sum(low(self.0[k]), if k == 0 { over } else { high(self.0[k - 1]) }))
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        let (x, y) = (self.0, other.0);
        // A product has 104 bits; its upper half counts twice because limbs have 51 bits and not 52.
        let mut once = [splat(0); 10];
        let mut twice = once;
        for i in 0..5 {
            for j in 0..5 {
                once[i + j] = instruction!(_mm256_madd52lo_epu64(once[i + j], x[i], y[j]));
                twice[i + j + 1] = instruction!(_mm256_madd52hi_epu64(twice[i + j + 1], x[i], y[j]));
            }
        }
        Self::fold(once, twice)
    }
    #[inline(always)]
    fn square(self) -> Self {
        let x = self.0;
        let mut once = [splat(0); 10];
        let mut twice = once;
        let mut fourfold = once;
        for i in 0..5 {
            once[2 * i] = instruction!(_mm256_madd52lo_epu64(once[2 * i], x[i], x[i]));
            twice[2 * i + 1] = instruction!(_mm256_madd52hi_epu64(twice[2 * i + 1], x[i], x[i]));
            for j in i + 1..5 {
                twice[i + j] = instruction!(_mm256_madd52lo_epu64(twice[i + j], x[i], x[j]));
                fourfold[i + j + 1] = instruction!(_mm256_madd52hi_epu64(fourfold[i + j + 1], x[i], x[j]));
            }
        }
        for k in 0..10 {
            twice[k] = sum(twice[k], sum(fourfold[k], fourfold[k]));
        }
        Self::fold(once, twice)
    }
    #[inline(always)]
    fn freeze(self) -> Self {
        let mut over = splat(19);
        for limb in self.0 {
            over = high(sum(limb, over));
        }
        over = times19(over);
        limbs!(k => {
            let sum = sum(self.0[k], over);
            over = high(sum);
            low(sum)
        })
    }
    #[inline(always)]
    fn odd(self) -> u8 {
        instruction!(_mm256_test_epi64_mask(self.0[0], splat(1)))
    }
    #[inline(always)]
    fn zero(self) -> u8 {
        let mut any = splat(0);
        for limb in self.0 {
            any = instruction!(_mm256_or_si256(any, limb));
        }
        instruction!(_mm256_testn_epi64_mask(any, any))
    }
    #[inline(always)]
    fn select(self, mask: u8, other: Self) -> Self {
        limbs!(k => instruction!(_mm256_mask_blend_epi64(mask, other.0[k], self.0[k])))
    }
}

impl Coordinates for Ifma {
    #[inline(always)]
    fn load(quad: &Quad) -> Self {
        // SAFETY: both are 160 bytes for which every value is valid.
        unsafe { std::mem::transmute::<Quad, Self>(*quad) }
    }
    #[inline(always)]
    fn store(self) -> Quad {
        // SAFETY: both are 160 bytes for which every value is valid.
        unsafe { std::mem::transmute::<Self, Quad>(self) }
    }
    #[inline(always)]
    fn permute(self, order: &[u64; 4]) -> Self {
        let [a, b, c, d] = order.map(u64::cast_signed);
        let order = instruction!(_mm256_setr_epi64x(a, b, c, d));
        limbs!(k => instruction!(_mm256_permutexvar_epi64(order, self.0[k])))
    }
    #[inline(always)]
    fn exchange(self) -> Self {
        limbs!(k => instruction!(_mm256_maskz_permutex_epi64::<0b00_01>(0b0011, self.0[k])))
    }
}
