//! Integers modulo the group order ℓ in four words, for whole vectors: dalek's scalars are reduced once more at each reading.
//!
//! As in `field`, the type tells the bound: of *tight* integers `+` makes a *loose* and `*` a *wide* one, and only `reduce`
//! makes these tight again. Everything here takes the same time for every value.
#![forbid(unsafe_code)]

use std::ops::{Add, Mul, Sub};

/// The lowest word first.
pub type Words = [u64; 4];

/// An integer below ℓ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tight(Words);
/// An integer below 2ℓ.
#[derive(Clone, Copy, Debug)]
pub struct Loose(Words);
/// An integer below 2⁵¹².
#[derive(Clone, Copy, Debug)]
pub struct Wide([u64; 8]);

/// ℓ = 2²⁵² + this.
const EXCESS: [u64; 2] = [0x5812631a5cf5d3ed, 0x14def9dea2f79cd6];
pub const ORDER: Words = [EXCESS[0], EXCESS[1], 0, 1 << 60];
/// So many products at most have a sum below 2⁵¹².
pub const TERMS: usize = 255;

/// Whether 32 bytes are an integer below ℓ.
pub fn is_canonical(bytes: &[u8; 32]) -> bool {
    below(&words(bytes), &ORDER)
}

impl Tight {
    pub const ZERO: Self = Self([0; 4]);
    pub const ONE: Self = Self([1, 0, 0, 0]);

    /// Reads what `is_canonical`.
    pub fn read(bytes: &[u8; 32]) -> Self {
        Self::new(words(bytes))
    }

    /// Of what is below ℓ.
    pub fn new(words: Words) -> Self {
        debug_assert!(below(&words, &ORDER), "{words:x?} is not below the order");
        Self(words)
    }

    pub fn write(self) -> [u8; 32] {
        std::array::from_fn(|i| self.0[i / 8].to_le_bytes()[i % 8])
    }

    pub fn words(self) -> Words {
        self.0
    }

    /// The half of it modulo ℓ.
    pub fn half(self) -> Self {
        let Self(x) = self;
        let even = plus(&x, &ORDER.map(|word| word & (x[0] & 1).wrapping_neg()));
        Self::new(std::array::from_fn(|i| even[i] >> 1 | even.get(i + 1).map_or(0, |word| word << 63)))
    }
}

impl Add for Tight {
    type Output = Loose;

    fn add(self, other: Self) -> Loose {
        Loose(plus(&self.0, &other.0))
    }
}

impl Sub for Tight {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self::new(difference(&self.0, &other.0))
    }
}

impl Mul for Tight {
    type Output = Wide;

    fn mul(self, other: Self) -> Wide {
        Wide(product(&self.0, &other.0))
    }
}

impl Loose {
    pub fn reduce(self) -> Tight {
        Tight::new(difference(&self.0, &ORDER))
    }
}

impl Wide {
    pub fn read(bytes: &[u8; 64]) -> Self {
        Self(words(bytes))
    }

    /// The sum of the products of at most `TERMS` pairs.
    pub fn dot(pairs: impl Iterator<Item = (Tight, Tight)>) -> Self {
        let mut sum = [0; 8];
        for (x, y) in pairs {
            add_product(&mut sum, &x.0, &y.0);
        }
        Self(sum)
    }

    /// As 2²⁵² ≡ −`EXCESS`, so is what stands above 252 bits, again and again until nothing does: x ≡ a − b + c − d.
    pub fn reduce(self) -> Tight {
        let (a, above) = split::<8, 5>(&self.0);
        let (b, above) = split::<7, 3>(&product(&above, &EXCESS));
        let (c, above) = split::<5, 1>(&product(&above, &EXCESS));
        let d = Tight::new(product(&above, &EXCESS));
        ((a - b) + c).reduce() - d
    }
}

fn words<const N: usize, const M: usize>(bytes: &[u8; N]) -> [u64; M] {
    std::array::from_fn(|i| u64::from_le_bytes(std::array::from_fn(|k| bytes[8 * i + k])))
}

/// x modulo 2²⁵², which is below ℓ, and what stands above.
#[inline(always)]
fn split<const N: usize, const M: usize>(x: &[u64; N]) -> (Tight, [u64; M]) {
    let above = |i: usize| x[i + 3] >> 60 | x.get(i + 4).map_or(0, |word| word << 4);
    (Tight::new([x[0], x[1], x[2], x[3] & ((1 << 60) - 1)]), std::array::from_fn(above))
}

#[inline(always)]
fn product<const N: usize, const M: usize, const L: usize>(x: &[u64; N], y: &[u64; M]) -> [u64; L] {
    let mut sum = [0; L];
    add_product(&mut sum, x, y);
    sum
}

/// Adds x·y, which must leave the sum within its words.
#[inline(always)]
fn add_product<const N: usize, const M: usize, const L: usize>(sum: &mut [u64; L], x: &[u64; N], y: &[u64; M]) {
    for i in 0..N {
        let mut carry = 0;
        for k in i..L {
            let part = if k - i < M { u128::from(x[i]) * u128::from(y[k - i]) } else { 0 };
            let word = part + u128::from(sum[k]) + carry;
            sum[k] = word as u64;
            carry = word >> 64;
        }
    }
}

/// x + y modulo 2²⁵⁶.
fn plus(x: &Words, y: &Words) -> Words {
    let mut carry = 0;
    std::array::from_fn(|i| {
        let sum = u128::from(x[i]) + u128::from(y[i]) + carry;
        carry = sum >> 64;
        sum as u64
    })
}

/// x − y modulo 2²⁵⁶, and 1 if y is larger.
fn minus(x: &Words, y: &Words) -> (Words, u64) {
    let mut borrow = 0;
    let difference = std::array::from_fn(|i| {
        let word = u128::from(x[i]).wrapping_sub(u128::from(y[i])).wrapping_sub(u128::from(borrow));
        borrow = (word >> 64) as u64 & 1;
        word as u64
    });
    (difference, borrow)
}

fn below(x: &Words, y: &Words) -> bool {
    minus(x, y).1 == 1
}

/// x − y modulo ℓ, for x below 2ℓ and y no more than ℓ.
fn difference(x: &Words, y: &Words) -> Words {
    let (difference, borrow) = minus(x, y);
    plus(&difference, &ORDER.map(|word| word & borrow.wrapping_neg()))
}

#[cfg(test)]
mod tests {
    use curve25519_dalek::scalar::Scalar;
    use sha2::{Digest, Sha512};

    use super::*;

    fn scalars() -> Vec<Scalar> {
        let mut all = vec![Scalar::ZERO, Scalar::ONE, -Scalar::ONE, -Scalar::ONE - Scalar::ONE, Scalar::from(u64::MAX)];
        all.extend((0..60u64).map(|i| Scalar::from_bytes_mod_order_wide(&Sha512::digest(i.to_le_bytes()).into())));
        all
    }

    fn tight(x: &Scalar) -> Tight {
        Tight::read(x.as_bytes())
    }

    #[test]
    fn the_same_as_dalek() {
        for x in scalars() {
            for y in scalars() {
                let (a, b) = (tight(&x), tight(&y));
                assert_eq!((a + b).reduce().write(), (x + y).to_bytes());
                assert_eq!((a - b).write(), (x - y).to_bytes());
                assert_eq!((a * b).reduce().write(), (x * y).to_bytes());
            }
            assert_eq!(tight(&x).half().write(), x.div_by_2().to_bytes());
        }
    }

    #[test]
    fn wide_numbers_are_reduced() {
        let words = [0, 1 << 60, ORDER[0], ORDER[1], u64::MAX];
        let extreme =
            (0..words.len().pow(8)).map(|i| std::array::from_fn(|k| words[i / words.len().pow(k as u32) % 5]));
        let hashed = (0..500u64).map(|i| Wide::read(&Sha512::digest(i.to_le_bytes()).into()).0);
        for wide in extreme.chain(hashed) {
            let bytes = std::array::from_fn(|i| wide[i / 8].to_le_bytes()[i % 8]);
            assert_eq!(Wide(wide).reduce().write(), Scalar::from_bytes_mod_order_wide(&bytes).to_bytes(), "{wide:x?}");
        }
        for y in scalars().iter().map(|y| tight(y).words()).chain([[u64::MAX; 4]]) {
            assert_eq!(Wide(product(&ORDER, &y)).reduce(), Tight::ZERO);
        }
    }

    #[test]
    fn sums_of_products_are_reduced_once() {
        let all = scalars();
        for n in [0, 1, 2, 60, TERMS] {
            let pairs = || (0..n).map(|i| (all[i % all.len()], all[i * i % all.len()]));
            let expected: Scalar = pairs().map(|(x, y)| x * y).sum();
            let dot = Wide::dot(pairs().map(|(x, y)| (tight(&x), tight(&y))));
            assert_eq!(dot.reduce().write(), expected.to_bytes());
            let largest = Wide::dot((0..n).map(|_| (tight(&-Scalar::ONE), tight(&-Scalar::ONE))));
            assert_eq!(largest.reduce().write(), Scalar::from(n as u64).to_bytes());
        }
    }

    #[test]
    fn canonical_is_below_the_order() {
        let bytes = |words: Words| std::array::from_fn(|i| words[i / 8].to_le_bytes()[i % 8]);
        assert!(scalars().iter().all(|x| is_canonical(x.as_bytes())));
        assert!(is_canonical(&bytes([ORDER[0] - 1, ORDER[1], ORDER[2], ORDER[3]])));
        for x in [ORDER, [ORDER[0] + 1, ORDER[1], ORDER[2], ORDER[3]], [0, 0, 0, ORDER[3] + 1], [u64::MAX; 4]] {
            assert!(!is_canonical(&bytes(x)));
        }
    }

    #[test]
    #[cfg(debug_assertions)]
    #[should_panic(expected = "is not below the order")]
    fn the_order_is_not_tight() {
        Tight::new(ORDER);
    }
}
