//! Integers modulo p as at school, one bit after the other: what the lanes are compared with.

/// Below p, the lowest word first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Integer([u64; 4]);

pub const P: [u64; 4] = [u64::MAX - 18, u64::MAX, u64::MAX, u64::MAX >> 1];

impl Integer {
    pub const ZERO: Self = Self([0; 4]);

    /// Σ limbs\[k\] · 2^51k modulo p.
    pub fn of(limbs: [u64; 5]) -> Self {
        let append = |higher: Self, limb: &u64| (0..51).fold(higher, |x, _| x + x) + Self([*limb, 0, 0, 0]);
        limbs.iter().rev().fold(Self::ZERO, append)
    }

    /// The integer in 32 bytes modulo p.
    pub fn read(bytes: [u8; 32]) -> Self {
        let append = |higher: Self, byte: &u8| (0..8).fold(higher, |x, _| x + x) + Self([u64::from(*byte), 0, 0, 0]);
        bytes.iter().rev().fold(Self::ZERO, append)
    }

    pub fn write(self) -> [u8; 32] {
        std::array::from_fn(|i| self.0[i / 8].to_le_bytes()[i % 8])
    }

    pub fn is_odd(self) -> bool {
        self.0[0] & 1 == 1
    }
}

/// x − y, if that is not negative.
fn difference(x: [u64; 4], y: [u64; 4]) -> Option<[u64; 4]> {
    let mut borrow = false;
    let words = std::array::from_fn(|i| {
        let (word, first) = x[i].overflowing_sub(y[i]);
        let (word, second) = word.overflowing_sub(u64::from(borrow));
        borrow = first || second;
        word
    });
    (!borrow).then_some(words)
}

impl std::ops::Add for Integer {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let mut carry = false;
        let sum = std::array::from_fn(|i| {
            let (word, first) = self.0[i].overflowing_add(other.0[i]);
            let (word, second) = word.overflowing_add(u64::from(carry));
            carry = first || second;
            word
        });
        Self(difference(sum, P).unwrap_or(sum))
    }
}

impl std::ops::Neg for Integer {
    type Output = Self;

    fn neg(self) -> Self {
        if self == Self::ZERO { self } else { Self(difference(P, self.0).unwrap()) }
    }
}

impl std::ops::Mul for Integer {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        let bit = |i: usize| other.0[i / 64] >> (i % 64) & 1 == 1;
        (0..255).rev().fold(Self::ZERO, |product, i| product + product + if bit(i) { self } else { Self::ZERO })
    }
}
