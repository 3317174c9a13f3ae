//! A 256-bit register of a processor with AVX-512 IFMA (52-bit multiply and add).
//!
//! Says `unsafe`, as `engine` does: instructions that not every processor has must be called so.

use std::arch::x86_64::*;

use crate::lanes::limbs;
use crate::lanes::register::{MultiplyAdd, Register};

/// Bytes that the processor's caches move at a time.
const LINE: usize = 64;

/// Exists only inside the functions of `engine`, which asks the processor first.
#[derive(Clone, Copy)]
pub struct Ifma(__m256i);

/// Lets safe code stand for instructions; each is called with IFMA present, see `Ifma`.
macro_rules! instruction {
    ($expression:expr) => {
        // SAFETY: an `Ifma` exists, or is about to, hence the processor has the instructions.
        Self(unsafe { $expression })
    };
}

impl Register for Ifma {
    #[inline(always)]
    fn load(words: [u64; 4]) -> Self {
        // SAFETY: both are 32 bytes for which every value is valid.
        unsafe { std::mem::transmute::<[u64; 4], Self>(words) }
    }
    #[inline(always)]
    fn store(self) -> [u64; 4] {
        // SAFETY: both are 32 bytes for which every value is valid.
        unsafe { std::mem::transmute::<Self, [u64; 4]>(self) }
    }
    #[inline(always)]
    fn fetch<T>(place: &T) {
        let first: *const i8 = std::ptr::from_ref(place).cast();
        // As many lines as it takes where it begins as late in one as its alignment lets it.
        let lines = (LINE.saturating_sub(align_of::<T>()) + size_of::<T>()).div_ceil(LINE);
        for line in 0..lines {
            // SAFETY: prefetching is part of every x86-64, reads nothing and never faults, whatever the address.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(first.wrapping_add(line * LINE)) }
        }
    }
    #[inline(always)]
    fn splat(word: u64) -> Self {
        instruction!(_mm256_set1_epi64x(word.cast_signed()))
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        instruction!(_mm256_add_epi64(self.0, other.0))
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        instruction!(_mm256_sub_epi64(self.0, other.0))
    }
    #[inline(always)]
    fn times19(self) -> Self {
        instruction!(_mm256_mullo_epi64(self.0, Self::splat(19).0))
    }
    #[inline(always)]
    fn and(self, other: Self) -> Self {
        instruction!(_mm256_and_si256(self.0, other.0))
    }
    #[inline(always)]
    fn or(self, other: Self) -> Self {
        instruction!(_mm256_or_si256(self.0, other.0))
    }
    #[inline(always)]
    fn shift_right<const BITS: i32>(self) -> Self {
        instruction!(_mm256_srli_epi64::<BITS>(self.0))
    }
    #[inline(always)]
    fn meets(self, other: Self) -> u8 {
        // SAFETY: as above.
        unsafe { _mm256_test_epi64_mask(self.0, other.0) }
    }
    #[inline(always)]
    fn select(self, mask: u8, other: Self) -> Self {
        instruction!(_mm256_mask_blend_epi64(mask, other.0, self.0))
    }
    #[inline(always)]
    fn permute(self, order: &[u64; 4]) -> Self {
        let [a, b, c, d] = order.map(u64::cast_signed);
        instruction!(_mm256_permutexvar_epi64(_mm256_setr_epi64x(a, b, c, d), self.0))
    }
    #[inline(always)]
    fn exchange(self) -> Self {
        instruction!(_mm256_maskz_permutex_epi64::<0b00_01>(0b0011, self.0))
    }
    #[inline(always)]
    fn mul(x: &[Self; 5], y: &[Self; 5]) -> [Self; 5] {
        limbs::mul(x, y)
    }
    #[inline(always)]
    fn square(x: &[Self; 5]) -> [Self; 5] {
        limbs::square(x)
    }
}

impl MultiplyAdd for Ifma {
    #[inline(always)]
    fn add_low(self, x: Self, y: Self) -> Self {
        instruction!(_mm256_madd52lo_epu64(self.0, x.0, y.0))
    }
    #[inline(always)]
    fn add_high(self, x: Self, y: Self) -> Self {
        instruction!(_mm256_madd52hi_epu64(self.0, x.0, y.0))
    }
}
