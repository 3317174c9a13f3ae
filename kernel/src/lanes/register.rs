//! Four words of 64 bits on which one instruction works at a time: what the lanes need of a processor.
#![forbid(unsafe_code)]

/// Four words. Every operation acts on each word alone, for every value in the same time.
pub trait Register: Copy {
    fn load(words: [u64; 4]) -> Self;
    fn store(self) -> [u64; 4];
    /// Has the place brought into the nearest cache meanwhile, where the processor can be asked so; nothing waits for it.
    fn fetch<T>(place: &T);
    fn splat(word: u64) -> Self;
    /// The sum, which the caller keeps below 2⁶⁴.
    fn add(self, other: Self) -> Self;
    /// The difference, which the caller keeps from being negative.
    fn sub(self, other: Self) -> Self;
    /// 19 · self, which the caller keeps below 2⁶⁴.
    fn times19(self) -> Self;
    fn and(self, other: Self) -> Self;
    fn or(self, other: Self) -> Self;
    fn shift_right<const BITS: i32>(self) -> Self;
    /// A bit for each word that has a bit in common with the other.
    fn meets(self, other: Self) -> u8;
    /// `self` in the words of the mask, `other` in the rest.
    fn select(self, mask: u8, other: Self) -> Self;
    /// Word i of the result is word order\[i\].
    fn permute(self, order: &[u64; 4]) -> Self;
    /// Words 0 and 1 exchanged, zero in the others.
    fn exchange(self) -> Self;
    /// The product of two elements, limb by limb: below 2⁵² each go in, below `LOOSE` each come out.
    fn mul(x: &[Self; 5], y: &[Self; 5]) -> [Self; 5];
    /// The product of an element with itself.
    fn square(x: &[Self; 5]) -> [Self; 5];
}

/// Words that are multiplied and added at once.
pub trait MultiplyAdd: Register {
    /// `self` plus the lower 52 bits of x·y, for x and y below 2⁵².
    fn add_low(self, x: Self, y: Self) -> Self;
    /// `self` plus the upper 52 bits of x·y, for x and y below 2⁵².
    fn add_high(self, x: Self, y: Self) -> Self;
}
