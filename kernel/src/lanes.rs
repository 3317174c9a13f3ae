//! Field elements modulo p = 2²⁵⁵ − 19, several in step, in five limbs of 51 bits.
//!
//! Two sizes of limbs occur. *Tight*: below 2⁵¹ + 2¹⁸, which `mul`, `square` and `freeze` take. *Loose*: below 2⁶¹, which `mul`
//! and `square` give and one `neg` and one `add` after it take. `carry` makes the results of all four tight.
#![forbid(unsafe_code)]

/// One field element.
pub type Element = [u64; 5];
/// Four field elements limb by limb: the form in memory.
#[derive(Clone, Copy, Default)]
#[repr(C, align(32))]
pub struct Quad(pub [[u64; 4]; 5]);

pub const MASK: u64 = (1 << 51) - 1;
/// 2¹² · p, limb by limb: kept above whatever is subtracted.
pub const OFFSET: Element = [(MASK - 18) << 12, MASK << 12, MASK << 12, MASK << 12, MASK << 12];

/// Field elements in step: the operations act on each lane alone, for every value in the same time.
pub trait Lanes: Copy {
    /// How many elements go in step.
    const COUNT: usize;

    fn gather(element: impl Fn(usize) -> Element) -> Self;
    fn scatter(self, put: impl FnMut(usize, Element));
    fn add(self, other: Self) -> Self;
    fn neg(self) -> Self;
    /// The same elements, tight.
    fn carry(self) -> Self;
    /// The product of tight elements, loose.
    fn mul(self, other: Self) -> Self;
    /// The square of tight elements, loose.
    fn square(self) -> Self;
    /// The representatives below p of tight elements.
    fn freeze(self) -> Self;
    /// A bit for each lane whose lowest bit is set, of frozen elements.
    fn odd(self) -> u8;
    /// A bit for each lane that is zero, of frozen elements.
    fn zero(self) -> u8;
    /// `self` in the lanes of the mask, `other` in the rest.
    fn select(self, mask: u8, other: Self) -> Self;
}

/// Four lanes that are also the coordinates of one point.
pub trait Coordinates: Lanes {
    fn load(quad: &Quad) -> Self;
    fn store(self) -> Quad;
    /// Lane i of the result is lane order\[i\].
    fn permute(self, order: &[u64; 4]) -> Self;
    /// Lanes 0 and 1 exchanged, zero in the others.
    fn exchange(self) -> Self;
}

/// Two vectors of lanes side by side: while one waits for a product the processor works on the other.
#[derive(Clone, Copy)]
pub struct Pair<L>(L, L);

impl<L: Lanes> Lanes for Pair<L> {
    const COUNT: usize = 2 * L::COUNT;

    #[inline(always)]
    fn gather(element: impl Fn(usize) -> Element) -> Self {
        Self(L::gather(&element), L::gather(|i| element(i + L::COUNT)))
    }
    #[inline(always)]
    fn scatter(self, mut put: impl FnMut(usize, Element)) {
        self.0.scatter(&mut put);
        self.1.scatter(|i, element| put(i + L::COUNT, element));
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(self.0.add(other.0), self.1.add(other.1))
    }
    #[inline(always)]
    fn neg(self) -> Self {
        Self(self.0.neg(), self.1.neg())
    }
    #[inline(always)]
    fn carry(self) -> Self {
        Self(self.0.carry(), self.1.carry())
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(self.0.mul(other.0), self.1.mul(other.1))
    }
    #[inline(always)]
    fn square(self) -> Self {
        Self(self.0.square(), self.1.square())
    }
    #[inline(always)]
    fn freeze(self) -> Self {
        Self(self.0.freeze(), self.1.freeze())
    }
    #[inline(always)]
    fn odd(self) -> u8 {
        self.0.odd() | self.1.odd() << L::COUNT
    }
    #[inline(always)]
    fn zero(self) -> u8 {
        self.0.zero() | self.1.zero() << L::COUNT
    }
    #[inline(always)]
    fn select(self, mask: u8, other: Self) -> Self {
        Self(self.0.select(mask, other.0), self.1.select(mask >> L::COUNT, other.1))
    }
}

impl Quad {
    /// The element in a lane.
    #[inline(always)]
    pub fn lane(&self, i: usize) -> Element {
        std::array::from_fn(|k| self.0[k][i])
    }

    #[inline(always)]
    pub fn from_lanes(lanes: [Element; 4]) -> Self {
        Self(std::array::from_fn(|k| std::array::from_fn(|i| lanes[i][k])))
    }
}
