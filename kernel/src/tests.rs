//! The arithmetic over lanes against dalek.

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT as G;
use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use sha2::{Digest, Sha512};

use crate::bucket::{Cut, FULL};
use crate::curve::{Cached, IDENTITY};
use crate::engine;
use crate::fault::Fault;
use crate::order;
use crate::point::{Points, Source};
use crate::product::{self, Term};

fn hash(label: &str, i: usize) -> [u8; 64] {
    Sha512::digest(format!("{label} {i}")).into()
}

fn points(n: usize) -> (Vec<RistrettoPoint>, Vec<[u8; 32]>) {
    let points: Vec<_> = (0..n).map(|i| RistrettoPoint::from_uniform_bytes(&hash("point", i))).collect();
    let encodings = points.iter().map(|point| point.compress().to_bytes()).collect();
    (points, encodings)
}

/// Scalars below 2^bits with the extremes among them.
fn scalars(n: usize, bits: u32) -> Vec<Scalar> {
    let full = |i| Scalar::from_bytes_mod_order_wide(&hash("scalar", i));
    let short = |i| {
        let mut bytes = [0; 32];
        bytes[..bits as usize / 8].copy_from_slice(&hash("scalar", i)[..bits as usize / 8]);
        Scalar::from_canonical_bytes(bytes).unwrap()
    };
    let one = Scalar::ONE;
    let half = (-one).div_by_2();
    let extremes = if bits < FULL {
        let power = (0..bits).fold(one, |power, _| power + power);
        [Scalar::ZERO, one, power - one, power - one - one]
    } else {
        [Scalar::ZERO, -one, half, half + one]
    };
    (0..n)
        .map(|i| {
            if i < 4 {
                extremes[i]
            } else if bits < FULL {
                short(i)
            } else {
                full(i)
            }
        })
        .collect()
}

fn pack(scalars: &[Scalar]) -> Vec<u8> {
    scalars.iter().flat_map(Scalar::to_bytes).collect()
}

fn encodings_of(cached: &[Cached]) -> Vec<[u8; 32]> {
    let mut buckets = vec![IDENTITY; 1];
    let one = Cut::new(1, 2);
    cached
        .iter()
        .map(|point| {
            buckets[0] = IDENTITY;
            engine::fill(&mut buckets, &[*point], &[one.bias(&[1, 0, 0, 0])], &one.window(0));
            engine::join(&buckets, 1)
        })
        .collect()
}

#[test]
fn decoding_gives_the_point_and_refuses_what_dalek_refuses() {
    let (_, encodings) = points(21);
    if engine::available() {
        assert_eq!(encodings_of(Points::decode(encodings.as_flattened()).unwrap().cached()), encodings);
    }
    for i in 0..2000 {
        let candidate: [u8; 32] = std::array::from_fn(|k| hash("candidate", i)[k]);
        let candidate = if i % 2 == 0 { candidate } else { candidate.map(|byte| byte & 0x7e) };
        let expected = curve25519_dalek::ristretto::CompressedRistretto(candidate).decompress().is_none();
        assert_eq!(Points::decode(&candidate).is_err(), expected);
    }
}

#[test]
fn deriving_doubles_the_map() {
    let uniform: Vec<[u8; 64]> = (0..19).map(|i| hash("point", i)).collect();
    let expected: Vec<[u8; 32]> = points(19).0.iter().map(|point| (point + point).compress().to_bytes()).collect();
    let derived = Points::derive(uniform.as_flattened()).unwrap();
    assert_eq!(derived.encodings(), expected.as_flattened());
    if engine::available() {
        assert_eq!(encodings_of(derived.cached()), expected);
    }
}

#[test]
fn products_equal_the_sum_of_multiples() {
    for (n, bits) in [(0, 128), (1, FULL), (5, 160), (95, FULL), (97, 64), (300, 128), (400, 160), (700, FULL)] {
        let (points, encodings) = points(n);
        let scalars = scalars(n, bits);
        let naive: RistrettoPoint = points.iter().zip(&scalars).map(|(point, scalar)| point * scalar).sum();
        let packed = pack(&scalars);
        let outer = Scalar::from_bytes_mod_order_wide(&hash("outer", n));
        let outer_bytes = outer.to_bytes();
        let decoded = Points::decode(encodings.as_flattened()).unwrap();
        let term = |outer| Term { points: Source::Encoded(encodings.as_flattened()), scalars: &packed, outer };
        let other = Term { points: Source::Decoded(&decoded), scalars: &packed, outer: Some(&outer_bytes) };
        let sum = product::vartime(&[term(None), other]).unwrap();
        assert_eq!(sum, (naive + naive * outer).compress().to_bytes(), "{n} {bits}");
        let secret = product::secret(&Source::Decoded(&decoded), &packed).unwrap();
        assert_eq!(secret, naive.compress().to_bytes());
    }
}

#[test]
fn every_width_cuts_every_scalar() {
    if !engine::available() {
        return;
    }
    let base = Points::decode(G.compress().as_bytes()).unwrap();
    for bits in [64, 128, 160, FULL] {
        for scalar in scalars(6, bits) {
            for width in 2..=16 {
                let cut = Cut::with_width(bits, width);
                let biased = [cut.bias(&order::read(scalar.as_bytes()))];
                let sums: Vec<_> = (0..cut.windows())
                    .map(|i| {
                        let mut buckets = vec![IDENTITY; cut.buckets(i)];
                        engine::fill(&mut buckets, base.cached(), &biased, &cut.window(i));
                        engine::empty(&buckets)
                    })
                    .collect();
                assert_eq!(engine::join(&sums, width), (G * scalar).compress().to_bytes(), "{bits} {width} {scalar:?}");
            }
        }
    }
}

#[test]
fn faults_name_the_first_place() {
    let (_, mut encodings) = points(600);
    encodings[517] = [0xff; 32];
    encodings[599] = [1; 32];
    let data = encodings.as_flattened();
    assert_eq!(Points::decode(data).err(), Some(Fault::Encoding(517)));
    assert_eq!(crate::point::first_undecodable(data), Ok(Some(517)));
    let unused = Term { points: Source::Encoded(data), scalars: &[], outer: None };
    assert_eq!(product::vartime(&[unused]), Err(Fault::Encoding(517)));
    let zeros = vec![0; 32 * 600];
    let zero = Term { points: Source::Encoded(data), scalars: &zeros, outer: None };
    assert_eq!(product::vartime(&[zero]), Err(Fault::Encoding(517)));
}
