//! Elements modulo p = 2²⁵⁵ − 19 in step, with the bound of their limbs in the type.
//!
//! Operators leave carries to the caller: of *tight* elements they make *loose* ones, which are not multiplied. `carry` makes
//! them tight again; `plus`, `minus`, `times` and their like do both. `freeze` gives what has a sign, a parity and an encoding.
#![forbid(unsafe_code)]

#[cfg(test)]
mod integer;
#[cfg(test)]
pub mod tests;

use std::ops::{Add, Mul, Neg, Sub};

use crate::lanes::limbs::{BITS, Coordinates, Five, Lanes, MASK, Quad};

/// Limbs of elements that may be multiplied are below this.
pub const TIGHT: u64 = (1 << BITS) + (1 << 18);
/// Limbs of sums and products are below this.
pub const LOOSE: u64 = 1 << 61;
/// p, limb by limb.
const PRIME: Five = [MASK - 18, MASK, MASK, MASK, MASK];

/// Elements in step, or a `Quad` of them in memory, whose limbs are below `LIMIT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounded<L, const LIMIT: u64>(L);
/// What may be multiplied.
pub type Tight<L> = Bounded<L, TIGHT>;
/// What sums and products leave.
pub type Loose<L> = Bounded<L, LOOSE>;

// That the operations below keep their promises, as the compiler computes it.
const _: () = {
    let product = {
        let (low, high) = (1 << 52, ((TIGHT as u128 - 1).pow(2) >> 52) as u64 + 1);
        // Limb 0 has one lower half of its own and, folded back, four more and five upper halves.
        low + 19 * (4 * low + 2 * 5 * high)
    };
    assert!(TIGHT <= 1 << 52 && product <= LOOSE); // Mul
    assert!(2 * TIGHT <= LOOSE); // Add
    assert!(TIGHT + Tight::<Quad>::OFFSET[1] <= LOOSE); // Sub, Neg
    assert!(Loose::<Quad>::OFFSET[1].checked_add(LOOSE).is_some()); // plus_or_minus
    assert!(MASK + 19 * (u64::MAX >> BITS) < TIGHT); // carry
};

impl<L, const LIMIT: u64> Bounded<L, LIMIT> {
    /// The smallest 2ⁱ · p, limb by limb, from which such an element can be subtracted.
    const OFFSET: Five = {
        let mut i = 0;
        while PRIME[0] << i < LIMIT {
            i += 1;
        }
        [PRIME[0] << i, PRIME[1] << i, PRIME[2] << i, PRIME[3] << i, PRIME[4] << i]
    };
}

impl<L: Lanes, const LIMIT: u64> Bounded<L, LIMIT> {
    /// The only way into the type.
    #[inline(always)]
    fn new(limbs: L) -> Self {
        if cfg!(debug_assertions) {
            check(&limbs, LIMIT);
        }
        Self(limbs)
    }

    /// The opposite, its limbs up to those of the offset.
    #[inline(always)]
    fn opposite(self) -> L {
        L::splat(Self::OFFSET).sub(self.0)
    }

    /// `self` in the lanes of the mask, `other` in the rest.
    #[inline(always)]
    pub fn select(self, mask: u8, other: Self) -> Self {
        Self(self.0.select(mask, other.0))
    }
}

fn check<L: Lanes>(limbs: &L, limit: u64) {
    limbs.scatter(|i, limbs| assert!(limbs.iter().all(|limb| *limb < limit), "lane {i}: {limbs:x?} from {limit:x} on"));
}

impl<L: Coordinates, const LIMIT: u64> Bounded<L, LIMIT> {
    #[inline(always)]
    pub fn load(quad: &Bounded<Quad, LIMIT>) -> Self {
        Self::new(L::load(&quad.0))
    }

    #[inline(always)]
    pub fn store(self) -> Bounded<Quad, LIMIT> {
        Bounded(self.0.store())
    }

    /// Has what is loaded later brought into the nearest cache meanwhile.
    #[inline(always)]
    pub fn fetch(quad: &Bounded<Quad, LIMIT>) {
        L::fetch(&quad.0);
    }

    /// One lane of a quad in all lanes.
    #[inline(always)]
    pub fn broadcast(quad: &Bounded<Quad, LIMIT>, lane: usize) -> Self {
        Self::new(L::splat(quad.0.lane(lane)))
    }

    /// Lane i of the result is lane order\[i\].
    #[inline(always)]
    pub fn permute(self, order: &[u64; 4]) -> Self {
        Self(self.0.permute(order))
    }

    /// Lanes 0 and 1 exchanged, zero in the others.
    #[inline(always)]
    pub fn exchange(self) -> Self {
        Self(self.0.exchange())
    }
}

impl<const LIMIT: u64> Bounded<Quad, LIMIT> {
    /// One element in each lane.
    pub const fn of([a, b, c, d]: [Element; 4]) -> Self {
        Self(Quad::from_lanes([a.0, b.0, c.0, d.0]))
    }
}

impl<const LIMIT: u64> Default for Bounded<Quad, LIMIT> {
    fn default() -> Self {
        Self(Quad::default())
    }
}

impl<L: Lanes> Add for Tight<L> {
    type Output = Loose<L>;

    #[inline(always)]
    fn add(self, other: Self) -> Loose<L> {
        Loose::new(self.0.add(other.0))
    }
}

impl<L: Lanes> Sub for Tight<L> {
    type Output = Loose<L>;

    #[inline(always)]
    fn sub(self, other: Self) -> Loose<L> {
        Loose::new(self.0.add(other.opposite()))
    }
}

impl<L: Lanes> Neg for Tight<L> {
    type Output = Loose<L>;

    #[inline(always)]
    fn neg(self) -> Loose<L> {
        Loose::new(self.opposite())
    }
}

impl<L: Lanes> Mul for Tight<L> {
    type Output = Loose<L>;

    #[inline(always)]
    fn mul(self, other: Self) -> Loose<L> {
        Loose::new(self.0.mul(other.0))
    }
}

impl<L: Lanes> Loose<L> {
    /// The same elements, tight.
    #[inline(always)]
    pub fn carry(self) -> Tight<L> {
        Tight::new(self.0.carry())
    }

    /// self − other in the lanes of the mask, self + other in the rest.
    #[inline(always)]
    pub fn plus_or_minus(self, other: Self, minus: u8) -> Tight<L> {
        Tight::new(self.0.add(other.opposite().select(minus, other.0)).carry())
    }
}

impl<L: Lanes> Tight<L> {
    #[inline(always)]
    pub fn gather(element: impl Fn(usize) -> Element) -> Self {
        Self::new(L::gather(|i| element(i).0))
    }

    /// A lane of quad i in lane i.
    #[inline(always)]
    pub fn collect<'a>(lane: usize, quad: impl Fn(usize) -> &'a Tight<Quad>) -> Self {
        Self::new(L::gather(|i| quad(i).0.lane(lane)))
    }

    /// One element in all lanes.
    #[inline(always)]
    pub fn splat(element: Element) -> Self {
        Self::new(L::splat(element.0))
    }

    /// Puts element i into a lane of quad i.
    #[inline(always)]
    pub fn scatter(self, lane: usize, quads: &mut [Tight<Quad>]) {
        self.0.scatter(|i, element| {
            if let Some(Bounded(Quad(limbs))) = quads.get_mut(i) {
                limbs.iter_mut().zip(element).for_each(|(limb, value)| limb[lane] = value);
            }
        });
    }

    #[inline(always)]
    pub fn plus(self, other: Self) -> Self {
        (self + other).carry()
    }

    #[inline(always)]
    pub fn minus(self, other: Self) -> Self {
        (self - other).carry()
    }

    #[inline(always)]
    pub fn negated(self) -> Self {
        (-self).carry()
    }

    #[inline(always)]
    pub fn times(self, other: Self) -> Self {
        (self * other).carry()
    }

    #[inline(always)]
    pub fn squared(self) -> Self {
        Loose::new(self.0.square()).carry()
    }

    /// self^(2^times).
    #[inline(always)]
    pub fn squared_times(self, times: usize) -> Self {
        let mut x = self;
        for _ in 0..times {
            x = x.squared();
        }
        x
    }

    /// The representatives below p.
    #[inline(always)]
    pub fn freeze(self) -> Frozen<L> {
        let frozen = Frozen(self.0.freeze());
        if cfg!(debug_assertions) {
            frozen.check();
        }
        frozen
    }

    /// A bit for each lane that is negative, which is to say odd (RFC 9496 §4.1).
    #[inline(always)]
    pub fn negative(self) -> u8 {
        self.freeze().0.odd()
    }

    /// A bit for each lane that is zero.
    #[inline(always)]
    pub fn zero(self) -> u8 {
        self.freeze().0.zero()
    }

    #[inline(always)]
    pub fn equals(self, other: Self) -> u8 {
        self.minus(other).zero()
    }

    #[inline(always)]
    pub fn absolute(self) -> Self {
        self.negated().select(self.negative(), self)
    }
}

/// Representatives below p.
#[derive(Clone, Copy)]
pub struct Frozen<L>(L);

impl<L: Lanes> Frozen<L> {
    #[inline(always)]
    pub fn scatter(self, mut put: impl FnMut(usize, Element)) {
        self.0.scatter(|i, element| put(i, Element(element)));
    }

    fn check(&self) {
        self.scatter(|i, element| assert!(element.is_reduced(), "lane {i}: {element:x?} is not below p"));
    }
}

/// One element, its limbs below 2⁵¹, but not always below p.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element(Five);

impl Element {
    pub const ZERO: Self = Self::new([0; 5]);
    pub const ONE: Self = Self::new([1, 0, 0, 0, 0]);

    pub const fn new(limbs: Five) -> Self {
        let [a, b, c, d, e] = limbs;
        assert!((a | b | c | d | e) <= MASK);
        Self(limbs)
    }

    /// The element in 32 bytes, the highest bit left out.
    #[inline(always)]
    pub fn read(bytes: &[u8; 32]) -> Self {
        let word = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        Self([word(0) & MASK, word(6) >> 3 & MASK, word(12) >> 6 & MASK, word(19) >> 1 & MASK, word(24) >> 12 & MASK])
    }

    #[inline(always)]
    pub fn write(self) -> [u8; 32] {
        let Self(x) = self;
        let words = [x[0] | x[1] << 51, x[1] >> 13 | x[2] << 38, x[2] >> 26 | x[3] << 25, x[3] >> 39 | x[4] << 12];
        std::array::from_fn(|i| words[i / 8].to_le_bytes()[i % 8])
    }

    /// Whether it is below p.
    #[inline(always)]
    pub fn is_reduced(self) -> bool {
        let Self([low, middle @ .., high]) = self;
        low < MASK - 18 || high < MASK || middle.iter().any(|limb| *limb < MASK)
    }
}
