//! A 256-bit register of a processor with AVX2 and FMA. Products of 52-bit integers are those of floating-point numbers: a
//! fused multiplication and addition rounds once, and the second one tells what the first has rounded away.
//!
//! Says `unsafe`, as `engine` does: instructions that not every processor has must be called so.

use std::arch::x86_64::*;

use crate::lanes::ifma::Ifma;
use crate::lanes::limbs::{self, MASK};
use crate::lanes::register::Register;

/// 2⁵², 2⁵² + 2⁵¹ and 2¹⁰³ as floating-point numbers. Added to an integer that is small enough, they leave in their last bits
/// what it has from 1, and from 2⁵¹, upwards.
const SMALL: f64 = (1u64 << 52) as f64;
const SIGNED: f64 = SMALL * 1.5;
const LARGE: f64 = SMALL * SMALL / 2.0;
/// How many products of limbs stand at each limb of x·y, and of x² if those that stand there twice are counted once.
const PRODUCTS: [u64; 9] = [1, 2, 3, 4, 5, 4, 3, 2, 1];
const SQUARES: [u64; 9] = [1, 1, 2, 2, 3, 2, 2, 1, 1];
/// 4p limb by limb: more than five lower halves are below zero.
const MULTIPLE: [u64; 5] = [(MASK - 18) << 2, MASK << 2, MASK << 2, MASK << 2, MASK << 2];

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

    #[inline(always)]
    fn floats(limbs: &[Self; 5]) -> [__m256d; 5] {
        [limbs[0].float(), limbs[1].float(), limbs[2].float(), limbs[3].float(), limbs[4].float()]
    }
}

/// The limbs of a product as they grow, from multiples of p on so that none is below zero.
struct Sums([Avx2; 10]);

impl Sums {
    /// Less what the constants of so many lower halves, and of all upper ones, will leave in them.
    #[inline(always)]
    fn new(lower: &[u64; 9]) -> Self {
        let mut sums = [Avx2::splat(0); 10];
        for k in 0..10 {
            let low = lower.get(k).unwrap_or(&0).wrapping_mul(SIGNED.to_bits());
            let high = if k == 0 { 0 } else { PRODUCTS[k - 1].wrapping_mul(LARGE.to_bits()) };
            sums[k] = Avx2::splat(MULTIPLE[k % 5].wrapping_sub(low).wrapping_sub(high));
        }
        Self(sums)
    }

    /// Adds x·y to limb k, its upper half to the next; `twice`, if it stands there twice.
    #[inline(always)]
    fn add(&mut self, k: usize, x: __m256d, y: __m256d, twice: bool) {
        // SAFETY: as above.
        let (high, low) = unsafe {
            let high = _mm256_fmadd_pd(x, y, _mm256_set1_pd(LARGE));
            let low = _mm256_fmadd_pd(x, y, _mm256_sub_pd(_mm256_set1_pd(LARGE), high));
            let low = if twice { _mm256_add_pd(low, low) } else { low };
            (_mm256_castpd_si256(high), _mm256_castpd_si256(_mm256_add_pd(low, _mm256_set1_pd(SIGNED))))
        };
        self.0[k] = self.0[k].add(Avx2(low));
        self.0[k + 1] = self.0[k + 1].add(Avx2(high));
        if twice {
            self.0[k + 1] = self.0[k + 1].add(Avx2(high));
        }
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
    fn times19(self) -> Self {
        let sixteenfold = instruction!(_mm256_slli_epi64::<4>(self.0));
        sixteenfold.add(self.add(self).add(self))
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
            let (x, y) = (Avx2::floats(x), Avx2::floats(y));
            let mut sums = Sums::new(&PRODUCTS);
            for k in 0..9 {
                for i in 0..5 {
                    if (i..i + 5).contains(&k) {
                        sums.add(k, x[i], y[k - i], false);
                    }
                }
            }
            limbs::fold(sums.0)
        }
        // SAFETY: as above.
        unsafe { apart(x, y) }
    }
    #[inline(always)]
    fn square(x: &[Self; 5]) -> [Self; 5] {
        #[inline(never)]
        #[target_feature(enable = "avx2,fma")]
        fn apart(x: &[Avx2; 5]) -> [Avx2; 5] {
            let x = Avx2::floats(x);
            let mut sums = Sums::new(&SQUARES);
            for k in 0..9 {
                for i in 0..5 {
                    if (2 * i..i + 5).contains(&k) {
                        sums.add(k, x[i], x[k - i], 2 * i < k);
                    }
                }
            }
            limbs::fold(sums.0)
        }
        // SAFETY: as above.
        unsafe { apart(x) }
    }
}
