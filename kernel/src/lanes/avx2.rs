//! A 256-bit register of a processor with AVX2 and FMA. Products of 52-bit integers are those of floating-point numbers: a
//! fused multiplication and addition rounds once, and the second one tells what the first has rounded away.
//!
//! Says `unsafe`, as `engine` does: instructions that not every processor has must be called so.

use std::arch::x86_64::*;

use crate::lanes::ifma::Ifma;
use crate::lanes::limbs;
use crate::lanes::register::Register;

/// 2⁵², 2⁵² + 2⁵¹ and 2¹⁰⁴ as floating-point numbers. Added to an integer that is small enough, they leave it in their last bits.
const SMALL: f64 = (1u64 << 52) as f64;
const SIGNED: f64 = SMALL * 1.5;
const LARGE: f64 = SMALL * SMALL;

/// Exists only inside the functions of `engine`, which asks the processor first.
#[derive(Clone, Copy)]
pub struct Avx2(__m256i);

/// Lets safe code stand for instructions; each is called with AVX2 and FMA present, see `Avx2`.
macro_rules! instruction {
    ($expression:expr) => {
        // SAFETY: an `Avx2` exists, or is about to, hence the processor has the instructions.
        Self(unsafe { $expression })
    };
}

impl Avx2 {
    /// The floating-point number of each word below 2⁵².
    #[inline(always)]
    fn float(self) -> __m256d {
        let Self(whole) = self.or(Self::splat(SMALL.to_bits()));
        // SAFETY: as above.
        unsafe { _mm256_sub_pd(_mm256_castsi256_pd(whole), _mm256_set1_pd(SMALL)) }
    }

    /// The two halves of x·y, the lower one from −2⁵¹ to 2⁵¹.
    #[inline(always)]
    fn product(x: Self, y: Self) -> (Self, Self) {
        let (x, y) = (x.float(), y.float());
        // SAFETY: as above.
        let (high, low) = unsafe {
            let high = _mm256_fmadd_pd(x, y, _mm256_set1_pd(LARGE));
            let low = _mm256_fmadd_pd(x, y, _mm256_sub_pd(_mm256_set1_pd(LARGE), high));
            (_mm256_castpd_si256(high), _mm256_castpd_si256(_mm256_add_pd(low, _mm256_set1_pd(SIGNED))))
        };
        (Self(high).sub(Self::splat(LARGE.to_bits())), Self(low).sub(Self::splat(SIGNED.to_bits())))
    }
}

impl Register for Avx2 {
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
        Ifma::fetch(place);
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
    fn times(self, other: Self) -> Self {
        let lower = instruction!(_mm256_mul_epu32(self.0, other.0));
        let across = instruction!(_mm256_mul_epu32(self.shift_right::<32>().0, other.0));
        let other_across = instruction!(_mm256_mul_epu32(self.0, other.shift_right::<32>().0));
        lower.add(instruction!(_mm256_slli_epi64::<32>(across.add(other_across).0)))
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
    fn add_low(self, x: Self, y: Self) -> Self {
        let (_, low) = Self::product(x, y);
        self.add(low.and(Self::splat((1 << 52) - 1)))
    }
    #[inline(always)]
    fn add_high(self, x: Self, y: Self) -> Self {
        let (high, low) = Self::product(x, y);
        // All bits, which is −1, where the lower half is negative.
        self.add(high).add(instruction!(_mm256_cmpgt_epi64(_mm256_setzero_si256(), low.0)))
    }
    #[inline(always)]
    fn meets(self, other: Self) -> u8 {
        let Self(none) = instruction!(_mm256_cmpeq_epi64(self.and(other).0, _mm256_setzero_si256()));
        // SAFETY: as above.
        !(unsafe { _mm256_movemask_pd(_mm256_castsi256_pd(none)) } as u8) & 0b1111
    }
    #[inline(always)]
    fn select(self, mask: u8, other: Self) -> Self {
        let bits = Self::load([1, 2, 4, 8]);
        let Self(chosen) = instruction!(_mm256_cmpeq_epi64(Self::splat(mask.into()).and(bits).0, bits.0));
        instruction!(_mm256_blendv_epi8(other.0, self.0, chosen))
    }
    #[inline(always)]
    fn permute(self, order: &[u64; 4]) -> Self {
        let halves = Self::load(order.map(|i| (2 * i) | ((2 * i + 1) << 32)));
        instruction!(_mm256_permutevar8x32_epi32(self.0, halves.0))
    }
    #[inline(always)]
    fn exchange(self) -> Self {
        instruction!(_mm256_blend_epi32::<0b1111>(_mm256_setzero_si256(), _mm256_permute4x64_epi64::<0b00_01>(self.0)))
    }
    #[inline(always)]
    fn mul(x: &[Self; 5], y: &[Self; 5]) -> [Self; 5] {
        #[inline(never)]
        #[target_feature(enable = "avx2,fma")]
        fn apart(x: &[Avx2; 5], y: &[Avx2; 5]) -> [Avx2; 5] {
            limbs::mul(x, y)
        }
        // SAFETY: as above.
        unsafe { apart(x, y) }
    }
    #[inline(always)]
    fn square(x: &[Self; 5]) -> [Self; 5] {
        #[inline(never)]
        #[target_feature(enable = "avx2,fma")]
        fn apart(x: &[Avx2; 5]) -> [Avx2; 5] {
            limbs::square(x)
        }
        // SAFETY: as above.
        unsafe { apart(x) }
    }
}
