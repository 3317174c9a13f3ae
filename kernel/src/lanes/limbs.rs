//! The raw limbs of several field elements in step. No bound is known here: `field` knows them and is the only caller.
//!
//! An element modulo p = 2²⁵⁵ − 19 has five limbs of 51 bits or some more. Release builds inline all of this into the functions
//! of `engine`, which allow the instructions; debug builds leave out what is long, or they would take minutes.
#![forbid(unsafe_code)]

use crate::lanes::register::{MultiplyAdd, Register};

/// How many bits a limb stands above the one before.
pub const BITS: i32 = 51;
pub const MASK: u64 = (1 << BITS) - 1;

/// Five limbs of one element, the lowest first.
pub type Five = [u64; 5];

/// Four elements limb by limb: the form in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(32))]
pub struct Quad(pub [[u64; 4]; 5]);

impl Quad {
    /// The element in a lane.
    #[inline(always)]
    pub fn lane(&self, i: usize) -> Five {
        std::array::from_fn(|k| self.0[k][i])
    }

    #[inline(always)]
    pub const fn from_lanes([a, b, c, d]: [Five; 4]) -> Self {
        let mut limbs = [[0; 4]; 5];
        let mut k = 0;
        while k < 5 {
            limbs[k] = [a[k], b[k], c[k], d[k]];
            k += 1;
        }
        Self(limbs)
    }
}

/// Elements in step: the operations act on each lane alone, for every value in the same time.
pub trait Lanes: Copy {
    /// How many elements go in step.
    const COUNT: usize;

    fn gather(element: impl Fn(usize) -> Five) -> Self;
    fn scatter(self, put: impl FnMut(usize, Five));
    fn splat(element: Five) -> Self;
    /// Limb by limb, as `sub`.
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    /// The same elements, what each limb has above 51 bits added to the next.
    fn carry(self) -> Self;
    fn mul(self, other: Self) -> Self;
    fn square(self) -> Self;
    /// The representatives below p of elements below 2²⁵⁶ − 38.
    fn freeze(self) -> Self;
    /// A bit for each lane whose lowest bit is set.
    fn odd(self) -> u8;
    /// A bit for each lane without any bit.
    fn zero(self) -> u8;
    /// `self` in the lanes of the mask, `other` in the rest.
    fn select(self, mask: u8, other: Self) -> Self;
}

/// Four lanes that are also the coordinates of one point.
pub trait Coordinates: Lanes {
    fn load(quad: &Quad) -> Self;
    fn store(self) -> Quad;
    /// Has the quad brought into the nearest cache meanwhile.
    fn fetch(quad: &Quad);
    /// Lane i of the result is lane order\[i\].
    fn permute(self, order: &[u64; 4]) -> Self;
    /// Lanes 0 and 1 exchanged, zero in the others.
    fn exchange(self) -> Self;
}

/// Four elements, a register for each limb.
#[derive(Clone, Copy)]
pub struct Limbs<R>([R; 5]);

/// A value for each limb. A loop and not a closure: the compiler places instructions only into functions that allow them.
macro_rules! limbs {
    ($k:ident => $expression:expr) => {{
        let mut limbs = [R::splat(0); 5];
        let mut $k = 0;
        while $k < 5 {
            limbs[$k] = $expression;
            $k += 1;
        }
        Self(limbs)
    }};
}

#[inline(always)]
fn low<R: Register>(x: R) -> R {
    x.and(R::splat(MASK))
}

#[inline(always)]
fn high<R: Register>(x: R) -> R {
    x.shift_right::<BITS>()
}

#[inline(always)]
fn twofold<R: Register>(x: R) -> R {
    x.add(x)
}

/// Ten limbs of a product, the upper five folded back: what stands above 2²⁵⁵ counts 19 times.
#[inline(always)]
pub fn fold<R: Register>(sums: [R; 10]) -> [R; 5] {
    let mut limbs = [R::splat(0); 5];
    for k in 0..5 {
        limbs[k] = sums[k].add(sums[k + 5].times19());
    }
    limbs
}

/// Each limb doubled: the upper half of a product of 104 bits counts twice because limbs have 51 bits and not 52.
#[inline(always)]
fn doubled<R: Register>(mut sums: [R; 10]) -> [R; 10] {
    for sum in &mut sums {
        *sum = twofold(*sum);
    }
    sums
}

/// x·y, limb by limb.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn mul<R: MultiplyAdd>(x: &[R; 5], y: &[R; 5]) -> [R; 5] {
    let mut sums = [R::splat(0); 10];
    for i in 0..5 {
        for j in 0..5 {
            sums[i + j + 1] = sums[i + j + 1].add_high(x[i], y[j]);
        }
    }
    sums = doubled(sums);
    for i in 0..5 {
        for j in 0..5 {
            sums[i + j] = sums[i + j].add_low(x[i], y[j]);
        }
    }
    fold(sums)
}

/// x², limb by limb.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn square<R: MultiplyAdd>(x: &[R; 5]) -> [R; 5] {
    let mut sums = [R::splat(0); 10];
    for i in 0..5 {
        for j in i + 1..5 {
            sums[i + j + 1] = sums[i + j + 1].add_high(x[i], x[j]);
        }
    }
    sums = doubled(sums);
    for i in 0..5 {
        sums[2 * i + 1] = sums[2 * i + 1].add_high(x[i], x[i]);
        for j in i + 1..5 {
            sums[i + j] = sums[i + j].add_low(x[i], x[j]);
        }
    }
    sums = doubled(sums);
    for i in 0..5 {
        sums[2 * i] = sums[2 * i].add_low(x[i], x[i]);
    }
    fold(sums)
}

impl<R: Register> Lanes for Limbs<R> {
    const COUNT: usize = 4;

    #[inline(always)]
    fn gather(element: impl Fn(usize) -> Five) -> Self {
        Self::load(&Quad::from_lanes(std::array::from_fn(element)))
    }
    #[inline(always)]
    fn scatter(self, mut put: impl FnMut(usize, Five)) {
        let quad = self.store();
        (0..4).for_each(|i| put(i, quad.lane(i)));
    }
    #[inline(always)]
    fn splat(element: Five) -> Self {
        limbs!(k => R::splat(element[k]))
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        limbs!(k => self.0[k].add(other.0[k]))
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        limbs!(k => self.0[k].sub(other.0[k]))
    }
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn carry(self) -> Self {
        let over = high(self.0[4]).times19();
        limbs!(k => low(self.0[k]).add(if k == 0 { over } else { high(self.0[k - 1]) }))
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(R::mul(&self.0, &other.0))
    }
    #[inline(always)]
    fn square(self) -> Self {
        Self(R::square(&self.0))
    }
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn freeze(self) -> Self {
        let mut over = R::splat(19);
        for limb in self.0 {
            over = high(limb.add(over));
        }
        over = over.times19();
        limbs!(k => {
            let sum = self.0[k].add(over);
            over = high(sum);
            low(sum)
        })
    }
    #[inline(always)]
    fn odd(self) -> u8 {
        self.0[0].meets(R::splat(1))
    }
    #[inline(always)]
    fn zero(self) -> u8 {
        let mut any = R::splat(0);
        for limb in self.0 {
            any = any.or(limb);
        }
        !any.meets(any) & 0b1111
    }
    #[inline(always)]
    fn select(self, mask: u8, other: Self) -> Self {
        limbs!(k => self.0[k].select(mask, other.0[k]))
    }
}

impl<R: Register> Coordinates for Limbs<R> {
    #[inline(always)]
    fn load(quad: &Quad) -> Self {
        limbs!(k => R::load(quad.0[k]))
    }
    #[inline(always)]
    fn store(self) -> Quad {
        let mut quad = Quad::default();
        for k in 0..5 {
            quad.0[k] = self.0[k].store();
        }
        quad
    }
    #[inline(always)]
    fn fetch(quad: &Quad) {
        R::fetch(quad);
    }
    #[inline(always)]
    fn permute(self, order: &[u64; 4]) -> Self {
        limbs!(k => self.0[k].permute(order))
    }
    #[inline(always)]
    fn exchange(self) -> Self {
        limbs!(k => self.0[k].exchange())
    }
}

/// Two vectors of lanes side by side: while one waits for a product the processor works on the other.
#[derive(Clone, Copy)]
pub struct Pair<L>(L, L);

impl<L: Lanes> Lanes for Pair<L> {
    const COUNT: usize = 2 * L::COUNT;

    #[inline(always)]
    fn gather(element: impl Fn(usize) -> Five) -> Self {
        Self(L::gather(&element), L::gather(|i| element(i + L::COUNT)))
    }
    #[inline(always)]
    fn scatter(self, mut put: impl FnMut(usize, Five)) {
        self.0.scatter(&mut put);
        self.1.scatter(|i, element| put(i + L::COUNT, element));
    }
    #[inline(always)]
    fn splat(element: Five) -> Self {
        Self(L::splat(element), L::splat(element))
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(self.0.add(other.0), self.1.add(other.1))
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(self.0.sub(other.0), self.1.sub(other.1))
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
