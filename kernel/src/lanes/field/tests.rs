//! The field at the bounds of its limbs against plain integers, on every arithmetic that can run here.

use super::integer::{Integer, P};
use super::*;
use crate::lanes::limbs::{Limbs, Pair};
use crate::lanes::words::Words;

/// Runs a test in plain words and, where the processor has it, with IFMA; by fours and by eights.
macro_rules! on_all_lanes {
    ($($test:ident)*) => {$(
        #[test]
        fn $test() {
            generic::$test::<Limbs<Words>>();
            generic::$test::<Pair<Limbs<Words>>>();
            #[cfg(target_arch = "x86_64")]
            for engine in crate::tests::engines() {
                if engine.name == "avx512ifma" {
                    generic::$test::<Limbs<crate::lanes::ifma::Ifma>>();
                    generic::$test::<Pair<Limbs<crate::lanes::ifma::Ifma>>>();
                }
                if engine.name == "avx2" {
                    generic::$test::<Limbs<crate::lanes::avx2::Avx2>>();
                    generic::$test::<Pair<Limbs<crate::lanes::avx2::Avx2>>>();
                }
            }
        }
    )*};
}

on_all_lanes! {
    sums_and_products_of_tight_elements
    loose_elements_are_carried
    loose_elements_are_added_and_subtracted_at_once
    frozen_elements_are_below_p
    lanes_are_selected
}

/// Limbs that each take one of these values.
fn all(values: &[u64]) -> Vec<Five> {
    let n = values.len();
    (0..n.pow(5)).map(|i| std::array::from_fn(|k| values[i / n.pow(k as u32) % n])).collect()
}

/// Integers around a sum of powers of two and multiples of p, as bytes; they wrap around at 2²⁵⁶.
fn around(middle: [u64; 4]) -> impl Iterator<Item = [u8; 32]> {
    (-40..=40i64).map(move |step| {
        let mut carry = i128::from(step);
        let words: [u64; 4] = middle.map(|word| {
            let sum = i128::from(word) + carry;
            carry = sum >> 64;
            sum as u64
        });
        std::array::from_fn(|i| words[i / 8].to_le_bytes()[i % 8])
    })
}

/// Encodings at the bounds, canonical or not: around zero, p, 2p, 2²⁵⁵ and the powers of two where a limb begins or ends.
pub fn at_the_bounds() -> Vec<[u8; 32]> {
    let power = |bit: usize| std::array::from_fn(|i| if i == bit / 64 { 1 << (bit % 64) } else { 0 });
    let twice = [P[0] << 1, u64::MAX, u64::MAX, u64::MAX];
    let powers = [51, 52, 102, 103, 153, 154, 204, 205, 254, 255].map(power);
    [[0; 4], P, twice].into_iter().chain(powers).flat_map(around).collect()
}

/// Limbs of tight elements, at the bounds and everywhere between.
fn tight() -> Vec<Five> {
    let mut elements = all(&[0, 1, MASK, TIGHT - 1]);
    elements.extend(at_the_bounds().iter().map(|bytes| Element::read(bytes).0));
    elements.extend((0..50).map(|i| Element::read(&crate::tests::hash("element", i).as_chunks().0[0]).0));
    elements
}

/// Elements with these limbs, one a lane, each element in another lane in the next vector.
fn vectors<L: Lanes, const LIMIT: u64>(limbs: &[Five]) -> impl Iterator<Item = (Vec<Integer>, Bounded<L, LIMIT>)> {
    (0..limbs.len()).step_by(L::COUNT - 1).map(|first| {
        let at = |i: usize| limbs[(first + i) % limbs.len()];
        ((0..L::COUNT).map(|i| Integer::of(at(i))).collect(), Bounded::new(L::gather(at)))
    })
}

/// The integers in the lanes.
fn integers<L: Lanes, const LIMIT: u64>(x: Bounded<L, LIMIT>) -> Vec<Integer> {
    let mut integers = vec![Integer::ZERO; L::COUNT];
    x.0.scatter(|i, limbs| integers[i] = Integer::of(limbs));
    integers
}

fn mask(bits: impl Iterator<Item = bool>) -> u8 {
    bits.enumerate().map(|(i, bit)| u8::from(bit) << i).sum()
}

fn map2(x: &[Integer], y: &[Integer], op: impl Fn(Integer, Integer) -> Integer) -> Vec<Integer> {
    x.iter().zip(y).map(|(x, y)| op(*x, *y)).collect()
}

mod generic {
    use super::*;

    pub fn sums_and_products_of_tight_elements<L: Lanes>() {
        let all = tight();
        let (partners, rest) = ([&all[..1], &all[1020..1040], &all[all.len() - 3..]].concat(), &all[..]);
        for (a, x) in vectors::<L, TIGHT>(rest) {
            assert_eq!(integers(-x), a.iter().map(|a| -*a).collect::<Vec<_>>());
            assert_eq!(integers(x.squared()), map2(&a, &a, |a, b| a * b));
            for (b, y) in vectors::<L, TIGHT>(&partners) {
                assert_eq!(integers(x + y), map2(&a, &b, |a, b| a + b));
                assert_eq!(integers(x - y), map2(&a, &b, |a, b| a + -b));
                assert_eq!(integers(x * y), map2(&a, &b, |a, b| a * b));
                assert_eq!(integers(x.plus(y)), map2(&a, &b, |a, b| a + b));
                assert_eq!(integers(x.minus(y)), map2(&a, &b, |a, b| a + -b));
                assert_eq!(integers(x.times(y)), map2(&a, &b, |a, b| a * b));
                assert_eq!(x.equals(y), mask(a.iter().zip(&b).map(|(a, b)| a == b)));
            }
        }
    }

    pub fn loose_elements_are_carried<L: Lanes>() {
        for (a, x) in vectors::<L, LOOSE>(&all(&[0, 1, MASK, 1 << 51, 1 << 52, LOOSE - 1])) {
            assert_eq!(integers(x.carry()), a);
        }
    }

    pub fn loose_elements_are_added_and_subtracted_at_once<L: Lanes>() {
        let limbs = all(&[0, 1 << 52, LOOSE - 1]);
        for (a, x) in vectors::<L, LOOSE>(&limbs) {
            for (b, y) in vectors::<L, LOOSE>(&limbs[..64]).chain(vectors(&limbs[limbs.len() - 16..])) {
                for minus in [0, 0b0001, 0b0101, 0b1111_1111] {
                    let signed = (0..L::COUNT).map(|i| if minus >> i & 1 == 1 { -b[i] } else { b[i] });
                    let expected: Vec<_> = a.iter().zip(signed).map(|(a, b)| *a + b).collect();
                    assert_eq!(integers(x.plus_or_minus(y, minus)), expected);
                }
            }
        }
    }

    pub fn frozen_elements_are_below_p<L: Lanes>() {
        for (a, x) in vectors::<L, TIGHT>(&tight()) {
            x.freeze().scatter(|i, element| assert_eq!(element.write(), a[i].write()));
            assert_eq!(x.zero(), mask(a.iter().map(|a| *a == Integer::ZERO)));
            assert_eq!(x.negative(), mask(a.iter().map(|a| a.is_odd())));
            let absolute: Vec<_> = a.iter().map(|a| if a.is_odd() { -*a } else { *a }).collect();
            assert_eq!(integers(x.absolute()), absolute);
        }
    }

    pub fn lanes_are_selected<L: Lanes>() {
        let limbs = tight();
        let (a, x) = vectors::<L, TIGHT>(&limbs).last().unwrap();
        let (b, y) = vectors::<L, TIGHT>(&limbs[1000..]).next().unwrap();
        for mask in 0..=u8::MAX {
            let chosen: Vec<_> = (0..L::COUNT).map(|i| if mask >> i & 1 == 1 { a[i] } else { b[i] }).collect();
            assert_eq!(integers(x.select(mask, y)), chosen);
        }
    }
}

#[test]
fn elements_are_read_and_written() {
    for bytes in at_the_bounds() {
        let low = std::array::from_fn(|i| if i == 31 { bytes[31] & 0x7f } else { bytes[i] });
        let element = Element::read(&bytes);
        assert_eq!(element.write(), low);
        assert_eq!(Integer::of(element.0), Integer::read(low));
        assert_eq!(element.is_reduced(), Integer::read(low).write() == low);
    }
}

#[test]
fn the_integers_are_those_of_the_field() {
    let one = Integer::of([1, 0, 0, 0, 0]);
    let minus_one = Integer::of([MASK - 19, MASK, MASK, MASK, MASK]);
    assert_eq!((one + minus_one, -one, minus_one * minus_one), (Integer::ZERO, minus_one, one));
    assert_eq!(Integer::of([0, 0, 0, 0, 1 << 51]), Integer::of([19, 0, 0, 0, 0]));
}

/// Compiles only while loose elements are not multiplied: else there would be two ways to read `refused`.
#[test]
fn loose_elements_have_no_product() {
    trait Refuses<Way> {
        fn refused() {}
    }
    struct Multiplied;
    impl<T> Refuses<()> for T {}
    impl<T: Mul<U>, U> Refuses<(Multiplied, U)> for T {}
    <Loose<Limbs<Words>> as Refuses<_>>::refused();
}

#[cfg(debug_assertions)]
mod bounds {
    use super::*;

    type Four = Limbs<Words>;

    #[test]
    #[should_panic(expected = "lane 2")]
    fn a_tight_limb_is_below_its_bound() {
        Tight::new(Four::gather(|i| [TIGHT - u64::from(i != 2), 0, 0, 0, 0]));
    }

    #[test]
    #[should_panic(expected = "lane 3")]
    fn a_loose_limb_is_below_its_bound() {
        Loose::new(Four::gather(|i| [0, 0, 0, 0, LOOSE - u64::from(i != 3)]));
    }

    #[test]
    #[should_panic(expected = "more than 52 bits")]
    fn what_ifma_would_cut_off_stops_a_test() {
        let limbs = Four::gather(|_| [1 << 52, 0, 0, 0, 0]);
        limbs.mul(limbs);
    }
}
