//! A register in plain integers: the lanes on any processor, for tests. Stricter than IFMA, which cuts off in silence what
//! does not fit: here it stops the test.
#![forbid(unsafe_code)]

use crate::lanes::limbs;
use crate::lanes::register::{MultiplyAdd, Register};

#[derive(Clone, Copy)]
pub struct Words([u64; 4]);

fn each(word: impl Fn(usize) -> u64) -> Words {
    Words(std::array::from_fn(word))
}

/// A product of 104 bits in two halves.
fn product(x: u64, y: u64) -> (u64, u64) {
    assert!((x | y) >> 52 == 0, "a factor has more than 52 bits: {x:x} or {y:x}");
    let product = u128::from(x) * u128::from(y);
    (product as u64 & ((1 << 52) - 1), (product >> 52) as u64)
}

fn sum(x: u64, y: u64) -> u64 {
    x.checked_add(y).expect("a sum has more than 64 bits")
}

impl Register for Words {
    fn load(words: [u64; 4]) -> Self {
        Self(words)
    }
    fn store(self) -> [u64; 4] {
        self.0
    }
    fn fetch<T>(_: &T) {}
    fn splat(word: u64) -> Self {
        Self([word; 4])
    }
    fn add(self, other: Self) -> Self {
        each(|i| sum(self.0[i], other.0[i]))
    }
    fn sub(self, other: Self) -> Self {
        each(|i| self.0[i].checked_sub(other.0[i]).expect("a difference is negative"))
    }
    fn times19(self) -> Self {
        each(|i| self.0[i].checked_mul(19).expect("a product has more than 64 bits"))
    }
    fn and(self, other: Self) -> Self {
        each(|i| self.0[i] & other.0[i])
    }
    fn or(self, other: Self) -> Self {
        each(|i| self.0[i] | other.0[i])
    }
    fn shift_right<const BITS: i32>(self) -> Self {
        each(|i| self.0[i] >> BITS)
    }
    fn meets(self, other: Self) -> u8 {
        (0..4).map(|i| u8::from(self.0[i] & other.0[i] != 0) << i).sum()
    }
    fn select(self, mask: u8, other: Self) -> Self {
        each(|i| if mask >> i & 1 == 1 { self.0[i] } else { other.0[i] })
    }
    fn permute(self, order: &[u64; 4]) -> Self {
        each(|i| self.0[order[i] as usize])
    }
    fn exchange(self) -> Self {
        Self([self.0[1], self.0[0], 0, 0])
    }
    fn mul(x: &[Self; 5], y: &[Self; 5]) -> [Self; 5] {
        limbs::mul(x, y)
    }
    fn square(x: &[Self; 5]) -> [Self; 5] {
        limbs::square(x)
    }
}

impl MultiplyAdd for Words {
    fn add_low(self, x: Self, y: Self) -> Self {
        each(|i| sum(self.0[i], product(x.0[i], y.0[i]).0))
    }
    fn add_high(self, x: Self, y: Self) -> Self {
        each(|i| sum(self.0[i], product(x.0[i], y.0[i]).1))
    }
}
